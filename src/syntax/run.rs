//! The rules of a large table, read in parts by several threads. What comes out is what one of them would have read.
//!
//! Only what is plain is read so: one rule a line, of chains that were declared. Whatever else stands there is left to
//! the reader that goes line by line.

use super::builder::{TableBuilder, near, offset, push};
use super::line::{Command, Line, line};
use super::lines::{lines, trim_blanks};
use super::reader::Reader;
use super::rule;
use crate::ruleset::{Chain, ChainNames, Counters, Form, Rule, Table, TableName};
use crate::source::{Source, Span};
use crate::threads::{answers, line_parts};
use memchr::memmem;

/// When rules are read in parts, and in which.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parting {
    /// The table has at least as many chains.
    pub(super) least_chains: usize,
    /// Into whole lines.
    pub(super) split: for<'t> fn(&'t [u8]) -> Vec<&'t [u8]>,
}

impl Default for Parting {
    fn default() -> Self {
        Self { least_chains: 1000, split: line_parts }
    }
}

/// The parts of the run of rules that `text` begins with.
fn parts(text: &[u8], parting: Parting) -> Vec<&[u8]> {
    let end = memmem::find(text, b"\nCOMMIT").map_or(text.len(), |at| at + 1);
    let parts = (parting.split)(&text[..end]);
    // A line that does not begin so may belong to an open quote of the line before it.
    if parts.iter().all(|part| part.starts_with(b"-A ") || part.starts_with(b"[")) { parts } else { Vec::new() }
}

impl<'src> Reader<'src> {
    /// Reads the rules that a large table begins with at once, as far as they are plain; what is left of the text.
    pub(super) fn run(&mut self, source: &'src Source, text: &'src [u8]) -> &'src [u8] {
        let (reads_runs, parting) = (self.reads_runs && !self.is_foreign, self.parting);
        let is_ready = |builder: &&mut TableBuilder<'src>| builder.has_chains_alone(parting.least_chains);
        let Some(builder) = self.builder().filter(|_| reads_runs).filter(is_ready) else { return text };
        let parts = parts(text, parting);
        if parts.len() < 2 {
            return text;
        }
        let (mut rest, mut rules, mut is_plain) = (text, 0, true);
        let tables = builder.read_run(source, &parts);
        for (part, table) in parts.iter().zip(tables) {
            let Some(table) = table.filter(|_| is_plain) else {
                is_plain = false;
                continue;
            };
            rest = &rest[part.len()..];
            rules += table.rules.len();
            builder.take(table);
        }
        self.reads_runs = is_plain;
        self.tally.rules += rules;
        rest
    }
}

impl<'src> TableBuilder<'src> {
    /// Whether it has at least so many chains and no rule yet.
    fn has_chains_alone(&self, least: usize) -> bool {
        let Table { chains, rules, .. } = &self.table;
        chains.len() >= least && rules.is_empty() && self.orders.is_none()
    }

    /// What each part of a run of rules holds, as far as it is plain.
    fn read_run(&self, source: &'src Source, parts: &[&'src [u8]]) -> Vec<Option<Table<'src>>> {
        answers(parts.len(), parts.len(), |at| read_part(source, parts[at], &self.table.chains, &self.names))
    }

    /// Adds the rules of a run at the end.
    fn take(&mut self, run: Table<'src>) {
        let Some(last) = run.rules.last() else { return };
        self.last = last.chain.0;
        self.table.span = self.table.span.to(last.span);
        if self.table.rules.is_empty() {
            (self.table.rules, self.table.matches, self.table.counters) = (run.rules, run.matches, run.counters);
            return;
        }
        let before = offset(self.table.matches.len());
        if !run.counters.is_empty() || !self.table.counters.is_empty() {
            self.table.counters.resize(self.table.rules.len(), Counters::default());
            self.table.counters.extend(run.counters);
            self.table.counters.resize(self.table.rules.len() + run.rules.len(), Counters::default());
        }
        self.table.matches.extend(run.matches);
        self.table.rules.extend(run.rules.into_iter().map(|rule| {
            let matches = rule.matches.start + before..rule.matches.end + before;
            Rule { matches, ..rule }
        }));
    }
}

/// What the part holds: a table without chains of its own; `None` if it is not plain.
fn read_part<'src>(
    source: &'src Source,
    part: &'src [u8],
    chains: &[Chain<'src>],
    names: &ChainNames,
) -> Option<Table<'src>> {
    let mut table = Table::new(TableName::Nat, Form::Save, Span::default());
    let mut last = 0;
    for (text, feeds) in lines(part) {
        let text = trim_blanks(text);
        let Some(Ok(Line::Command(Command::Append { counters, chain: name, rule }))) = line(text) else { return None };
        if feeds > 0 {
            return None;
        }
        let chain = near(chains, last, name).or_else(|| names.get(name, chains))?;
        let mark = table.matches.len();
        let options = rule::options(rule, &mut table.matches).ok()?;
        push(&mut table, chain, mark, options.target, counters.or(options.counters), source.span(text));
        last = chain.0;
    }
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse_by;
    use super::*;
    use crate::source::Sources;
    use proptest::prelude::*;

    const LINES: &[&str] = &[
        "-A X -j Y",
        "-A Y -s 10.0.0.1/32 -m comment --comment \"a b\" -j ACCEPT",
        "-A X -m statistic --mode random --probability 0.5 -j Y",
        "[3:180] -A Y -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.2:80",
        "-A Z -j X",
        "-A X -m comment --comment \"left open -j Y",
        "as a line feed leaves it\" -j Y",
        "-A Y -m comment --comment \"an \\\" escape\" -j X",
        "-A UNDECLARED -j X",
        "-A X --no-such-option-follows",
        "-A X -s 1.2.3.4.5 -j Y",
        "-I X -j RETURN",
        "-F Y",
        "-D X -j Y",
        ":LATE - [0:0]",
        "",
        "  -A X -j Y  ",
        "# a remark",
        "prose",
        "COMMIT",
        "*filter",
        "-P INPUT DROP",
    ];

    fn twos(text: &[u8]) -> Vec<&[u8]> {
        by_lines(text, 2)
    }

    fn fives(text: &[u8]) -> Vec<&[u8]> {
        by_lines(text, 5)
    }

    /// In parts of so many lines.
    fn by_lines(text: &[u8], count: usize) -> Vec<&[u8]> {
        let mut rest = text;
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let end = memchr::memchr_iter(b'\n', rest).nth(count - 1).map_or(rest.len(), |at| at + 1);
            parts.push(&rest[..end]);
            rest = &rest[end..];
        }
        parts
    }

    proptest! {
        #[test]
        fn a_run_read_in_parts_is_the_run(
            plain in prop::collection::vec(prop::sample::select(&LINES[..5]), 0..12),
            any in prop::collection::vec(prop::sample::select(LINES), 0..12),
            more in prop::collection::vec(prop::sample::select(&LINES[..5]), 0..8),
        ) {
            let head = ["*nat", ":INPUT ACCEPT [0:0]", ":X - [0:0]", ":Y - [0:0]", ":Z - [0:0]"];
            let lines: Vec<&str> = head.into_iter().chain(plain).chain(any).chain(more).chain(["COMMIT"]).collect();
            let mut sources = Sources::default();
            sources.add("text".into(), lines.join("\n").into_bytes(), None).unwrap();
            let by = |least_chains, split| parse_by(&sources, Parting { least_chains, split });
            let whole = by(usize::MAX, twos);
            prop_assert_eq!(&by(1, twos), &whole);
            prop_assert_eq!(&by(1, fives), &whole);
        }
    }
}
