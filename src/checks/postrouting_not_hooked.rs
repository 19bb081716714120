//! Packets are marked for masquerade, and nothing leads them to the rule that does it.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::hooks::{built_in, fixed, is_unconditional, jumps};
use super::needs::Needs;
use crate::kube::StaticChain;
use crate::ruleset::{ChainId, Table, TableName, Target, Test};

pub(super) static CHECK: Check = Check {
    name: "postrouting-not-hooked",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "marked packets are not masqueraded: POSTROUTING does not lead to KUBE-POSTROUTING",
    page: include_str!("postrouting_not_hooked.md"),
    needs: Needs::IPTABLES_MODE.complete(&[TableName::Nat]),
    question: Question::Ruleset(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((table, graph)) = cx.nat() else { return };
    let mark = fixed(table, StaticChain::MarkMasq).filter(|&mark| !graph.references(mark).is_empty());
    let (Some(mark), Some(hook)) = (mark, built_in(table, "POSTROUTING")) else { return };
    let postrouting = fixed(table, StaticChain::Postrouting);
    let hooked = || postrouting.into_iter().flat_map(|chain| jumps(table, graph, hook, chain));
    if hooked().any(|rule| is_unconditional(table, rule)) || masquerades_itself(table, hook) {
        return;
    }
    let partly = hooked().next();
    let (span, message, label) = match partly {
        Some(rule) => (
            table.rule(rule).span,
            "`POSTROUTING` leads only some packets to `KUBE-POSTROUTING`",
            "only some packets take this jump",
        ),
        None => (
            table.chain(hook).span,
            "`POSTROUTING` does not lead to `KUBE-POSTROUTING`",
            "no jump to `KUBE-POSTROUTING`",
        ),
    };
    let mut finding = Finding::new("KUBE-POSTROUTING", message, span).label(label);
    if let Some(&user) = graph.references(mark).first() {
        finding = finding.line(cx.line(user), "marks packets for masquerade");
    }
    found.push(finding.effect(
        "What is marked for masquerade keeps its source: connections to node ports and external addresses whose pod is \
         on another node, and of pods to themselves, get no answer.",
    ));
}

/// A rule of POSTROUTING itself that masquerades by mark, as 1.1 wrote it.
fn masquerades_itself(table: &Table<'_>, hook: ChainId) -> bool {
    table.rules_of(hook).any(|(_, rule)| {
        let by_mark = table.matches(rule).iter().any(|each| matches!(*each.test(), Test::Mark(_)));
        by_mark && matches!(rule.target, Some(Target::Masquerade(_) | Target::Snat(_)))
    })
}
