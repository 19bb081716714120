//! Rulesets → iptables-save text. What came in that form and was not touched goes out byte for byte.

use crate::ruleset::{
    Chain, ChainKind, Family, Form, Rule, RuleId, Table, Test, chain_line, match_line, rule_line, saved_words,
};
use crate::source::Source;
use crate::view::Node;
use bstr::ByteSlice;
use std::io::{self, Write};

/// A rule that iptables-save has no words for, since the listing it came from did not show them all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unconvertible {
    /// `node.txt:12`.
    pub place: String,
    /// The words.
    pub text: String,
}

/// Writes all rulesets, and tells which rules had to be left out as comments.
///
/// # Errors
/// Those of `out`.
pub fn write(node: &Node<'_, '_>, out: &mut dyn Write) -> io::Result<Vec<Unconvertible>> {
    let mut left_out = Vec::new();
    for file in node.sources.files() {
        if is_saved(node, file) {
            out.write_all(file.original())?;
            continue;
        }
        let families = families_of(node, file);
        let mut last = None;
        for (family, table) in tables_of(node, file) {
            if families > 1 && last != Some(family) {
                writeln!(out, "# {family}, for {}", restorer(family))?;
            }
            last = Some(family);
            write_table(node, table, &mut left_out, out)?;
        }
    }
    Ok(left_out)
}

fn restorer(family: Family) -> &'static str {
    match family {
        Family::Ipv4 => "iptables-restore",
        Family::Ipv6 => "ip6tables-restore",
    }
}

fn families_of(node: &Node<'_, '_>, file: &Source) -> usize {
    let has = |family: &Family| tables_of(node, file).any(|(own, _)| own == *family);
    [Family::Ipv4, Family::Ipv6].iter().filter(|family| has(family)).count()
}

/// The tables that begin in a file, each with its family.
fn tables_of<'n, 'src>(node: &'n Node<'_, 'src>, file: &'n Source) -> impl Iterator<Item = (Family, &'n Table<'src>)> {
    let rulesets = node.parsed.rulesets.iter();
    let tables = rulesets.flat_map(|ruleset| ruleset.tables.iter().map(move |table| (ruleset.family, table)));
    tables.filter(|(_, table)| node.sources.source(table.span).is_some_and(|own| std::ptr::eq(own, file)))
}

/// Whether a file needs nothing done to be what iptables-restore reads.
fn is_saved(node: &Node<'_, '_>, file: &Source) -> bool {
    let is_read_as_it_came = file.text() == file.original();
    let mut tables = tables_of(node, file).peekable();
    let is_fine = |(_, table): (Family, &Table<'_>)| table.form == Form::Save && table.is_named;
    let is_pure = node.parsed.tally.prose + node.parsed.tally.noise == 0;
    is_read_as_it_came && is_pure && tables.peek().is_some() && tables.all(is_fine)
}

fn write_table(
    node: &Node<'_, '_>,
    table: &Table<'_>,
    left_out: &mut Vec<Unconvertible>,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "*{}", table.name.name())?;
    let (built_in, user): (Vec<&Chain<'_>>, Vec<&Chain<'_>>) =
        table.chains.iter().partition(|chain| chain.is_built_in());
    for chain in built_in.into_iter().chain(user) {
        write_line(&declaration(chain), out)?;
    }
    for (id, _) in table.chain_ids() {
        for (id, rule) in table.rules_of(id) {
            write_rule(node, table, (id, rule), left_out, out)?;
        }
    }
    writeln!(out, "COMMIT")
}

fn declaration(chain: &Chain<'_>) -> bstr::BString {
    if let ChainKind::BuiltIn { counters: Some(counters), .. } = &chain.kind
        && counters.rounded
    {
        let mut exact = chain.clone();
        exact.kind = ChainKind::BuiltIn { policy: None, counters: None };
        return chain_line(&exact);
    }
    chain_line(chain)
}

fn write_rule(
    node: &Node<'_, '_>,
    table: &Table<'_>,
    (id, rule): (RuleId, &Rule<'_>),
    left_out: &mut Vec<Unconvertible>,
    out: &mut dyn Write,
) -> io::Result<()> {
    if let Some(words) = unknown_words(table, rule) {
        let line = node.line_number(rule.span);
        left_out.push(Unconvertible { place: node.place(rule.span), text: words.clone() });
        return write_line(format!("# line {line}: not convertible: {words}").as_bytes(), out);
    }
    if let Some(counters) = table.counters(id).filter(|counters| !counters.rounded) {
        write!(out, "[{}:{}] ", counters.packets, counters.bytes)?;
    }
    let saved = saved_words(rule, node.sources).filter(|_| table.form == Form::Save);
    match saved {
        Some(words) => write_line(words, out),
        None => write_line(&rule_line(table, rule), out),
    }
}

/// The words of a listing that are no option.
fn unknown_words(table: &Table<'_>, rule: &Rule<'_>) -> Option<String> {
    let is_unknown = |test: &Test<'_>| matches!(test, Test::Listed(_));
    let unknown = table.matches(rule).iter().find(|each| is_unknown(each.test()))?;
    Some(match_line(unknown).to_str_lossy().into_owned())
}

/// A line, with what would break it into two taken out.
fn write_line(line: &[u8], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(&line.replace("\n", " "))?;
    out.write_all(b"\n")
}
