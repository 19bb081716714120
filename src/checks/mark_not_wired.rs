//! The masquerade mark that is set is not the one that is asked for.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::hooks::fixed;
use super::marking::{mark_tests, marked, used_marker};
use super::needs::Needs;
use crate::kube::StaticChain;
use crate::ruleset::{ChainId, Mark, RuleId, Table, TableName, Target};

pub(super) static CHECK: Check = Check {
    name: "mark-not-wired",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "the masquerade mark is not set, or is not the one that is asked for",
    page: include_str!("mark_not_wired.md"),
    needs: Needs::IPTABLES_MODE.complete(&[TableName::Nat]),
    question: Question::Ruleset(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let (Some((table, _)), Some(marker)) = (cx.nat(), used_marker(cx)) else { return };
    let Some(mark) = marked(table, marker, 0) else { return };
    if mark == 0 {
        found.push(sets_nothing(cx, table, marker));
        return;
    }
    let forward = unwired_forward(cx, mark);
    let asked = fixed(table, StaticChain::Postrouting).map(|chain| tests(table, chain, |_| true)).unwrap_or_default();
    let wired = |wanted: &[(RuleId, Mark)]| wanted.iter().any(|(_, wanted)| wanted.matches(mark));
    match (asked.first(), forward) {
        (Some(&(rule, wanted)), forward) if !wired(&asked) => {
            let finding = differs(table, marker, mark, (table, rule, wanted), "KUBE-POSTROUTING");
            found.push(match forward {
                Some((filter, rule, wanted)) => finding.line(filter.rule(rule).span, format!("asks for {wanted}, too")),
                None => finding,
            });
        }
        (_, Some(asked)) => found.push(differs(table, marker, mark, asked, "KUBE-FORWARD").effect(DROPPED)),
        (Some(_), None) if is_toggled(table, marker, mark, &asked) => found.push(toggles(table, marker)),
        _ => {}
    }
}

/// The tests for marks in the rules of a chain that have such a target.
fn tests(table: &Table<'_>, chain: ChainId, has: impl Fn(Option<&Target<'_>>) -> bool) -> Vec<(RuleId, Mark)> {
    let rules = table.rules_of(chain).filter(|(_, rule)| has(rule.target.as_ref()));
    rules.flat_map(|(id, rule)| mark_tests(table, rule).map(move |mark| (id, mark))).collect()
}

/// Whether a packet that is marked twice (for its way in, and as the pod's own) loses its mark.
fn is_toggled(table: &Table<'_>, marker: ChainId, mark: u32, asked: &[(RuleId, Mark)]) -> bool {
    let again = marked(table, marker, mark);
    again.is_some_and(|again| again != mark && !asked.iter().any(|(_, wanted)| wanted.matches(again)))
}

/// The rule of filter KUBE-FORWARD that lets marked packets pass, if it asks for another mark.
fn unwired_forward<'a, 'src>(cx: &Context<'a, 'src>, mark: u32) -> Option<(&'a Table<'src>, RuleId, Mark)> {
    let (filter, _) = cx.filter()?;
    let chain = fixed(filter, StaticChain::Forward)?;
    let asked = tests(filter, chain, |target| matches!(target, Some(Target::Accept)));
    let &(rule, wanted) = asked.first()?;
    (!asked.iter().any(|(_, wanted)| wanted.matches(mark))).then_some((filter, rule, wanted))
}

const DROPPED: &str = "Where the FORWARD chain drops by default, connections to node ports and external addresses whose \
    pod is on another node are dropped.";

const UNMASKED: &str = "Packets that need masquerade keep their source: connections to node ports and external \
    addresses whose pod is on another node, and of pods to themselves, get no answer.";

fn sets_nothing(cx: &Context<'_, '_>, table: &Table<'_>, marker: ChainId) -> Finding {
    let (span, label) = match table.rules_of(marker).next() {
        Some((_, rule)) => (rule.span, "sets no bit"),
        None => (table.chain(marker).span, "no rule in it"),
    };
    let user = cx.nat().and_then(|(_, graph)| graph.references(marker).first().copied());
    let finding = Finding::new("KUBE-MARK-MASQ", "`KUBE-MARK-MASQ` marks nothing", span).label(label).effect(UNMASKED);
    user.map_or(finding.clone(), |user| finding.line(cx.line(user), "relies on it"))
}

fn differs(
    nat: &Table<'_>,
    marker: ChainId,
    mark: u32,
    (table, rule, wanted): (&Table<'_>, RuleId, Mark),
    by: &str,
) -> Finding {
    let sets = nat.rules_of(marker).next().map_or_else(|| nat.chain(marker).span, |(_, rule)| rule.span);
    let message = format!("`KUBE-MARK-MASQ` sets {mark:#x}, but `{by}` asks for {wanted}");
    Finding::new("KUBE-MARK-MASQ", message, sets)
        .label(format!("sets {mark:#x}"))
        .line(table.rule(rule).span, format!("asks for {wanted}"))
        .effect(UNMASKED)
}

fn toggles(table: &Table<'_>, marker: ChainId) -> Finding {
    let rule = table.rules_of(marker).next().map_or_else(|| table.chain(marker).span, |(_, rule)| rule.span);
    Finding::new("KUBE-MARK-MASQ", "`KUBE-MARK-MASQ` takes the mark off again the second time", rule)
        .label("exchanges the bit instead of setting it")
        .effect("A packet that is marked on its way in and again by its pod's chain is not masqueraded: such connections get no answer.")
}
