//! Rules of the filter table that no packet comes to.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::filter_hooks::{drops_by_default, end_before};
use super::finding::{Finding, Findings};
use super::hooks::{built_in, fixed, jumps};
use super::needs::Needs;
use crate::kube::{Release, StaticChain};
use crate::ruleset::{ChainGraph, ChainId, Table, TableName};

pub(super) static CHECK: Check = Check {
    name: "filter-not-hooked",
    level: Level::Warning,
    proof: Proof::Dump,
    summary: "a chain of kube-proxy in the filter table is not asked, or too late",
    page: include_str!("filter_not_hooked.md"),
    needs: Needs::IPTABLES_MODE.complete(&[TableName::Filter]).interfaces(),
    question: Question::Ruleset(check),
};

/// A jump that kube-proxy keeps in a built-in chain, and the first release that does (1 for all).
struct Hook {
    from: &'static str,
    to: StaticChain,
    name: &'static str,
    since: u8,
    effect: &'static str,
}

const REJECTS: &str = "Connections to services without endpoints are not refused at once but time out.";
const RANGES: &str = "Clients outside a load balancer's source ranges are not dropped.";
const PROBES: &str = "Where INPUT drops by default, the load balancer's health checks do not get through.";
const FORWARDS: &str = "Where FORWARD drops by default, connections to pods of other nodes do not get through.";
const GUARD: &str =
    "Packets marked for dropping, and those of other hosts to addresses of 127.0.0.0/8, are not dropped.";

const HOOKS: [Hook; 11] = [
    hook("OUTPUT", StaticChain::Services, "KUBE-SERVICES", 1, REJECTS),
    hook("FORWARD", StaticChain::Services, "KUBE-SERVICES", 14, REJECTS),
    hook("INPUT", StaticChain::ExternalServices, "KUBE-EXTERNAL-SERVICES", 10, REJECTS),
    hook("FORWARD", StaticChain::ExternalServices, "KUBE-EXTERNAL-SERVICES", 20, REJECTS),
    hook("FORWARD", StaticChain::Forward, "KUBE-FORWARD", 9, FORWARDS),
    hook("INPUT", StaticChain::NodePorts, "KUBE-NODEPORTS", 21, PROBES),
    hook("INPUT", StaticChain::ProxyFirewall, "KUBE-PROXY-FIREWALL", 25, RANGES),
    hook("FORWARD", StaticChain::ProxyFirewall, "KUBE-PROXY-FIREWALL", 25, RANGES),
    hook("OUTPUT", StaticChain::ProxyFirewall, "KUBE-PROXY-FIREWALL", 25, RANGES),
    hook("INPUT", StaticChain::Firewall, "KUBE-FIREWALL", 1, GUARD),
    hook("OUTPUT", StaticChain::Firewall, "KUBE-FIREWALL", 1, GUARD),
];

const fn hook(from: &'static str, to: StaticChain, name: &'static str, since: u8, effect: &'static str) -> Hook {
    Hook { from, to, name, since, effect }
}

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((table, graph)) = cx.filter() else { return };
    let is_written = |hook: &&Hook| hook.since <= 1 || cx.proxy.dialect.from >= Some(Release(hook.since));
    for hook in HOOKS.iter().filter(is_written) {
        let from = built_in(table, hook.from);
        let to = fixed(table, hook.to).filter(|&chain| !table.chain(chain).rules.is_empty());
        if let (Some(from), Some(to)) = (from, to)
            && let Some(finding) = fault(table, graph, hook, (from, to))
        {
            found.push(finding.effect(hook.effect));
        }
    }
}

fn fault(table: &Table<'_>, graph: &ChainGraph, hook: &Hook, (from, to): (ChainId, ChainId)) -> Option<Finding> {
    let Hook { from: built_in, name, .. } = hook;
    let Some(jump) = jumps(table, graph, from, to).next() else {
        if hook.to == StaticChain::Forward && drops_by_default(table, from) {
            // That is `forward-drop`.
            return None;
        }
        return Some(
            Finding::new(*name, format!("`{built_in}` does not lead to `{name}`"), table.chain(from).span)
                .label(format!("no jump to `{name}`"))
                .line(table.chain(to).span, "has rules"),
        );
    };
    let end = end_before(table, graph, from, jump)?;
    Some(
        Finding::new(*name, format!("`{built_in}` ends before it comes to `{name}`"), table.rule(end).span)
            .label("takes every packet")
            .line(table.rule(jump).span, "never reached")
            .remedy("Find out which program wrote the first of these rules, and let it come after kube-proxy's."),
    )
}
