//! Large, deep and tangled tables: the walk ends, and soon.

use super::*;
use proptest::prelude::*;
use std::fmt::Write as _;
use std::time::Instant;

/// So slow no unoptimised build on a busy machine is; what is quadratic is much slower.
const SOON: u64 = 20;

fn soon<T>(work: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let done = work();
    assert!(begin.elapsed().as_secs() < SOON, "took {:?}", begin.elapsed());
    done
}

#[test]
fn chains_that_double_64_times_are_walked_once() {
    let mut rules = "-A PREROUTING -j c0\n".to_owned();
    for at in 0..64 {
        let _ = write!(rules, "-A c{at} -j c{0}\n-A c{at} -j c{0}\n", at + 1);
    }
    rules += "-A c64 -p udp -j ACCEPT";
    soon(|| becomes(&rules, &from_pod(), &["100 untouched"]));
}

#[test]
fn jumps_100_000_deep_do_not_overflow_the_stack() {
    let depth = 100_000;
    let mut text = HEAD.to_owned();
    for at in 0..=depth {
        let _ = writeln!(text, ":c{at} - [0:0]");
    }
    text += "-A PREROUTING -j c0\n";
    for at in 0..depth {
        let _ = writeln!(text, "-A c{at} -j c{}", at + 1);
    }
    let _ = write!(text, "-A c{depth} -p tcp -j DNAT --to-destination 10.244.1.10:8080\nCOMMIT\n");
    soon(|| {
        machine(&text, |machine| {
            let trace = machine.trace(&from_pod(), &node());
            assert_eq!(told(&trace.outcomes), ["100 10.244.1.10:8080"]);
            assert_eq!(trace.hits.len(), depth + 2);
        });
    });
}

#[test]
fn twenty_unknowns_that_change_nothing_cost_nothing() {
    let mut rules = String::new();
    for at in 0..20 {
        let _ = writeln!(rules, "-A PREROUTING -m set --match-set s{at} src -j a");
    }
    rules += "-A PREROUTING -p tcp -j DNAT --to-destination 10.244.1.10:8080\n-A a -p udp -j ACCEPT";
    soon(|| becomes(&rules, &from_pod(), &["100 10.244.1.10:8080"]));
}

#[test]
fn five_thousand_unknowns_that_each_matter_are_given_up() {
    let mut rules = String::new();
    for at in 0..5000 {
        let _ = writeln!(rules, "-A PREROUTING -m set --match-set s{at} src -j DNAT --to-destination 10.244.1.10:{at}");
    }
    let text = nat(rules.trim_end());
    soon(|| {
        machine(&text, |machine| {
            let outcomes = machine.outcomes(&from_pod(), &node());
            assert!(outcomes.iter().any(|outcome| outcome.flags.contains(&Flag::GivenUp)), "{}", outcomes.len());
        });
    });
}

#[test]
fn a_thousand_endpoints_share_alike() {
    let count = 1000;
    let mut rules = "-A PREROUTING -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j svc\n".to_owned();
    for at in 0..count {
        let chance = 1.0 / f64::from(count - at);
        let _ = writeln!(rules, "-A svc -m statistic --mode random --probability {chance:.11} -j e{at}");
    }
    for at in 0..count {
        let address = format!("10.244.{}.{}", 2 + at / 250, 1 + at % 250);
        let _ = writeln!(rules, "-A e{at} -s {address}/32 -j MARK --set-xmark 0x4000/0x4000");
        let _ = writeln!(rules, "-A e{at} -p tcp -j DNAT --to-destination {address}:80");
    }
    let text = nat(rules.trim_end());
    soon(|| {
        machine(&text, |machine| {
            let outcomes = machine.outcomes(&from_pod(), &node());
            assert_eq!(outcomes.len(), 1000);
            assert!(outcomes.iter().all(|outcome| (outcome.probability - 0.001).abs() < 1e-6));
        });
    });
}

#[test]
fn one_service_of_ten_thousand_is_found_by_its_address() {
    let mut text = format!("{HEAD}:svc - [0:0]\n-A PREROUTING -j svc\n");
    for at in 0..10_000 {
        let address = format!("10.96.{}.{}", at / 250, 1 + at % 250);
        let _ =
            writeln!(text, "-A svc -d {address}/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.244.1.10:{at}");
    }
    text += "COMMIT\n";
    machine(&text, |machine| {
        let to = |address: &str| Packet { destination: address.parse().unwrap(), ..from_pod() };
        let facts = node();
        soon(|| {
            for _ in 0..1000 {
                assert_eq!(told(&machine.outcomes(&to("10.96.39.250"), &facts)), ["100 10.244.1.10:9999"]);
            }
        });
    });
}

proptest! {
    #[test]
    fn the_index_of_a_long_chain_changes_no_answer(rules in prop::collection::vec((0..4u8, 0..3u8, 0..5u8), 30..60), to in (1..4u8, 0..3u16)) {
        let mut body = String::new();
        for (address, port, target) in rules {
            let address = if address == 0 { String::new() } else { format!("-d 10.96.0.{address}/32 ") };
            let port = if port == 0 { String::new() } else { format!("-p tcp -m tcp --dport {} ", 79 + u16::from(port)) };
            let target = ["-j RETURN", "-j MARK --set-xmark 0x1/0x1", "-m statistic --mode random --probability 0.50000000000 -j ACCEPT",
                "-m mark --mark 0x1 -j a", "-p tcp -j DNAT --to-destination 10.244.1.10:8080"][usize::from(target)];
            let _ = writeln!(body, "-A long {address}{port}{target}");
        }
        // The same rules in chains too short for an index.
        let lines: Vec<&str> = body.lines().collect();
        let mut short = String::new();
        for (at, piece) in lines.chunks(10).enumerate() {
            for line in piece {
                let _ = writeln!(short, "{}", line.replace("-A long", &format!("-A s{at}")));
            }
            if (at + 1) * 10 < lines.len() {
                let _ = writeln!(short, "-A s{at} -g s{}", at + 1);
            }
        }
        let tail = "-A a -p tcp -j DNAT --to-destination 10.244.1.11:8080";
        let packet = Packet { destination: format!("10.96.0.{}", to.0).parse().unwrap(), destination_port: Some(79 + to.1), ..from_pod() };
        let long = machine(&nat(&format!("-A PREROUTING -j long\n{body}{tail}")), |machine| told(&machine.outcomes(&packet, &node())));
        let short = machine(&nat(&format!("-A PREROUTING -j s0\n{short}{tail}")), |machine| told(&machine.outcomes(&packet, &node())));
        prop_assert_eq!(long, short);
    }
}
