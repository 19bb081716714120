//! Node ports open on loopback addresses without the rule that keeps other hosts from them.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::hooks::{built_in, fixed, jumps};
use super::needs::Needs;
use crate::kube::{CaptureKind, Release, StaticChain};
use crate::ruleset::{ChainGraph, Family, Match, Rule, RuleId, Side, Table, TableName, Target, Test};
use std::net::{IpAddr, Ipv4Addr};

pub(super) static CHECK: Check = Check {
    name: "localnet-guard-missing",
    level: Level::Warning,
    proof: Proof::Dump,
    summary: "node ports are open on 127.0.0.0/8, and nothing keeps other hosts from those addresses",
    page: include_str!("localnet_guard_missing.md"),
    needs: Needs::IPTABLES_MODE.complete(&[TableName::Nat, TableName::Filter]),
    question: Question::Ruleset(check),
};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// kube-proxy writes the guard itself since then; before, kubelet did.
const OF_PROXY: Release = Release(27);

/// Kubelets before that did not have it.
const OF_KUBELET: Release = Release(19);

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let (Some((nat, _)), Some((filter, graph))) = (cx.nat(), cx.filter()) else { return };
    let has_ports = cx
        .proxy
        .services
        .iter()
        .flat_map(|service| &service.captures)
        .any(|capture| capture.kind == CaptureKind::NodePort && !capture.jumps.is_empty());
    let Some(&jump) = cx.proxy.node_port_jumps.iter().find(|&&rule| takes_loopback(nat, rule)) else { return };
    let kubelet_writes = || fixed(filter, StaticChain::Firewall).is_some() && cx.proxy.dialect.from >= Some(OF_KUBELET);
    let is_due = cx.proxy.dialect.from >= Some(OF_PROXY) || kubelet_writes();
    if has_ports && cx.proxy.resolved.ruleset.family == Family::Ipv4 && is_due && !is_guarded(filter, graph) {
        found.push(finding(nat, filter, jump));
    }
}

/// Whether a packet for 127.0.0.1 can take the jump to KUBE-NODEPORTS.
fn takes_loopback(nat: &Table<'_>, rule: RuleId) -> bool {
    nat.matches(nat.rule(rule)).iter().all(|each| match each.test() {
        Test::Address { side: Side::Destination, net } => net.contains(LOOPBACK) != each.inverted(),
        _ => true,
    })
}

/// Whether INPUT comes to a rule that drops what other hosts send to 127.0.0.0/8, in kube-proxy's chain or beside it.
fn is_guarded(filter: &Table<'_>, graph: &ChainGraph) -> bool {
    let Some(input) = built_in(filter, "INPUT") else { return true };
    let guards = |chain| filter.rules_of(chain).any(|(_, rule)| is_guard(filter, rule));
    let firewall = fixed(filter, StaticChain::Firewall);
    guards(input) || firewall.is_some_and(|chain| guards(chain) && jumps(filter, graph, input, chain).next().is_some())
}

fn is_guard(filter: &Table<'_>, rule: &Rule<'_>) -> bool {
    let drops = matches!(rule.target, Some(Target::Drop | Target::Reject(_)));
    let to_loopback = |each: &Match<'_>| {
        matches!(each.test(), Test::Address { side: Side::Destination, net } if net.contains(LOOPBACK))
            && !each.inverted()
    };
    drops && filter.matches(rule).iter().any(to_loopback)
}

fn finding(nat: &Table<'_>, filter: &Table<'_>, jump: RuleId) -> Finding {
    let chain = fixed(filter, StaticChain::Firewall).or_else(|| built_in(filter, "INPUT"));
    let finding = Finding::new(
        "node ports",
        "node ports are open on 127.0.0.0/8, and no rule keeps other hosts from those addresses",
        nat.rule(jump).span,
    )
    .label("takes addresses of 127.0.0.0/8, too");
    let finding = match chain {
        Some(chain) => finding.line(filter.chain(chain).span, "no rule that drops what other hosts send there"),
        None => finding,
    };
    finding.effect(
        "For these node ports kube-proxy lets the kernel route loopback addresses (route_localnet). A host on the same \
         network can then reach services of this node that listen on 127.0.0.1 only (CVE-2020-8558).",
    )
}
