//! Counters, planted: drawn as the probabilities say they fire nothing, and where they stray that is found; alike in a
//! save, in a listing, and in a save that takes the counters of a listing.

use crate::dump::{Dump, word};
use crate::{Fired, SOUND, packed, report, sound};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Chance, the same each time (xorshift64*).
struct Chance(u64);

impl Chance {
    /// Whether it happens that has this probability.
    fn happens(&mut self, probability: f64) -> bool {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32;
        f64::from(u32::try_from(drawn).unwrap_or(u32::MAX)) < probability * f64::from(u32::MAX)
    }
}

/// Packets by line of a dump; what is not there has counted none.
type Packets = BTreeMap<usize, u64>;

/// Connections that each service gets in these tests.
const MANY: u64 = 3000;

/// Draws the pods of so many connections for each chain of a service, as the rules say.
fn drawn(dump: &Dump, connections: u64, chance: &mut Chance) -> Packets {
    let mut packets = Packets::new();
    for rules in ladders(dump) {
        let odds: Vec<f64> = rules.iter().map(|&at| odds(&dump.0[at])).collect();
        for _ in 0..connections {
            if let Some(at) = odds.iter().position(|&odds| odds >= 1.0 || chance.happens(odds)) {
                *packets.entry(rules[at]).or_default() += 1;
            }
        }
    }
    packets
}

/// The rules that draw a pod, chain by chain.
fn ladders(dump: &Dump) -> Vec<Vec<usize>> {
    let draws =
        |line: &String| line.starts_with("-A KUBE-") && line.contains("-j KUBE-SEP-") && !line.contains("--rcheck");
    let rules: Vec<usize> = (0..dump.0.len()).filter(|&at| draws(&dump.0[at])).collect();
    let chain = |at: &usize| word(&dump.0[*at], 1);
    rules.chunk_by(|one, next| chain(one) == chain(next)).map(<[usize]>::to_vec).collect()
}

fn odds(line: &str) -> f64 {
    let odds = line.split("--probability ").nth(1).and_then(|rest| rest.split(' ').next());
    odds.map_or(1.0, |odds| odds.parse().expect("a probability is a number"))
}

/// The dump as `iptables-save -c` prints it.
fn saved(dump: &Dump, packets: &Packets) -> String {
    let line = |(at, line): (usize, &String)| match packets.get(&at) {
        Some(packets) => format!("[{packets}:{}] {line}\n", packets * 60),
        None if line.starts_with("-A ") => format!("[0:0] {line}\n"),
        None => format!("{line}\n"),
    };
    dump.0.iter().enumerate().map(line).collect()
}

/// Errors and warnings that the dump has with counters and not without; of lines without their counters.
fn new_with(dump: &Dump, packets: &Packets) -> Fired {
    let before = report(&dump.text()).loud;
    let bare = |line: String| match line.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        Some((_, rule)) => rule.to_owned(),
        None => line,
    };
    let after: Fired =
        report(&saved(dump, packets)).loud.into_iter().map(|(check, at, line)| (check, at, bare(line))).collect();
    after.difference(&before).cloned().collect()
}

/// What fires at that line.
fn at(dump: &Dump, check: &'static str, line: usize) -> Fired {
    Fired::from([(check, line + 1, dump.0[line].clone())])
}

#[test]
fn counters_drawn_as_the_probabilities_say_fire_nothing() {
    for (seed, (era, case)) in (1_u64..).zip(SOUND) {
        let dump = Dump::of(&sound(case));
        for connections in [40, 300, MANY] {
            let mut chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ connections);
            let fired = new_with(&dump, &drawn(&dump, connections, &mut chance));
            assert!(fired.is_empty(), "{era}, {connections} connections: {fired:#?}");
        }
    }
}

#[test]
fn counters_that_stray_are_found_in_their_chain_and_nowhere_else() {
    for (era, case) in SOUND {
        let dump = Dump::of(&sound(case));
        let Some(rules) = dump.plain_ladder() else { continue };
        let mut packets = drawn(&dump, MANY, &mut Chance(7));
        // As if its counter had been set to zero halfway.
        packets.entry(rules[1]).and_modify(|packets| *packets /= 2);
        assert_eq!(new_with(&dump, &packets), at(&dump, "counter-verdict", rules[0]), "{era}");
    }
}

