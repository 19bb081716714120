//! Where a traced packet is headed: `10.96.0.10:53/udp`, `[fd00::1]:80`, `10.0.0.1/icmp`, `shop/web:http`.

use super::address_port::{Refused, address_and_port, protocol, protocol_with_ports, split_protocol};
use super::service::ServiceName;
use crate::ruleset::Protocol;
use std::net::IpAddr;
use std::str::FromStr;

/// The destination of a packet, as the user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// `ADDR:PORT/PROTO`; tcp where no protocol is named.
    Port {
        /// The address.
        address: IpAddr,
        /// The port, 1 to 65535.
        port: u16,
        /// A protocol that knows ports.
        protocol: Protocol,
    },
    /// `ADDR/icmp`: a protocol without ports.
    Portless {
        /// The address.
        address: IpAddr,
        /// The protocol; `icmp` is that of the address's family.
        protocol: Protocol,
    },
    /// `ns/name:port`: an address the dump has for it.
    Service(ServiceName),
}

impl Destination {
    /// The address, unless it is yet to be found in the dump.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Port { address, .. } | Self::Portless { address, .. } => Some(*address),
            Self::Service(_) => None,
        }
    }
}

impl FromStr for Destination {
    type Err = Refused;

    fn from_str(text: &str) -> Result<Self, Refused> {
        let (place, word) = split_protocol(text);
        match address_and_port(place).transpose()? {
            Some((address, Some(port))) => {
                let protocol = word.map_or(Ok(Protocol::TCP), protocol_with_ports)?;
                Ok(Self::Port { address, port, protocol })
            }
            Some((address, None)) => portless(address, word),
            None if text.contains('/') => text.parse().map(Self::Service),
            None => Err("write ADDR:PORT/PROTO, [ADDR6]:PORT/PROTO, ADDR/icmp or NAMESPACE/NAME:PORT".into()),
        }
    }
}

fn portless(address: IpAddr, word: Option<&str>) -> Result<Destination, Refused> {
    let wanted = || format!("a port is missing: write {}", with_port(address, word.unwrap_or("tcp")));
    let word = word.ok_or_else(wanted)?;
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("`{address}/{word}` looks like a net: write the protocol by name, as in `{address}/icmp`"));
    }
    let protocol = protocol(word)?;
    match (address, protocol) {
        (_, protocol) if protocol.has_ports() => Err(wanted()),
        (IpAddr::V6(_), Protocol::ICMP) => Ok(Destination::Portless { address, protocol: Protocol::ICMPV6 }),
        (IpAddr::V4(_), Protocol::ICMPV6) => Err(format!("{address} is IPv4: write {address}/icmp")),
        (_, protocol) => Ok(Destination::Portless { address, protocol }),
    }
}

fn with_port(address: IpAddr, protocol: &str) -> String {
    match address {
        IpAddr::V4(address) => format!("{address}:80/{protocol}"),
        IpAddr::V6(address) => format!("[{address}]:80/{protocol}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(text: &str, expected: Destination) {
        assert_eq!(text.parse(), Ok(expected), "{text}");
    }

    #[track_caller]
    fn refuses(text: &str, because: &str) {
        let refused = text.parse::<Destination>().unwrap_err();
        assert!(refused.contains(because), "{text}: {refused}");
    }

    fn port(address: &str, port: u16, protocol: Protocol) -> Destination {
        Destination::Port { address: address.parse().unwrap(), port, protocol }
    }

    fn portless(address: &str, protocol: Protocol) -> Destination {
        Destination::Portless { address: address.parse().unwrap(), protocol }
    }

    #[test]
    fn a_port_is_of_tcp_unless_said_otherwise() {
        reads("10.96.0.1:443", port("10.96.0.1", 443, Protocol::TCP));
        reads("10.96.0.10:53/udp", port("10.96.0.10", 53, Protocol::UDP));
        reads("[fd00::1]:80", port("fd00::1", 80, Protocol::TCP));
        reads("[fd00::1]:80/sctp", port("fd00::1", 80, Protocol::SCTP));
    }

    #[test]
    fn icmp_is_that_of_the_family_of_the_address() {
        reads("10.0.0.1/icmp", portless("10.0.0.1", Protocol::ICMP));
        reads("fd00::1/icmp", portless("fd00::1", Protocol::ICMPV6));
        reads("[fd00::1]/icmpv6", portless("fd00::1", Protocol::ICMPV6));
        reads("10.0.0.1/esp", portless("10.0.0.1", Protocol(50)));
        refuses("10.0.0.1/icmpv6", "10.0.0.1 is IPv4");
    }

    #[test]
    fn a_service_is_looked_up_later() {
        reads("shop/web:http", Destination::Service("shop/web:http".parse().unwrap()));
        reads("shop/web", Destination::Service("shop/web".parse().unwrap()));
    }

    #[test]
    fn a_half_written_destination_is_told_what_is_missing() {
        refuses("10.96.0.1", "a port is missing: write 10.96.0.1:80/tcp");
        refuses("10.96.0.1/udp", "a port is missing: write 10.96.0.1:80/udp");
        refuses("10.96.0.0/12", "looks like a net");
        refuses("10.96.0.1/", "looks like a net");
        refuses("fd00::1", "write [fd00::1]:80/tcp");
        refuses("10.96.0.1:443/icmp", "icmp has no ports");
        refuses("10.96.0.1:65536", "ports go from 1 to 65535");
        refuses("web", "write ADDR:PORT/PROTO");
        refuses("", "write ADDR:PORT/PROTO");
        refuses("10.96.0.1:443/quic", "`quic` is no protocol");
    }
}
