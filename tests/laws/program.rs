//! Laws of the whole program: whatever the rules say, every question has an answer in every form, probabilities add up,
//! and nothing that a terminal would obey comes through.

use super::cases;
use super::change::{mutate, mutation};
use super::damage::DAMAGES;
use super::seeds::nodes;
use bstr::ByteSlice;
use kubenat::checks::{self, Selection};
use kubenat::diff::{Side, diff};
use kubenat::doc::Doc;
use kubenat::facts::Facts;
use kubenat::input::read_bytes;
use kubenat::kube::Proxy;
use kubenat::render::json::{self, Entry};
use kubenat::render::terminal::{PIPED, Width, write as written};
use kubenat::render::{junit, sarif, save};
use kubenat::ruleset::{Family, Protocol, Resolved};
use kubenat::shares::{ServiceShares, paths, reaches};
use kubenat::source::Sources;
use kubenat::syntax::{Parsed, parse};
use kubenat::trace::{Machine, Origin, Outcome, Packet};
use kubenat::view::{self, Detail, Found, Item, Node, Walked};
use proptest::prelude::*;
use std::io::sink;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many texts were read, had rules, had services, and in how many a packet arrived somewhere.
static REACHED: [AtomicUsize; 4] = [const { AtomicUsize::new(0) }; 4];

fn reached(stage: usize, is_reached: bool) {
    REACHED[stage].fetch_add(usize::from(is_reached), Ordering::Relaxed);
}

/// Reads the bytes as the program does and asks everything.
fn answers(bytes: &[u8]) {
    let Ok(input) = read_bytes("text".into(), bytes.to_vec()) else { return };
    let parsed = parse(&input.sources);
    reached(0, true);
    reached(1, rules(&parsed) > 0);
    let resolved: Vec<_> = parsed.rulesets.iter().map(Resolved::new).collect();
    let proxies: Vec<_> = resolved.iter().map(meant).collect();
    let machines: Vec<_> = resolved.iter().map(Machine::new).collect();
    let asked = checks::Input { sources: &input.sources, parsed: &parsed, proxies: &proxies, api: None };
    let node = Node {
        sources: &input.sources,
        parsed: &parsed,
        notes: input.notes.iter().chain(&parsed.notes).cloned().collect(),
        proxies: &proxies,
        machines: &machines,
        shares: proxies.iter().map(|proxy| vec![Walked::new(); proxy.services.len()]).collect(),
        facts: Facts::default(),
        report: checks::run(&asked, Selection::default()),
        found: Found::default(),
        left_out: 0,
        cluster: None,
    };
    let items: Vec<Item<'_, '_>> = node.items().collect();
    reached(2, !items.is_empty());
    lists(&node, &items);
    for item in items.iter().take(4) {
        one(&node, item);
    }
    packets(&node, &items);
    same_as_itself(&node, &items);
    converts(&node, &parsed);
}

fn meant<'a, 'src>(resolved: &'a Resolved<'a, 'src>) -> Proxy<'a, 'src> {
    let mut proxy = Proxy::new(resolved);
    proxy.verify();
    proxy.solve_among(&[]);
    proxy
}

/// Shows the document; what arrives has no character that a terminal would obey, or that a reader could not see.
#[track_caller]
fn shows(doc: &Doc) {
    for width in [PIPED, Width::Unlimited] {
        let mut out = Vec::new();
        written(doc, width, &mut out).unwrap();
        let text = out.to_str().unwrap();
        let hostile = text.char_indices().find(|(at, char)| is_hostile(*char) && !is_style(&text[*at..]));
        assert_eq!(hostile.map(|(at, _)| &text[..at]), None, "{text}");
    }
}

