//! What a rule asks of a packet.
//!
//! One [`Match`] per option: `-m tcp --sport 1 --dport 2` is two of them. Options we give no meaning to stay word for
//! word, so that nothing is lost and nothing is guessed.

use super::{Mark, Net, PortRange, Protocol, Side, Threshold};
use bstr::{BStr, BString, ByteSlice};
use std::borrow::Cow;
use std::net::IpAddr;

/// One option of a rule: a test, or its opposite (`!`). A large node has a million of them, so they are small.
#[derive(Clone, Debug, PartialEq)]
pub struct Match<'src>(Asked<'src>);

/// Opposites are rare enough to lie elsewhere.
#[derive(Clone, Debug, PartialEq)]
enum Asked<'src> {
    Test(Test<'src>),
    Opposite(Box<Test<'src>>),
}

/// What one option asks.
#[derive(Clone, Debug, PartialEq)]
pub enum Test<'src> {
    /// `-s`, `-d`.
    Address {
        /// Which end; never [`Side::Either`].
        side: Side,
        /// The addresses.
        net: Net,
    },
    /// A host or network by name, in a listing without `-n`: which addresses it means is not known.
    Host {
        /// Which end; never [`Side::Either`].
        side: Side,
        /// The name as printed.
        name: &'src BStr,
    },
    /// `-i`, `-o`: an interface, or a prefix of names where it ends in `+`.
    Interface {
        /// [`Side::Source`] for `-i`, [`Side::Destination`] for `-o`.
        side: Side,
        /// The name as printed.
        name: &'src BStr,
    },
    /// `-p`.
    Protocol(Protocol),
    /// `-p` with a name we have no number for.
    ProtocolName(&'src BStr),
    /// `-f`: second and further fragments.
    Fragment,
    /// `-m comment --comment`: always true.
    Comment {
        /// The text as it stands, with its quotes and backslashes if it is quoted.
        raw: &'src BStr,
        /// Whether `raw` is in the quoted form of iptables-save.
        quoted: bool,
    },
    /// `--sport`, `--dport` of `-m tcp`, `udp`, `sctp`, `dccp`, `udplite`.
    Port {
        /// The module, named like its protocol.
        module: Protocol,
        /// Which end; never [`Side::Either`].
        side: Side,
        /// The ports.
        ports: PortRange,
    },
    /// `-m tcp` and its like without any option: true for the protocol it is named after.
    Module(Protocol),
    /// `-m multiport --sports`, `--dports`, `--ports`.
    Multiport {
        /// Which end.
        side: Side,
        /// The ports, in the order written.
        ports: Box<[PortRange]>,
    },
    /// `-m tcp --tcp-flags MASK SET`, bits as in the header (FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32).
    TcpFlags {
        /// The flags looked at.
        mask: u8,
        /// Those of them that must be set.
        set: u8,
    },
    /// `-m icmp --icmp-type`, `-m icmp6 --icmpv6-type`.
    Icmp {
        /// [`Protocol::ICMP`] or [`Protocol::ICMPV6`].
        module: Protocol,
        /// The type asked for.
        kind: IcmpType,
    },
    /// The same with a name (`echo-request`), as hand-made files and listings have it.
    IcmpName {
        /// [`Protocol::ICMP`] or [`Protocol::ICMPV6`].
        module: Protocol,
        /// The name as written.
        name: &'src BStr,
    },
    /// `-m addrtype --src-type`, `--dst-type`.
    AddressType {
        /// Which end; never [`Side::Either`].
        side: Side,
        /// Any of these.
        types: AddressTypes,
        /// `--limit-iface-in`, `--limit-iface-out`.
        limit: Option<IfaceLimit>,
    },
    /// `-m mark --mark`.
    Mark(Mark),
    /// `-m connmark --mark`.
    Connmark(Mark),
    /// `-m conntrack --ctstate`, `-m state --state`.
    State {
        /// Which of the two modules.
        module: StateModule,
        /// Any of these.
        states: ConntrackStates,
    },
    /// Another option of `-m conntrack`.
    Conntrack(Box<ConntrackOption>),
    /// `-m statistic --mode random --probability`.
    Random(Threshold),
    /// `-m statistic --mode nth --every N --packet P`: counts, does not draw.
    Nth {
        /// Every how many packets.
        every: u32,
        /// At which count it starts.
        packet: u32,
    },
    /// `-m recent`.
    Recent(Box<Recent<'src>>),
    /// `-m iprange --src-range`, `--dst-range`: from the first to the last address.
    AddressRange {
        /// Which end; never [`Side::Either`].
        side: Side,
        /// First and last address, of one family.
        range: Box<(IpAddr, IpAddr)>,
    },
    /// `-m set --match-set`: membership in an ipset, whose members a dump does not show. Its name and the directions,
    /// one per dimension, word for word: `KUBE-CLUSTER-IP dst,dst`.
    Set(&'src BStr),
    /// `-m physdev`: bridge ports.
    Physdev {
        /// What is asked.
        test: PhysdevTest,
        /// The port's name for `--physdev-in` and `--physdev-out`, else empty.
        name: &'src BStr,
    },
    /// `-m limit`: at most so many packets per time, so it depends on the traffic. Options word for word.
    Limit(&'src BStr),
    /// `-m nfacct --nfacct-name`: counts, always true.
    Nfacct(&'src BStr),
    /// Options we give no meaning to, word for word, `-m MODULE` included where it was written.
    Other(&'src BStr),
    /// Text of a listing that we cannot turn back into options, word for word.
    Listed(&'src BStr),
}

/// `-m icmp --icmp-type` in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IcmpType {
    /// `any`.
    Any,
    /// `8` or `3/1`: the type and, if given, the code.
    Number {
        /// ICMP type.
        kind: u8,
        /// ICMP code.
        code: Option<u8>,
    },
}

/// Kinds of addresses as the routing table sees them (`-m addrtype`), a set of bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressTypes(pub u16);

impl AddressTypes {
    /// Names in the order iptables prints them (`libxt_addrtype`), lowest bit first.
    pub const NAMES: [&'static str; 12] = [
        "UNSPEC",
        "UNICAST",
        "LOCAL",
        "BROADCAST",
        "ANYCAST",
        "MULTICAST",
        "BLACKHOLE",
        "UNREACHABLE",
        "PROHIBIT",
        "THROW",
        "NAT",
        "XRESOLVE",
    ];
    /// `LOCAL`: an address of this node.
    pub const LOCAL: Self = Self(1 << 2);

    /// Whether it asks for nothing but an address of this node.
    #[must_use]
    pub fn is_local(self) -> bool {
        self == Self::LOCAL
    }
}

/// Which interface's addresses `-m addrtype` looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfaceLimit {
    /// `--limit-iface-in`.
    In,
    /// `--limit-iface-out`.
    Out,
}

/// The module that asks for a connection's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateModule {
    /// `-m conntrack --ctstate`.
    Conntrack,
    /// `-m state --state`, its older form.
    State,
}

/// States of a connection, a set of bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConntrackStates(pub u8);

impl ConntrackStates {
    /// Names in the order iptables prints them, lowest bit first.
    pub const NAMES: [&'static str; 7] = ["INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED", "SNAT", "DNAT"];
    /// `INVALID`.
    pub const INVALID: Self = Self(1);
    /// `NEW`.
    pub const NEW: Self = Self(2);
    /// `RELATED`.
    pub const RELATED: Self = Self(4);
    /// `ESTABLISHED`.
    pub const ESTABLISHED: Self = Self(8);
    /// `UNTRACKED`.
    pub const UNTRACKED: Self = Self(16);
    /// `SNAT`: the source was translated.
    pub const SNAT: Self = Self(32);
    /// `DNAT`: the destination was translated.
    pub const DNAT: Self = Self(64);

    /// All of `self` and of `other`.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the two have a state in common.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Options of `-m conntrack` besides the state.
#[derive(Clone, Debug, PartialEq)]
pub enum ConntrackOption {
    /// `--ctorigsrc`, `--ctorigdst`: an address before translation.
    OriginalAddress {
        /// Which end.
        side: Side,
        /// The addresses.
        net: Net,
    },
    /// `--ctreplsrc`, `--ctrepldst`: an address of the replies.
    ReplyAddress {
        /// Which end.
        side: Side,
        /// The addresses.
        net: Net,
    },
    /// `--ctorigsrcport`, `--ctorigdstport`.
    OriginalPort {
        /// Which end.
        side: Side,
        /// The ports.
        ports: PortRange,
    },
    /// `--ctproto`.
    Protocol(Protocol),
    /// `--ctdir ORIGINAL` (true) or `REPLY` (false).
    IsOriginal(bool),
}

/// `-m recent`: a list of source (or destination) addresses seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Recent<'src> {
    /// What it does with the list.
    pub action: RecentAction,
    /// `--seconds`: entries older than that do not count.
    pub seconds: Option<u32>,
    /// `--hitcount`.
    pub hitcount: Option<u32>,
    /// `--reap`: old entries are removed.
    pub reap: bool,
    /// `--rttl`.
    pub rttl: bool,
    /// `--name` of the list (kube-proxy: the name of the endpoint's chain).
    pub name: &'src BStr,
    /// `--mask`, word for word; absent before iptables 1.4.15.
    pub mask: Option<&'src BStr>,
    /// `--rsource` or `--rdest`.
    pub side: Side,
}

/// What `-m recent` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecentAction {
    /// `--set`: puts the address in; true.
    Set,
    /// `--rcheck`: whether it is in.
    Check,
    /// `--update`: whether it is in; its time is renewed then.
    Update,
    /// `--remove`: whether it is in; it is taken out then.
    Remove,
}

/// What `-m physdev` asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhysdevTest {
    /// `--physdev-in NAME`.
    In,
    /// `--physdev-out NAME`.
    Out,
    /// `--physdev-is-in`: it came in over a bridge port.
    IsIn,
    /// `--physdev-is-out`.
    IsOut,
    /// `--physdev-is-bridged`.
    IsBridged,
}

impl<'src> Match<'src> {
    /// The test, or its opposite.
    #[must_use]
    pub fn new(inverted: bool, test: Test<'src>) -> Self {
        if inverted { Self::not(test) } else { Self::of(test) }
    }

    /// The test, not inverted.
    #[must_use]
    pub fn of(test: Test<'src>) -> Self {
        Self(Asked::Test(test))
    }

    /// The opposite of the test.
    #[must_use]
    pub fn not(test: Test<'src>) -> Self {
        Self(Asked::Opposite(Box::new(test)))
    }

    /// Whether `!` stands before it.
    #[must_use]
    pub fn inverted(&self) -> bool {
        matches!(self.0, Asked::Opposite(_))
    }

    /// What is asked, before it is inverted.
    #[must_use]
    pub fn test(&self) -> &Test<'src> {
        match &self.0 {
            Asked::Test(test) => test,
            Asked::Opposite(test) => test,
        }
    }

    /// The same, to be changed.
    pub(crate) fn test_mut(&mut self) -> &mut Test<'src> {
        match &mut self.0 {
            Asked::Test(test) => test,
            Asked::Opposite(test) => test,
        }
    }

    /// The text of a comment, without quotes and backslashes.
    #[must_use]
    pub fn comment(&self) -> Option<Cow<'src, BStr>> {
        match *self.test() {
            Test::Comment { raw, quoted } => Some(if quoted { unquoted(raw) } else { Cow::Borrowed(raw) }),
            _ => None,
        }
    }
}

