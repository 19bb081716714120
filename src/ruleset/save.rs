//! A whole table in the form of iptables-save. What was read in this form is given back byte for byte; what came as
//! `iptables -S`, as a listing or as another command is put together from its parts.

use super::{Chain, Rule, Table, Target, Test, chain_line, rule_line};
use crate::source::{Sources, Span};
use bstr::{BStr, BString, ByteSlice};

/// The lines from `*NAME` to `COMMIT`, each with its line feed; `COMMIT` also where the text was cut before it.
#[must_use]
pub fn saved_table(table: &Table<'_>, sources: &Sources) -> BString {
    let mut text = BString::from("*");
    push(&mut text, table.name.name());
    for chain in &table.chains {
        push(&mut text, &saved_chain(chain, sources));
    }
    for rule in &table.rules {
        push(&mut text, &saved_rule(table, rule, sources));
    }
    push(&mut text, b"COMMIT");
    text
}

/// The line of a chain, as it stands in the text if that is iptables-save's form.
#[must_use]
pub fn saved_chain(chain: &Chain<'_>, sources: &Sources) -> BString {
    let line = sources.text(chain.span);
    if chain.is_declared && line.starts_with(b":") { line.into() } else { chain_line(chain) }
}

/// The line of a rule, as it stands in the text if that is iptables-save's form. A rule that could not be read becomes
/// a comment where it did not even have that form.
#[must_use]
pub fn saved_rule(table: &Table<'_>, rule: &Rule<'_>, sources: &Sources) -> BString {
    if saved_words(rule, sources).is_some() {
        return whole_line(rule.span, sources).into();
    }
    match unread(table, rule) {
        Some(text) => [b"# not understood: ", text.as_bytes()].concat().into(),
        None => rule_line(table, rule),
    }
}

/// The line with the blanks at its end, which iptables 1.8.7 (nft) and 1.4.7 leave there.
fn whole_line(span: Span, sources: &Sources) -> &BStr {
    let Some(source) = sources.source(span) else { return BStr::new("") };
    let (start, end) = ((span.start - source.base()) as usize, (span.end() - source.base()) as usize);
    let behind = &source.text()[end..];
    let blanks = behind.iter().take_while(|&&byte| matches!(byte, b' ' | b'\t')).count();
    source.text()[start..end + blanks].as_bstr()
}

/// The rule from `-A` on, as it stands in the text; `None` if it came in another form, as `-I` or in a listing.
#[must_use]
pub fn saved_words<'s>(rule: &Rule<'_>, sources: &'s Sources) -> Option<&'s BStr> {
    let line = whole_line(rule.span, sources);
    let behind_counters = line.strip_prefix(b"[").and_then(|rest| rest.split_once_str("] "));
    let words = behind_counters.map_or(line.as_bytes(), |(_, rest)| rest.trim_start());
    words.starts_with(b"-A ").then_some(words.as_bstr())
}

/// The text of a rule that could not be read.
fn unread<'src>(table: &Table<'src>, rule: &Rule<'src>) -> Option<&'src BStr> {
    match (table.matches(rule), &rule.target) {
        ([only], Some(Target::Other(text))) => match *only.test() {
            Test::Listed(line) | Test::Other(line) if line == *text => Some(text),
            _ => None,
        },
        _ => None,
    }
}

fn push(text: &mut BString, line: &[u8]) {
    text.extend_from_slice(line);
    text.push(b'\n');
}
