//! Small values that rules are made of: families, protocols, ports, marks, probabilities.

use std::fmt;

/// IPv4 or IPv6: which of the two sets of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// `iptables`.
    Ipv4,
    /// `ip6tables`.
    Ipv6,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
        })
    }
}

/// Which of the kernel's two implementations holds the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// `x_tables`, spoken to by `iptables-legacy`.
    Legacy,
    /// `nf_tables`, spoken to by `iptables-nft`.
    Nft,
    /// The dump does not tell (iptables-save 1.8.4 to 1.8.7 without a suffix, listings).
    Unknown,
}

/// A protocol number of the IP header; 0 stands for "all".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Protocol(pub u8);

impl Protocol {
    /// Every protocol: `-p all`, which iptables never prints.
    pub const ALL: Self = Self(0);
    /// ICMP for IPv4.
    pub const ICMP: Self = Self(1);
    /// TCP.
    pub const TCP: Self = Self(6);
    /// UDP.
    pub const UDP: Self = Self(17);
    /// DCCP.
    pub const DCCP: Self = Self(33);
    /// ICMP for IPv6.
    pub const ICMPV6: Self = Self(58);
    /// SCTP.
    pub const SCTP: Self = Self(132);
    /// UDP-Lite.
    pub const UDPLITE: Self = Self(136);

    /// The names iptables has built in (`xtables_chain_protos`), first the one it prints.
    const NAMES: [(u8, &'static str); 14] = [
        (0, "all"),
        (6, "tcp"),
        (17, "udp"),
        (132, "sctp"),
        (1, "icmp"),
        (58, "ipv6-icmp"),
        (58, "icmpv6"),
        (136, "udplite"),
        (50, "esp"),
        (51, "ah"),
        (33, "dccp"),
        (135, "mh"),
        (135, "ipv6-mh"),
        (108, "ipcomp"),
    ];

    /// The protocol of that name, in any case, or of that decimal number.
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        // That of nearly every rule.
        if name == b"tcp" {
            return Some(Self::TCP);
        }
        let known = Self::NAMES.iter().find(|(_, known)| known.as_bytes().eq_ignore_ascii_case(name));
        known.map(|&(number, _)| number).or_else(|| std::str::from_utf8(name).ok()?.parse().ok()).map(Self)
    }

    /// Its name where iptables has one built in.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Self::NAMES.iter().find(|&&(number, _)| number == self.0).map(|&(_, name)| name)
    }

    /// Whether its header begins with a source and a destination port.
    #[must_use]
    pub fn has_ports(self) -> bool {
        [Self::TCP, Self::UDP, Self::SCTP, Self::DCCP, Self::UDPLITE].contains(&self)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

/// Ports from `first` to `last`, both included; one port where they are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    /// The lowest port.
    pub first: u16,
    /// The highest port. Lower than `first` in a rule that can never match, which iptables accepts.
    pub last: u16,
}

impl PortRange {
    /// One port alone.
    #[must_use]
    pub fn single(port: u16) -> Self {
        Self { first: port, last: port }
    }

    /// Whether `port` lies in it.
    #[must_use]
    pub fn contains(self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }

    /// The port, if it is just one.
    #[must_use]
    pub fn as_single(self) -> Option<u16> {
        (self.first == self.last).then_some(self.first)
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_single() {
            Some(port) => write!(f, "{port}"),
            None => write!(f, "{}:{}", self.first, self.last),
        }
    }
}

/// A value under a mask, of the packet's mark (or its connection's), as in `0x4000/0x4000`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mark {
    /// The bits wanted or set.
    pub value: u32,
    /// The bits looked at or cleared first.
    pub mask: u32,
}

impl Mark {
    /// Whether `mark` has the value under the mask (`xt_mark`: `(mark & mask) == value`).
    #[must_use]
    pub fn matches(self, mark: u32) -> bool {
        mark & self.mask == self.value
    }

    /// `mark` after `--set-xmark value/mask` (`xt_MARK`: `(mark & !mask) ^ value`).
    #[must_use]
    pub fn applied_to(self, mark: u32) -> u32 {
        (mark & !self.mask) ^ self.value
    }
}

/// As `-m mark --mark` prints it: the mask only where it is not all ones.
impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.value)?;
        if self.mask == u32::MAX { Ok(()) } else { write!(f, "/{:#x}", self.mask) }
    }
}

/// What `xt_statistic` keeps of a probability: it matches when 31 random bits are below `self.0`,
/// so its probability is exactly `self.0 / 2^31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Threshold(pub u32);

impl Threshold {
    /// Always: 2³¹.
    pub const ALWAYS: Self = Self(1 << 31);

    /// The threshold iptables makes of a probability from 0 to 1 (`lround(2^31 * p)`); `None` outside of that.
    #[must_use]
    pub fn from_probability(probability: f64) -> Option<Self> {
        let scaled = (probability * f64::from(Self::ALWAYS.0)).round();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked just before")]
        (0.0..=f64::from(Self::ALWAYS.0)).contains(&scaled).then_some(Self(scaled as u32))
    }

    /// The exact probability, a number from 0 to 1.
    #[must_use]
    pub fn probability(self) -> f64 {
        f64::from(self.0) / f64::from(Self::ALWAYS.0)
    }
}

/// Eleven digits, as iptables prints it since 1.4.11.
impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.11}", self.probability())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probability_reads_back_as_the_threshold_it_was_printed_from() {
        for digits in ["0.33333333349", "0.50000000000", "0.33332999982", "1.00000000000", "0.00000000000"] {
            let threshold = Threshold::from_probability(digits.parse().unwrap()).unwrap();
            assert_eq!(threshold.to_string(), digits);
        }
        assert_eq!(Threshold::from_probability(0.333_333_333_49), Some(Threshold(715_827_883)));
        assert_eq!(Threshold::from_probability(1.5), None);
        assert_eq!(Threshold::from_probability(f64::NAN), None);
    }

    #[test]
    fn a_mark_is_set_and_tested_under_its_mask() {
        let masquerade = Mark { value: 0x4000, mask: 0x4000 };
        assert_eq!(masquerade.applied_to(0x1), 0x4001);
        assert!(masquerade.matches(0x4001));
        assert_eq!(Mark { value: 0x4000, mask: 0 }.applied_to(0x4001), 0x1);
        assert_eq!(masquerade.to_string(), "0x4000/0x4000");
    }

    #[test]
    fn protocols_are_known_by_name_and_number() {
        assert_eq!(Protocol::from_name(b"tcp"), Some(Protocol::TCP));
        assert_eq!(Protocol::from_name(b"58"), Some(Protocol::ICMPV6));
        assert_eq!(Protocol::from_name(b"icmpv6").map(|protocol| protocol.to_string()), Some("ipv6-icmp".into()));
        assert_eq!(Protocol::from_name(b"256"), None);
    }
}
