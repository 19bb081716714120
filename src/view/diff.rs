//! Two dumps: what is new, gone or different, service by service.

use super::words::{counted, percent};
use crate::diff::{Change, ChangeKind, ChangedThing, Diff, Value};
use crate::doc::{Column, Doc, Phrase, Table, bad, dim, good, plain, warn};

/// The differences as a table; a sentence if there is none.
#[must_use]
pub fn diff(diff: &Diff) -> Doc {
    let mut doc = Doc::new();
    if diff.is_same() {
        doc.paragraph(good("The same: services, addresses, pods, policies and shares agree."));
    } else {
        doc.paragraph(summary(diff)).blank().table(table(diff));
    }
    if diff.counters.rewritten {
        doc.paragraph(dim("Counters went back: kube-proxy wrote the rules anew in between."));
    }
    if !diff.counters.moved.is_empty() {
        let services = counted(diff.counters.moved.len(), "service", "services");
        doc.paragraph(dim(format!("Counters of {services} moved on.")));
    }
    doc
}

fn summary(diff: &Diff) -> String {
    let count = |kind| diff.count(kind);
    let (added, removed) = (count(ChangeKind::Added), count(ChangeKind::Removed));
    format!("{added} added, {removed} removed, {} changed", count(ChangeKind::Changed))
}

fn table(diff: &Diff) -> Table {
    let mut table = Table::new(vec![
        Column::left(""),
        Column::left("service"),
        Column::left("what"),
        Column::left("old"),
        Column::left("new"),
    ]);
    let mut last = None;
    for change in &diff.changes {
        let subject = change.subject.clone().or_else(|| change.chain.clone()).unwrap_or_default();
        let is_again = last.as_ref() == Some(&subject);
        let shown = if is_again { String::new() } else { subject.clone() };
        table.row((
            sign(change.kind),
            plain(shown),
            what(change),
            value(change, change.old.as_ref()),
            value(change, change.new.as_ref()),
        ));
        last = Some(subject);
    }
    table
}

fn sign(kind: ChangeKind) -> Phrase {
    match kind {
        ChangeKind::Added => good("+"),
        ChangeKind::Removed => bad("-"),
        ChangeKind::Changed => warn("~"),
    }
}

fn what(change: &Change) -> String {
    let thing = match change.what {
        ChangedThing::Service => "service",
        ChangedThing::Capture => "address",
        ChangedThing::Endpoint => "pod",
        ChangedThing::Policy => "policy",
        ChangedThing::Affinity => "affinity",
        ChangedThing::SourceRanges => "source ranges",
        ChangedThing::Share => "share",
        ChangedThing::Order => "before KUBE-SERVICES",
    };
    match change.field {
        Some(field) => format!("{thing} ({field})"),
        None => thing.to_owned(),
    }
}

fn value(change: &Change, value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::Text(text)) => text.clone(),
        Some(Value::Number(number)) if change.what == ChangedThing::Share => percent(*number),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::List(items)) if items.is_empty() => "none".to_owned(),
        Some(Value::List(items)) => items.join(", "),
    }
}
