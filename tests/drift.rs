//! Is a node in step? Every real dump against its own objects, and against objects changed at random: each change is
//! found, named right, and nothing else is.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its data has failed")]

#[path = "drift/cases.rs"]
mod cases;
#[path = "drift/changes.rs"]
mod changes;

use cases::{Case, cases, proxies_of};
use changes::{Change, Rng};
use kubenat::checks::{self, Api, Input, Level, Report, Selection};
use kubenat::drift::locate;
use kubenat::objects::{self, Objects};
use serde_json::Value;
use std::collections::BTreeSet;

/// The checks against the API.
const ASKED: &[&str] = &[
    "field-mismatch",
    "ghost-service",
    "missing-endpoint",
    "missing-service",
    "stale-endpoint",
    "sync-verdict",
    "wrong-node-identity",
];

/// What the checks against the API say, one `check subject` a finding, infos left out, verdicts too.
fn said(report: &Report) -> BTreeSet<String> {
    let mut said = BTreeSet::new();
    for finding in report.findings.iter().filter(|finding| finding.level == Level::Error) {
        let detail = |check: &str, message: &str| match check {
            "stale-endpoint" | "missing-endpoint" | "field-mismatch" => {
                let mut words = message.split('`').skip(1).step_by(2);
                words.next().unwrap_or_default().to_owned()
            }
            _ => String::new(),
        };
        let line = |subject: &str, message: &str| {
            format!("{} {subject} {}", finding.check, detail(finding.check, message)).trim_end().to_owned()
        };
        said.insert(line(&finding.subject, &finding.message));
        said.extend(finding.also.iter().map(|also| line(&also.subject, &also.message)));
    }
    said
}

fn report(case: &Case, objects: &Objects, node: Option<&str>) -> Report {
    proxies_of(case, |sources, parsed, proxies| {
        let located = locate(proxies, objects, node);
        let api = Some(Api { objects, located: &located, grace: 0 });
        let selection = Selection { only: ASKED, skip: &[] };
        checks::run(&Input { sources, parsed, proxies, api }, selection)
    })
}

fn read(value: &Value) -> Objects {
    objects::read("cluster.json", value.to_string().as_bytes()).unwrap()
}

fn verdict(report: &Report) -> Vec<(Level, &str)> {
    let verdicts = report.findings.iter().filter(|finding| finding.check == "sync-verdict");
    verdicts.map(|finding| (finding.level, &*finding.message)).collect()
}

#[test]
fn every_dump_is_in_step_with_its_own_objects_whether_the_node_is_named_or_not() {
    for case in cases() {
        let objects = read(&case.objects());
        for node in [Some(case.node.as_str()), None] {
            let report = report(&case, &objects, node);
            let said = said(&report);
            if case.is_different {
                assert!(!said.is_empty(), "{}", case.name);
                continue;
            }
            assert!(said.is_empty(), "{} {node:?}: {said:#?}", case.name);
            assert!(report.not_evaluated.is_empty(), "{}: {:?}", case.name, report.not_evaluated);
            let verdict = verdict(&report);
            assert!(
                verdict.iter().all(|(level, text)| *level == Level::Info && text.starts_with("in step")),
                "{}: {verdict:?}",
                case.name
            );
            assert_eq!(verdict.len(), case.families, "{}", case.name);
        }
    }
}

