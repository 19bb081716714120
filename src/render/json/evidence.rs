//! Lines of the dump that prove something.

use super::convert::lossy;
use crate::ruleset::{RuleId, TableName};
use crate::source::Span;
use crate::view::Node;
use serde::Serialize;
use std::borrow::Cow;

/// A line of the input that proves what it stands beside.
#[derive(Debug, Serialize)]
pub(super) struct Evidence<'n> {
    /// The file as it was named; `-` is standard input.
    pub file: &'n str,
    /// Line in the decompressed text, from 1.
    pub line: u32,
    /// Column in bytes, from 1.
    pub column: u32,
    /// The part of that line that is meant.
    pub text: Cow<'n, str>,
    /// The chain it belongs to, where a walk came by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<Cow<'n, str>>,
    /// What is to be seen in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<&'n str>,
}

/// The place of `span`.
pub(super) fn at<'n>(node: &'n Node<'_, '_>, span: Span) -> Option<Evidence<'n>> {
    let place = node.sources.place(span)?;
    let (file, line, column) = (place.file, place.line, place.column);
    Some(Evidence { file, line, column, text: lossy(place.text), chain: None, label: None })
}

/// The lines of those rules of a table.
pub(super) fn of_rules<'n>(
    node: &'n Node<'_, '_>,
    source: usize,
    table: TableName<'_>,
    rules: impl IntoIterator<Item = RuleId>,
) -> Vec<Evidence<'n>> {
    rules.into_iter().filter_map(|rule| at(node, node.line(source, table, rule))).collect()
}
