//! What is wrong, in full; the catalogue; the page of one check.

use super::finding::{finding, quoted};
use super::findings::{count_line, not_checked, sign};
use super::{Detail, Node};
use crate::checks::{CATALOGUE, Check};
use crate::doc::{Column, Doc, Table, code, dim, plain, strong};

/// All findings, the worst first, and how many there are.
#[must_use]
pub fn check(node: &Node<'_, '_>, detail: Detail) -> Doc {
    let mut doc = Doc::new();
    for each in &node.report.findings {
        doc.append(finding(node, each, detail)).blank();
    }
    doc.append(count_line(&node.report)).append(not_checked(&node.report));
    if let Some(first) = node.report.findings.first() {
        let silence = format!("--skip {}", first.check);
        let explain = format!("kubenat explain {}", first.check);
        doc.paragraph(dim("explain one: ").and(code(explain)).and(dim(" · silence one: ")).and(code(silence)));
    }
    doc
}

/// The catalogue, a line each.
#[must_use]
pub fn checks() -> Doc {
    let mut table = Table::new([Column::left(""), Column::left("check").rank(3), Column::left("fires when")]);
    for check in CATALOGUE {
        table.row((sign(check.level), plain(check.name), quoted(check.summary)));
    }
    let mut doc = Doc::new();
    doc.table(table);
    doc.blank().paragraph("✗ error   ! warning   · note").paragraph(dim("explain one: ").and(code("kubenat explain NAME")));
    doc
}

/// The page of one check.
#[must_use]
pub fn page(check: &Check) -> Doc {
    let mut doc = Doc::new();
    let mut is_quoted = false;
    doc.heading_with(check.name, format!("{}, {}", check.level, check.summary));
    for line in check.page.lines() {
        match line.strip_prefix('#') {
            _ if line.starts_with("```") => is_quoted = !is_quoted,
            _ if is_quoted && !line.starts_with("#~") => {
                doc.indented(2, quotation(line));
            }
            _ if is_quoted => {}
            Some(title) => {
                doc.heading(strong(title.trim_start_matches('#').trim()));
            }
            None if line.trim().is_empty() => {
                doc.blank();
            }
            None => {
                doc.paragraph(quoted(line));
            }
        }
    }
    doc
}

fn quotation(line: &str) -> Doc {
    let mut doc = Doc::new();
    doc.paragraph(code(line));
    doc
}
