//! Every JSON answer, decoded field by field: an unknown field, a missing one or one of another type fails.

#![expect(dead_code, reason = "that a field is there and of its type is what is asked of most")]

use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use std::process::Command;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Evidence {
    file: String,
    line: u32,
    column: u32,
    text: String,
    #[serde(default)]
    chain: Option<String>,
    #[serde(default)]
    label: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Releases {
    from: Option<String>,
    to: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Source {
    files: Vec<String>,
    tool: Option<String>,
    backend: String,
    family: String,
    tables: Vec<String>,
    chains: usize,
    rules: usize,
    dialect: Releases,
    proxy_mode: String,
    partial: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MadeFor {
    service: String,
    protocol: String,
    endpoint: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OwnChain {
    name: String,
    identity: String,
    made_for: Option<MadeFor>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Capture {
    kind: String,
    address: Option<String>,
    port: Option<u16>,
    state: String,
    chain: Option<String>,
    evidence: Vec<Evidence>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Endpoint {
    address: Option<String>,
    port: Option<u16>,
    chain: String,
    identity: String,
    made_for: Option<MadeFor>,
    rule_probability: Option<f64>,
    threshold: Option<u32>,
    intended_share: Option<f64>,
    share: Option<f64>,
    hairpin: Option<bool>,
    evidence: Vec<Evidence>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Service {
    source: usize,
    namespace: Option<String>,
    name: Option<String>,
    port: Option<String>,
    protocol: Option<String>,
    family: String,
    identity: String,
    made_for: Option<MadeFor>,
    internal_traffic_policy: Option<String>,
    external_traffic_policy: Option<String>,
    session_affinity: Option<String>,
    affinity_timeout_seconds: Option<u32>,
    load_balancer_source_ranges: Vec<String>,
    health_check_port: Option<u16>,
    chains: Vec<OwnChain>,
    captures: Vec<Capture>,
    endpoints: Vec<Endpoint>,
    local_endpoints: Vec<Endpoint>,
    unrouted_share: Option<f64>,
    findings: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ServiceList {
    api_version: String,
    kind: String,
    sources: Vec<Source>,
    items: Vec<Service>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Finding {
    check: String,
    level: String,
    source: Option<usize>,
    subject: String,
    message: String,
    effect: String,
    remedy: String,
    evidence: Vec<Evidence>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NotEvaluated {
    check: String,
    source: Option<usize>,
    reason: String,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Summary {
    error: usize,
    warning: usize,
    info: usize,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FindingList {
    api_version: String,
    kind: String,
    findings: Vec<Finding>,
    not_evaluated: Vec<NotEvaluated>,
    summary: Summary,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    file: String,
    line: u32,
    column: u32,
    text: String,
    wanted: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Overview {
    api_version: String,
    kind: String,
    sources: Vec<Source>,
    services: Vec<Service>,
    findings: Vec<Finding>,
    not_evaluated: Vec<NotEvaluated>,
    summary: Summary,
    faults: Vec<Fault>,
    notes: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Outcome {
    probability: f64,
    verdict: String,
    destination: Option<String>,
    masqueraded: Option<bool>,
    source_seen: String,
    source_address: Option<String>,
    reject_with: Option<String>,
    conditions: Vec<String>,
    evidence: Vec<Evidence>,
    flags: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Packet {
    from: String,
    source: Option<String>,
    source_port: Option<u16>,
    destination: String,
    destination_port: Option<u16>,
    protocol: String,
    in_interface: Option<String>,
    mark: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Trace {
    api_version: String,
    kind: String,
    packet: Packet,
    outcomes: Vec<Outcome>,
    inferred: Vec<String>,
    missing_tables: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChainText {
    source: usize,
    table: String,
    name: String,
    rules: Vec<Evidence>,
    references: Vec<Evidence>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Way {
    service: usize,
    from: String,
    source: Option<String>,
    captures: Vec<usize>,
    condition: String,
    source_seen: Option<String>,
    share: Option<f64>,
    outcomes: Vec<Outcome>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Explanation {
    api_version: String,
    kind: String,
    subject: String,
    sources: Vec<Source>,
    service: Option<Service>,
    services: Vec<Service>,
    chain: Option<ChainText>,
    paths: Vec<Way>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckText {
    name: String,
    level: String,
    evidence: String,
    summary: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CheckList {
    api_version: String,
    kind: String,
    checks: Vec<CheckText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    file: String,
    line: u32,
    text: String,
    matches: Vec<String>,
    target: Option<String>,
    packets: Option<u64>,
    bytes: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Chain {
    name: String,
    built_in: bool,
    policy: Option<String>,
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: String,
    family: String,
    backend: String,
    complete: bool,
    chains: Vec<Chain>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Ruleset {
    api_version: String,
    kind: String,
    tables: Vec<Table>,
}

/// What the program prints for these words, decoded.
#[track_caller]
fn answer<T: DeserializeOwned>(words: &[&str]) -> T {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let output = Command::new(env!("CARGO_BIN_EXE_kubenat")).args(words).current_dir(folder).output();
    let output = output.expect("the program runs");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{words:?}: {error}"))
}

#[track_caller]
fn add_up_to_one(outcomes: &[Outcome]) {
    for group in outcomes.chunk_by(|one, next| one.conditions == next.conditions) {
        let sum: f64 = group.iter().map(|outcome| outcome.probability).sum();
        assert!((sum - 1.0).abs() < 1e-6, "{sum}");
    }
}

/// The tutorial's service: meant a third each, and not one connection arrives.
#[test]
fn the_tutorial_tells_three_truths() {
    let list: ServiceList = answer(&["services", "-o", "json", "tutorial-L.txt"]);
    assert_eq!((list.api_version.as_str(), list.kind.as_str()), ("kubenat/v1", "ServiceList"));
    let [service] = list.items.as_slice() else { panic!("one service") };
    assert_eq!((service.namespace.as_deref(), service.name.as_deref()), (Some("kube-system"), Some("FOO")));
    assert_eq!((service.port.as_deref(), service.protocol.as_deref()), (Some("foo"), Some("tcp")));
    assert_eq!((service.identity.as_str(), service.unrouted_share), ("contradicted", Some(1.0)));
    let made = service.made_for.as_ref().expect("solved");
    assert_eq!((made.service.as_str(), made.protocol.as_str()), ("kube-system/coredns:metrics", "tcp"));
    let rules: Vec<_> = service.endpoints.iter().map(|each| (each.rule_probability, each.threshold)).collect();
    assert_eq!(rules, [(Some(0.333_333_333_49), Some(715_827_883)), (Some(0.5), Some(1 << 30)), (None, None)]);
    for endpoint in &service.endpoints {
        assert!((endpoint.intended_share.expect("known") - 1.0 / 3.0).abs() < 1e-9);
        assert_eq!(endpoint.share, Some(0.0));
    }
    let hairpins: Vec<_> = service.endpoints.iter().map(|each| each.hairpin).collect();
    assert_eq!(hairpins, [Some(true), Some(false), Some(true)]);
    let second = service.endpoints[1].made_for.as_ref().and_then(|made| made.endpoint.as_deref());
    assert_eq!(second, Some("100.96.32.2:53"));
}

#[test]
fn the_overview_holds_what_the_commands_give() {
    let overview: Overview = answer(&["--demo", "-o", "json"]);
    let services: ServiceList = answer(&["services", "--demo", "-o", "json"]);
    let check: FindingList = answer(&["check", "--demo", "-o", "json"]);
    assert_eq!(overview.kind, "Overview");
    assert_eq!(overview.services.len(), services.items.len());
    assert_eq!(overview.findings.len(), check.findings.len());
    assert_eq!(overview.summary, check.summary);
    let counted = overview.summary.error + overview.summary.warning + overview.summary.info;
    assert_eq!(overview.findings.len(), counted);
    assert_eq!((overview.sources[0].backend.as_str(), overview.sources[0].family.as_str()), ("nft", "ipv4"));
}

#[test]
fn a_trace_adds_up_to_one() {
    let trace: Trace = answer(&["trace", "--demo", "--to", "shop/catalog:grpc", "-o", "json"]);
    assert_eq!((trace.kind.as_str(), trace.packet.destination_port), ("Trace", Some(9090)));
    assert_eq!(trace.outcomes.len(), 7);
    add_up_to_one(&trace.outcomes);
}

#[test]
fn explanations_of_services_chains_and_pods_have_one_shape() {
    let service: Explanation = answer(&["explain", "--demo", "shop/checkout-lb", "-o", "json"]);
    assert_eq!((service.kind.as_str(), service.subject.as_str()), ("Explanation", "shop/checkout-lb"));
    assert!(service.service.is_some() && service.chain.is_none());
    service.paths.iter().for_each(|path| add_up_to_one(&path.outcomes));
    let chain: Explanation = answer(&["explain", "--demo", "KUBE-SERVICES", "-o", "json"]);
    assert!(chain.service.is_none() && chain.chain.is_some_and(|chain| chain.table == "nat"));
    let who: Explanation = answer(&["who", "--demo", "10.244.1.10", "-o", "json"]);
    assert!(!who.paths.is_empty() && who.paths.iter().all(|path| path.share.is_some()));
}

#[test]
fn the_catalogue_and_the_rules_are_told_too() {
    let checks: CheckList = answer(&["checks", "-o", "json"]);
    assert_eq!(checks.kind, "CheckList");
    assert!(checks.checks.iter().any(|check| check.name == "dangling-jump" && check.evidence == "D"));
    let rules: Ruleset = answer(&["convert", "--demo", "--to", "json"]);
    assert_eq!(rules.kind, "Ruleset");
    assert!(rules.tables.iter().any(|table| table.name == "nat" && table.complete && !table.chains.is_empty()));
}
