//! Compares the walker's answer with what the kernel did: histogram by chi-squared, hits by rule.

use kubenat::facts::Facts;
use kubenat::ruleset::{Protocol, Resolved};
use kubenat::source::Sources;
use kubenat::syntax::parse;
use kubenat::trace::{Flag, Machine, Origin, Outcome, Packet, SourceSeen, Trace, Verdict};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What was compared.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) flows: usize,
    pub(crate) branching: usize,
    pub(crate) hits: usize,
    pub(crate) smallest: f64,
    pub(crate) wrong: Vec<String>,
    pub(crate) excluded: Vec<String>,
}

/// What agrees.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bar {
    /// The smallest p.
    pub(crate) floor: f64,
    /// Whether the table was changed at random, so that what counts, remembers or hashes clients may do so anywhere.
    pub(crate) is_changed: bool,
}

/// Runs all flows of one recorded (or live) case.
pub(crate) fn judge(case: &str, save: &str, node: &Value, family: u64, flows: &[Value], bar: Bar, tally: &mut Tally) {
    let mut sources = Sources::default();
    sources.add(case.into(), save.as_bytes().to_vec(), None).unwrap();
    let parsed = parse(&sources);
    assert!(parsed.faults.is_empty(), "{case}: {:?}", parsed.faults);
    let Some(ruleset) = parsed.rulesets.first() else { return };
    let resolved = Resolved::new(ruleset);
    let machine = Machine::new(&resolved);
    let facts = facts(node, family);
    for flow in flows {
        judge_flow(case, &sources, &machine, &facts, flow, bar, tally);
    }
}

fn judge_flow(
    case: &str,
    sources: &Sources,
    machine: &Machine<'_, '_>,
    facts: &Facts,
    flow: &Value,
    bar: Bar,
    tally: &mut Tally,
) {
    let name = format!("{case}: {}", flow["name"].as_str().unwrap());
    let trace = machine.trace(&packet(flow), facts);
    tally.flows += 1;
    if trace.outcomes.iter().any(|outcome| !outcome.conditions.is_empty()) {
        tally.wrong.push(format!("{name}: conditions {:?}", trace.outcomes));
        return;
    }
    let total: f64 = trace.outcomes.iter().map(|outcome| outcome.probability).sum();
    if (total - 1.0).abs() > 1e-9 {
        tally.wrong.push(format!("{name}: probabilities add up to {total}"));
    }
    let is_many = flow["sources"].is_object();
    let has = |flag| trace.outcomes.iter().any(|outcome| outcome.flags.contains(&flag));
    let (mut expected, mut observed, mut sent) = if is_many { first_only(&trace, flow) } else { joint(&trace, flow) };
    if bar.is_changed {
        fold_unheard(&mut expected, &mut observed);
    }
    let is_soft = bar.is_changed && [Flag::Affinity, Flag::Counted, Flag::Hashed].into_iter().any(has);
    let is_recorded_only = is_soft || flow["model"] == json!(false);
    let impossible: Vec<_> = observed.keys().filter(|key| !expected.contains_key(*key)).cloned().collect();
    if is_recorded_only {
        tally.excluded.push(format!("{name} (chi-squared and hits)"));
        // The bench rations the kernel's own answers, and runs out of source ports in one flow.
        if impossible.iter().any(|key| key != "dropped" && !key.starts_with("rejected")) {
            tally.wrong.push(format!("{name}: impossible {impossible:?}\n   expected {expected:?}"));
        }
        return;
    }
    if has(Flag::Affinity) && !is_many {
        if observed.len() != 1 {
            tally.wrong.push(format!("{name}: one client went several ways {observed:?}"));
        }
        for count in observed.values_mut() {
            *count = 1.0;
        }
        sent = 1.0;
    }
    let (p, is_branching) = chi_squared(&expected, &observed, sent);
    tally.branching += usize::from(is_branching);
    tally.smallest = tally.smallest.min(p);
    if p < bar.floor || !impossible.is_empty() {
        tally.wrong.push(format!("{name}: p {p:e}\n   expected {expected:?}\n   observed {observed:?}"));
    }
    if !is_many && !has(Flag::Affinity) {
        compare_hits(&name, sources, machine, &trace, flow, bar.is_changed, tally);
    }
}

type Histogram = BTreeMap<String, f64>;

