//! The documents of every kind against the schemas in `testdata/schema`, over many dumps.

use flate2::read::GzDecoder;
use jsonschema::Validator;
use serde_json::{Value, json};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

/// The schema of what kubenat prints.
fn schema() -> Validator {
    let text = fs::read(testdata().join("schema/kubenat-v1.schema.json")).expect("the schema is there");
    judge(&serde_json::from_slice(&text).expect("a schema is JSON"))
}

/// The official schema of SARIF.
fn sarif() -> Validator {
    let file = fs::File::open(testdata().join("schema/sarif-schema-2.1.0.json.gz")).expect("the schema is there");
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).expect("a schema is text");
    // One pattern, that of languages, has a bracket too many, which only browsers read as itself.
    let text = text.replace("-[a-zA-Z]{2}]?$", r"-[a-zA-Z]{2}\\]?$");
    judge(&serde_json::from_str(&text).expect("a schema is JSON"))
}

fn judge(schema: &Value) -> Validator {
    jsonschema::options().should_validate_formats(true).build(schema).expect("it is a schema")
}

/// Everything in the document that is not as the schema wants it, a line each.
fn complaints(schema: &Validator, document: &Value) -> Vec<String> {
    schema.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn printed(words: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_kubenat")).args(words).current_dir(testdata()).output();
    let output = output.expect("the program runs");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{words:?}: {error}"))
}

#[track_caller]
fn holds(schema: &Validator, words: &[&str], kind: &str) -> Value {
    let document = printed(words);
    let complaints = complaints(schema, &document);
    assert!(complaints.is_empty(), "{words:?}:\n{}", complaints[..complaints.len().min(12)].join("\n"));
    if !kind.is_empty() {
        assert_eq!(document["kind"], kind, "{words:?}");
    }
    document
}

/// Eras, backends, families, hand edits, a listing, nft's own listing, other modes, damaged text.
const TEXTS: [&str; 12] = [
    "tutorial-L.txt",
    "dumps/anomaly-both-backends-128.save.gz",
    "dumps/anomaly-handedited-128-nft.save.gz",
    "dumps/eks-edge-114-legacy.save.gz",
    "dumps/eks-edge-123-nft.save.gz",
    "dumps/eks-edge-130-nft.save.gz",
    "dumps/kind-dualstack-128-nft-v6.save.gz",
    "dumps/kubeadm-dead-128-nft.save.gz",
    "modes/nft-ruleset.txt",
    "modes/ipvs.save",
    "modes/userspace.save",
    "corpus/brackets.txt",
];

#[test]
fn overviews_services_findings_and_rules_of_all_kinds_of_text_hold_the_schema() {
    let schema = schema();
    for text in TEXTS {
        holds(&schema, &["-o", "json", "-f", text], "Overview");
        holds(&schema, &["services", "-o", "json", "-f", text], "ServiceList");
        holds(&schema, &["check", "-o", "json", "-f", text], "FindingList");
        holds(&schema, &["convert", "--to", "json", "-f", text], "Ruleset");
    }
}

#[test]
fn each_service_chain_and_pod_explained_holds_the_schema() {
    let schema = schema();
    for text in ["tutorial-L.txt", "dumps/eks-edge-114-legacy.save.gz", "dumps/kind-dualstack-128-nft-v6.save.gz"] {
        let services = printed(&["services", "-o", "json", "-f", text]);
        let items = services["items"].as_array().expect("a list");
        for item in items.iter().take(6) {
            let name = format!("{}/{}:{}", word(item, "namespace"), word(item, "name"), word(item, "port"));
            holds(&schema, &["explain", name.trim_end_matches(':'), "-o", "json", "-f", text], "Explanation");
            let Some(pod) = item["endpoints"][0]["address"].as_str() else { continue };
            holds(&schema, &["who", pod, "-o", "json", "-f", text], "Explanation");
            let Some(chain) = item["endpoints"][0]["chain"].as_str() else { continue };
            holds(&schema, &["explain", chain, "-o", "json", "-f", text], "Explanation");
        }
    }
}

fn word<'v>(item: &'v Value, name: &str) -> &'v str {
    item[name].as_str().unwrap_or_default()
}

