//! Listings as a whole: what real ones give, line by line.

use super::*;
use crate::ruleset::{Chain, ChainId, ChainKind, Form, Match, Rule, Table, TableName, Test};
use crate::source::Span;
use bstr::{BStr, BString, ByteSlice};
use proptest::prelude::*;

const EXTENSIONS: &[u8] = include_bytes!("../../../testdata/lists/extensions-1.8.9-exact.txt");
const EXTENSIONS_IPV6: &[u8] = include_bytes!("../../../testdata/lists/extensions-1.8.9-ipv6-names.txt");
const KIND: &[u8] = include_bytes!("../../../testdata/lists/kind-ipv6-names.txt");
const KUBE: &[u8] = include_bytes!("../../../testdata/lists/kube-1.8.9-numeric-verbose.txt");
const KUBE_SAVE: &[u8] = include_bytes!("../../../testdata/lists/kube-1.8.9.save");
const OLD: &[u8] = include_bytes!("../../../testdata/lists/kube-1.4.21-names.txt");

/// A rule with the chain it stands in and its matches.
type Read<'a> = (&'a BStr, ListedRule<'a>, Vec<Match<'a>>);

/// The rules of a listing; each line that is neither blank nor a header must be one.
#[track_caller]
fn rules(text: &[u8]) -> Vec<Read<'_>> {
    let (mut chain, mut layout, mut rules) = (BStr::new(""), None, Vec::new());
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if let Some(header) = chain_header(line) {
            let header: ChainHeader<'_> = header.unwrap();
            chain = header.name;
        } else if let Some(columns) = column_header(line) {
            layout = Some(columns);
        } else {
            let mut matches = Vec::new();
            let rule = rule_line(line, layout.unwrap(), None, &mut matches);
            let rule = rule.unwrap_or_else(|wanted| panic!("{}: {wanted:?}", line.as_bstr()));
            assert_eq!(guess_layout(line), layout.unwrap(), "{}", line.as_bstr());
            rules.push((chain, rule, matches));
        }
    }
    rules
}

/// The rule in the form of iptables-save.
fn saved((chain, rule, matches): Read<'_>) -> BString {
    let chain = Chain {
        name: chain,
        kind: ChainKind::UserDefined { references: None },
        is_declared: true,
        span: Span::default(),
        rules: 0..1,
    };
    let count = u32::try_from(matches.len()).unwrap();
    let rule = Rule::new(ChainId(0), Span::default(), 0..count, rule.target);
    let table = Table {
        name: TableName::Nat,
        is_named: false,
        form: Form::Save,
        span: Span::default(),
        is_complete: true,
        chains: vec![chain],
        rules: vec![rule],
        counters: Vec::new(),
        matches,
    };
    crate::ruleset::rule_line(&table, &table.rules[0])
}

#[test]
fn every_line_of_a_listing_is_a_header_or_a_rule() {
    for (text, count) in [(EXTENSIONS, 449), (EXTENSIONS_IPV6, 505), (KIND, 22), (KUBE, 38), (OLD, 37)] {
        assert_eq!(rules(text).len(), count);
    }
}

#[test]
fn a_listing_with_numbers_and_interfaces_gives_the_rules_of_iptables_save() {
    let wanted = KUBE_SAVE.lines().filter(|line| line.starts_with(b"-A "));
    let different: Vec<_> =
        rules(KUBE).into_iter().map(saved).zip(wanted).filter(|(found, line)| found != line).collect();
    let chain_and_options = different.iter().map(|(_, line)| line.to_str().unwrap()).collect::<Vec<_>>();
    // The first has two modules of one name, which print one phrase each; the second has options that stay in the words
    // of the listing.
    assert_eq!(
        chain_and_options,
        [
            "-A T -m conntrack --ctstate RELATED,ESTABLISHED -m conntrack --ctorigdstport 80 -j RETURN",
            "-A T -m limit --limit 5/min --limit-burst 10 -j LOG --log-prefix \"x: \" --log-level 7",
        ]
    );
}

