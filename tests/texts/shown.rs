//! Everything that was read from a text, a line each: the form the tests state what they expect in.
//!
//! ```text
//! IPv4 legacy                      a ruleset: family and backend
//! *nat                             a table; `*nat?` where no line names it, `…` behind it where lines may be missing
//! :KUBE-SVC-X                      a chain; `:KUBE-SVC-X?` where no line declares it
//! [1:60] -A KUBE-SVC-X -j RETURN   a rule, printed from its parts; `[~1:60]` where the counters are rounded
//! remark: …, note: …               what is told besides; the name of the file is left out
//! 3:14 wanted …                    a fault
//! ```

use super::text;
use kubenat::ruleset::{Backend, ChainKind, Counters, Policy, Ruleset, Table, rule_line};
use kubenat::syntax::parse;

/// What is read from the bytes; every line must be accounted for.
#[track_caller]
pub(crate) fn shown(bytes: &[u8]) -> Vec<String> {
    let input = text::input(bytes);
    let parsed = parse(&input.sources);
    assert_eq!(parsed.tally.faults, parsed.faults.len());
    let mut lines = Vec::new();
    for ruleset in &parsed.rulesets {
        lines.push(format!("{} {}", ruleset.family, backend(ruleset)));
        ruleset.tables.iter().for_each(|table| show_table(table, &mut lines));
    }
    lines.extend(parsed.remarks.iter().map(|remark| format!("remark: {:?}", remark.kind)));
    let notes = input.notes.iter().chain(&parsed.notes);
    lines.extend(notes.map(|note| format!("note: {}", behind_name(&note.text))));
    for fault in &parsed.faults {
        let place = input.sources.place(fault.span).unwrap();
        lines.push(format!("{}:{} {fault}", place.line, place.column));
    }
    lines
}

/// Asserts that just these lines are [`shown`].
#[track_caller]
pub(crate) fn reads(text: impl AsRef<[u8]>, expected: &[&str]) {
    assert_eq!(shown(text.as_ref()), expected, "{}", String::from_utf8_lossy(text.as_ref()));
}

fn backend(ruleset: &Ruleset<'_>) -> &'static str {
    match ruleset.backend {
        Backend::Legacy => "legacy",
        Backend::Nft => "nft",
        Backend::Unknown => "unknown",
    }
}

fn behind_name(note: &str) -> &str {
    note.strip_prefix("text: ").unwrap_or(note)
}

fn show_table(table: &Table<'_>, lines: &mut Vec<String>) {
    let (named, whole) = (if table.is_named { "" } else { "?" }, if table.is_complete { "" } else { " …" });
    lines.push(format!("*{}{named}{whole}", table.name.name()));
    for (id, chain) in table.chain_ids() {
        let policy = match chain.kind {
            ChainKind::BuiltIn { policy: Some(Policy::Drop), .. } => " DROP",
            ChainKind::BuiltIn { policy: Some(Policy::Accept), .. } => " ACCEPT",
            _ => "",
        };
        lines.push(format!(":{}{}{policy}", chain.name, if chain.is_declared { "" } else { "?" }));
        for (rule_id, rule) in table.rules_of(id) {
            lines.push(format!("{}{}", counters(table.counters(rule_id)), rule_line(table, rule)));
        }
    }
}

fn counters(counters: Option<Counters>) -> String {
    let rounded = |rounded| if rounded { "~" } else { "" };
    counters.map_or_else(String::new, |it| format!("[{}{}:{}] ", rounded(it.rounded), it.packets, it.bytes))
}