/// A word as iptables-restore reads it: inside `"…"` a backslash takes the next byte as it is.
/// Text that does not begin with a quote is returned as it stands.
#[must_use]
pub fn unquoted(raw: &BStr) -> Cow<'_, BStr> {
    let Some(inner) = raw.strip_prefix(b"\"") else { return Cow::Borrowed(raw) };
    let inner = inner.strip_suffix(b"\"").unwrap_or(inner);
    if !inner.contains(&b'\\') {
        return Cow::Borrowed(inner.as_bstr());
    }
    let mut text = BString::default();
    let mut bytes = inner.iter();
    while let Some(&byte) = bytes.next() {
        text.push(if byte == b'\\' { bytes.next().copied().unwrap_or(byte) } else { byte });
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backslash_in_quotes_takes_the_next_byte_as_it_is() {
        for (raw, text) in [
            (r#""it\'s""#, "it's"),
            (r#""end\\""#, r"end\"),
            (r#""""#, ""),
            ("bare", "bare"),
            (r#""a \"b\" c""#, r#"a "b" c"#),
        ] {
            assert_eq!(unquoted(raw.into()).as_ref(), text, "{raw}");
        }
    }

    #[test]
    fn a_match_stays_small() {
        assert!(size_of::<Match<'_>>() <= 24, "{}", size_of::<Match<'_>>());
        assert!(size_of::<super::super::Rule<'_>>() <= 48, "{}", size_of::<super::super::Rule<'_>>());
    }
}
