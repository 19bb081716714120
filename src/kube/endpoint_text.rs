//! `ip:port` as kube-proxy writes it, without an allocation: there are as many as pods.

use std::fmt::{self, Write as _};
use std::net::SocketAddr;

/// The text of an endpoint.
#[derive(Clone, Copy)]
pub(crate) struct EndpointText {
    bytes: [u8; 64],
    len: usize,
}

impl EndpointText {
    pub(crate) fn of(target: SocketAddr) -> Self {
        let mut text = Self { bytes: [0; 64], len: 0 };
        if let SocketAddr::V4(target) = target {
            for (at, octet) in target.ip().octets().into_iter().enumerate() {
                if at > 0 {
                    text.push(b'.');
                }
                text.number(octet.into());
            }
            text.push(b':');
            text.number(target.port());
        } else {
            // It fits: an IPv6 address with port has at most 47 characters.
            let _ = write!(text, "{target}");
        }
        text
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn number(&mut self, number: u16) {
        let mut digits = [0; 5];
        let (mut at, mut left) = (digits.len(), number);
        loop {
            at -= 1;
            digits[at] = b'0' + (left % 10) as u8;
            left /= 10;
            if left == 0 {
                break;
            }
        }
        for &digit in &digits[at..] {
            self.push(digit);
        }
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
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
