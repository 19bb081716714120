//! Which family a table belongs to, from the addresses in its rules.

use crate::ruleset::{ConntrackOption, Family, Net, Table, Target, Test, Translation};
use bstr::ByteSlice;
use std::net::IpAddr;

/// The family of the first address, ICMP type or answer in the table that has one.
pub(super) fn family_of(table: &Table<'_>) -> Option<Family> {
    let of_rule = |rule: &crate::ruleset::Rule<'_>| {
        let by_match = table.matches(rule).iter().find_map(|each| of_test(each.test()));
        by_match.or_else(|| rule.target.as_ref().and_then(of_target))
    };
    table.rules.iter().find_map(of_rule)
}

fn of_address(addr: IpAddr) -> Family {
    if addr.is_ipv4() { Family::Ipv4 } else { Family::Ipv6 }
}

fn of_net(net: &Net) -> Family {
    of_address(net.addr())
}

fn of_test(test: &Test<'_>) -> Option<Family> {
    match test {
        Test::Address { net, .. } => Some(of_net(net)),
        Test::AddressRange { range, .. } => Some(of_address(range.0)),
        Test::Icmp { module, .. } | Test::IcmpName { module, .. } => {
            Some(if *module == crate::ruleset::Protocol::ICMPV6 { Family::Ipv6 } else { Family::Ipv4 })
        }
        Test::Protocol(crate::ruleset::Protocol::ICMPV6) => Some(Family::Ipv6),
        Test::Conntrack(option) => match &**option {
            ConntrackOption::OriginalAddress { net, .. } | ConntrackOption::ReplyAddress { net, .. } => {
                Some(of_net(net))
            }
            _ => None,
        },
        Test::Recent(recent) => recent.mask.map(|mask| if mask.contains(&b':') { Family::Ipv6 } else { Family::Ipv4 }),
        _ => None,
    }
}

fn of_target(target: &Target<'_>) -> Option<Family> {
    let of_translation = |to: Translation| to.addresses.map(|(first, _)| of_address(first));
    match target {
        Target::Dnat(to) | Target::Snat(to) => of_translation(to.get()),
        Target::Netmap(net) => Some(of_net(net)),
        Target::Reject(kind) if kind.starts_with_str("icmp6") => Some(Family::Ipv6),
        Target::Reject(kind) if kind.starts_with_str("icmp-") => Some(Family::Ipv4),
        _ => None,
    }
}
