//! `ip:port` as kube-proxy writes it, without an allocation: there are as many as pods.

use std::fmt::{self, Write as _};
use std::net::{SocketAddr, SocketAddrV4};

/// The text of an endpoint.
#[derive(Clone, Copy)]
pub(crate) struct EndpointText {
    bytes: [u8; 64],
    len: usize,
}

/// Every octet with a dot behind it, and how many bytes that are.
const OCTETS: [([u8; 4], u8); 256] = {
    let mut octets = [(*b"0.\0\0", 2); 256];
    let mut number = 1;
    while number < 256 {
        let (hundreds, tens, ones) = digits(number);
        octets[number] = match number {
            100.. => ([hundreds, tens, ones, b'.'], 4),
            10.. => ([tens, ones, b'.', 0], 3),
            _ => ([ones, b'.', 0, 0], 2),
        };
        number += 1;
    }
    octets
};

#[expect(clippy::cast_possible_truncation, reason = "a digit is less than ten")]
const fn digits(number: usize) -> (u8, u8, u8) {
    (b'0' + (number / 100) as u8, b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8)
}

impl EndpointText {
    pub(crate) fn of(target: SocketAddr) -> Self {
        let mut text = Self { bytes: [0; 64], len: 0 };
        match target {
            SocketAddr::V4(target) => text.push_v4(target),
            // It fits: an IPv6 address with port has at most 47 characters.
            SocketAddr::V6(target) => drop(write!(text, "{target}")),
        }
        text
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn push_v4(&mut self, target: SocketAddrV4) {
        for octet in target.ip().octets() {
            let (text, len) = OCTETS[usize::from(octet)];
            self.bytes[self.len..self.len + text.len()].copy_from_slice(&text);
            self.len += usize::from(len);
        }
        self.bytes[self.len - 1] = b':';
        let mut left = target.port();
        let count = left.checked_ilog10().map_or(1, |log| log as usize + 1);
        for place in self.bytes[self.len..self.len + count].iter_mut().rev() {
            *place = b'0' + (left % 10) as u8;
            left /= 10;
        }
        self.len += count;
    }
}

impl fmt::Write for EndpointText {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let end = self.len + part.len();
        self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?.copy_from_slice(part.as_bytes());
        self.len = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_that_of_the_address() {
        for text in [
            "10.244.1.7:8080",
            "0.0.0.0:0",
            "9.10.99.100:9",
            "10.0.0.1:99",
            "10.0.0.1:1000",
            "255.255.255.255:65535",
            "1.20.99.100:10",
            "[fd00::1:7]:443",
            "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
        ] {
            let target: SocketAddr = text.parse().unwrap();
            assert_eq!(EndpointText::of(target).bytes(), text.as_bytes());
        }
    }
}
