//! What checks found, and the checks themselves.

use super::cluster::{NodeText, ObjectEvidence, node_text, object_evidence};
use super::evidence::{Evidence, at};
use crate::checks::{self, CATALOGUE, Check, Finding, Folded, Level};
use crate::view::Node;
use serde::{Serialize, Serializer};

/// `FindingList`: what `kubenat check` answers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FindingList<'n, 'src> {
    /// The node the dump is taken to come from; only where objects were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<NodeText<'n>>,
    /// The findings, the worst first; one for each subject.
    findings: FindingTexts<'n, 'src>,
    /// What could not be asked.
    not_evaluated: Vec<NotEvaluated<'n>>,
    /// How many findings there are.
    summary: Summary,
}

/// All findings; those folded into one on a screen are told one by one. Each is made as it is written.
pub(super) struct FindingTexts<'n, 'src>(pub(super) &'n Node<'n, 'src>);

/// A check fired.
#[derive(Debug, Serialize)]
pub(super) struct FindingText<'n> {
    /// The name of the check.
    check: &'static str,
    /// `error`, `warning` or `info`.
    #[serde(serialize_with = "level")]
    level: Level,
    /// The ruleset it is about, by index of the sources; null for what concerns all of them.
    source: Option<usize>,
    /// What it is about: a service, else a chain or a table.
    subject: &'n str,
    /// What is wrong.
    message: &'n str,
    /// What that does to traffic.
    effect: &'n str,
    /// What to do.
    remedy: &'n str,
    /// The lines that prove it, the first where the fault is.
    evidence: Vec<Evidence<'n>>,
    /// The places in the API objects that prove it; only where objects were given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    objects: Vec<ObjectEvidence<'n>>,
}

/// A check that could not be asked.
#[derive(Debug, Serialize)]
pub(super) struct NotEvaluated<'n> {
    /// Its name.
    check: &'static str,
    /// The ruleset it could not be asked of; null: of none.
    source: Option<usize>,
    /// Why.
    reason: &'n str,
}

/// How many findings there are of each level.
#[derive(Debug, Default, Serialize)]
pub(super) struct Summary {
    /// Errors.
    error: usize,
    /// Warnings.
    warning: usize,
    /// Notes.
    info: usize,
}

/// `CheckList`: what `kubenat checks` answers.
#[derive(Debug, Serialize)]
pub struct CheckList {
    /// The catalogue, in order of name.
    checks: Vec<CheckText>,
}

/// One check of the catalogue.
#[derive(Debug, Serialize)]
pub(super) struct CheckText {
    /// Its name.
    name: &'static str,
    /// The level of its findings.
    #[serde(serialize_with = "level")]
    level: Level,
    /// `D` a dump, `C` counters, `K` API objects, `M` several dumps.
    evidence: char,
    /// What it looks for.
    summary: &'static str,
}

/// `CheckPage`: what `kubenat explain CHECK` answers.
#[derive(Debug, Serialize)]
pub struct CheckPage {
    /// The check.
    check: CheckText,
    /// Its page, in Markdown.
    page: &'static str,
}

/// The answer of `explain` about a check.
#[must_use]
pub fn check_page(check: &Check) -> CheckPage {
    CheckPage { check: check_text(check), page: check.page }
}

/// The answer of `check`.
#[must_use]
pub fn finding_list<'n, 'src>(node: &'n Node<'n, 'src>) -> FindingList<'n, 'src> {
    let (findings, not_evaluated) = (FindingTexts(node), not_evaluated(node));
    FindingList { node: node_text(node), findings, not_evaluated, summary: summary(node) }
}

/// The answer of `checks`.
#[must_use]
pub fn check_list() -> CheckList {
    CheckList { checks: CATALOGUE.iter().map(|check| check_text(check)).collect() }
}

fn check_text(check: &Check) -> CheckText {
    CheckText { name: check.name, level: check.level, evidence: check.proof.letter(), summary: check.summary }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn level<S: Serializer>(level: &Level, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(level)
}

impl Serialize for FindingTexts<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let node = self.0;
        let with_folded = |finding| {
            let Finding { also, .. }: &Finding = finding;
            std::iter::once(lead(node, finding)).chain(also.iter().map(move |more| folded(node, finding, more)))
        };
        serializer.collect_seq(node.report.findings.iter().flat_map(with_folded))
    }
}

/// A finding about its first subject.
fn lead<'n>(node: &'n Node<'_, '_>, finding: &'n Finding) -> FindingText<'n> {
    FindingText {
        check: finding.check,
        level: finding.level,
        source: finding.source,
        subject: &finding.subject,
        message: &finding.message,
        effect: &finding.effect,
        remedy: &finding.remedy,
        evidence: proof(node, &finding.evidence),
        objects: object_evidence(&finding.objects),
    }
}

/// The same about a subject folded into it.
fn folded<'n>(node: &'n Node<'_, '_>, finding: &'n Finding, more: &'n Folded) -> FindingText<'n> {
    FindingText {
        check: finding.check,
        level: finding.level,
        source: finding.source,
        subject: &more.subject,
        message: &more.message,
        effect: finding.effect_of(more),
        remedy: finding.remedy_of(more),
        evidence: proof(node, &more.evidence),
        objects: object_evidence(&more.objects),
    }
}

fn proof<'n>(node: &'n Node<'_, '_>, evidence: &'n [checks::Evidence]) -> Vec<Evidence<'n>> {
    let of = |each: &'n checks::Evidence| {
        let label = Some(&*each.label).filter(|label| !label.is_empty());
        Some(Evidence { label, ..at(node, each.span)? })
    };
    evidence.iter().filter_map(of).collect()
}

pub(super) fn not_evaluated<'n>(node: &'n Node<'_, '_>) -> Vec<NotEvaluated<'n>> {
    let all = node.report.not_evaluated.iter();
    all.map(|each| NotEvaluated { check: each.check, source: each.source, reason: &each.reason }).collect()
}

pub(super) fn summary(node: &Node<'_, '_>) -> Summary {
    let count = |level| {
        let own = node.report.findings.iter().filter(|finding| finding.level == level);
        own.map(|finding| 1 + finding.also.len()).sum()
    };
    Summary { error: count(Level::Error), warning: count(Level::Warning), info: count(Level::Info) }
}
