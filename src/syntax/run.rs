//! The rules of a large table, read in parts by several threads. What comes out is what one of them would have read.
//!
//! Only what is plain is read so: one rule a line, of chains that were declared. Whatever else stands there is left to
//! the reader that goes line by line.

use super::builder::{TableBuilder, near, offset, push};
use super::jumps::JumpFinder;
use super::line::{Command, Line, line};
use super::lines::{is_open, leaves_quote_open, line_end, trim_blanks};
use super::reader::Reader;
use super::rule::{self, Options};
use crate::ruleset::{Chain, ChainNames, Counters, Form, Match, Rule, Table, TableName, Target, Test};
use crate::source::{Source, Span, trim_line_end};
use crate::threads::{LONG, at_once, available, split_lines};
use bstr::BStr;

/// When rules are read in parts, and in which.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parting {
    /// The table has at least as many chains.
    pub(super) least_chains: usize,
    /// Each of whole lines: so many bytes, and the rest of the line in which they end.
    pub(super) bytes: usize,
}

impl Default for Parting {
    fn default() -> Self {
        Self { least_chains: 1000, bytes: LONG }
    }
}

impl<'src> Reader<'src> {
    /// Reads the rules that a large table begins with at once, as far as they are plain; what is left of the text.
    pub(super) fn run(&mut self, source: &'src Source, text: &'src [u8]) -> &'src [u8] {
        let (reads_runs, parting) = (self.reads_runs && !self.is_foreign, self.parting);
        let is_ready = |builder: &&mut TableBuilder<'src>| builder.has_chains_alone(parting.least_chains);
        let Some(builder) = self.builder().filter(|_| reads_runs).filter(is_ready) else { return text };
        let Run { rest, rules, seen } = builder.read_run(source, text, parting.bytes);
        // What was looked at in vain would be looked at again and again in a text of many tables.
        self.reads_runs = 2 * (text.len() - rest.len()) >= seen;
        self.tally.rules += rules;
        rest
    }
}

/// What came of a run of rules.
struct Run<'src> {
    /// The text behind it.
    rest: &'src [u8],
    /// How many they were.
    rules: usize,
    /// How many bytes of rules were read for it, those behind its end among them.
    seen: usize,
}

impl<'src> TableBuilder<'src> {
    /// Whether it has at least so many chains and no rule yet.
    fn has_chains_alone(&self, least: usize) -> bool {
        let Table { chains, rules, .. } = &self.table;
        chains.len() >= least && rules.is_empty() && self.orders.is_none()
    }

    /// Reads the rules that `text` begins with: always one part a thread, until one holds something else.
    fn read_run(&mut self, source: &'src Source, text: &'src [u8], bytes: usize) -> Run<'src> {
        let mut parts: Vec<Part<'src>> = (0..available()).map(|_| Part::default()).collect();
        let (mut rest, mut after, mut seen) = (text, text, 0);
        while !rest.is_empty() && rest.len() == after.len() {
            for part in &mut parts {
                (part.text, after) = split_lines(after, bytes);
                part.plain = 0;
            }
            let with_text = parts.iter_mut().filter(|part| !part.text.is_empty());
            at_once(with_text, |part| part.read(source, &self.table.chains, &self.names));
            seen += parts.iter().map(|part| part.plain).sum::<usize>();
            rest = gathered(&mut parts, rest);
        }
        let has_missed = parts.iter().any(|part| part.jumps.has_missed);
        let whole = parts.swap_remove(0).table;
        if let Some(last) = whole.rules.last() {
            self.last = last.chain.0;
            self.table.span = self.table.span.to(last.span);
        }
        (self.table.rules, self.table.matches, self.table.counters) = (whole.rules, whole.matches, whole.counters);
        self.found = if has_missed { 0 } else { self.table.rules.len() };
        Run { rest, rules: self.table.rules.len(), seen }
    }
}

/// Puts what parts hold behind what the first one holds, up to where one is not plain; what is left of the text that
/// begins with them.
fn gathered<'src>(parts: &mut [Part<'src>], mut text: &'src [u8]) -> &'src [u8] {
    let Some((whole, others)) = parts.split_first_mut() else { return text };
    text = &text[whole.plain..];
    let mut is_plain = whole.is_plain();
    for part in others {
        if is_plain {
            whole.table.append(&mut part.table);
            text = &text[part.plain..];
            is_plain = part.is_plain();
        }
    }
    text
}

/// Whole lines that one thread reads.
struct Part<'src> {
    text: &'src [u8],
    /// How many bytes of them are plain.
    plain: usize,
    /// What these hold: a table without chains of its own.
    table: Table<'src>,
    jumps: JumpFinder<'src>,
}

impl Default for Part<'_> {
    fn default() -> Self {
        let table = Table::new(TableName::Nat, Form::Save, Span::default());
        Self { text: &[], plain: 0, table, jumps: JumpFinder::default() }
    }
}

impl<'src> Part<'src> {
    fn is_plain(&self) -> bool {
        self.plain == self.text.len()
    }