fn joint(trace: &Trace, flow: &Value) -> (Histogram, Histogram, f64) {
    let mut expected = Histogram::new();
    for outcome in trace.outcomes.iter().filter(|outcome| outcome.probability > 0.0) {
        *expected.entry(key(outcome, flow)).or_default() += outcome.probability;
    }
    let mut observed = Histogram::new();
    for each in flow["outcomes"].as_array().unwrap() {
        let key = format!("{} {} {}", text(&each["dst"]), text(&each["src"]), text(&each["via"]));
        *observed.entry(key).or_default() += each["count"].as_f64().unwrap();
    }
    for (kind, count) in flow["rejected"].as_object().unwrap() {
        let key = if kind.ends_with("net-unreachable") || kind.ends_with("no-route") {
            "unroutable".into()
        } else {
            format!("rejected {kind}")
        };
        *observed.entry(key).or_default() += count.as_f64().unwrap();
    }
    for verdict in ["dropped", "unroutable"] {
        let count = flow[verdict].as_f64().unwrap();
        if count > 0.0 {
            *observed.entry(verdict.into()).or_default() += count;
        }
    }
    (expected, observed, flow["sent"].as_f64().unwrap())
}

/// Counts answers of the node that were not heard as what they look like: dropped. Rules put at random drop the
/// answers to rejected packets, and the kernel rations its own errors; that the REJECT rule was hit shows in the hits.
fn fold_unheard(expected: &mut Histogram, observed: &mut Histogram) {
    let is_heard = observed.keys().any(|key| key.starts_with("rejected"));
    let is_unheard = |key: &String| key == "unroutable" || key.starts_with("rejected") && !is_heard;
    for histogram in [expected, observed] {
        let unheard: Vec<String> = histogram.keys().filter(|key| is_unheard(key)).cloned().collect();
        for key in unheard {
            let part = histogram.remove(&key).unwrap_or_default();
            *histogram.entry("dropped".into()).or_default() += part;
        }
    }
}

/// With many clients: the first connection of each, by destination.
fn first_only(trace: &Trace, flow: &Value) -> (Histogram, Histogram, f64) {
    let mut expected = Histogram::new();
    for outcome in trace.outcomes.iter().filter(|outcome| outcome.probability > 0.0) {
        let key = match outcome.verdict {
            Verdict::Translated => place(outcome),
            other => format!("{other:?}").to_lowercase(),
        };
        *expected.entry(key).or_default() += outcome.probability;
    }
    let first = flow["sources"]["first"].as_object().unwrap();
    let observed = first.iter().map(|(key, count)| (key.clone(), count.as_f64().unwrap())).collect();
    (expected, observed, flow["sources"]["count"].as_f64().unwrap())
}

fn place(outcome: &Outcome) -> String {
    let address = outcome.destination.address.unwrap();
    match outcome.destination.port {
        None => address.to_string(),
        Some(port) => std::net::SocketAddr::new(address, port).to_string(),
    }
}

