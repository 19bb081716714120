//! What stands before the jump to KUBE-SERVICES in a built-in chain: it sees connections first.

use super::change::{Change, ChangeKind, ChangedThing, Diff, Value};
use crate::kube::Proxy;
use crate::ruleset::{Chain, Table, TableName, rule_line};
use crate::source::Span;

pub(super) fn compare(old: &Proxy<'_, '_>, new: &Proxy<'_, '_>, diff: &mut Diff) {
    for name in [TableName::Nat, TableName::Filter] {
        let (Some((before, _)), Some((after, _))) = (old.resolved.table(name), new.resolved.table(name)) else {
            continue;
        };
        for chain in before.chains.iter().filter(|chain| chain.is_built_in()) {
            let Some(other) = after.chains.iter().find(|other| other.name == chain.name) else { continue };
            diff.changes.extend(change(
                if name == TableName::Nat { "nat" } else { "filter" },
                (before, chain),
                (after, other),
            ));
        }
    }
}

fn change(table: &'static str, old: (&Table<'_>, &Chain<'_>), new: (&Table<'_>, &Chain<'_>)) -> Option<Change> {
    let (before, after) = (Before::of(old.0, old.1), Before::of(new.0, new.1));
    if before.jump.is_none() && after.jump.is_none() {
        return None;
    }
    let is_same = before.rules == after.rules && before.jump.is_some() == after.jump.is_some();
    (!is_same).then(|| Change {
        kind: ChangeKind::Changed,
        what: ChangedThing::Order,
        subject: None,
        chain: Some(old.1.name.to_string()),
        field: Some(table),
        old_evidence: before.evidence(),
        new_evidence: after.evidence(),
        old: before.value(),
        new: after.value(),
    })
}

/// The rules before the jump.
struct Before {
    rules: Vec<String>,
    spans: Vec<Span>,
    jump: Option<Span>,
}

impl Before {
    fn of(table: &Table<'_>, chain: &Chain<'_>) -> Self {
        let mut before = Self { rules: Vec::new(), spans: Vec::new(), jump: None };
        for at in chain.rules.clone() {
            let rule = &table.rules[at as usize];
            let leads_to = rule.target.as_ref().and_then(crate::ruleset::Target::chain_name);
            if leads_to.is_some_and(|name| name == "KUBE-SERVICES") {
                before.jump = Some(rule.span);
                return before;
            }
            before.rules.push(rule_line(table, rule).to_string());
            before.spans.push(rule.span);
        }
        before
    }

    fn value(self) -> Option<Value> {
        self.jump.map(|_| Value::List(self.rules))
    }

    fn evidence(&self) -> Vec<Span> {
        if self.jump.is_none() { Vec::new() } else { self.spans.iter().copied().chain(self.jump).collect() }
    }
}
