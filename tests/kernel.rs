//! The walker against a live kernel, on tables changed at random. Needs root, iptables and the bench that asks the
//! kernel beside the repository (`../shared/oracle`); without them it says that it was skipped.
#![expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "small numbers of a test bench")]
#![expect(clippy::unwrap_used, reason = "a helper of tests, where a panic is the report")]

mod judge;
mod mutate;

use flate2::read::GzDecoder;
use judge::{Bar, Tally, judge};
use mutate::{Dice, mutated};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// Where the tables come from; `KUBENAT_SEED` takes another.
const SEED: u64 = 20_261_125;
/// Tables to be judged, and flows of each; `KUBENAT_TABLES` takes another number.
const TABLES: usize = 310;
const FLOWS: usize = 5;
/// Connections of each flow.
const CONNECTIONS: usize = 350;
/// The whole run takes no longer than this.
const PATIENCE: Duration = Duration::from_secs(200);
/// With about 1,500 flows a p under this is no accident: 1 run in 6,000 would show it.
const FLOOR: f64 = 1e-7;

/// The kernel behind one backend.
struct Kernel {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Kernel {
    fn new(oracle: &Path, backend: &str) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mutate/bench.py");
        let mut command = Command::new("python3");
        command.arg(script).arg(oracle).arg(backend).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (ask, answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, ask, answers }
    }

    fn answer(&mut self, question: &str) -> Value {
        writeln!(self.ask, "{question}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn end(self) {
        drop(self.ask);
        let mut child = self.child;
        child.wait().unwrap();
    }
}

/// Why the kernel cannot be asked here, if it cannot.
fn missing(oracle: &Path) -> Option<&'static str> {
    let works =
        |program: &str, arg: &str| Command::new(program).arg(arg).output().is_ok_and(|out| out.status.success());
    let user = Command::new("id").arg("-u").output().map(|out| out.stdout).unwrap_or_default();
    if user.trim_ascii() != b"0" {
        return Some("it needs root");
    }
    if !oracle.join("oracle.py").is_file() {
        return Some("../shared/oracle/oracle.py is not at hand");
    }
    (!works("iptables-legacy", "--version") || !works("iptables-nft", "--version") || !works("python3", "--version"))
        .then_some("it needs iptables-legacy, iptables-nft and python3")
}

fn cases() -> Vec<(String, Value)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/oracle");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "gz"));
    files.sort();
    let read = |file: &std::path::PathBuf| {
        let case = serde_json::from_reader(GzDecoder::new(fs::File::open(file).unwrap())).unwrap();
        (file.file_name().unwrap().to_string_lossy().into_owned(), case)
    };
    files.iter().map(read).collect()
}

/// The flows of a case that have one client each, and whose answers the bench does not ration.
fn fit(case: &Value) -> Vec<Value> {
    let all = case["flows"].as_array().unwrap();
    all.iter().filter(|flow| !flow["sources"].is_object() && flow["model"] != json!(false)).cloned().collect()
}

/// Some flows of a case, a few of them to the port of another flow, from its source, or by its protocol.
fn drawn(case: &Value, dice: &mut Dice) -> Vec<Value> {
    let all = fit(case);
    let mut flows = all.clone();
    while flows.len() > FLOWS {
        flows.swap_remove(dice.roll(flows.len()));
    }
    while flows.len() < FLOWS {
        let (mut flow, other) = (all[dice.roll(all.len())].clone(), &all[dice.roll(all.len())]);
        let keys: &[&str] = match dice.roll(3) {
            0 => &["dst", "dport"],
            1 => &["proto", "dport"],
            _ if other["from"] != json!("local") && flow["from"] != json!("local") => &["from", "src", "in"],
            _ => &["dst", "dport", "proto"],
        };
        for key in keys {
            flow[*key] = other[*key].clone();
        }
        flow["name"] = json!(format!("{} ({keys:?} of {})", flow["name"], other["name"]));
        flows.push(flow);
    }
    flows
}

