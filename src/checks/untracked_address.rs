//! Connections to a service that are not tracked, and so never translated.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::meets::{Aim, is_for_node, is_understood};
use super::needs::Needs;
use crate::kube::ServicePort;
use crate::ruleset::{Match, RuleId, Side, Table, TableName, Target, Test};
use bstr::ByteSlice;
use std::net::IpAddr;

pub(super) static CHECK: Check = Check {
    name: "untracked-address",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "a raw rule keeps connections to a service from being tracked, so they are never translated",
    page: include_str!("untracked_address.md"),
    needs: Needs::IPTABLES_MODE.tables(&[TableName::Raw, TableName::Nat]).numeric().interfaces(),
    question: Question::Services(check),
};

/// Rules looked at: each is compared with every captured address.
const RULES: usize = 256;

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((raw, graph)) = cx.proxy.resolved.table(TableName::Raw) else { return };
    let rules = (0u32..).map(RuleId).zip(&raw.rules);
    let untracked = rules.filter(|(_, rule)| {
        matches!(rule.target, Some(Target::Notrack { .. }))
            && graph.is_reachable(raw, rule.chain)
            && is_understood(raw.matches(rule))
            && !is_for_node(raw.matches(rule))
            && !asks_source(raw.matches(rule))
    });
    let is_cache = is_node_local_dns(raw);
    for (_, rule) in untracked.take(RULES) {
        let matches = raw.matches(rule);
        let Some((services, address)) = hit(cx, matches) else { continue };
        let is_dns = is_cache && asks_port(matches, 53);
        let finding = finding(cx, rule.span, &services, address, is_dns);
        found.push_at(if is_dns { Level::Info } else { Level::Error }, finding);
    }
}

/// The services that such packets go to, and the first of their addresses; `None` if none of those asked about is hit.
fn hit(cx: &Context<'_, '_>, matches: &[Match<'_>]) -> Option<(Vec<u32>, IpAddr)> {
    cx.services().find_map(|(_, service)| hit_at(service, matches))?;
    let mut hits = (0..).zip(&cx.proxy.services).filter_map(|(at, service)| Some((at, hit_at(service, matches)?)));
    let (first, address) = hits.next()?;
    Some((std::iter::once(first).chain(hits.map(|(at, _)| at)).collect(), address))
}

/// The first address of a service that such packets go to.
fn hit_at(service: &ServicePort<'_>, matches: &[Match<'_>]) -> Option<IpAddr> {
    service.captures.iter().filter(|capture| !capture.jumps.is_empty()).find_map(|capture| {
        let aim = Aim { address: Some(capture.address?), port: capture.port, protocol: service.protocol };
        aim.may_meet(matches).then_some(capture.address?)
    })
}

/// Replies and the like: packets that come from a port or an address of the service.
fn asks_source(matches: &[Match<'_>]) -> bool {
    let of_source = |each: &Match<'_>| matches!(*each.test(), Test::Port { side: Side::Source, .. });
    matches.iter().any(|each| of_source(each) && !each.inverted())
        || matches.iter().any(|each| match each.test() {
            Test::Address { side: Side::Source, net } => !each.inverted() && net.as_host().is_some(),
            _ => false,
        })
}

fn asks_port(matches: &[Match<'_>], port: u16) -> bool {
    matches.iter().any(|each| match each.test() {
        Test::Port { side: Side::Destination, ports, .. } => ports.as_single() == Some(port),
        _ => false,
    })
}

/// Whether the DNS cache of the node runs here: its rules say so, or one for its usual address (169.254.20.10) stands there.
fn is_node_local_dns(raw: &Table<'_>) -> bool {
    raw.matches.iter().any(|each| match each.test() {
        Test::Comment { raw, .. } => raw.contains_str("NodeLocal DNS"),
        Test::Address { net, .. } => {
            let address = net.as_host();
            address.is_some_and(|address| matches!(address, IpAddr::V4(address) if address.is_link_local()))
        }
        _ => false,
    })
}

fn finding(
    cx: &Context<'_, '_>,
    span: crate::source::Span,
    services: &[u32],
    address: IpAddr,
    is_dns: bool,
) -> Finding {
    let name = cx.name_at(services[0]);
    let more = if services.len() > 1 { format!(" and of {} more services", services.len() - 1) } else { String::new() };
    let finding = Finding::new(name, format!("connections to `{address}`{more} are not tracked"), span)
        .label("no nat rule sees what this rule takes")
        .services(services.iter().copied());
    if is_dns {
        return finding
            .effect("A DNS cache on this node answers at this address itself (NodeLocal DNSCache); the service's rules are not asked.")
            .remedy("Nothing: this is how that cache works.");
    }
    finding
        .effect("What is not tracked passes no nat table: these connections leave for the service's address and reach no pod.")
        .remedy("Find out what writes this rule and make it leave out the addresses of services.")
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::super::pages::reported;

    const NAT: &str = include_str!("untracked_address.md");

    #[track_caller]
    fn level(raw: &str) -> Option<Level> {
        let nat = NAT.rsplit_once("*nat").and_then(|(_, rest)| rest.split_once("```")).map(|(nat, _)| nat).unwrap();
        let nat = nat.replace("--dport 80 ", "--dport 53 ");
        let report =
            reported(&format!("*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{raw}\nCOMMIT\n*nat{nat}"));
        report.findings.iter().find(|finding| finding.check == "untracked-address").map(|finding| finding.level)
    }

    #[test]
    fn a_dns_cache_on_the_node_answers_at_the_address_itself() {
        let comment = r#"-m comment --comment "NodeLocal DNS Cache: skip conntrack""#;
        let rule = format!("-A PREROUTING -d 10.96.12.34/32 -p tcp -m tcp --dport 53 {comment} -j NOTRACK");
        assert_eq!(level(&rule), Some(Level::Info));
        assert_eq!(level("-A PREROUTING -d 10.96.12.34/32 -p tcp -m tcp --dport 53 -j NOTRACK"), Some(Level::Error));
    }

    #[test]
    fn other_ports_and_unknown_conditions_prove_nothing() {
        assert_eq!(level("-A PREROUTING -p udp -m udp --dport 4789 -j NOTRACK"), None);
        assert_eq!(level("-A PREROUTING -m set --match-set fast dst -j NOTRACK"), None);
    }
}
