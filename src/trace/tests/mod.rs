//! What the kernel does, a fact a test, on the smallest tables that show it; expected values worked out by hand.

mod chains;
mod hooks;
mod scale;
mod unknown;

use super::*;
use crate::facts::Facts;
use crate::ruleset::{Protocol, Resolved};
use crate::source::Sources;
use crate::syntax::parse;
use std::fmt::Write as _;

/// The head of a nat table with two endpoints' worth of user chains.
const HEAD: &str = "*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
";

/// A whole nat table: user chains are declared as they are met in `rules`.
fn nat(rules: &str) -> String {
    let mut text = HEAD.to_owned();
    let mut known: Vec<&str> = Vec::new();
    for line in rules.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let led_to = words.windows(2).filter(|pair| matches!(pair[0], "-A" | "-j" | "-g")).map(|pair| pair[1]);
        for chain in led_to.filter(|chain| chain.bytes().any(|byte| byte.is_ascii_lowercase())) {
            if !known.contains(&chain) {
                known.push(chain);
                let _ = writeln!(text, ":{chain} - [0:0]");
            }
        }
    }
    text + rules + "\nCOMMIT\n"
}

/// Asks something of a machine for the first ruleset of a text.
fn machine<T>(text: &str, ask: impl FnOnce(&Machine<'_, '_>) -> T) -> T {
    let mut sources = Sources::default();
    sources.add("dump".into(), text.as_bytes().to_vec(), None).unwrap();
    let parsed = parse(&sources);
    let resolved = Resolved::new(&parsed.rulesets[0]);
    ask(&Machine::new(&resolved))
}

/// The addresses of a node 192.168.10.11 with pods in 10.244.1.0/24.
fn node() -> Facts {
    let mut facts = Facts::default();
    facts
        .read_addresses(
            br#"[{"ifname":"eth0","addr_info":[{"local":"192.168.10.11","prefixlen":24,"scope":"global"}]},
                {"ifname":"cni0","addr_info":[{"local":"10.244.1.1","prefixlen":24,"scope":"global"}]}]"#,
        )
        .unwrap();
    facts
        .read_routes(
            br#"[{"dst":"default","gateway":"192.168.10.1","dev":"eth0"},{"dst":"10.244.1.0/24","dev":"cni0"},
                {"dst":"192.168.10.0/24","dev":"eth0"}]"#,
        )
        .unwrap();
    facts.route_localnet = Some(true);
    facts
}

/// From the pod 10.244.1.99 to 10.96.0.1:80.
fn from_pod() -> Packet {
    let mut packet = Packet::new(Origin::Pod, Protocol::TCP, "10.96.0.1".parse().unwrap(), Some(80));
    packet.source = Some("10.244.1.99".parse().unwrap());
    packet.source_port = Some(20_000);
    packet
}

/// From a process of the node to 10.96.0.1:80.
fn from_node() -> Packet {
    Packet::new(Origin::Node, Protocol::TCP, "10.96.0.1".parse().unwrap(), Some(80))
}

/// Outcomes as `percent destination`, `percent verdict`, with `masqueraded` behind; in order of their text.
fn told(outcomes: &[Outcome]) -> Vec<String> {
    let mut told: Vec<String> = outcomes
        .iter()
        .filter(|outcome| outcome.probability > 0.0)
        .map(|outcome| {
            let percent = (outcome.probability * 10_000.0).round() / 100.0;
            let what = match (outcome.verdict, outcome.destination.address) {
                (Verdict::Translated, Some(address)) => format!("{address}:{}", outcome.destination.port.unwrap_or(0)),
                (Verdict::Translated, None) => "somewhere".into(),
                (other, _) => format!("{other:?}").to_lowercase(),
            };
            let behind = if outcome.masqueraded == Some(true) { " masqueraded" } else { "" };
            format!("{percent} {what}{behind}")
        })
        .collect();
    told.sort();
    told
}

/// What becomes of `packet` under a nat table of these rules, everything known of the node.
#[track_caller]
fn becomes(rules: &str, packet: &Packet, expected: &[&str]) {
    let text = nat(rules);
    machine(&text, |machine| assert_eq!(told(&machine.outcomes(packet, &node())), expected, "{text}"));
}
