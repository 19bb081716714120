//! Lines of the dump that prove something.

use super::convert::Text;
use super::field::Field;
use crate::ruleset::{RuleId, TableName};
use crate::source::Span;
use crate::view::Node;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// A line of the input that proves what it stands beside.
#[derive(Debug)]
pub(super) struct Evidence<'n> {
    /// The file as it was named; `-` is standard input.
    pub file: Text<'n>,
    /// Line in the decompressed text, from 1.
    pub line: u32,
    /// Column in bytes, from 1.
    pub column: u32,
    /// The part of that line that is meant.
    pub text: Text<'n>,
    /// The chain it belongs to, where a walk came by; not written otherwise.
    pub chain: Option<Text<'n>>,
    /// What is to be seen in it; not written where there is nothing.
    pub label: Option<&'n str>,
}

impl Serialize for Evidence<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(None)?;
        fields.serialize_entry(&Field::File, &self.file)?;
        fields.serialize_entry(&Field::Line, &self.line)?;
        fields.serialize_entry(&Field::Column, &self.column)?;
        fields.serialize_entry(&Field::Text, &self.text)?;
        if let Some(chain) = &self.chain {
            fields.serialize_entry(&Field::Chain, chain)?;
        }
        if let Some(label) = self.label {
            fields.serialize_entry(&Field::Label, label)?;
        }
        fields.end()
    }
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
