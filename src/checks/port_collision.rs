//! A host port of a container at the number of a node port.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::hooks::built_in;
use super::meets::{Aim, is_understood};
use super::needs::Needs;
use crate::facts::Facts;
use crate::kube::{CaptureKind, ChainName, Prefix, StaticChain};
use crate::ruleset::{Family, PortRange, Protocol, RuleId, Side, Table, TableName, Target, Test};
use crate::trace::{Machine, Origin, Packet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(super) static CHECK: Check = Check {
    name: "port-collision",
    level: Level::Warning,
    proof: Proof::Dump,
    summary: "a host port of a container has the number of a node port",
    page: include_str!("port_collision.md"),
    needs: Needs::IPTABLES_MODE,
    question: Question::Services(check),
};

/// A node port: port, protocol, the service, the rule that captures it.
type NodePort = (u16, Protocol, u32, RuleId);

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((table, graph)) = cx.nat() else { return };
    let node_ports = node_ports(cx);
    if node_ports.is_empty() {
        return;
    }
    let others = cx.other_chains(table);
    let foreign = others.into_iter().filter(|&id| is_foreign(table.chain(id).name));
    for (id, rule) in foreign.flat_map(|id| table.rules_of(id)) {
        if !matches!(rule.target, Some(Target::Dnat(_) | Target::Redirect(_))) {
            continue;
        }
        let matches = table.matches(rule);
        let is_meant = graph.is_reachable(table, rule.chain) && is_understood(matches);
        for port in ports(table, id).filter(|_| is_meant) {
            let start = node_ports.partition_point(|own| own.0 < port);
            for own in node_ports[start..].iter().take_while(|own| own.0 == port) {
                let aim = Aim { address: None, port: Some(own.0), protocol: Some(own.1) };
                if aim.may_meet(matches) {
                    found.push(finding(cx, cx.machine(), id, *own));
                }
            }
        }
    }
}

fn node_ports(cx: &Context<'_, '_>) -> Vec<NodePort> {
    let mut all = Vec::new();
    for (at, service) in cx.services() {
        let Some(protocol) = service.protocol else { continue };
        for capture in service.captures.iter().filter(|capture| capture.kind == CaptureKind::NodePort) {
            if let (Some(port), Some(&rule)) = (capture.port, capture.jumps.first()) {
                all.push((port, protocol, at, rule));
            }
        }
    }
    all.sort_unstable();
    all.dedup_by_key(|own| (own.0, own.1, own.2));
    all
}

/// Whether the chain is not one of the services'.
fn is_foreign(name: &[u8]) -> bool {
    match ChainName::of(name) {
        ChainName::Foreign | ChainName::Hashed(Prefix::HostPort, _) | ChainName::Static(StaticChain::Hostports) => true,
        ChainName::Hashed(..) | ChainName::Static(_) => false,
    }
}

/// The single destination ports that a rule asks for.
fn ports<'a>(table: &'a Table<'_>, rule: RuleId) -> impl Iterator<Item = u16> + 'a {
    let tests = table.matches(table.rule(rule)).iter().filter(|each| !each.inverted());
    tests.flat_map(|each| {
        let ports: &[PortRange] = match each.test() {
            Test::Port { side: Side::Destination, ports, .. } => std::slice::from_ref(ports),
            Test::Multiport { side: Side::Destination, ports } => ports,
            _ => &[],
        };
        ports.iter().filter_map(|range| range.as_single())
    })
}

fn finding(cx: &Context<'_, '_>, machine: &Machine<'_, '_>, rule: RuleId, own: NodePort) -> Finding {
    let Some((table, _)) = cx.nat() else { return Finding::new("", "", cx.line(rule)) };
    let (port, protocol, service, capture) = own;
    let name = cx.name_at(service);
    let chain = table.chain(table.rule(rule).chain).name;
    let effect = match winner(cx, machine, rule, own) {
        Some(true) => format!(
            "The rule in `{chain}` is asked first: connections to port {port} of this node go to the container, none of \
             them to `{name}`."
        ),
        Some(false) => format!(
            "kube-proxy's rule is asked first: connections to port {port} of this node go to `{name}`, none of them to the \
             container."
        ),
        None => format!(
            "Connections to port {port} of this node go to one of the two, and this dump does not tell to which."
        ),
    };
    Finding::new(
        name,
        format!("a host port in `{chain}` has the number of its node port `{port}/{protocol}`"),
        cx.line(rule),
    )
    .label(format!("takes port {port}, too"))
    .line(cx.line(capture), "the node port")
    .effect(effect)
    .remedy("Give the container another host port, or the service another node port.")
    .services([service])
    .several("host ports have the numbers of node ports")
}

/// Whether a connection from outside meets the rule of somebody else; `None` where the dump does not tell.
fn winner(
    cx: &Context<'_, '_>,
    machine: &Machine<'_, '_>,
    rule: RuleId,
    (port, protocol, ..): NodePort,
) -> Option<bool> {
    let (table, _) = cx.nat()?;
    let root = built_in(table, "PREROUTING")?;
    let address = match cx.proxy.resolved.ruleset.family {
        Family::Ipv4 => IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        Family::Ipv6 => IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
    };
    let mut facts = Facts::default();
    facts.add_node_ip(address);
    let packet = Packet::new(Origin::External, protocol, address, Some(port));
    let shares = machine.chain_shares(TableName::Nat, root, &packet, &facts)?;
    let mut all = shares.branches.iter().flat_map(|branch| &branch.shares).filter(|share| share.probability > 0.0);
    let first = all.next()?.rule == rule;
    all.all(|share| (share.rule == rule) == first).then_some(first)
}