fn key(outcome: &Outcome, flow: &Value) -> String {
    match outcome.verdict {
        Verdict::Dropped => "dropped".into(),
        Verdict::Unroutable => "unroutable".into(),
        Verdict::Rejected => format!("rejected {}", outcome.reject_with.as_deref().unwrap()),
        Verdict::Unknown => "unknown".into(),
        Verdict::Translated | Verdict::Untouched => {
            let source = match outcome.source {
                SourceSeen::Masqueraded { address } | SourceSeen::Translated { address } => {
                    address.map_or("?".into(), |address| address.to_string())
                }
                SourceSeen::Kept | SourceSeen::Unknown => text(&flow["src"]),
            };
            let local = outcome.delivered_locally == Some(true);
            let via = if local { "local".into() } else { outcome.out_interface.clone().unwrap_or_default() };
            format!("{} {source} {via}", place(outcome))
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn compare_hits(
    name: &str,
    sources: &Sources,
    machine: &Machine<'_, '_>,
    trace: &Trace,
    flow: &Value,
    is_changed: bool,
    tally: &mut Tally,
) {
    let Some(recorded) = flow["hits"].as_array() else { return };
    let sent = flow["sent"].as_f64().unwrap();
    let mut counts: BTreeMap<(String, String), (f64, f64)> = BTreeMap::new();
    for hit in &trace.hits {
        let table = machine.table(hit.table);
        let line = sources.text(table.rule(hit.rule).span).to_string();
        counts.entry((table.name.name().to_string(), line)).or_default().0 += hit.packets * sent;
    }
    for hit in recorded {
        let rule = text(&hit["rule"]);
        let rule = rule.split("  # occurrence").next().unwrap().to_owned();
        counts.entry((text(&hit["table"]), rule)).or_default().1 += hit["packets"].as_f64().unwrap();
    }
    let extra = Extra::new(flow, is_changed);
    for (rule, (expected, observed)) in counts {
        tally.hits += 1;
        let is_sure = (expected / sent - (expected / sent).round()).abs() < 1e-9;
        let slack = if is_sure { 0.5 } else { 6.0 * expected.sqrt() + 3.0 };
        if (expected - observed).abs() > slack && !extra.explains(&rule, observed - expected, slack) {
            tally.wrong.push(format!("{name}: hits of {rule:?}: {expected} expected, {observed} counted"));
        }
    }
}

/// Packets that rules counted besides those sent: what the node itself answered (a REJECT, the reset or the error for
/// a closed port), one packet for each, and what an IPv6 node says to its neighbours while its interfaces come up.
struct Extra {
    answers: f64,
    chatter: f64,
    /// Whether a REJECT answers with a reset, which is a connection of its own to the nat table.
    is_reset: bool,
    is_changed: bool,
}

impl Extra {
    fn new(flow: &Value, is_changed: bool) -> Self {
        let count = |value: &Value| value.as_f64().unwrap();
        let rejected: f64 = flow["rejected"].as_object().unwrap().values().map(count).sum();
        let delivered = flow["outcomes"].as_array().unwrap().iter().filter(|each| each["via"] == json!("local"));
        let delivered: f64 = delivered.map(|each| count(&each["count"])).sum();
        let is_ipv6 = flow["dst"].as_str().unwrap().contains(':');
        Self {
            // What rules put at random drop of the answers was counted, too, but not heard.
            answers: if is_changed { count(&flow["sent"]) } else { rejected + delivered },
            chatter: if is_ipv6 { 24.0 } else { 0.0 },
            is_reset: flow["rejected"]["tcp-reset"].is_number(),
            is_changed,
        }
    }

    fn explains(&self, (table, rule): &(String, String), more: f64, slack: f64) -> bool {
        if table == "nat" && !self.is_reset {
            return false;
        }
        // Where rules were put at random, answers may end anywhere; else all of them meet a rule or none does.
        if self.is_changed {
            return more > -slack && more <= self.answers + self.chatter + slack;
        }
        let hears = ["OUTPUT", "INPUT", "POSTROUTING", "KUBE-FIREWALL", "KUBE-POSTROUTING"];
        let chain = rule.split(' ').nth(1).unwrap_or_default();
        let is_hearing = hears.contains(&chain);
        is_hearing && more > self.answers - slack && more <= self.answers + self.chatter + slack
    }
}

/// The packet of a flow.
fn packet(flow: &Value) -> Packet {
    let destination = flow["dst"].as_str().unwrap().parse().unwrap();
    let origin = match flow["from"].as_str().unwrap() {
        "pod" => Origin::Pod,
        "local" => Origin::Node,
        _ => Origin::External,
    };
    let name = flow["proto"].as_str().unwrap();
    let protocol = Protocol::from_name(name.as_bytes()).unwrap();
    let is_v6 = flow["dst"].as_str().unwrap().contains(':');
    let protocol = if protocol == Protocol::ICMP && is_v6 { Protocol::ICMPV6 } else { protocol };
    let port = flow["dport"].as_u64().map(|port| u16::try_from(port).unwrap());
    let mut packet = Packet::new(origin, protocol, destination, port.filter(|_| protocol.has_ports()));
    // Of a network the first host stands for all: rules of these cases do not tell them apart.
    packet.source = flow["src"].as_str().and_then(|source| match source.split_once('/') {
        None => source.parse().ok(),
        Some((net, _)) => net.parse::<std::net::Ipv4Addr>().ok().map(|net| (u32::from(net) + 1).to_be_bytes().into()),
    });
    packet.source_port = protocol.has_ports().then_some(flow["sport"].as_u64().map_or(20000, |port| port as u16));
    packet.in_interface = (origin != Origin::Node).then(|| flow["in"].as_str().unwrap().into());
    packet
}

/// A node of the bench, in the words of `ip -j`.
fn facts(node: &Value, family: u64) -> Facts {
    let mut facts = Facts::default();
    let address = |text: &Value| {
        let (local, prefix) = text.as_str().unwrap().split_once('/').unwrap();
        json!({"local": local, "prefixlen": prefix.parse::<u32>().unwrap(), "scope": "global"})
    };
    let empty = Vec::new();
    let mut interfaces = Vec::new();
    let mut routes = Vec::new();
    let mark_family = |mut route: Value| {
        if family == 6 {
            route["pref"] = json!("medium");
        }
        route
    };
    for name in node["order"].as_array().unwrap().iter().map(text) {
        let has = &node["interfaces"][&name];
        let addresses = has["addrs"].as_array().unwrap_or(&empty);
        interfaces.push(json!({"ifname": name, "addr_info": addresses.iter().map(address).collect::<Vec<_>>()}));
        for net in addresses.iter().chain(has["routes"].as_array().unwrap_or(&empty)) {
            routes.push(mark_family(json!({"dst": net, "dev": name})));
        }
        if has["default"] == json!(true) {
            routes.push(mark_family(json!({"dst": "default", "dev": name, "gateway": has["gateway"]})));
        }
    }
    let own: Vec<_> = node["lo"].as_array().unwrap_or(&empty).iter().map(address).collect();
    interfaces.push(json!({"ifname": "lo", "addr_info": own}));
    facts.read_addresses(json!(interfaces).to_string().as_bytes()).unwrap();
    facts.read_routes(json!(routes).to_string().as_bytes()).unwrap();
    facts.route_localnet = Some(node["sysctls"]["net/ipv4/conf/all/route_localnet"] != json!(0));
    facts
}

/// The p-value, and whether there was anything to test; cells expected under 5 are pooled.
fn chi_squared(expected: &Histogram, observed: &Histogram, sent: f64) -> (f64, bool) {
    let (mut cells, mut pool) = (Vec::new(), (0.0, 0.0));
    for (key, part) in expected {
        let (want, have) = (part * sent, observed.get(key).copied().unwrap_or_default());
        if want < 5.0 {
            pool = (pool.0 + want, pool.1 + have);
        } else {
            cells.push((want, have));
        }
    }
    if pool.0 >= 1.0 {
        cells.push(pool);
    }
    let x: f64 = cells.iter().map(|(want, have)| (have - want).powi(2) / want).sum();
    if cells.len() < 2 {
        return (1.0, false);
    }
    (upper_gamma((cells.len() - 1) as f64 / 2.0, x / 2.0), true)
}

/// Upper regularised incomplete gamma function, `a` a multiple of one half: by `Q(a+1,x) = Q(a,x) + x^a e^-x / Γ(a+1)`.
fn upper_gamma(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let is_whole = a.fract() == 0.0;
    let (mut at, mut q) = if is_whole { (1.0, (-x).exp()) } else { (0.5, erfc(x.sqrt())) };
    let mut log_gamma = if is_whole { 0.0 } else { std::f64::consts::PI.sqrt().ln() + 0.5_f64.ln() };
    while at + 0.5 < a + 1e-9 {
        // log_gamma is ln Γ(at + 1).
        q += (at * x.ln() - x - log_gamma).exp();
        at += 1.0;
        log_gamma += at.ln();
    }
    q
}

/// Complementary error function, by its series or its continued fraction.
fn erfc(x: f64) -> f64 {
    if x < 2.0 {
        let (mut term, mut sum, mut n) = (x, x, 0.0);
        while term.abs() > 1e-17 {
            n += 1.0;
            term *= -x * x / n;
            sum += term / (2.0 * n + 1.0);
        }
        return 1.0 - 2.0 / std::f64::consts::PI.sqrt() * sum;
    }
    let fraction = (1..60).rev().fold(0.0, |inner, k| f64::from(k) / 2.0 / (x + inner));
    (-x * x).exp() / std::f64::consts::PI.sqrt() / (x + fraction)
}

#[test]
fn the_gamma_function_agrees_with_tables() {
    assert!((upper_gamma(0.5, 1.920_729) - 0.05).abs() < 1e-5, "{}", upper_gamma(0.5, 1.920_729));
    assert!((upper_gamma(1.0, 2.995_732) - 0.05).abs() < 1e-6);
    assert!((upper_gamma(1.5, 3.907_364) - 0.05).abs() < 1e-5, "{}", upper_gamma(1.5, 3.907_364));
    assert!((upper_gamma(5.0, 9.153_519) - 0.05).abs() < 1e-5);
}
