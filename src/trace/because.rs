//! Why a rule matches, in words: one item a condition.

use crate::ruleset::{Match, Net, Side, Test};

/// The conditions of a rule in words, in the order written; comments and bare modules aside.
pub(super) fn reasons(tests: &[Match<'_>]) -> Vec<String> {
    tests.iter().filter_map(reason).collect()
}

fn reason(each: &Match<'_>) -> Option<String> {
    let not = if each.inverted() { "not " } else { "" };
    let end = |side: &Side| if *side == Side::Source { "source" } else { "destination" };
    Some(match each.test() {
        Test::Comment { .. } | Test::Nfacct(_) | Test::Module(_) => return None,
        Test::Address { side, net } => {
            format!("{} {not}{}{}", end(side), if net.as_host().is_some() { "" } else { "in " }, host(net))
        }
        Test::AddressRange { side, range } => format!("{} {not}from {} to {}", end(side), range.0, range.1),
        Test::Host { side, name } => format!("{} {not}{name}", end(side)),
        Test::Interface { side: Side::Source, name } => format!("{not}in on {name}"),
        Test::Interface { name, .. } => format!("{not}out over {name}"),
        Test::Protocol(protocol) => format!("{not}{protocol}"),
        Test::ProtocolName(name) => format!("{not}{name}"),
        Test::Port { side, ports, .. } => format!("{} port {not}{ports}", end(side)),
        Test::Multiport { ports, .. } => {
            format!("port {not}{}", ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
        }
        Test::AddressType { side, types, .. } if types.is_local() => {
            format!("{} {not}an address of this node", end(side))
        }
        Test::AddressType { side, .. } => format!("{} {not}of that address type", end(side)),
        Test::Mark(mark) => format!("mark {not}{mark}"),
        Test::Connmark(mark) => format!("connection mark {not}{mark}"),
        Test::State { .. } if each.inverted() => "a connection in none of the states named".into(),
        Test::State { .. } => "a connection in one of the states named".into(),
        Test::Conntrack(_) => format!("{not}as the connection began"),
        Test::Random(threshold) => format!("{not}drawn with probability {threshold}"),
        Test::Nth { every, .. } => format!("{not}one of every {every} connections, counted"),
        Test::Recent(_) => format!("{not}in the list of recent clients"),
        Test::Set(words) => format!("{not}in the ipset {words}"),
        Test::Fragment => format!("{not}a later fragment"),
        Test::TcpFlags { .. } => format!("{not}these TCP flags"),
        Test::Icmp { .. } | Test::IcmpName { .. } => format!("{not}this ICMP type"),
        Test::Physdev { .. } => format!("{not}this bridge port"),
        Test::Limit(words) | Test::Other(words) | Test::Listed(words) => format!("{not}`{words}`"),
    })
}

fn host(net: &Net) -> String {
    net.as_host().map_or_else(|| net.to_string(), |address| address.to_string())
}