/// The question for the bench: interfaces in their order, which a map would lose.
fn question(case: &Value, rules: &str, flows: &[Value], wait: f64) -> String {
    let node = &case["node"];
    let order = node["order"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
    let interfaces: Vec<_> = order.map(|name| format!("{}:{}", json!(name), node["interfaces"][name])).collect();
    let mut others = format!("\"interfaces\":{{{}}},\"family\":{}", interfaces.join(","), case["family"]);
    for key in ["lo", "sysctls"].into_iter().filter(|key| !node[*key].is_null()) {
        let _ = write!(others, ",\"{key}\":{}", node[key]);
    }
    let flow = |flow: &Value| {
        let mut kept = serde_json::Map::new();
        for key in ["name", "from", "src", "proto", "dst", "dport", "sport"] {
            if !flow[key].is_null() {
                kept.insert(key.into(), flow[key].clone());
            }
        }
        if flow["from"] != json!("local") {
            kept.insert("iif".into(), flow["in"].clone());
        }
        kept.insert("wait".into(), json!(wait));
        Value::Object(kept)
    };
    let flows: Vec<_> = flows.iter().map(flow).collect();
    format!("{{\"node\":{{{others}}},\"n\":{CONNECTIONS},\"rules\":{},\"flows\":{}}}", json!(rules), json!(flows))
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn tables_changed_at_random_agree_with_the_kernel() {
    let oracle = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/oracle");
    if let Some(why) = missing(&oracle) {
        println!("SKIPPED: the live comparison with the kernel did not run: {why}");
        eprintln!("SKIPPED: the live comparison with the kernel did not run: {why}");
        return;
    }
    let (seed, wanted) = (number("KUBENAT_SEED", SEED), number("KUBENAT_TABLES", TABLES as u64) as usize);
    let begin = Instant::now();
    let cases = cases();
    let run = |backend: &'static str, dice: Dice| judged(&oracle, backend, &cases, dice, wanted / 2, begin);
    let (legacy, nft) = std::thread::scope(|scope| {
        let nft = scope.spawn(|| run("nft", Dice(seed ^ u64::MAX)));
        (run("legacy", Dice(seed)), nft.join().unwrap())
    });
    let mut wrong = Vec::new();
    for (backend, (tables, refused, tally)) in [("legacy", legacy), ("nft", nft)] {
        println!(
            "{backend}: {tables} tables ({refused} more were refused), {} flows, {} with several outcomes, {} counters, \
             smallest p {:e}; {} flows without chi-squared",
            tally.flows,
            tally.branching,
            tally.hits,
            tally.smallest,
            tally.excluded.len()
        );
        wrong.extend(tally.wrong);
    }
    println!("seed {seed}, {:.0} s", begin.elapsed().as_secs_f64());
    assert!(wrong.is_empty(), "seed {seed}: {} disagree:\n{}", wrong.len(), wrong.join("\n"));
}

fn judged(
    oracle: &Path,
    backend: &str,
    cases: &[(String, Value)],
    mut dice: Dice,
    wanted: usize,
    begin: Instant,
) -> (usize, usize, Tally) {
    let mut kernel = Kernel::new(oracle, backend);
    let mut tally = Tally { smallest: 1.0, ..Tally::default() };
    let (mut tables, mut refused) = (0, 0);
    // A case has as many tables as it has flows to ask of them, so that each of those is asked about as often.
    let weights: Vec<usize> = cases.iter().map(|(_, case)| fit(case).len()).collect();
    for (at, (name, case)) in cases.iter().enumerate().filter(|(at, _)| weights[*at] > 0) {
        let goal = wanted * weights[..=at].iter().sum::<usize>() / weights.iter().sum::<usize>();
        while tables < goal && begin.elapsed() < PATIENCE {
            let flows = drawn(case, &mut dice);
            let hit: Vec<_> = flows.iter().flat_map(|flow| flow["hits"].as_array().into_iter().flatten()).collect();
            let hit: Vec<_> = hit.iter().filter_map(|hit| hit["rule"].as_str()).collect();
            let rules = mutated(case["save"].as_str().unwrap(), &hit, &mut dice);
            let answer = kernel.answer(&question(case, &rules, &flows, 0.05));
            if !answer["refused"].is_null() || answer["lost"] != json!(0) {
                refused += 1;
                continue;
            }
            tables += 1;
            let label = format!("{backend} {name} table {tables}");
            let mut found = compared(&label, case, &answer);
            if !found.wrong.is_empty() {
                // On a busy machine answers come late and look like dropped packets: asked once more, with patience.
                let again = kernel.answer(&question(case, &rules, &flows, 1.0));
                found = compared(&label, case, &again);
            }
            add(&mut tally, found);
        }
    }
    kernel.end();
    (tables, refused, tally)
}

fn add(tally: &mut Tally, more: Tally) {
    tally.flows += more.flows;
    tally.branching += more.branching;
    tally.hits += more.hits;
    tally.smallest = tally.smallest.min(more.smallest);
    tally.wrong.extend(more.wrong);
    tally.excluded.extend(more.excluded);
}

/// One table against the walker.
fn compared(label: &str, case: &Value, answer: &Value) -> Tally {
    let mut found = Tally { smallest: 1.0, ..Tally::default() };
    let (save, flows) = (answer["save"].as_str().unwrap(), answer["flows"].as_array().unwrap());
    let bar = Bar { floor: FLOOR, is_changed: true };
    judge(label, save, &case["node"], case["family"].as_u64().unwrap(), flows, bar, &mut found);
    if !found.wrong.is_empty() {
        found.wrong.push(difference(case["save"].as_str().unwrap(), save));
    }
    found
}

/// The lines in which two tables differ.
fn difference(before: &str, after: &str) -> String {
    let only = |sign: &str, these: &str, those: &str| -> Vec<String> {
        let those: Vec<&str> = those.lines().collect();
        let new =
            these.lines().filter(|line| !line.starts_with('#') && !line.starts_with(':') && !those.contains(line));
        new.map(|line| format!("   {sign} {line}")).collect()
    };
    [only("-", before, after), only("+", after, before)].concat().join("\n")
}
