//! The answer to no question in particular.

use super::convert::Text;
use super::finding::{FindingTexts, NotEvaluated, Summary, not_evaluated, summary};
use super::service::Items;
use super::source::{Source, sources};
use crate::view::{Item, Node};
use serde::Serialize;

/// `Overview`: what `kubenat` without a command answers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Overview<'n, 'src> {
    /// What was read.
    sources: Vec<Source<'n>>,
    /// The service ports.
    services: Items<'n, 'src>,
    /// What is wrong.
    findings: FindingTexts<'n, 'src>,
    /// What could not be asked.
    not_evaluated: Vec<NotEvaluated<'n>>,
    /// How many findings there are.
    summary: Summary,
    /// What could not be read.
    faults: Vec<FaultText<'n>>,
    /// What was done to the text to read it.
    notes: Vec<&'n str>,
}

/// A piece of text that could not be read.
#[derive(Debug, Serialize)]
pub(super) struct FaultText<'n> {
    /// The file; `-` is standard input.
    file: &'n str,
    /// Line, from 1.
    line: u32,
    /// Column in bytes, from 1.
    column: u32,
    /// The text from there on.
    text: Text<'n>,
    /// What was wanted instead.
    wanted: &'static str,
}

/// The overview of those services.
#[must_use]
pub fn overview<'n, 'src>(node: &'n Node<'n, 'src>, items: Vec<Item<'n, 'src>>) -> Overview<'n, 'src> {
    Overview {
        sources: sources(node),
        services: Items::new(node, items),
        summary: summary(node),
        findings: FindingTexts(node),
        not_evaluated: not_evaluated(node),
        faults: faults(node),
        notes: node.notes.iter().map(|note| note.text.as_str()).collect(),
    }
}

fn faults<'n>(node: &'n Node<'_, '_>) -> Vec<FaultText<'n>> {
    let of = |fault: &crate::syntax::Fault| {
        let place = node.sources.place(fault.span)?;
        let (file, line, column) = (place.file, place.line, place.column);
        Some(FaultText { file, line, column, text: Text(place.text), wanted: fault.wanted })
    };
    node.parsed.faults.iter().filter_map(of).collect()
}
