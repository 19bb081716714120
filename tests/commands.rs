//! What commands promise to scripts: exit statuses, counts, names, and rules given back byte for byte.

use flate2::read::GzDecoder;
use serde_json::Value;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

fn run(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubenat"));
    command.args(words).current_dir(testdata()).stdin(Stdio::null()).output().expect("the program runs")
}

fn run_with(words: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubenat"));
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program runs");
    // A program that refuses its input may stop reading it.
    let _ = child.stdin.take().expect("piped").write_all(input);
    child.wait_with_output().expect("the program ends")
}

#[track_caller]
fn ends_with(words: &[&str], status: i32) -> Output {
    let output = run(words);
    assert_eq!(output.status.code(), Some(status), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// The demo has errors, warnings and one note, `no-endpoints` about shop/abandoned.
#[test]
fn the_status_of_check_follows_fail_on() {
    ends_with(&["check", "--demo"], 1);
    ends_with(&["check", "--demo", "--fail-on", "never"], 0);
    ends_with(&["check", "--demo", "--only", "orphan-chain"], 0);
    ends_with(&["check", "--demo", "--only", "orphan-chain", "--fail-on", "warning"], 1);
    ends_with(&["check", "--demo", "--only", "no-endpoints", "--fail-on", "warning"], 0);
    ends_with(&["check", "--demo", "--only", "no-endpoints", "--fail-on", "info"], 1);
    ends_with(&["check", "--demo", "--only", "no-endpoint"], 2);
}

#[test]
fn the_status_is_the_same_in_every_form() {
    for form in ["table", "wide", "json", "name", "sarif", "junit"] {
        ends_with(&["check", "--demo", "-o", form], 1);
        ends_with(&["check", "--demo", "--only", "no-endpoints", "-o", form], 0);
    }
}

#[test]
fn only_and_skip_choose_the_checks() {
    let names = |words: &[&str]| {
        let mut names: Vec<String> = text(&run(words).stdout).lines().map(Into::into).collect();
        names.dedup();
        names
    };
    assert_eq!(names(&["check", "--demo", "-o", "name", "--only", "no-endpoints"]), ["no-endpoints"]);
    let all = names(&["check", "--demo", "-o", "name"]);
    let rest = names(&["check", "--demo", "-o", "name", "--skip", "no-endpoints"]);
    assert!(all.contains(&"no-endpoints".into()) && !rest.contains(&"no-endpoints".into()));
}

#[test]
fn a_namespace_keeps_its_own_findings_and_counts_the_others() {
    let output = ends_with(&["check", "--demo", "-n", "telco"], 0);
    assert!(text(&output.stdout).contains("about other"), "{}", text(&output.stdout));
    let one = ends_with(&["check", "--demo", "-m", "^shop/abandoned$", "-o", "json"], 0);
    let list: Value = serde_json::from_slice(&one.stdout).expect("JSON");
    let findings = list["findings"].as_array().expect("a list");
    assert_eq!(findings.len(), 1);
    assert_eq!((&findings[0]["check"], &findings[0]["subject"]), (&"no-endpoints".into(), &"shop/abandoned".into()));
    assert_eq!(list["summary"], serde_json::json!({"error": 0, "warning": 0, "info": 1}));
}

#[test]
fn what_cannot_be_a_dump_ends_with_two() {
    let program = fs::read(env!("CARGO_BIN_EXE_kubenat")).expect("the program can be read");
    for input in [&program[..1_000_000], b"", b"Dear operator, all is well.\n", include_bytes!("../README.md")] {
        for words in [&["-o", "json"][..], &["check"], &["services", "-o", "name"]] {
            // README shows real output; it is prose only without its listings.
            let input: Vec<u8> = input.iter().copied().take_while(|byte| *byte != b'`').collect();
            let output = run_with(words, &input);
            assert_eq!(output.status.code(), Some(2), "{words:?}");
            assert!(output.stdout.is_empty() && text(&output.stderr).contains("expected: what `iptables-save`"));
        }
    }
}

#[test]
fn what_nft_prints_tells_the_mode() {
    let output = ends_with(&["-o", "json", "modes/nft-ruleset.txt"], 0);
    let overview: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let source = &overview["sources"][0];
    assert_eq!((&source["proxyMode"], &source["family"]), (&"nftables".into(), &"ipv4".into()));
    for (file, mode) in [("modes/ipvs.save", "ipvs"), ("modes/userspace.save", "userspace")] {
        let output = ends_with(&["-o", "json", file], 0);
        let overview: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(overview["sources"][0]["proxyMode"], mode, "{file}");
    }
}

#[test]
fn every_dump_is_given_back_byte_for_byte() {
    let files = fs::read_dir(testdata().join("dumps")).expect("dumps").map(|entry| entry.expect("readable").path());
    let saves: Vec<PathBuf> = files.filter(|path| path.to_string_lossy().ends_with(".save.gz")).collect();
    assert!(saves.len() > 20);
    for save in saves {
        let mut expected = Vec::new();
        GzDecoder::new(File::open(&save).expect("readable")).read_to_end(&mut expected).expect("gzip");
        let output = run(&["convert", "--to", "save", "-f", &save.to_string_lossy()]);
        assert!(output.stdout == expected, "{}", save.display());
    }
}

#[test]
fn a_listing_of_both_families_says_whose_tables_follow() {
    let listing = "# iptables -t nat -S\n-P PREROUTING ACCEPT\n-A PREROUTING -d 10.96.0.1/32 -j ACCEPT\n\
                   # ip6tables -t nat -S\n-P PREROUTING ACCEPT\n-A PREROUTING -d fd00::1/128 -j ACCEPT\n";
    let output = run_with(&["convert", "--to", "save"], listing.as_bytes());
    let expected = "# IPv4, for iptables-restore\n*nat\n:PREROUTING ACCEPT [0:0]\n\
                    -A PREROUTING -d 10.96.0.1/32 -j ACCEPT\nCOMMIT\n\
                    # IPv6, for ip6tables-restore\n*nat\n:PREROUTING ACCEPT [0:0]\n\
                    -A PREROUTING -d fd00::1/128 -j ACCEPT\nCOMMIT\n";
    assert_eq!(text(&output.stdout), expected, "{}", text(&output.stderr));
}

#[test]
fn a_service_that_is_not_there_ends_a_trace_with_one() {
    let output = ends_with(&["trace", "--demo", "--to", "shop/catalgo:http"], 1);
    assert!(text(&output.stderr).contains("did you mean shop/catalog:http"), "{}", text(&output.stderr));
    assert!(output.stdout.is_empty());
}

#[test]
fn of_two_backends_the_one_that_is_walked_is_named() {
    let dump = "dumps/anomaly-both-backends-128.save.gz";
    let sources: Value = serde_json::from_slice(&run(&["-o", "json", dump]).stdout).expect("JSON");
    let of_v4 = sources["sources"].as_array().expect("a list").iter().filter(|each| each["family"] == "ipv4").count();
    let output = ends_with(&["trace", "--to", "10.96.0.1:443", "-f", dump], 0);
    assert_eq!(text(&output.stderr).contains("walked: the IPv4 tables"), of_v4 > 1);
}

#[test]
fn what_is_found_of_many_services_is_told_of_the_one_that_is_explained() {
    let output = ends_with(&["explain", "--demo", "telco/amf:ngap"], 0);
    let told = text(&output.stdout);
    assert!(!told.contains(" more: ") && !told.contains("info: ingress/haproxy"), "{told}");
}

/// Well-formed: each tag is closed by its like, every `&` is one of the five entities, no control characters.
#[test]
fn junit_is_well_formed_and_counts_right() {
    for dump in ["--demo", "-ftutorial-L.txt", "-fcorpus/brackets.txt", "-fdumps/anomaly-handedited-128-nft.save.gz"] {
        let xml = text(&run(&["check", "-o", "junit", dump]).stdout);
        let mut open: Vec<&str> = Vec::new();
        let body = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").expect("a declaration");
        assert!(body.chars().all(|char| char == '\n' || char == '\t' || !char.is_control()));
        for piece in body.split('<').skip(1) {
            let (tag, after) = piece.split_once('>').expect("each tag ends");
            for entity in tag.split('&').skip(1).chain(after.split('&').skip(1)) {
                let known = ["amp;", "lt;", "gt;", "quot;", "apos;", "#"];
                assert!(known.iter().any(|name| entity.starts_with(name)), "{entity}");
            }
            let name = tag.trim_start_matches('/').split([' ', '/']).next().expect("a name");
            assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(name));
            } else if !tag.ends_with('/') {
                open.push(name);
            }
        }
        assert!(open.is_empty(), "{open:?}");
        let count = |of: &str| body.matches(of).count().to_string();
        let suite = body.lines().next().expect("a suite");
        assert!(suite.contains(&format!("tests=\"{}\"", count("<testcase "))), "{suite}");
    }
}
