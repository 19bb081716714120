//! What neither dump nor facts decide. An [`Atom`] has an identity, so that the same question met twice gets the same
//! answer on one branch; questions about one thing know what they imply of each other.

use crate::ruleset::{AddressTypes, Net, PortRange, RuleId, Side};
use bstr::BString;
use std::net::IpAddr;

/// A question whose answer is not known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Atom {
    /// Does the packet come in over an interface of this name (a prefix where it ends in `+`)?
    In(BString),
    /// Does what goes to `towards` leave over an interface of this name?
    Out {
        /// The name or, with `+`, prefix.
        name: BString,
        /// The destination; `None` for an unknown one.
        towards: Option<IpAddr>,
    },
    /// Is the address of one of these kinds for the node?
    Kind {
        /// The address; `None` for the unknown one of that side.
        address: Option<IpAddr>,
        /// Which end it is.
        side: Side,
        /// The kinds.
        types: AddressTypes,
    },
    /// Is the address borne by the interface the packet comes in (or leaves) over?
    OnInterface {
        /// The address.
        address: Option<IpAddr>,
        /// [`Side::Source`] for the incoming interface.
        side: Side,
    },
    /// Does an address that is not known lie in this range?
    Address {
        /// Which end.
        side: Side,
        /// Whether translation already replaced the one the packet came with.
        is_translated: bool,
        /// First and last address.
        range: (IpAddr, IpAddr),
    },
    /// Does a port that is not known lie in this range?
    Port {
        /// Which end.
        side: Side,
        /// The ports.
        ports: PortRange,
    },
    /// Something only the words of the dump name.
    Words {
        /// What kind of thing.
        what: Wording,
        /// The words.
        words: BString,
        /// What they are asked of: an address and a port, a rule.
        of: Option<(Option<IpAddr>, Option<u16>)>,
    },
    /// Does this rule's condition hold for this one packet, for reasons that lie in other traffic?
    Traffic {
        /// The table.
        table: u32,
        /// The rule.
        rule: RuleId,
        /// The words of the condition.
        words: BString,
    },
    /// Is `net.ipv4.conf.*.route_localnet` on?
    RouteLocalnet,
}

/// What the words of an [`Atom::Words`] are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Wording {
    /// An ipset and its directions.
    Set,
    /// A host or network name.
    Host,
    /// An option without a meaning to us.
    Option,
    /// A bridge port.
    Physdev,
    /// A protocol by name.
    Protocol,
    /// Text of a listing.
    Listed,
    /// A listing without `-v` may hide interfaces of this rule (its number).
    HiddenInterface,
    /// A chain that is not in the dump.
    Chain,
    /// A target that is not known.
    Target,
    /// A program that decides.
    Queue,
    /// A socket that TPROXY looks for.
    Socket,
}

/// How the packets one question means lie to those of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Equal,
    Within,
    Around,
    Apart,
    Unrelated,
}

impl Atom {
    /// What the answer `value` to this question says of `other`; `None` if nothing.
    pub(super) fn implies(&self, value: bool, other: &Self) -> Option<bool> {
        match (self.relation(other), value) {
            (Relation::Equal, _) => Some(value),
            (Relation::Within, true) => Some(true),
            (Relation::Apart, true) | (Relation::Around, false) => Some(false),
            _ => None,
        }
    }

    fn relation(&self, other: &Self) -> Relation {
        if self == other {
            return Relation::Equal;
        }
        match (self, other) {
            (Self::In(own), Self::In(name)) => names(own, name),
            (Self::Out { name: own, towards }, Self::Out { name, towards: same }) if towards == same => {
                names(own, name)
            }
            (Self::Kind { address, side, types }, Self::Kind { address: a, side: s, types: t })
                if address == a && (address.is_some() || side == s) =>
            {
                kinds(types.0, t.0)
            }
            (
                Self::Address { side, is_translated, range },
                Self::Address { side: s, is_translated: t, range: other },
            ) if side == s && is_translated == t && range.0.is_ipv4() == other.0.is_ipv4() => ranges(*range, *other),
            (Self::Port { side, ports }, Self::Port { side: s, ports: other }) if side == s => {
                ranges((ports.first, ports.last), (other.first, other.last))
            }
            _ => Relation::Unrelated,
        }
    }
}

