//! How the masquerade mark gets on a packet, and what KUBE-POSTROUTING makes of it.

use super::context::Context;
use super::hooks::{fixed, is_always_true, is_unconditional};
use crate::kube::StaticChain;
use crate::ruleset::{ChainId, Mark, Match, Rule, RuleId, Table, Target, Test};

/// KUBE-MARK-MASQ, if something jumps there.
pub(super) fn used_marker(cx: &Context<'_, '_>) -> Option<ChainId> {
    let (table, graph) = cx.nat()?;
    fixed(table, StaticChain::MarkMasq).filter(|&chain| !graph.references(chain).is_empty())
}

/// A packet's mark behind KUBE-MARK-MASQ; `None` if the chain does more than set marks.
pub(super) fn marked(table: &Table<'_>, marker: ChainId, before: u32) -> Option<u32> {
    let mut mark = before;
    for (id, rule) in table.rules_of(marker) {
        match rule.target {
            Some(Target::Mark(set)) if is_unconditional(table, id) => mark = set.applied_to(mark),
            None => {}
            Some(_) => return None,
        }
    }
    Some(mark)
}

/// The tests for a mark in a rule.
pub(super) fn mark_tests<'src>(table: &Table<'src>, rule: &Rule<'src>) -> impl Iterator<Item = Mark> {
    table.matches(rule).iter().filter_map(|each| if let Test::Mark(mark) = *each.test() { Some(mark) } else { None })
}

/// What a chain does with packets of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// They are, or may be, masqueraded.
    Masqueraded,
    /// A rule lets all of them go as they are.
    Released(RuleId),
    /// No rule is for them.
    Passed,
    /// The chain does what we cannot follow.
    Unknown,
}

/// The fate of packets of that mark in a chain that asks for nothing but marks.
pub(super) fn fate(table: &Table<'_>, chain: ChainId, mark: u32) -> Fate {
    let mut mark = mark;
    for (id, rule) in table.rules_of(chain) {
        let holds = holds(table.matches(rule), mark);
        if holds == Some(false) {
            continue;
        }
        match (&rule.target, holds) {
            (Some(Target::Masquerade(_) | Target::Snat(_)), _) => return Fate::Masqueraded,
            (Some(Target::Return | Target::Accept), Some(_)) => return Fate::Released(id),
            (Some(Target::Mark(set)), Some(_)) => mark = set.applied_to(mark),
            (None | Some(Target::Log(_) | Target::Return | Target::Accept), _) => {}
            _ => return Fate::Unknown,
        }
    }
    Fate::Passed
}

/// Whether a packet of that mark, whatever else it is, takes a rule; `None` if that depends on more.
pub(super) fn holds(matches: &[Match<'_>], mark: u32) -> Option<bool> {
    let mut all = Some(true);
    for each in matches {
        match each.test() {
            _ if is_always_true(each) => {}
            Test::Mark(wanted) if wanted.matches(mark) == each.inverted() => return Some(false),
            Test::Mark(_) => {}
            _ => all = None,
        }
    }
    all
}
