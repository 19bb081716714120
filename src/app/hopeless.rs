//! Whether a text can be a dump at all: an executable, noise or prose ends in an error that says what was expected.
//!
//! Chance writes lines that begin like a rule. What counts is a line that somebody can read and that says what a rule
//! says; in something that is no text there must be many of them.

use crate::input::Input;
use crate::ruleset::{Chain, Match, Rule, Ruleset, Table, TableName, Target, Test};
use crate::source::{Source, Span};
use crate::syntax::Parsed;
use anyhow::{Result, bail};
use bstr::{BStr, ByteSlice};

/// In text no more than one byte of so many is a control character or no character at all.
const ODD_BYTES: usize = 20;

/// Where the text is none, one line of so many must be iptables'.
const LINES_OF_BINARY: usize = 4;

/// Refuses what holds nothing of iptables or nft.
pub(super) fn refuse_hopeless(input: &Input, parsed: &Parsed<'_>) -> Result<()> {
    let tally = &parsed.tally;
    let is_all_known = tally.faults + tally.prose + tally.noise == 0;
    if is_all_known && is_plausible(input, parsed, 0) {
        return Ok(());
    }
    let files = input.sources.files();
    let is_binary = files.iter().any(is_binary);
    let enough = if is_binary { parsed.tally.lines() / LINES_OF_BINARY } else { 0 };
    if !is_binary && !parsed.remarks.is_empty() || is_plausible(input, parsed, enough) {
        return Ok(());
    }
    let names: Vec<&str> = files.iter().map(|file| spoken(&file.name)).collect();
    let is_empty = files.iter().all(|file| file.original().trim_ascii().is_empty());
    let what = match (is_empty, is_binary) {
        (true, _) => EMPTY,
        (false, true) => "no text in it that iptables could have printed",
        (false, false) => "no rule of iptables in it",
    };
    bail!("{}: there is {what}\n{EXPECTED}", names.join(", "))
}

fn spoken(name: &str) -> &str {
    if name == "-" { "standard input" } else { name }
}

const EMPTY: &str = "nothing in it\n  so prints a node whose iptables holds no rule, as in kube-proxy's nftables mode \
    (`nft list tables` tells)";

const EXPECTED: &str = "  expected: what `iptables-save`, `iptables -S` or `iptables -L -n -v` prints, whole or in pieces\n  \
    on a node: sudo iptables-save -c | kubenat\n  just to try: kubenat --demo";

/// Whether much of it is no text: decoded text (UTF-16, gzip) is judged as it was decoded.
fn is_binary(file: &Source) -> bool {
    let bytes = file.original();
    let is_odd = |char: char| char == '\u{fffd}' || char.is_control() && !matches!(char, '\n' | '\r' | '\t' | '\u{1b}');
    let odd = bytes.chars().filter(|char| is_odd(*char)).count();
    odd * ODD_BYTES > bytes.len()
}

/// Whether more than `enough` lines are what iptables prints.
fn is_plausible(input: &Input, parsed: &Parsed<'_>, enough: usize) -> bool {
    let tables = || parsed.rulesets.iter().flat_map(|ruleset: &Ruleset<'_>| &ruleset.tables);
    let rules = tables().flat_map(|table| table.rules.iter().filter(|rule| is_rule(input, table, rule)).map(|_| ()));
    let chains = tables().flat_map(|table| table.chains.iter().filter(|chain| is_chain(input, chain)).map(|_| ()));
    let named = tables().filter(|table| is_known_table(input, table)).map(|_| ());
    rules.chain(chains).chain(named).nth(enough).is_some()
}

fn is_rule(input: &Input, table: &Table<'_>, rule: &Rule<'_>) -> bool {
    let has_target = rule.target.as_ref().is_some_and(|target| !matches!(target, Target::Other(_)));
    let is_known = |each: &Match<'_>| !matches!(*each.test(), Test::Other(_));
    let says_something = has_target || table.matches(rule).iter().any(is_known);
    readable(input, rule.span).is_some_and(|line| says_something || line.contains_str(" -j "))
}

fn is_chain(input: &Input, chain: &Chain<'_>) -> bool {
    chain.is_declared && readable(input, chain.span).is_some()
}

fn is_known_table(input: &Input, table: &Table<'_>) -> bool {
    table.is_named && !matches!(table.name, TableName::Other(_)) && readable(input, table.span).is_some()
}

/// The line that `span` begins in, from there on, if people can read it.
fn readable(input: &Input, span: Span) -> Option<&BStr> {
    let line = input.sources.text(span).lines().next().unwrap_or_default();
    let is_readable = |char: char| char != '\u{fffd}' && (char == '\t' || char == '\u{1b}' || !char.is_control());
    line.chars().all(is_readable).then_some(line.as_bstr())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::read_bytes;
    use crate::syntax::parse;

    #[track_caller]
    fn refuses(bytes: &[u8]) {
        assert!(outcome(bytes).is_err(), "{:?}", bytes.as_bstr());
    }

    #[track_caller]
    fn takes(bytes: &[u8]) {
        let outcome = outcome(bytes);
        assert!(outcome.is_ok(), "{:?}: {outcome:?}", bytes.as_bstr());
    }

    fn outcome(bytes: &[u8]) -> Result<()> {
        let input = read_bytes("-".into(), bytes.to_vec())?;
        let parsed = parse(&input.sources);
        refuse_hopeless(&input, &parsed)
    }

    /// Bytes of a generator of the simplest kind (Knuth's multiplier), the same on every run.
    fn noise(seed: u64, len: usize) -> Vec<u8> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        (0..len).map(|_| next()).collect()
    }

    #[test]
    fn noise_is_refused_whatever_its_lines_begin_with() {
        for seed in 0..20 {
            refuses(&noise(seed, 100_000));
        }
        let accident = [noise(7, 5000), b"\n-A INPUT -j ACCEPT\n*nat\n".to_vec(), noise(8, 5000)].concat();
        refuses(&accident);
    }

    #[test]
    fn an_executable_is_refused() {
        let (head, words) = (b"\x7fELF\x02\x01\x01\0\0", b"\0-A\0iptables-save\n:usage\0-A INPUT -j DROP\n*nat\0");
        let file = [head, noise(21, 300_000).as_slice(), words, &noise(22, 300_000)].concat();
        refuses(&file);
    }

    #[test]
    fn prose_and_markdown_are_refused() {
        refuses(b"Dear operator,\n\n- the node is fine\n-A few pods restarted.\nChain of events: none\n");
        refuses(b"# Title\n\n*emphasis* begins this line\n* a point\n*nat is a table of iptables\n");
        refuses(b"gcc flags\n-I DIR adds a directory\n-D NAME defines\n");
    }

    #[test]
    fn a_single_rule_is_a_dump() {
        takes(b"-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y\n");
        takes(b"as you see:\n  -A INPUT -j ACCEPT\nand nothing else\n");
        takes(b"*nat\nCOMMIT\n");
        takes(b":KUBE-SVC-NPX46M4PTMTKRN6Y - [0:0]\n");
        takes(b"Chain INPUT (policy ACCEPT)\ntarget     prot opt source               destination\n");
    }

    #[test]
    fn a_rule_that_cannot_be_read_in_full_is_still_one() {
        takes(b"-A KUBE-SERVICES -p tcp --dport 99999999 -j KUBE-SVC-NPX46M4PTMTKRN6Y\n");
    }

    #[test]
    fn a_dump_with_a_few_control_characters_is_still_a_dump() {
        takes(b"*nat\n:A - [0:0]\n-A A -m comment --comment \"\x01\" -j A\nCOMMIT\n");
    }
}
