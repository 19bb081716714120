//! KUBE-NODEPORTS must be asked last.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::hooks::fixed;
use super::needs::Needs;
use crate::kube::StaticChain;
use crate::ruleset::TableName;

pub(super) static CHECK: Check = Check {
    name: "nodeports-not-last",
    level: Level::Warning,
    proof: Proof::Dump,
    summary: "the jump to KUBE-NODEPORTS is missing, or rules of services stand behind it",
    page: include_str!("nodeports_not_last.md"),
    needs: Needs::IPTABLES_MODE.complete(&[TableName::Nat]),
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((table, _)) = cx.nat() else { return };
    let Some(services) = fixed(table, StaticChain::Services) else { return };
    let Some(&jump) = cx.proxy.node_port_jumps.first() else { return not_asked(cx, found) };
    let is_jump = |rule| cx.proxy.node_port_jumps.binary_search(&rule).is_ok();
    let behind = table.rules_of(services).map(|(id, _)| id).filter(|&rule| rule > jump && !is_jump(rule));
    for rule in behind.filter(|&rule| !cx.services_of_rule(rule).is_empty()) {
        let services = cx.services_of_rule(rule);
        let finding =
            Finding::new(cx.name_at(services[0]), "its rule stands behind the jump to `KUBE-NODEPORTS`", cx.line(rule))
                .label("asked after the node ports")
                .line(cx.line(jump), "must be the last rule of this chain")
                .effect(
                    "Where the address is one of the node's own, a node port of the same number takes the connection \
                 first. For other addresses nothing changes.",
                )
                .services(services.iter().copied());
        found.push(finding);
    }
}

fn not_asked(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((table, graph)) = cx.nat() else { return };
    let Some(node_ports) = fixed(table, StaticChain::NodePorts) else { return };
    let is_asked = !graph.references(node_ports).is_empty();
    let Some((first, _)) = table.rules_of(node_ports).next().filter(|_| !is_asked) else { return };
    let finding = Finding::new(
        "KUBE-NODEPORTS",
        "nothing jumps to it, so no node port works",
        table.chain(node_ports).span,
    )
    .label("no rule leads here")
    .line(cx.line(first), "the first of its rules")
    .effect("New connections to node ports are not translated: the node itself answers, usually with a refusal.")
    .remedy(
        "If kube-proxy runs with --nodeport-addresses, look whether any address of this node lies in those ranges. \
             Otherwise restart kube-proxy on this node: it then writes all its rules anew.",
    );
    found.push(finding);
}
