//! Addresses with their ports, as people write them.

use std::net::{IpAddr, SocketAddr};

/// `10.0.0.1:80`, `[fd00::1]:80`, the address alone without a port, `any address` without both.
pub(super) fn endpoint(address: Option<IpAddr>, port: Option<u16>) -> String {
    match (address, port) {
        (Some(address), Some(port)) => SocketAddr::new(address, port).to_string(),
        (Some(address), None) => address.to_string(),
        (None, Some(port)) => format!("port {port}"),
        (None, None) => "unknown".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_address_with_a_port_has_brackets() {
        assert_eq!(endpoint("fd00::1".parse().ok(), Some(80)), "[fd00::1]:80");
        assert_eq!(endpoint("10.0.0.1".parse().ok(), Some(80)), "10.0.0.1:80");
        assert_eq!(endpoint("10.0.0.1".parse().ok(), None), "10.0.0.1");
    }
}