#[test]
fn traces_from_everywhere_hold_the_schema() {
    let schema = schema();
    for from in ["pod", "node", "external"] {
        holds(&schema, &["trace", "--demo", "--from", from, "--to", "shop/checkout-lb", "-o", "json"], "Trace");
        let away = ["trace", "--demo", "--from", from, "--to", "203.0.113.9/icmp", "-o", "json"];
        holds(&schema, &away, "Trace");
    }
    let v6 = ["trace", "--to", "[2001:db8::1]:53/udp", "-o", "json", "-f", "dumps/kind-dualstack-128-nft-v6.save.gz"];
    holds(&schema, &v6, "Trace");
}

#[test]
fn the_catalogue_and_each_page_hold_the_schema() {
    let schema = schema();
    let list = holds(&schema, &["checks", "-o", "json"], "CheckList");
    for check in list["checks"].as_array().expect("a list") {
        holds(&schema, &["explain", word(check, "name"), "-o", "json"], "CheckPage");
    }
}

#[test]
fn two_dumps_compared_and_objects_given_hold_the_schema() {
    let schema = schema();
    let (old, new) = ("dumps/eks-edge-123-nft.save.gz", "dumps/eks-edge-130-nft.save.gz");
    holds(&schema, &["diff", old, new, "-o", "json"], "Diff");
    let objects = "--objects=dumps/anomaly-stale-objects-128-nft.objects.json.gz";
    let dump = "-fdumps/anomaly-stale-objects-128-nft.save.gz";
    let list = holds(&schema, &["check", objects, dump, "-o", "json"], "FindingList");
    assert!(list["node"].is_object());
    holds(&schema, &["services", objects, dump, "-o", "json"], "ServiceList");
}

#[test]
fn sarif_holds_the_official_schema() {
    let schema = sarif();
    for text in TEXTS {
        let log = holds(&schema, &["check", "-o", "sarif", "-f", text], "");
        let findings = printed(&["check", "-o", "json", "-f", text]);
        let results = log["runs"][0]["results"].as_array().map(Vec::len);
        assert_eq!(results, findings["findings"].as_array().map(Vec::len), "{text}");
    }
}

#[test]
fn the_judge_sees_what_is_wrong() {
    let schema = schema();
    let good = json!({"apiVersion": "kubenat/v1", "kind": "CheckList", "checks": []});
    assert_eq!(complaints(&schema, &good), Vec::<String>::new());
    let mutations = [
        json!({"apiVersion": "kubenat/v2", "kind": "CheckList", "checks": []}),
        json!({"apiVersion": "kubenat/v1", "kind": "CheckList"}),
        json!({"apiVersion": "kubenat/v1", "kind": "CheckList", "checks": [], "more": 1}),
        json!({"apiVersion": "kubenat/v1", "kind": "CheckList", "checks": [{"name": "A"}]}),
        json!({"apiVersion": "kubenat/v1", "kind": "CheckList", "checks": null}),
    ];
    for wrong in mutations {
        assert!(!complaints(&schema, &wrong).is_empty(), "{wrong}");
    }
}

#[test]
fn the_judge_sees_what_is_wrong_with_sarif() {
    let schema = sarif();
    let log = |result: Value| {
        let run = json!({"tool": {"driver": {"name": "kubenat"}}, "results": [result]});
        json!({"version": "2.1.0", "runs": [run]})
    };
    let good = json!({"message": {"text": "broken"}, "level": "error"});
    assert_eq!(complaints(&schema, &log(good)), Vec::<String>::new());
    let wrong = [
        json!({"level": "error"}),
        json!({"message": {"text": "broken"}, "level": "info"}),
        json!({"message": {"text": "broken"}, "severity": "error"}),
        json!({"message": {"text": "broken"}, "locations": [{"physicalLocation": {"region": {"startLine": 0}}}]}),
    ];
    for result in wrong {
        assert!(!complaints(&schema, &log(result.clone())).is_empty(), "{result}");
    }
}