    /// Reads it up to the first line that is not plain.
    fn read(&mut self, source: &'src Source, chains: &[Chain<'src>], names: &ChainNames) {
        let (mut last, mut rest) = (0, self.text);
        loop {
            self.plain = self.text.len() - rest.len();
            let (text, after) = rest.split_at(line_end(rest));
            let text = trim_blanks(trim_line_end(text));
            let Some(Ok(Line::Command(Command::Append { counters, chain: name, rule }))) = line(text) else { return };
            let Some(chain) = near(chains, last, name).or_else(|| names.get(name, chains)) else { return };
            let mark = self.table.matches.len();
            let read = rule::options(rule, &mut self.table.matches).ok();
            let is_whole = |options: &Options<'src>| {
                has_no_open_quote(name, &self.table.matches[mark..], options) || !leaves_quote_open(text)
            };
            let Some(options) = read.filter(is_whole) else { return self.table.matches.truncate(mark) };
            let found = self.jumps.find(options.target.as_ref(), names, chains);
            let counters = counters.or(options.counters);
            let rule = push(&mut self.table, chain, mark, options.target, counters, source.span(text));
            self.table.rules[rule as usize].found = found;
            (last, rest) = (chain.0, after);
        }
    }
}

/// Whether a rule has no text that could begin with a quote, save comments that end with theirs: then it ends with its
/// line, and nobody needs to look for quotes. `false` only means that it may be otherwise.
fn has_no_open_quote(chain: &BStr, matches: &[Match<'_>], options: &Options<'_>) -> bool {
    let is_fine = |each: &Match<'_>| match *each.test() {
        Test::Comment { raw, .. } => !is_open(raw),
        Test::Address { .. } | Test::Protocol(_) | Test::Module(_) | Test::Port { .. } | Test::Random(_) => true,
        _ => false,
    };
    let leads_well = match &options.target {
        Some(Target::Jump(name)) => !name.starts_with(b"\""),
        Some(Target::Dnat(_) | Target::Accept | Target::Drop | Target::Return | Target::Mark(_)) | None => true,
        Some(_) => false,
    };
    leads_well && !options.drops_words && !chain.starts_with(b"\"") && matches.iter().all(is_fine)
}

impl Table<'_> {
    /// Moves the rules of another table behind those of this one.
    fn append(&mut self, more: &mut Self) {
        let (before, rules) = (offset(self.matches.len()), self.rules.len());
        if !more.counters.is_empty() || !self.counters.is_empty() {
            self.counters.resize(rules, Counters::default());
            self.counters.append(&mut more.counters);
            self.counters.resize(rules + more.rules.len(), Counters::default());
        }
        self.matches.append(&mut more.matches);
        self.rules.extend(more.rules.drain(..).map(|rule| {
            let matches = rule.matches.start + before..rule.matches.end + before;
            Rule { matches, ..rule }
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse_by;
    use super::*;
    use crate::ruleset::{ChainGraph, RuleId};
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
        "-A Y -m comment --comment \"\" -j X",
        "-A Y -m comment --comment \" -j X",
        "-A Y -i \"open -j X",
        "-A X -j \"Q -j Y",
        "-A X -j LOG --log-prefix \"open -j ACCEPT",
        "-A X -p tcp -m \"n --dport 80 -j Y",
        "more\" -j Y",
        "-A X -j \"Q",
        "-A \"Q -j X",
        "-A X -m comment --comment \"ends so\\\"",
        "-A X -m recent --rcheck --seconds 9 --reap --name \"N --rsource -j Y",
        "-A UNDECLARED -j X",
        "-A X --no-such-option-follows",
        "-A X -s 1.2.3.4.5 -j Y",
        "-I X -j RETURN",
        "-F Y",
        "-D X -j Y",
        "-X Z",
        ":LATE - [0:0]",
        "",
        "  -A X -j Y  ",
        "# a remark",
        "prose",
        "COMMIT",
        "*filter",
        "-P INPUT DROP",
    ];

    fn jumps_lead_by_name(table: &Table<'_>) -> bool {
        let graph = ChainGraph::new(table);
        (0..).map(RuleId).zip(&table.rules).all(|(id, rule)| {
            let name = rule.target.as_ref().and_then(Target::chain_name);
            let named = name.and_then(|name| table.chain_ids().find(|(_, chain)| chain.name == name));
            graph.leads_to(table, id) == named.map(|(chain, _)| chain)
        })
    }

    proptest! {
        #[test]
        fn a_run_read_in_parts_is_the_run(
            plain in prop::collection::vec(prop::sample::select(&LINES[..5]), 0..12),
            any in prop::collection::vec(prop::sample::select(LINES), 0..12),
            more in prop::collection::vec(prop::sample::select(&LINES[..5]), 0..8),
        ) {
            let head = ["*nat", ":INPUT ACCEPT [0:0]", ":X - [0:0]", ":Y - [0:0]", ":Z - [0:0]", ":\"Q - [0:0]"];
            let lines: Vec<&str> = head.into_iter().chain(plain).chain(any).chain(more).chain(["COMMIT"]).collect();
            let mut sources = Sources::default();
            sources.add("text".into(), lines.join("\n").into_bytes(), None).unwrap();
            let by = |least_chains, bytes| parse_by(&sources, Parting { least_chains, bytes });
            let whole = by(usize::MAX, LONG);
            for bytes in [0, 40, 200, LONG] {
                let in_parts = by(1, bytes);
                prop_assert_eq!(&in_parts, &whole, "parts of {} bytes", bytes);
                for table in in_parts.rulesets.iter().flat_map(|ruleset| &ruleset.tables) {
                    prop_assert!(jumps_lead_by_name(table));
                }
            }
        }
    }
}
