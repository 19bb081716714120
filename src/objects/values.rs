//! Ports, protocols, addresses and nets as API objects write them.

use crate::ruleset::{Net, Protocol};
use std::net::IpAddr;

/// The port of that number.
pub(super) fn port(number: i32, path: impl Fn() -> String) -> Result<u16, String> {
    let known = u16::try_from(number).ok().filter(|&number| number > 0);
    known.ok_or_else(|| format!("{}: {number} is no port (1 to 65535)", path()))
}

/// 0 stands for "none", as in the API.
pub(super) fn optional_port(number: Option<i32>, path: &str) -> Result<Option<u16>, String> {
    number.filter(|&number| number != 0).map(|number| port(number, || path.to_owned())).transpose()
}

/// The protocol of that name; TCP if there is none.
pub(super) fn protocol(name: Option<&str>, path: impl Fn() -> String) -> Result<Protocol, String> {
    match name {
        None | Some("" | "TCP") => Ok(Protocol::TCP),
        Some("UDP") => Ok(Protocol::UDP),
        Some("SCTP") => Ok(Protocol::SCTP),
        Some(other) => Err(format!("{}: {other:?} is none of TCP, UDP and SCTP", path())),
    }
}

/// Each once, in the order written; what is no address (`None`, host names) is left out.
pub(super) fn addresses<'a>(texts: impl Iterator<Item = &'a String>) -> Vec<IpAddr> {
    let mut known = Vec::new();
    for address in texts.filter_map(|text| address(text)) {
        if !known.contains(&address) {
            known.push(address);
        }
    }
    known
}

/// Go's old parser, and so the API of old clusters, takes leading zeros in IPv4 addresses as decimal.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let sloppy = || {
        let parts = text.split('.').map(|part| if part.len() <= 8 { part.parse().ok() } else { None });
        let parts: [u8; 4] = parts.collect::<Option<Vec<u8>>>()?.try_into().ok()?;
        Some(IpAddr::from(parts))
    };
    text.parse().ok().or_else(sloppy)
}

/// Each once, in the order written, the bits behind the prefix cleared as the kernel clears them.
pub(super) fn nets<'a>(texts: impl Iterator<Item = &'a String>) -> Vec<Net> {
    let mut known = Vec::new();
    for net in texts.filter_map(|text| net(text)) {
        if !known.contains(&net) {
            known.push(net);
        }
    }
    known
}

fn net(text: &str) -> Option<Net> {
    let (start, prefix) = text.trim().split_once('/')?;
    let prefix: u32 = prefix.parse().ok()?;
    let net = Net::new(address(start)?, prefix)?;
    let start = match &net {
        Net::V4 { addr, mask } => IpAddr::from((u32::from(*addr) & u32::from(*mask)).to_be_bytes()),
        Net::V6(net) => IpAddr::from((u128::from(net.0) & u128::from(net.1)).to_be_bytes()),
    };
    Net::new(start, prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn what_is_no_address_is_left_out_and_nothing_counts_twice() {
        let known = addresses(texts(&["None", "10.0.0.1", "lb.example", "10.0.0.1", "fd00:0::1", ""]).iter());
        assert_eq!(known, ["10.0.0.1".parse::<IpAddr>().unwrap(), "fd00::1".parse().unwrap()]);
    }

    #[test]
    fn leading_zeros_of_an_ipv4_address_are_decimal() {
        assert_eq!(address("010.096.000.010"), "10.96.0.10".parse().ok());
        assert_eq!(address("10.0.0.256"), None);
        assert_eq!(address("1.2.3"), None);
    }

    #[test]
    fn a_net_is_cut_at_its_prefix_like_the_kernel_does() {
        let known: Vec<String> =
            nets(texts(&["10.1.2.3/8", " 192.0.2.0/24 ", "10.0.0.0/33", "fd00::1/64", "10.0.0.0"]).iter())
                .iter()
                .map(ToString::to_string)
                .collect();
        assert_eq!(known, ["10.0.0.0/8", "192.0.2.0/24", "fd00::/64"]);
    }

    #[test]
    fn a_port_is_a_number_from_1_to_65535() {
        assert_eq!(port(65_535, String::new), Ok(65_535));
        assert_eq!(port(65_536, || "p".into()), Err("p: 65536 is no port (1 to 65535)".into()));
        assert_eq!(optional_port(Some(0), "p"), Ok(None));
        assert_eq!(optional_port(Some(-1), "p"), Err("p: -1 is no port (1 to 65535)".into()));
    }
}
