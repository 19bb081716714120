//! Packets are marked to be dropped, and nobody drops them.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::hooks::fixed;
use super::needs::{Needs, is_complete};
use crate::kube::StaticChain;
use crate::ruleset::{Mark, Match, RuleId, Table, TableName, Target, Test};
use crate::source::Span;

pub(super) static CHECK: Check = Check {
    name: "hollow-drop-mark",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "packets are marked to be dropped and nobody drops them: source ranges are not enforced",
    page: include_str!("hollow_drop_mark.md"),
    needs: Needs::IPTABLES_MODE.complete(&[TableName::Nat]).until(24),
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((table, graph)) = cx.nat() else { return };
    let Some(chain) = fixed(table, StaticChain::MarkDrop) else { return };
    let live = |rule: &&RuleId| graph.is_reachable(table, table.rule(**rule).chain);
    let Some(first) = graph.references(chain).iter().find(live) else { return };
    let (message, span, label) = match cx.proxy.marks.drop.filter(|mark| mark.value != 0) {
        None => ("`KUBE-MARK-DROP` sets no mark".into(), table.chain(chain).span, "declared, and sets no mark"),
        Some(mark) => {
            let Some((filter, _)) = cx.filter().filter(|(filter, _)| is_complete(filter)) else { return };
            if drops(filter, mark).is_some() {
                return;
            }
            let message = format!("no rule of the filter table drops the mark `{:#x}`", mark.value);
            (message, mark_line(table, chain).unwrap_or(table.chain(chain).span), "sets the mark")
        }
    };
    let mut services: Vec<u32> = Vec::new();
    for &rule in graph.references(chain) {
        services.extend(cx.services_of_chain(table.rule(rule).chain));
    }
    services.sort_unstable();
    services.dedup();
    found.push(
        Finding::new("KUBE-MARK-DROP", message, span)
            .label(label)
            .line(cx.line(*first), "relies on it")
            .effect(format!(
                "What should be dropped is let through: loadBalancerSourceRanges are not enforced, and load balancers without \
                 local pods time out late. {} service ports rely on it.",
                services.len()
            ))
            .remedy(
                "kubelet writes this chain and KUBE-FIREWALL, not kube-proxy. See that kubelet runs on this node and writes \
                 into the same backend (iptables-legacy or iptables-nft); restart it, then take a new dump.",
            )
            .services(services),
    );
}

fn mark_line(table: &Table<'_>, chain: crate::ruleset::ChainId) -> Option<Span> {
    table.rules_of(chain).find(|(_, rule)| matches!(rule.target, Some(Target::Mark(_)))).map(|(_, rule)| rule.span)
}

/// The rule of the filter table that drops packets with that mark.
pub(super) fn drops(filter: &Table<'_>, mark: Mark) -> Option<Span> {
    let asks = |each: &Match<'_>| match *each.test() {
        Test::Mark(asked) => !each.inverted() && asked.value != 0 && asked.matches(mark.applied_to(0)),
        _ => false,
    };
    let refuses = |target: &Option<Target<'_>>| matches!(target, Some(Target::Drop | Target::Reject(_)));
    let rule = filter.rules.iter().find(|rule| refuses(&rule.target) && filter.matches(rule).iter().any(asks))?;
    Some(rule.span)
}
