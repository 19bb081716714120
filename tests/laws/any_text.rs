//! Laws of any text at all.

use super::cases;
use super::change::{PIECES, mutate, mutation};
use super::damage::DAMAGES;
use super::seeds::{lists, saves};
use super::text::{files, from_parts, testdata};
use bstr::{BStr, ByteSlice};
use kubenat::input::{Input, read_bytes};
use kubenat::ruleset::{Match, Rule, Table, Target, Test, rule_line, saved_table};
use kubenat::source::Sources;
use kubenat::syntax::parse;
use proptest::prelude::*;

/// Reads the bytes with and without repair, and looks at everything that came out.
fn holds(bytes: &[u8]) {
    if let Ok(input) = read_bytes("text".into(), bytes.to_vec()) {
        accounts_for(&input);
    }
    let mut plain = Input::default();
    plain.sources.add("text".into(), bytes.to_vec(), None).unwrap();
    accounts_for(&plain);
}

fn accounts_for(input: &Input) {
    let parsed = parse(&input.sources);
    let text = input.sources.files()[0].text();
    assert_eq!(parsed.tally.lines(), text.lines().count(), "{:?}", parsed.tally);
    assert_eq!(parsed.tally.faults, parsed.faults.len());
    for fault in &parsed.faults {
        let place = input.sources.place(fault.span).unwrap();
        assert!(place.line >= 1 && place.column as usize <= place.whole_line.len() + 1, "{place:?}");
    }
    for table in parsed.rulesets.iter().flat_map(|ruleset| &ruleset.tables) {
        let rules: usize = table.chains.iter().map(|chain| chain.rules.len()).sum();
        assert_eq!(rules, table.rules.len());
        assert!(table.counters.is_empty() || table.counters.len() == rules);
        assert!(saved_table(table, &input.sources).len() >= rules);
        settles(table);
    }
    assert!(parsed.notes.len() <= 8, "{:?}", parsed.notes);
}

/// What is printed from parts is read again, and every rule of which each word was understood is the same rule.
fn settles(table: &Table<'_>) {
    let mut sources = Sources::default();
    sources.add("printed".into(), from_parts(table), None).unwrap();
    let again = parse(&sources);
    let [ruleset] = &again.rulesets[..] else { return };
    let [same] = &ruleset.tables[..] else { return };
    if again.faults.is_empty() && same.rules.len() == table.rules.len() {
        for (mine, theirs) in table.rules.iter().zip(&same.rules).filter(|(rule, _)| is_understood(table, rule)) {
            let line = rule_line(table, mine);
            // A name that ends in CR cannot be told from the end of a line in a file of Windows.
            assert!(line.ends_with(b"\r") || rule_line(same, theirs) == line, "{line} {}", rule_line(same, theirs));
        }
    }
}

/// Whether no part of the rule is kept as the words that were written.
fn is_understood(table: &Table<'_>, rule: &Rule<'_>) -> bool {
    let mut tests = table.matches(rule).iter().map(Match::test);
    let words = rule.target.as_ref().is_some_and(|target| {
        matches!(
            target,
            Target::Other(_)
                | Target::Queue(_)
                | Target::Reject(_)
                | Target::Ct(_)
                | Target::Log(_)
                | Target::Tproxy(_)
        )
    });
    // Names are printed bare, whatever they hold: one with a blank or a quote cannot be read back.
    let is_odd = |name: &BStr| name.iter().any(|byte| matches!(byte, b' ' | b'\t' | b'"'));
    let names = [Some(table.chain(rule.chain).name), rule.target.as_ref().and_then(Target::chain_name)];
    !words
        && !names.into_iter().flatten().any(is_odd)
        && !tests.any(|test| match test {
            Test::Interface { name, .. } => is_odd(name),
            test => matches!(test, Test::Other(_) | Test::Listed(_) | Test::Limit(_) | Test::Set(_)),
        })
}

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec());
    let bytes = prop::collection::vec(any::<u8>(), 0..4);
    prop::collection::vec(prop_oneof![19 => piece, 1 => bytes], 0..40).prop_map(|parts| parts.concat())
}

/// A window of a real text of about as many lines as a person pastes, with a few changes, and often a damage or two.
fn mutated(texts: fn() -> &'static [Vec<u8>]) -> impl Strategy<Value = Vec<u8>> {
    let window = (any::<usize>(), any::<usize>(), 0..2000_usize);
    let damages = prop::collection::vec(prop::sample::select(DAMAGES), 0..3);
    let changes = prop::collection::vec(mutation(), 0..8);
    (window, changes, damages, any::<bool>()).prop_map(move |((which, from, len), changes, damages, is_whole)| {
        let real = &texts()[which % texts().len()];
        let from = from % (real.len() + 1);
        let line = real[..from].rfind_byte(b'\n').map_or(0, |end| end + 1);
        let mut text = real[if is_whole { line } else { from }..(from + len).min(real.len())].to_vec();
        for change in &changes {
            mutate(&mut text, change);
        }
        damages.iter().fold(text, |text, damage| damage(&text))
    })
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        holds(&bytes);
    }

    #[test]
    fn any_pieces_of_lines_are_read(bytes in pieces()) {
        holds(&bytes);
    }

    #[test]
    fn any_damage_to_a_save_is_survived(bytes in mutated(saves)) {
        holds(&bytes);
    }

    #[test]
    fn any_damage_to_a_listing_is_survived(bytes in mutated(lists)) {
        holds(&bytes);
    }
}

#[test]
fn the_corpus_is_read() {
    let corpus = files(&testdata("corpus"));
    assert!(corpus.len() >= 20);
    for path in corpus {
        holds(&std::fs::read(path).unwrap());
    }
}