fn is_hostile(char: char) -> bool {
    char != '\n' && char.is_control()
        || matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Whether a sequence that only sets colours starts here.
fn is_style(text: &str) -> bool {
    let inside = text.strip_prefix("\u{1b}[").and_then(|rest| rest.split_once('m'));
    inside.is_some_and(|(numbers, _)| numbers.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'))
}

/// The questions about all of it.
fn lists(node: &Node<'_, '_>, items: &[Item<'_, '_>]) {
    for detail in [Detail::Normal, Detail::Wide] {
        shows(&view::overview(node, items, detail));
        shows(&view::services(node, items.iter().copied(), detail));
        shows(&view::check(node, detail));
    }
    shows(&view::limits(node));
    json::write("Overview", json::overview(node, items.to_vec()), &mut sink()).unwrap();
    json::write("ServiceList", json::service_list(node, items.to_vec()), &mut sink()).unwrap();
    json::write("FindingList", json::finding_list(node), &mut sink()).unwrap();
    json::write("Ruleset", json::rulesets(node), &mut sink()).unwrap();
    sarif::write(node, &mut sink()).unwrap();
    junit::write(node, &|_| true, &mut sink()).unwrap();
}

/// The questions about a service and its first endpoint.
fn one(node: &Node<'_, '_>, item: &Item<'_, '_>) {
    let machine = &node.machines[item.source];
    let ways = paths(machine, item.proxy, item.service, &node.facts);
    for way in &ways {
        adds_up(&way.outcomes);
    }
    shows(&view::explain_service(node, item, &ways, Detail::Wide));
    let entries: Vec<_> = ways.iter().map(|path| Entry { service: 0, path, share: None }).collect();
    json::write("Explanation", json::explanation(node, "it", vec![*item], None, &entries), &mut sink()).unwrap();
    for own in &item.service.chains {
        let Some(key) = node.parsed.rulesets[item.source].tables.iter().find(|table| table.name.name() == "nat") else {
            continue;
        };
        shows(&view::chain(node, item.source, key.name, item.proxy.chain(own.id).chain, &[*item]));
    }
    let rule = item.proxy.cluster_endpoints(item.service).iter().chain(item.proxy.local_endpoints(item.service)).next();
    let dnat = rule.and_then(|rule| rule.endpoint).and_then(|id| item.proxy.endpoint(id).dnat());
    if let Some(address) = dnat.and_then(|dnat| dnat.address) {
        let ways = reaches(machine, item.proxy, address, None, &node.facts);
        assert!(ways.iter().all(|way| (0.0..=1.000_001).contains(&way.share)), "{ways:?}");
        let ways: Vec<_> = ways.into_iter().map(|way| (*item, way)).collect();
        shows(&view::who(node, address, None, &ways));
    }
}

/// Outcomes under the same conditions are all that can happen, each once.
#[track_caller]
fn adds_up(outcomes: &[Outcome]) {
    for outcome in outcomes {
        let same = outcomes.iter().filter(|other| other.conditions == outcome.conditions);
        let sum: f64 = same.map(|same| same.probability).sum();
        assert!((sum - 1.0).abs() < 1e-6, "{sum} of {outcomes:#?}");
    }
}

/// Packets to where the services are, and to nowhere.
fn packets(node: &Node<'_, '_>, items: &[Item<'_, '_>]) {
    let captures = items.iter().flat_map(|item| item.service.captures.iter().map(move |capture| (item, capture)));
    let mut asked: Vec<(usize, Packet)> = Vec::new();
    for (item, capture) in captures.take(2) {
        let (Some(address), Some(protocol)) = (capture.address, item.service.protocol) else { continue };
        let packet = |origin| Packet::new(origin, protocol, address, capture.port);
        asked.extend([Origin::Pod, Origin::Node, Origin::External].map(|origin| (item.source, packet(origin))));
    }
    for (source, proxy) in node.proxies.iter().enumerate().take(2) {
        let four = proxy.resolved.ruleset.family == Family::Ipv4;
        let address: IpAddr = if four { "10.96.0.10" } else { "fd00:10:96::a" }.parse().unwrap();
        asked.push((source, Packet::new(Origin::External, Protocol::TCP, address, Some(443))));
    }
    let mut is_delivered = false;
    for (source, packet) in asked {
        let trace = node.machines[source].trace(&packet, &node.facts);
        adds_up(&trace.outcomes);
        is_delivered |= !trace.outcomes.is_empty();
        shows(&view::trace(node, source, &trace, true, Detail::Wide));
        json::write("Trace", json::trace(node, source, &trace), &mut sink()).unwrap();
    }
    reached(3, is_delivered);
}

fn same_as_itself(node: &Node<'_, '_>, items: &[Item<'_, '_>]) {
    let mut shares: Vec<Vec<ServiceShares>> = vec![Vec::new(); node.proxies.len()];
    for item in items {
        shares[item.source].push(item.shares().into_owned());
    }
    let side = Side { proxies: node.proxies, shares: &shares };
    let diff = diff(side, side);
    shows(&view::diff(&diff));
    json::write("Diff", json::diff(&diff, node, node), &mut sink()).unwrap();
}

/// What is converted is read again without a panic, as no more rules than there were.
fn converts(node: &Node<'_, '_>, parsed: &Parsed<'_>) {
    let mut out = Vec::new();
    save::write(node, &mut out).unwrap();
    let mut sources = Sources::default();
    sources.add("again".into(), out, None).unwrap();
    let again = parse(&sources);
    assert!(rules(&again) <= rules(parsed), "{} {}", rules(&again), rules(parsed));
}

fn rules(parsed: &Parsed<'_>) -> usize {
    parsed.rulesets.iter().flat_map(|ruleset| &ruleset.tables).map(|table| table.rules.len()).sum()
}

/// A node with up to a dozen changes of lines, words and bytes, and up to three damages one on the other.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec(mutation(), 0..12);
    let damages = prop_oneof![
        2 => Just(Vec::new()),
        2 => prop::collection::vec(prop::sample::select(DAMAGES), 1),
        1 => prop::collection::vec(prop::sample::select(DAMAGES), 2..4),
    ];
    (any::<prop::sample::Index>(), changes, damages).prop_map(|(which, changes, damages)| {
        let mut text = which.get(nodes()).clone();
        for change in &changes {
            mutate(&mut text, change);
        }
        damages.iter().fold(text, |text, damage| damage(&text))
    })
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn any_damage_to_a_node_leaves_it_answerable(bytes in damaged()) {
        answers(&bytes);
    }
}

#[test]
fn every_node_is_answerable_in_every_damage() {
    for node in nodes() {
        answers(node);
    }
    let whole = &nodes()[nodes().len() - 1];
    for damage in DAMAGES {
        answers(&damage(whole));
    }
    let [texts, rules, services, arrived] = REACHED.each_ref().map(|count| count.load(Ordering::Relaxed));
    eprintln!("{texts} texts, {rules} with rules, {services} with services, {arrived} walked");
    assert!(rules * 10 >= texts * 9 && arrived * 2 >= texts, "{texts} {rules} {services} {arrived}");
}