#[test]
fn a_pod_that_gets_no_connection_is_found_and_told_once() {
    for (era, case) in SOUND {
        let dump = Dump::of(&sound(case));
        let Some(rules) = dump.plain_ladder() else { continue };
        let mut packets = drawn(&dump, MANY, &mut Chance(8));
        packets.remove(&rules[2]);
        assert_eq!(new_with(&dump, &packets), at(&dump, "idle-endpoint", rules[2]), "{era}");
    }
}

#[test]
fn a_pod_that_was_due_few_connections_is_not_called_idle() {
    let dump = Dump::of(&sound("eks-edge-130-nft"));
    let rules = dump.plain_ladder().expect("it has a service of three pods");
    let packets = Packets::from([(rules[0], 14), (rules[1], 0), (rules[2], 15)]);
    assert_eq!(new_with(&dump, &packets), Fired::new());
}

#[test]
fn what_the_rules_that_lead_to_a_chain_have_counted_says_nothing_of_it() {
    // kube-proxy writes KUBE-SERVICES anew at each sync, and the chain of a service when the service changes.
    for (era, case) in SOUND {
        let dump = Dump::of(&sound(case));
        let mut packets = drawn(&dump, 300, &mut Chance(9));
        let leads = |at: &usize| dump.0[*at].starts_with("-A KUBE-SERVICES ");
        packets.extend((0..dump.0.len()).filter(leads).map(|at| (at, 90_000)));
        assert_eq!(new_with(&dump, &packets), Fired::new(), "{era}");
    }
}

/// A dump in a real listing of the same rules, with packets in it: `-nvL --line-numbers`.
fn listed(dump: &Dump, packets: &Packets, listing: &str) -> String {
    let mut place: BTreeMap<(String, usize), u64> = BTreeMap::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let nat = dump.table("nat").expect("it has a nat table");
    for at in nat.filter(|&at| dump.0[at].starts_with("-A ")) {
        let chain = word(&dump.0[at], 1).to_owned();
        let number = counts.entry(chain.clone()).or_default();
        *number += 1;
        place.insert((chain, *number), packets.get(&at).copied().unwrap_or_default());
    }
    let mut chain = String::new();
    let line = |line: &str| {
        if let Some(rest) = line.strip_prefix("Chain ") {
            rest.split(' ').next().unwrap_or_default().clone_into(&mut chain);
        }
        let (number, rest) = columns(line);
        match place.get(&(chain.clone(), number)) {
            Some(packets) => format!("{number} {packets} {} {rest}\n", packets * 60),
            None => format!("{line}\n"),
        }
    };
    listing.lines().map(line).collect()
}

/// The number of a rule of a listing, and what stands behind its counters; zero for other lines.
fn columns(line: &str) -> (usize, &str) {
    let (mut number, mut rest) = ("", line);
    for column in 0..3 {
        let Some((word, left)) = rest.trim_start().split_once(' ') else { return (0, "") };
        number = if column == 0 { word } else { number };
        rest = left;
    }
    (number.parse().unwrap_or_default(), rest)
}

/// The listings that there are, each beside a dump of the same rules.
const LISTED: [(&str, &str); 3] = [
    ("eks-edge-123-nft", "eks-edge-123-nft.nat-L-n-v-line"),
    ("kind-dualstack-128-nft", "kind-dualstack-128-nft.nat-L-n-v-line"),
    ("kind-dualstack-128-nft-v6", "kind-dualstack-128-nft.nat-L-n-v-line-v6"),
];

/// What `kubenat check` says about counters, given these texts: check, level, subject, message.
fn said(name: &str, texts: &[&str]) -> Vec<[String; 4]> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubenat"));
    command.args(["check", "-o", "json", "--only", "counter-verdict", "--only", "idle-endpoint"]);
    for (number, text) in texts.iter().enumerate() {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("counters-{name}-{number}.txt"));
        fs::write(&path, text).expect("the directory is there");
        command.arg("-f").arg(path);
    }
    let output = command.output().expect("the program runs");
    let list: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    let word = |finding: &Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    let findings = list["findings"].as_array().expect("a list");
    findings.iter().map(|finding| ["check", "level", "subject", "message"].map(|name| word(finding, name))).collect()
}

