//! `Diff`: what `kubenat diff` answers.

use super::evidence::{Evidence, at};
use super::source::{Source, sources};
use crate::diff::{Change, ChangeKind, ChangedThing, Diff, Moved, Value};
use crate::source::Span;
use crate::view::Node;
use serde::{Serialize, Serializer};

/// The answer of `diff`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DiffText<'n> {
    /// Whether both mean the same; counters do not count.
    same: bool,
    /// The earlier dump.
    old: SideText<'n>,
    /// The later dump.
    new: SideText<'n>,
    /// What differs, and nothing else.
    changes: Vec<ChangeText<'n>>,
    /// What the counters tell.
    counters: CountersText<'n>,
    /// How many changes there are.
    summary: SummaryText,
}

/// One dump.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SideText<'n> {
    /// The first of what was read; null where there is none.
    source: Option<Source<'n>>,
    /// Further ones: the other family, the other backend.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    more_sources: Vec<Source<'n>>,
}

/// One change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangeText<'n> {
    /// `added`, `removed` or `changed`.
    change: &'static str,
    /// `service`, `capture`, `endpoint`, `policy`, `affinity`, `sourceRanges`, `share` or `order`.
    what: &'static str,
    /// The service; null for an order.
    subject: Option<&'n str>,
    /// The chain it shows in.
    chain: Option<&'n str>,
    /// Which field of the thing.
    field: Option<&'static str>,
    /// As it was.
    old: Option<ValueText<'n>>,
    /// As it is.
    new: Option<ValueText<'n>>,
    /// Lines of the old dump.
    old_evidence: Vec<Evidence<'n>>,
    /// Lines of the new dump.
    new_evidence: Vec<Evidence<'n>>,
}

/// A string, a number or a list of strings.
#[derive(Debug)]
struct ValueText<'n>(&'n Value);

impl Serialize for ValueText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Text(text) => serializer.serialize_str(text),
            Value::Number(number) => serializer.serialize_f64(*number),
            Value::List(items) => serializer.collect_seq(items),
        }
    }
}

/// What the counters tell.
#[derive(Debug, Serialize)]
struct CountersText<'n> {
    /// Whether they went back, so that the rules were written anew in between.
    rewritten: bool,
    /// Services whose counters went on.
    moved: Vec<MovedText<'n>>,
}

/// New connections of a service, in packets that its captures counted.
#[derive(Debug, Serialize)]
struct MovedText<'n> {
    /// The service.
    subject: &'n str,
    /// Before.
    old: u64,
    /// After.
    new: u64,
}

/// How many changes there are of each kind.
#[derive(Debug, Serialize)]
struct SummaryText {
    /// Added.
    added: usize,
    /// Removed.
    removed: usize,
    /// Changed.
    changed: usize,
}

/// The answer of `diff`.
#[must_use]
pub fn diff<'n>(diff: &'n Diff, old: &'n Node<'_, '_>, new: &'n Node<'_, '_>) -> DiffText<'n> {
    let moved = |moved: &'n Moved| MovedText { subject: &moved.subject, old: moved.old, new: moved.new };
    DiffText {
        same: diff.is_same(),
        old: side(old),
        new: side(new),
        changes: diff.changes.iter().map(|each| change(each, old, new)).collect(),
        counters: CountersText {
            rewritten: diff.counters.rewritten,
            moved: diff.counters.moved.iter().map(moved).collect(),
        },
        summary: SummaryText {
            added: diff.count(ChangeKind::Added),
            removed: diff.count(ChangeKind::Removed),
            changed: diff.count(ChangeKind::Changed),
        },
    }
}

fn side<'n>(node: &'n Node<'_, '_>) -> SideText<'n> {
    let mut all = sources(node).into_iter();
    SideText { source: all.next(), more_sources: all.collect() }
}

fn change<'n>(change: &'n Change, old: &'n Node<'_, '_>, new: &'n Node<'_, '_>) -> ChangeText<'n> {
    let lines =
        |node: &'n Node<'_, '_>, spans: &'n [Span]| spans.iter().filter_map(|&span| at(node, span)).collect::<Vec<_>>();
    ChangeText {
        change: match change.kind {
            ChangeKind::Added => "added",
            ChangeKind::Removed => "removed",
            ChangeKind::Changed => "changed",
        },
        what: thing(change.what),
        subject: change.subject.as_deref(),
        chain: change.chain.as_deref(),
        field: change.field,
        old: change.old.as_ref().map(ValueText),
        new: change.new.as_ref().map(ValueText),
        old_evidence: lines(old, &change.old_evidence),
        new_evidence: lines(new, &change.new_evidence),
    }
}

fn thing(what: ChangedThing) -> &'static str {
    match what {
        ChangedThing::Service => "service",
        ChangedThing::Capture => "capture",
        ChangedThing::Endpoint => "endpoint",
        ChangedThing::Policy => "policy",
        ChangedThing::Affinity => "affinity",
        ChangedThing::SourceRanges => "sourceRanges",
        ChangedThing::Share => "share",
        ChangedThing::Order => "order",
    }
}