#[test]
fn what_changed_while_kube_proxy_was_stopped_is_named() {
    let case = cases().into_iter().find(|case| case.name == "anomaly-stale-objects-128-nft").unwrap();
    let report = report(&case, &read(&case.objects()), Some(&case.node));
    let expected = [
        "field-mismatch shop/image-resizer port",
        "ghost-service telemetry/statsd",
        "missing-endpoint shop/abandoned 10.244.1.210:80",
        "missing-endpoint shop/cart:http 10.244.2.201:8080",
        "stale-endpoint shop/cart:http 10.244.1.5:8080",
        "stale-endpoint shop/catalog:grpc 10.244.1.10:9090",
        "stale-endpoint shop/catalog:http 10.244.1.10:8080",
        "stale-endpoint shop/catalog:metrics 10.244.1.10:9102",
    ];
    assert_eq!(said(&report).into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(verdict(&report)[0].0, Level::Warning);
}

#[test]
fn each_random_change_is_found_and_named_right_and_nothing_else_is() {
    let mut rng = Rng(0x5EED_0007);
    let all: Vec<Case> = cases().into_iter().filter(|case| !case.is_different).collect();
    let mut made = std::collections::BTreeMap::<String, usize>::new();
    let mut wrong = Vec::new();
    for case in &all {
        let before = case.objects();
        for _ in 0..16 {
            let mut after = before.clone();
            let Some(Change { what, kind, expected }) = changes::change(&mut after, case, &mut rng) else { continue };
            let found = said(&report(case, &read(&after), Some(&case.node)));
            *made.entry(kind).or_default() += 1;
            if found != expected {
                wrong.push(format!("{}: {what}\n  expected {expected:#?}\n  found {found:#?}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {made:?}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(made.values().sum::<usize>() > 300 && made.len() >= 8, "{made:?}");
}

/// What `wrong-node-identity` says: node and message.
fn wrong_node(report: &Report) -> Vec<(&str, &str)> {
    let all = report.findings.iter().filter(|finding| finding.check == "wrong-node-identity");
    all.map(|finding| (finding.subject.as_str(), &*finding.message)).collect()
}

/// The names of the nodes in the objects, that of the case left out.
fn other_nodes(objects: &Value, case: &Case) -> Vec<String> {
    let items = objects["items"].as_array().unwrap().iter();
    let names = items.filter(|item| item["kind"] == "Node").map(|item| item["metadata"]["name"].as_str().unwrap());
    names.filter(|name| *name != case.node).map(str::to_owned).collect()
}

/// The cases whose services with Local policy tell one node from another.
fn telling() -> impl Iterator<Item = Case> {
    let tells = |case: &Case| case.name.starts_with("eks-edge") || case.name.starts_with("realnode-awsvpc");
    cases().into_iter().filter(move |case| !case.is_different && tells(case))
}

#[test]
fn the_rules_of_another_node_than_the_one_given_are_told_and_nothing_is_made_of_the_difference() {
    let mut told = 0;
    for case in telling() {
        let objects = case.objects();
        for other in other_nodes(&objects, &case) {
            let report = report(&case, &read(&objects), Some(&other));
            assert_eq!(said(&report), BTreeSet::from([format!("wrong-node-identity {other}")]), "{}", case.name);
            let (node, message) = wrong_node(&report)[0];
            assert_eq!(node, other, "{}", case.name);
            assert!(message.ends_with(&format!("; `{}` fits", case.node)), "{}: {message}", case.name);
            told += 1;
        }
    }
    assert!(told >= 16, "{told}");
}

#[test]
fn pods_on_another_node_than_kube_proxy_believes_are_told_and_the_node_that_fits() {
    for case in telling() {
        let objects = case.objects();
        let other = other_nodes(&objects, &case).remove(0);
        let named = |name: &str| format!("\"nodeName\":\"{name}\"");
        let moved = objects.to_string().replace(&named(&case.node), &named("@"));
        let moved = moved.replace(&named(&other), &named(&case.node)).replace(&named("@"), &named(&other));
        let report = report(&case, &read(&serde_json::from_str(&moved).unwrap()), Some(&case.node));
        assert_eq!(said(&report), BTreeSet::from([format!("wrong-node-identity {}", case.node)]), "{}", case.name);
        assert!(wrong_node(&report)[0].1.ends_with(&format!("; `{other}` fits")), "{}", case.name);
    }
}

#[test]
fn a_node_that_is_not_among_the_objects_is_told() {
    for case in cases().into_iter().filter(|case| !case.is_different) {
        let report = report(&case, &read(&case.objects()), Some("nowhere"));
        let wrong = wrong_node(&report);
        assert_eq!(wrong.len(), 1, "{}", case.name);
        assert!(wrong[0].1.contains("the objects hold no node `nowhere`"), "{}: {wrong:?}", case.name);
        assert_eq!(said(&report).len(), 1, "{}: {:?}", case.name, said(&report));
    }
}
