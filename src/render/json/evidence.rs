//! Lines of the dump that prove something.

use super::convert::Text;
use crate::ruleset::{RuleId, TableName};
use crate::source::Span;
use crate::view::Node;
use serde::Serialize;

/// A line of the input that proves what it stands beside.
#[derive(Debug, Serialize)]
pub(super) struct Evidence<'n> {
    /// The file as it was named; `-` is standard input.
    pub file: Text<'n>,
    /// Line in the decompressed text, from 1.
    pub line: u32,
    /// Column in bytes, from 1.
    pub column: u32,
    /// The part of that line that is meant.
    pub text: Text<'n>,
    /// The chain it belongs to, where a walk came by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<Text<'n>>,
    /// What is to be seen in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<&'n str>,
}

/// The place of `span`.
pub(super) fn at<'n>(node: &'n Node<'_, '_>, span: Span) -> Option<Evidence<'n>> {
    let place = node.sources.place(span)?;
    let (file, line, column) = (Text(place.file.into()), place.line, place.column);
    Some(Evidence { file, line, column, text: Text(place.text), chain: None, label: None })
}

/// Where those rules of a table stand.
pub(super) fn spans(
    node: &Node<'_, '_>,
    source: usize,
    table: TableName<'_>,
    rules: impl IntoIterator<Item = RuleId>,
) -> Vec<Span> {
    let table = node.parsed.rulesets.get(source).and_then(|ruleset| ruleset.table(table));
    let rule = |id: RuleId| table.and_then(|table| table.rules.get(id.0 as usize));
    rules.into_iter().map(|id| rule(id).map(|rule| rule.span).unwrap_or_default()).collect()
}

/// The lines of those rules of a table.
pub(super) fn of_rules<'n>(
    node: &'n Node<'_, '_>,
    source: usize,
    table: TableName<'_>,
    rules: impl IntoIterator<Item = RuleId>,
) -> Vec<Evidence<'n>> {
    spans(node, source, table, rules).into_iter().filter_map(|span| at(node, span)).collect()
}
