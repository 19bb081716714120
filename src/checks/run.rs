//! Asks the checks.

use super::catalogue::CATALOGUE;
use super::cause::without_effects;
use super::check::{Check, Question};
use super::context::{Context, Input};
use super::finding::{Findings, NotEvaluated, Report};
use super::fold::folded;

/// Which checks to ask, by name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selection<'a> {
    /// Only these; empty: all.
    pub only: &'a [&'a str],
    /// Not these.
    pub skip: &'a [&'a str],
}

impl Selection<'_> {
    /// Whether the check of that name is asked.
    #[must_use]
    pub fn includes(&self, name: &str) -> bool {
        (self.only.is_empty() || self.only.contains(&name)) && !self.skip.contains(&name)
    }
}

/// Asks every selected check that the evidence can answer.
#[must_use]
pub fn run(input: &Input<'_, '_>, selection: Selection<'_>) -> Report {
    let mut report = Report::default();
    let each = || input.proxies.iter().enumerate();
    let contexts: Vec<_> = each().map(|(source, proxy)| Context::new(*input, source, proxy)).collect();
    for &check in CATALOGUE.iter().filter(|check| selection.includes(check.name)) {
        match check.question {
            Question::Input(ask) => {
                let mut findings = Findings::new(check, None);
                ask(input, &mut findings);
                report.findings.extend(folded(findings.list));
            }
            Question::Ruleset(ask) => ask_each(&contexts, check, ask, &mut report),
        }
    }
    report.findings = without_effects(report.findings);
    // Stable: within a level the order of the catalogue stays, and within a check that of the dump.
    report.findings.sort_by_key(|finding| finding.level);
    report
}

fn ask_each(
    contexts: &[Context<'_, '_>],
    check: &'static Check,
    ask: fn(&Context<'_, '_>, &mut Findings),
    report: &mut Report,
) {
    let mut unasked = Vec::new();
    for cx in contexts {
        if !check.needs.applies_to(cx.proxy.dialect) {
            continue;
        }
        if let Some(reason) = check.needs.missing_in(cx) {
            unasked.push(NotEvaluated { check: check.name, source: Some(cx.source), reason });
            continue;
        }
        let mut findings = Findings::new(check, Some(cx.source));
        ask(cx, &mut findings);
        findings.list.sort_by_key(|finding| finding.place().start);
        report.findings.extend(folded(findings.list));
    }
    report.not_evaluated.extend(together(unasked, contexts.len()));
}

/// One line for all rulesets where the reason is the same for each.
fn together(mut unasked: Vec<NotEvaluated>, rulesets: usize) -> Vec<NotEvaluated> {
    let is_same = unasked.windows(2).all(|pair| pair[0].reason == pair[1].reason);
    if is_same && unasked.len() == rulesets {
        unasked.truncate(1);
        for each in &mut unasked {
            each.source = None;
        }
    }
    unasked
}
