//! An address with a port and a protocol where they are known: `10.96.0.10`, `10.96.0.10:53/udp`, `[fd00::1]:80`.

use super::service::ServiceName;
use crate::ruleset::Protocol;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// An address, and one port of it where the user named one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressPort {
    /// The address.
    pub address: IpAddr,
    /// Its port, 1 to 65535.
    pub port: Option<u16>,
    /// The protocol; never without a port.
    pub protocol: Option<Protocol>,
}

/// The last word on something the user typed: what is wrong, and what would be right.
pub(super) type Refused = String;

impl FromStr for AddressPort {
    type Err = Refused;

    fn from_str(text: &str) -> Result<Self, Refused> {
        let (place, protocol) = split_protocol(text);
        let (address, port) = match address_and_port(place) {
            Some(parts) => parts?,
            None if ServiceName::from_str(text).is_ok() => {
                return Err("an address is wanted here, as in `10.244.1.7` or `[fd00::7]:80`, not a service".into());
            }
            None => return Err("not an address: write 10.244.1.7, 10.244.1.7:8080, fd00::7 or [fd00::7]:8080".into()),
        };
        match (port, protocol) {
            (None, Some(word)) => Err(format!("`/{word}` wants a port before it, as in `{place}:80/tcp`")),
            (_, protocol) => Ok(Self { address, port, protocol: protocol.map(protocol_with_ports).transpose()? }),
        }
    }
}

/// What stands before and behind the last `/`.
pub(super) fn split_protocol(text: &str) -> (&str, Option<&str>) {
    text.rsplit_once('/').map_or((text, None), |(place, protocol)| (place, Some(protocol)))
}

/// The address and the port of `text`; `None` if it does not begin with an address at all.
pub(super) fn address_and_port(text: &str) -> Option<Result<(IpAddr, Option<u16>), Refused>> {
    if let Ok(address) = text.parse() {
        return Some(Ok((address, None)));
    }
    if let Some(rest) = text.strip_prefix('[') {
        return Some(bracketed(rest));
    }
    let (address, digits) = text.rsplit_once(':')?;
    let address = address.parse::<IpAddr>().ok()?;
    Some(match address {
        IpAddr::V4(_) => port(digits).map(|port| (address, Some(port))),
        IpAddr::V6(address) => Err(format!("write [{address}]:{digits} for a port of {address}")),
    })
}

fn bracketed(rest: &str) -> Result<(IpAddr, Option<u16>), Refused> {
    let (address, rest) = rest.split_once(']').ok_or("the `]` after the address is missing")?;
    let address = address.parse::<Ipv6Addr>().map_err(|_| format!("`{address}` is no IPv6 address"))?;
    match rest.strip_prefix(':') {
        Some(digits) => Ok((address.into(), Some(port(digits)?))),
        None if rest.is_empty() => Ok((address.into(), None)),
        None => Err(format!("`{rest}` after the address: a port is written [{address}]:80")),
    }
}

/// A port number, 1 to 65535.
pub(super) fn port(digits: &str) -> Result<u16, Refused> {
    if digits.is_empty() {
        return Err("a port number is missing after the `:`".into());
    }
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("`{digits}` is no port number"));
    }
    match digits.parse() {
        Ok(0) => Err("port 0 is never used: ports go from 1 to 65535".into()),
        Ok(port) => Ok(port),
        Err(_) => Err(format!("there is no port {digits}: ports go from 1 to 65535")),
    }
}

/// The protocol of that name, if it is one that knows ports.
pub(super) fn protocol_with_ports(word: &str) -> Result<Protocol, Refused> {
    match protocol(word)? {
        protocol if protocol.has_ports() => Ok(protocol),
        protocol => Err(format!("{protocol} has no ports: leave the port out or take tcp, udp or sctp")),
    }
}

/// The protocol of that name or number; "all" is none.
pub(super) fn protocol(word: &str) -> Result<Protocol, Refused> {
    let known = Protocol::from_name(word.as_bytes()).filter(|&protocol| protocol != Protocol::ALL);
    known.ok_or_else(|| format!("`{word}` is no protocol known here: tcp, udp, sctp, icmp …"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(text: &str, address: &str, port: Option<u16>, protocol: Option<Protocol>) {
        let expected = AddressPort { address: address.parse().unwrap(), port, protocol };
        assert_eq!(text.parse(), Ok(expected), "{text}");
    }

    #[track_caller]
    fn refuses(text: &str, because: &str) {
        let refused = text.parse::<AddressPort>().unwrap_err();
        assert!(refused.contains(because), "{text}: {refused}");
    }

    #[test]
    fn an_address_stands_alone_or_with_port_and_protocol() {
        reads("10.96.0.10", "10.96.0.10", None, None);
        reads("10.96.0.10:53", "10.96.0.10", Some(53), None);
        reads("10.96.0.10:53/udp", "10.96.0.10", Some(53), Some(Protocol::UDP));
        reads("10.96.0.10:53/UDP", "10.96.0.10", Some(53), Some(Protocol::UDP));
        reads("10.96.0.10:65535/132", "10.96.0.10", Some(65535), Some(Protocol::SCTP));
    }

    #[test]
    fn a_port_of_an_ipv6_address_wants_brackets() {
        reads("fd00::1", "fd00::1", None, None);
        reads("::", "::", None, None);
        reads("[fd00::1]", "fd00::1", None, None);
        reads("[fd00::1]:80", "fd00::1", Some(80), None);
        reads("[fd00::1]:80/tcp", "fd00::1", Some(80), Some(Protocol::TCP));
        reads("fd00::1:80", "fd00::1:80", None, None);
        refuses("1:2:3:4:5:6:7:8:80", "write [1:2:3:4:5:6:7:8]:80");
        refuses("[fd00::1", "`]` after the address is missing");
        refuses("[fd00::1]80", "a port is written [fd00::1]:80");
        refuses("[10.0.0.1]:80", "`10.0.0.1` is no IPv6 address");
    }

    #[test]
    fn a_port_beyond_the_last_one_is_refused_in_plain_words() {
        refuses("10.0.0.1:65536", "there is no port 65536: ports go from 1 to 65535");
        refuses("[fd00::1]:99999999999999999999", "ports go from 1 to 65535");
        refuses("10.0.0.1:0", "port 0 is never used");
        refuses("10.0.0.1:", "a port number is missing");
        refuses("10.0.0.1:http", "`http` is no port number");
        refuses("10.0.0.1:+80", "`+80` is no port number");
    }

    #[test]
    fn a_protocol_wants_a_port_and_knows_ports() {
        refuses("10.0.0.1/tcp", "wants a port before it, as in `10.0.0.1:80/tcp`");
        refuses("10.0.0.1:80/icmp", "icmp has no ports");
        refuses("10.0.0.1:80/quic", "`quic` is no protocol");
        refuses("10.0.0.1:80/all", "`all` is no protocol");
    }

    #[test]
    fn what_is_no_address_is_told_how_to_write_one() {
        refuses("shop/web:http", "not a service");
        refuses("web", "not an address");
        refuses("", "not an address");
        refuses("10.0.0.256", "not an address");
    }
}