#[test]
fn a_save_with_counters_a_listing_and_both_put_together_get_the_same_verdicts() {
    for (case, listing) in LISTED {
        let dump = Dump::of(&sound(case));
        let rules = dump.plain_ladder().expect("it has a service of three pods");
        let listing = packed(&format!("texts/{listing}.txt"));
        for (kind, factor) in [("fair", 1), ("skewed", 2), ("idle", 0)] {
            let mut packets = drawn(&dump, MANY, &mut Chance(11));
            packets.entry(rules[1]).and_modify(|packets| *packets *= factor);
            let list = listed(&dump, &packets, &listing);
            let save = said(&format!("{case}-{kind}-save"), &[&saved(&dump, &packets)]);
            let loud: Vec<_> = save.iter().filter(|each| each[1] == "warning").map(|each| each[0].as_str()).collect();
            let expected: &[&str] = match kind {
                "fair" => &[],
                "skewed" => &["counter-verdict"],
                _ => &["idle-endpoint"],
            };
            assert_eq!(loud, expected, "{case} {kind}");
            assert!(save.len() > 5, "{case} {kind}: {save:#?}");
            assert_eq!(said(&format!("{case}-{kind}-list"), &[&list]), save, "{case} {kind}: the listing alone");
            assert_eq!(said(&format!("{case}-{kind}-both"), &[&dump.text(), &list]), save, "{case} {kind}: both");
            assert_eq!(said(&format!("{case}-{kind}-htob"), &[&list, &dump.text()]), save, "{case} {kind}: both");
        }
    }
}

#[test]
fn counters_of_rules_that_were_written_anew_since_are_not_taken() {
    // The listing is older: then the service had another pod in the place of one.
    let (case, listing) = LISTED[0];
    let mut dump = Dump::of(&sound(case));
    let rules = dump.plain_ladder().expect("it has a service of three pods");
    let mut packets = drawn(&dump, MANY, &mut Chance(12));
    packets.remove(&rules[1]);
    let list = listed(&dump, &packets, &packed(&format!("texts/{listing}.txt")));
    let pod = dump.target(rules[1]);
    for line in &mut dump.0 {
        *line = line.replace(&pod, "KUBE-SEP-AAAAAAAAAAAAAAAA");
    }
    let mut command_of_save = said("rewritten-save", &[&dump.text()]);
    assert_eq!(command_of_save.pop(), None, "it has no counters of its own");
    let both = said("rewritten-both", &[&dump.text(), &list]);
    assert_eq!(both, said("rewritten-list", &[&list]), "the listing is judged by itself");
}

#[test]
fn rounded_counters_are_not_judged_and_exact_ones_beside_them_are() {
    let (case, listing) = LISTED[0];
    let dump = Dump::of(&sound(case));
    let mut packets = drawn(&dump, MANY, &mut Chance(13));
    for count in packets.values_mut() {
        *count *= 200;
    }
    let exact = listed(&dump, &packets, &packed(&format!("texts/{listing}.txt")));
    let round = |word: &str| match word.parse::<u64>() {
        Ok(count) if count > 99_999 => format!("{}K", (count + 500) / 1000),
        _ => word.to_owned(),
    };
    let rounded: String = exact
        .lines()
        .map(|line| match line.splitn(4, ' ').collect::<Vec<_>>()[..] {
            [number, packets, bytes, rest] if number.parse::<u64>().is_ok() => {
                format!("{number} {} {} {rest}\n", round(packets), round(bytes))
            }
            _ => format!("{line}\n"),
        })
        .collect();
    assert_eq!(said("rounded", &[&rounded]), Vec::<[String; 4]>::new());
    let save = said("exact", &[&saved(&dump, &packets)]);
    assert_eq!(said("rounded-and-exact", &[&rounded, &saved(&dump, &packets)]), save);
}
