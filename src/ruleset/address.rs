//! Addresses as rules name them: under a mask, which need not be a prefix.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Which end of a packet an option looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// `-s`, `--sport`, `--src-type` …
    Source,
    /// `-d`, `--dport`, `--dst-type` …
    Destination,
    /// Either of them: `-m multiport --ports`.
    Either,
}

/// The addresses that agree with `addr` in the bits of `mask`. IPv6 is boxed to keep rules small.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Net {
    /// `10.0.0.0/8`, `10.0.0.1`, `10.0.1.0/255.0.255.0`.
    V4 {
        /// The address as written.
        addr: Ipv4Addr,
        /// The bits that count.
        mask: Ipv4Addr,
    },
    /// Address and mask of an IPv6 net.
    V6(Box<(Ipv6Addr, Ipv6Addr)>),
}

impl Net {
    /// The net of `prefix` leading bits around `addr`; `None` if the family has fewer bits.
    #[must_use]
    pub fn new(addr: IpAddr, prefix: u32) -> Option<Self> {
        match addr {
            IpAddr::V4(addr) => (prefix <= 32).then(|| {
                let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
                Self::V4 { addr, mask: mask.into() }
            }),
            IpAddr::V6(addr) => (prefix <= 128).then(|| {
                let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
                Self::V6(Box::new((addr, mask.into())))
            }),
        }
    }

    /// One address alone.
    #[must_use]
    pub fn host(addr: IpAddr) -> Self {
        match addr {
            IpAddr::V4(addr) => Self::V4 { addr, mask: Ipv4Addr::BROADCAST },
            IpAddr::V6(addr) => Self::V6(Box::new((addr, u128::MAX.into()))),
        }
    }

    /// Whether `addr` lies in it; never for an address of the other family.
    #[must_use]
    pub fn contains(&self, addr: IpAddr) -> bool {
        match (self, addr) {
            (Self::V4 { addr: net, mask }, IpAddr::V4(addr)) => {
                (u32::from(*net) ^ u32::from(addr)) & u32::from(*mask) == 0
            }
            (Self::V6(net), IpAddr::V6(addr)) => (u128::from(net.0) ^ u128::from(addr)) & u128::from(net.1) == 0,
            _ => false,
        }
    }

    /// The address as written.
    #[must_use]
    pub fn addr(&self) -> IpAddr {
        match self {
            Self::V4 { addr, .. } => IpAddr::V4(*addr),
            Self::V6(net) => IpAddr::V6(net.0),
        }
    }

    /// The number of leading bits, if the mask is a prefix.
    #[must_use]
    pub fn prefix(&self) -> Option<u32> {
        match self {
            Self::V4 { mask, .. } => {
                let mask = u32::from(*mask);
                (mask.leading_ones() == mask.count_ones()).then(|| mask.leading_ones())
            }
            Self::V6(net) => {
                let mask = u128::from(net.1);
                (mask.leading_ones() == mask.count_ones()).then(|| mask.leading_ones())
            }
        }
    }

    /// The address, if it is just one.
    #[must_use]
    pub fn as_host(&self) -> Option<IpAddr> {
        let full = match self {
            Self::V4 { .. } => 32,
            Self::V6(_) => 128,
        };
        (self.prefix() == Some(full)).then(|| self.addr())
    }
}

/// As iptables-save prints it: always with `/prefix`, or with the mask where it is no prefix.
impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.prefix()) {
            (net, Some(prefix)) => write!(f, "{}/{prefix}", net.addr()),
            (Self::V4 { addr, mask }, None) => write!(f, "{addr}/{mask}"),
            (Self::V6(net), None) => write!(f, "{}/{}", net.0, net.1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_net_holds_what_agrees_in_the_bits_of_its_mask() {
        let odd = Net::V4 { addr: Ipv4Addr::new(10, 0, 1, 0), mask: Ipv4Addr::new(255, 0, 255, 0) };
        assert!(odd.contains("10.9.1.7".parse().unwrap()));
        assert!(!odd.contains("10.9.2.7".parse().unwrap()));
        assert_eq!((odd.prefix(), odd.to_string().as_str()), (None, "10.0.1.0/255.0.255.0"));
    }

    #[test]
    fn a_prefix_longer_than_the_family_is_no_net() {
        assert_eq!(Net::new("10.0.0.0".parse().unwrap(), 64), None);
        assert_eq!(Net::new("fd00::".parse().unwrap(), 64).map(|net| net.to_string()), Some("fd00::/64".into()));
        assert!(Net::new("0.0.0.0".parse().unwrap(), 0).is_some_and(|net| net.contains("8.8.8.8".parse().unwrap())));
    }
}