/// Interface names: `eth+` is around `eth0`.
fn names(own: &BString, other: &BString) -> Relation {
    match (own.strip_suffix(b"+"), other.strip_suffix(b"+")) {
        (None, Some(prefix)) if own.starts_with(prefix) => Relation::Within,
        (Some(prefix), None) if other.starts_with(prefix) => Relation::Around,
        (Some(prefix), Some(longer)) if longer.starts_with(prefix) => Relation::Around,
        (Some(longer), Some(prefix)) if longer.starts_with(prefix) => Relation::Within,
        _ => Relation::Apart,
    }
}

fn kinds(own: u16, other: u16) -> Relation {
    match own & other {
        0 => Relation::Apart,
        common if common == own => Relation::Within,
        common if common == other => Relation::Around,
        _ => Relation::Unrelated,
    }
}

fn ranges<T: Ord + Copy>(own: (T, T), other: (T, T)) -> Relation {
    if own.1 < other.0 || other.1 < own.0 {
        Relation::Apart
    } else if own == other {
        Relation::Equal
    } else if own.0 >= other.0 && own.1 <= other.1 {
        Relation::Within
    } else if own.0 <= other.0 && own.1 >= other.1 {
        Relation::Around
    } else {
        Relation::Unrelated
    }
}

/// First and last address of a net; `None` if its mask is no prefix.
pub(super) fn range_of(net: &Net) -> Option<(IpAddr, IpAddr)> {
    let prefix = net.prefix()?;
    Some(match net.addr() {
        IpAddr::V4(addr) => {
            let rest = u32::MAX.checked_shr(prefix).unwrap_or(0);
            let first = u32::from(addr) & !rest;
            (IpAddr::V4(first.into()), IpAddr::V4((first | rest).into()))
        }
        IpAddr::V6(addr) => {
            let rest = u128::MAX.checked_shr(prefix).unwrap_or(0);
            let first = u128::from(addr) & !rest;
            (IpAddr::V6(first.into()), IpAddr::V6((first | rest).into()))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(net: &str) -> Atom {
        let (addr, prefix) = net.split_once('/').unwrap();
        let net = Net::new(addr.parse().unwrap(), prefix.parse().unwrap()).unwrap();
        Atom::Address { side: Side::Source, is_translated: false, range: range_of(&net).unwrap() }
    }

    #[test]
    fn one_interface_excludes_the_others_and_includes_its_prefix() {
        let name = |name: &str| Atom::In(name.into());
        assert_eq!(name("eth0").implies(true, &name("cni0")), Some(false));
        assert_eq!(name("eth0").implies(true, &name("eth+")), Some(true));
        assert_eq!(name("eth0").implies(false, &name("cni0")), None);
        assert_eq!(name("eth+").implies(false, &name("eth0")), Some(false));
        assert_eq!(name("eth+").implies(true, &name("eth0")), None);
    }

    #[test]
    fn a_source_in_a_net_is_in_the_nets_around_it_and_not_in_those_apart() {
        let (pods, node, other) = (within("10.244.0.0/16"), within("10.244.1.0/24"), within("192.168.0.0/16"));
        assert_eq!(node.implies(true, &pods), Some(true));
        assert_eq!(node.implies(true, &other), Some(false));
        assert_eq!(pods.implies(false, &node), Some(false));
        assert_eq!(pods.implies(true, &node), None);
        assert_eq!(node.implies(false, &pods), None);
    }

    #[test]
    fn what_is_local_is_not_unicast() {
        let kind = |types| Atom::Kind { address: None, side: Side::Source, types: AddressTypes(types) };
        assert_eq!(kind(0b100).implies(true, &kind(0b010)), Some(false));
        assert_eq!(kind(0b100).implies(true, &kind(0b110)), Some(true));
        assert_eq!(kind(0b110).implies(false, &kind(0b100)), Some(false));
    }
}