#[test]
fn a_listing_shows_whether_it_has_names_and_which_family_it_is() {
    let has = |text, numeric| rules(text).iter().any(|(_, rule, _)| rule.is_numeric == Some(numeric));
    assert!(has(KUBE, true) && !has(KUBE, false));
    assert!(has(KIND, false) && !has(KIND, true));
    let ipv6 = |(_, rule, _): &Read<'_>| rule.family == Some(crate::ruleset::Family::Ipv6);
    assert!(rules(KIND).iter().any(ipv6) && !rules(KUBE).iter().any(ipv6));
}

#[test]
fn kube_proxys_own_rules_have_no_text_we_do_not_understand() {
    let is_listed = |each: &Match<'_>| matches!(*each.test(), Test::Listed(_));
    for text in [KUBE, OLD, KIND] {
        assert!(rules(text).iter().all(|(_, _, matches)| !matches.iter().any(is_listed)));
    }
}

/// Lines that look like rules, put together from the words rules are made of.
fn rule_like() -> impl Strategy<Value = String> {
    let words = prop::sample::select(
        "ACCEPT DNAT MARK CONNMARK KUBE-X tcp !6 all -- -f ! * any anywhere 10.0.0.0/8 ::/0 !fd00::1 node-1 1 99K [goto] \
         /* */ */x tcp udp dpt:80 spts:!1:99999 flags:0x3f/SYN to:[::1]:80 to: to:[ to:] mark match 0x1/0x or xset \
         ADDRTYPE dst-type !LOCAL limit-in recent: SET name: x side: source statistic mode random nth every 3 \" \"a \\ \
         multiport dports 80,http icmp type icmptype 8 code - LOG save restore mask ~0x1 PHYSDEV --physdev-in - Chain ( \
         (policy ACCEPT) 99999999999999999999 0x1ffffffff 10.0.0.0/99"
            .split_ascii_whitespace()
            .collect::<Vec<_>>(),
    );
    prop::collection::vec(words, 0..24).prop_map(|words| words.join(" "))
}

fn layouts() -> impl Strategy<Value = Layout> {
    any::<(bool, bool, bool)>().prop_map(|(is_numbered, is_counted, is_verbose)| Layout {
        is_numbered,
        is_counted,
        is_verbose,
    })
}

/// Reads one line every way there is. What was refused leaves the matches alone and points into the line.
fn reads_or_refuses(line: &[u8], layout: Layout) {
    let _ = (chain_header(line), column_header(line));
    for layout in [layout, guess_layout(line)] {
        let mut matches = Vec::new();
        if let Err(wanted) = rule_line(line, layout, None, &mut matches) {
            assert!(matches.is_empty() && !wanted.what.is_empty());
            let range = line.as_ptr_range();
            assert!(wanted.rest.is_empty() || range.contains(&wanted.rest.as_ptr()));
        }
    }
}

proptest! {
    #[test]
    fn any_line_is_read_or_refused_without_panic(line in any::<Vec<u8>>(), layout in layouts()) {
        reads_or_refuses(&line, layout);
    }

    #[test]
    fn any_line_that_looks_like_a_rule_is_read_or_refused_without_panic(line in rule_like(), layout in layouts()) {
        reads_or_refuses(line.as_bytes(), layout);
    }

    /// Nothing gets lost: each word of the text is a word of a typed match, or stands in text that was kept.
    #[test]
    fn unknown_words_are_kept(words in prop::collection::vec("[a-z]{9,12}", 1..6)) {
        let text = words.join(" ");
        let line = format!("KUBE-X all -- anywhere anywhere {text}");
        let mut matches = Vec::new();
        rule_line(line.as_bytes(), Layout::default(), None, &mut matches).unwrap();
        prop_assert_eq!(matches, [Match::of(Test::Listed(text.as_str().into()))]);
    }
}
