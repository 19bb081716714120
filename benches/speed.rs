//! Where the time goes: each stage, and the whole program, as ratios to the *token baseline* (reading the file and
//! looking at every word once) of the same run.
//!
//! `cargo bench --bench speed` takes 10,000 services of 10 endpoints; `-- SERVICES ENDPOINTS` others; `-- --test` a
//! small dump once, to prove that the benchmark works.

#![expect(clippy::print_stdout, reason = "a benchmark reports what it measured")]

mod generator;
mod measure;

use generator::{Size, save};
use kubenat::checks::{self, Selection};
use kubenat::facts::Facts;
use kubenat::kube::Proxy;
use kubenat::ruleset::Resolved;
use kubenat::shares::{captures, shares};
use kubenat::source::Sources;
use kubenat::syntax::{Parsed, parse};
use kubenat::trace::Machine;
use measure::{Cost, measured, measuring};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [first, command @ ..] = words.as_slice()
        && first == "--measure"
    {
        return measuring(command);
    }
    let is_test = words.iter().any(|word| word == "--test");
    let numbers: Vec<u32> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let (services, endpoints) = match numbers.as_slice() {
        [services, endpoints, ..] => (*services, *endpoints),
        _ if is_test => (50, 3),
        _ => (10_000, 10),
    };
    let dump = save(Size { services, endpoints, with_comments: true, seed: 1 });
    let rounds = if is_test { 1 } else { 5 };
    println!("{services} services x {endpoints} endpoints, {} bytes, best of {rounds}", dump.len());
    stages(dump.as_bytes(), rounds);
    let path = std::env::temp_dir().join(format!("kubenat-speed-{}.save", std::process::id()));
    if let Err(error) = std::fs::write(&path, &dump) {
        println!("cannot write {}: {error}", path.display());
        return ExitCode::FAILURE;
    }
    let is_fine = whole(&path, rounds);
    let _ = std::fs::remove_file(&path);
    if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Lines, then blanks, words counted: what any program must do at least.
fn baseline(text: &[u8]) -> u64 {
    let mut words = 0;
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', text) {
        let mut first = start;
        for blank in memchr::memchr_iter(b' ', &text[start..end]).map(|at| start + at) {
            words += u64::from(blank > first);
            first = blank + 1;
        }
        words += u64::from(end > first);
        start = end + 1;
    }
    words
}

/// The best time of each stage, in order.
fn stages(dump: &[u8], rounds: u32) {
    let mut best: Vec<(&str, Duration)> = Vec::new();
    for _ in 0..rounds {
        let mut at = 0;
        let mut record = |name, time| {
            match best.get_mut(at) {
                Some(known) => known.1 = known.1.min(time),
                None => best.push((name, time)),
            }
            at += 1;
        };
        one_round(dump, &mut record);
    }
    let base = best[0].1.as_secs_f64();
    println!("\n{:28} {:>10} {:>8}", "stage", "ms", "ratio");
    for (name, time) in best {
        println!("{name:28} {:10.2} {:8.2}", time.as_secs_f64() * 1000.0, time.as_secs_f64() / base);
    }
}

fn one_round(dump: &[u8], record: &mut impl FnMut(&'static str, Duration)) {
    let start = Instant::now();
    black_box(baseline(black_box(dump)));
    record("baseline without reading", start.elapsed());
    let mut sources = Sources::default();
    let added = sources.add("dump".into(), dump.to_vec(), None);
    assert!(added.is_ok(), "the dump fits");
    let start = Instant::now();
    let parsed: Parsed<'_> = parse(&sources);
    record("parse", start.elapsed());
    let start = Instant::now();
    let resolved: Vec<Resolved<'_, '_>> = parsed.rulesets.iter().map(Resolved::new).collect();
    record("graph", start.elapsed());
    let start = Instant::now();
    let mut proxies: Vec<Proxy<'_, '_>> = resolved.iter().map(Proxy::new).collect();
    record("services", start.elapsed());
    let start = Instant::now();
    for proxy in &mut proxies {
        proxy.verify();
    }
    record("identity hashes", start.elapsed());
    let start = Instant::now();
    for (resolved, proxy) in resolved.iter().zip(&proxies) {
        let machine = Machine::new(resolved);
        for service in &proxy.services {
            black_box(shares(&machine, proxy, service, &Facts::default()));
            black_box(captures(&machine, proxy, service, &Facts::default()));
        }
    }
    record("shares and captures", start.elapsed());
    let start = Instant::now();
    let input = checks_input(&sources, &parsed, &proxies);
    black_box(checks::run(&input, Selection::default()));
    record("all checks", start.elapsed());
}

fn checks_input<'a, 'src>(
    sources: &'a Sources,
    parsed: &'a Parsed<'src>,
    proxies: &'a [Proxy<'a, 'src>],
) -> checks::Input<'a, 'src> {
    checks::Input { sources, parsed, proxies, api: None }
}

/// The program as users run it, against a process that does the baseline alone. Whether all runs ended well.
fn whole(dump: &Path, rounds: u32) -> bool {
    let file = dump.to_string_lossy().into_owned();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_kubenat")).to_string_lossy().into_owned();
    let commands: [(&str, Vec<&str>); 8] = [
        ("check", vec!["check", "--fail-on", "never", &file]),
        ("overview -o json", vec!["-o", "json", &file]),
        ("services -o json", vec!["services", "-o", "json", &file]),
        ("load alone", vec!["services", "-m", "^$", "-o", "name", &file]),
        ("explain", vec!["explain", "team-7/service-7:http", &file]),
        ("who", vec!["who", "10.128.0.7", &file]),
        ("trace", vec!["trace", "--to", "10.96.0.17:80", &file]),
        ("services", vec!["services", &file]),
    ];
    let mut best: Vec<Option<Cost>> = vec![None; commands.len() + 1];
    let mut is_fine = true;
    for _ in 0..rounds {
        let base = measured(&["--baseline".into(), file.clone()]);
        keep(&mut best[0], base);
        for (slot, (name, words)) in best[1..].iter_mut().zip(&commands) {
            let mut command = vec![program.clone()];
            command.extend(words.iter().map(ToString::to_string));
            let cost = measured(&command);
            if cost.is_none() {
                println!("`kubenat {name}` did not end well");
                is_fine = false;
            }
            keep(slot, cost);
        }
    }
    report(&best, &commands);
    is_fine
}

fn keep(slot: &mut Option<Cost>, cost: Option<Cost>) {
    *slot = match (*slot, cost) {
        (Some(known), Some(new)) => Some(known.best(new)),
        (known, new) => known.or(new),
    };
}

fn report(best: &[Option<Cost>], commands: &[(&str, Vec<&str>)]) {
    let Some(base) = best[0] else { return };
    println!("\n{:28} {:>10} {:>8} {:>10} {:>10}", "whole program", "cpu ms", "ratio", "wall ms", "peak MiB");
    let names = std::iter::once("token baseline").chain(commands.iter().map(|(name, _)| *name));
    for (name, cost) in names.zip(best).filter_map(|(name, cost)| Some((name, (*cost)?))) {
        println!(
            "{name:28} {:10.1} {:8.2} {:10.1} {:10.1}",
            cost.cpu * 1000.0,
            cost.cpu / base.cpu,
            cost.wall * 1000.0,
            cost.peak_mib
        );
    }
}

/// Used by [`measure`] for a process that does the baseline alone.
pub(crate) fn baseline_of_file(path: &str) -> bool {
    std::fs::read(path).is_ok_and(|text| black_box(baseline(&text)) > 0)
}
