//! The real dumps and their objects.

use flate2::read::GzDecoder;
use kubenat::kube::Proxy;
use kubenat::ruleset::Resolved;
use kubenat::source::Sources;
use kubenat::syntax::{Parsed, parse};
use serde_json::Value;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// One dump and what is known of it (`testdata/dumps/cases.tsv`).
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) minor: u16,
    pub(crate) node: String,
    pub(crate) families: usize,
    /// Whether its rules are meant to differ from its objects.
    pub(crate) is_different: bool,
}

/// A balancing rule deleted and an endpoint chain emptied; kube-proxy stopped before the objects changed.
const DIFFERENT: [&str; 2] = ["anomaly-handedited-128-nft", "anomaly-stale-objects-128-nft"];

/// iptables-nft could not list the nat table of this one.
const WITHOUT_NAT: &str = "anomaly-incompatible-nft-rule-128";

fn dumps() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/dumps")
}

fn unzipped(name: &str) -> Vec<u8> {
    let mut text = Vec::new();
    GzDecoder::new(File::open(dumps().join(name)).unwrap()).read_to_end(&mut text).unwrap();
    text
}

/// The cases in iptables mode.
pub(crate) fn cases() -> Vec<Case> {
    let table = fs::read_to_string(dumps().join("cases.tsv")).unwrap();
    let rows = table.lines().skip(1).map(|row| row.split('\t').collect::<Vec<_>>());
    rows.filter(|row| row[2] == "iptables" && row[0] != WITHOUT_NAT).map(|row| case(&row)).collect()
}

fn case(row: &[&str]) -> Case {
    Case {
        name: row[0].to_owned(),
        minor: row[1].split('.').nth(1).unwrap().parse().unwrap(),
        families: row[3].split(',').count(),
        node: row[4].to_owned(),
        is_different: DIFFERENT.contains(&row[0]),
    }
}

impl Case {
    pub(crate) fn objects(&self) -> Value {
        serde_json::from_slice(&unzipped(&format!("{}.objects.json.gz", self.name))).unwrap()
    }
}

/// Asks `question` of all rulesets of a case.
pub(crate) fn proxies_of<T>(case: &Case, question: impl FnOnce(&Sources, &Parsed<'_>, &[Proxy<'_, '_>]) -> T) -> T {
    let mut sources = Sources::default();
    for suffix in ["", "-v6"].iter().take(case.families) {
        let file = format!("{}{suffix}.save.gz", case.name);
        sources.add(file.clone(), unzipped(&file), None).unwrap();
    }
    let parsed = parse(&sources);
    assert_eq!(parsed.rulesets.len(), case.families, "{}", case.name);
    let resolved: Vec<_> = parsed.rulesets.iter().map(Resolved::new).collect();
    let proxies: Vec<_> = resolved
        .iter()
        .map(|resolved| {
            let mut proxy = Proxy::new(resolved);
            proxy.verify();
            proxy
        })
        .collect();
    question(&sources, &parsed, &proxies)
}
