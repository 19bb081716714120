//! Findings in a line each: how many, which, and what could not be asked.

use super::words::counted;
use crate::checks::{Finding, Level, NotEvaluated, Report};
use crate::doc::{Column, Doc, Phrase, Table, Text, bad, dim, good, plain, warn};

/// More checks than this are not named when they share the reason they were not asked for; `-o json` names them.
const NAMED: usize = 8;
/// In the overview so many findings stand in full.
const SHOWN: usize = 12;

/// ✗, ! or ·, in the tone of the level.
pub(super) fn sign(level: Level) -> Phrase {
    match level {
        Level::Error => bad("✗"),
        Level::Warning => warn("!"),
        Level::Info => dim("·"),
    }
}

/// `✗ 1 error   ! 2 warnings   · 4 notes`, or that nothing was found; only then it is asked whether all is well.
pub(super) fn count_line(report: &Report, is_well: impl FnOnce() -> bool) -> Doc {
    let summary = report.summary();
    let mut doc = Doc::new();
    let counts = [
        (Level::Error, summary.errors, "error"),
        (Level::Warning, summary.warnings, "warning"),
        (Level::Info, summary.infos, "note"),
    ];
    let mut line = Text::default();
    for (level, count, word) in counts.into_iter().filter(|(_, count, _)| *count > 0) {
        let ending = if count == 1 { "" } else { "s" };
        let gap = if line.is_empty() { "" } else { "   " };
        let tone = sign(level).tone;
        line = line.and(gap).and(sign(level)).and(Phrase::new(format!(" {count} {word}{ending}"), tone));
    }
    if line.is_empty() {
        line =
            if is_well() { good("✓").and(" nothing found that is wrong") } else { "no check found anything".into() };
    }
    doc.paragraph(line);
    doc
}

/// How many findings `-n` and `-m` left out, if any.
pub(super) fn left_out(count: usize) -> Doc {
    let mut doc = Doc::new();
    if count > 0 {
        let findings = counted(count, "finding", "findings");
        doc.paragraph(dim(format!("not shown: {findings} about other services and chains (-n, -m)")));
    }
    doc
}

/// A line a finding, the worst first.
pub(super) fn brief(report: &Report) -> Doc {
    let mut table =
        Table::new([Column::left(""), Column::left("").rank(3), Column::left("").rank(2), Column::left("")]);
    for finding in report.findings.iter().take(SHOWN) {
        table.row((sign(finding.level), plain(finding.check), plain(subject(finding)), plain(finding.headline())));
    }
    let mut doc = Doc::new();
    if !table.rows.is_empty() {
        doc.table(table);
    }
    if report.findings.len() > SHOWN {
        doc.paragraph(dim(format!("… and {} more: kubenat check", report.findings.len() - SHOWN)));
    }
    doc
}

/// What a finding is about, and how many more.
fn subject(finding: &Finding) -> String {
    match finding.also.len() {
        0 => finding.subject.clone(),
        more => format!("{} and {more} more", finding.subject),
    }
}

/// `not checked: counter-verdict, idle-endpoint (the dump has no counters)`, a line a reason.
pub(super) fn not_checked(report: &Report) -> Doc {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for NotEvaluated { check, reason, .. } in &report.not_evaluated {
        match reasons.iter_mut().find(|(known, _)| known == reason) {
            Some((_, checks)) if checks.contains(check) => {}
            Some((_, checks)) => checks.push(check),
            None => reasons.push((reason, vec![check])),
        }
    }
    let mut doc = Doc::new();
    for (reason, checks) in reasons {
        let names = if checks.len() > NAMED { format!("{} checks", checks.len()) } else { checks.join(", ") };
        doc.paragraph(dim(format!("not checked: {names} ({reason})")));
    }
    doc
}
