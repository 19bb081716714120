//! What is wrong, in full; the catalogue; the page of one check.

use super::finding::{finding, quoted};
use super::findings::{count_line, left_out, not_checked, sign};
use super::services::is_well;
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
    doc.append(count_line(&node.report, || is_well(node)));
    doc.append(left_out(node.left_out)).append(not_checked(&node.report));
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
    doc.blank()
        .paragraph("✗ error   ! warning   · note")
        .paragraph(dim("explain one: ").and(code("kubenat explain NAME")));
    doc
}

/// The page of one check.
#[must_use]
pub fn page(check: &Check) -> Doc {
    let mut doc = Doc::new();
    doc.heading_with(check.name, dim(check.level.to_string()));
    let mut lines = check.page.lines().skip_while(|line| line.starts_with("# ")).peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            let block =
                lines.by_ref().take_while(|line| !line.starts_with("```")).filter(|line| !line.starts_with("#~"));
            doc.indented(2, quotation(block));
        } else if let Some(title) = line.strip_prefix('#') {
            doc.heading(strong(title.trim_start_matches('#').trim()));
        } else if line.trim().is_empty() {
            doc.blank();
        } else {
            let mut text = line.to_owned();
            while let Some(next) = lines.next_if(|next| goes_on(next)) {
                text.push(' ');
                text.push_str(next.trim());
            }
            doc.paragraph(quoted(&text));
        }
    }
    doc
}

/// Whether a line of Markdown belongs to the paragraph before it.
fn goes_on(line: &str) -> bool {
    let begins = ["#", "```", "- ", "* ", "| "].iter().any(|start| line.starts_with(start));
    let is_numbered = line.split_once(". ").is_some_and(|(number, _)| number.parse::<u8>().is_ok());
    !line.trim().is_empty() && !begins && !is_numbered
}

fn quotation<'l>(lines: impl Iterator<Item = &'l str>) -> Doc {
    let mut doc = Doc::new();
    for line in lines {
        doc.paragraph(code(line));
    }
    doc
}
