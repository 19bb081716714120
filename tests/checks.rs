//! The checks against real dumps of every era, backend and family: sound ones give no error and no warning
//! they have not earned. That planted faults are found is shown in `mutations`.

use flate2::read::GzDecoder;
use kubenat::checks::{Input, Level, Selection, run};
use kubenat::kube::Proxy;
use kubenat::ruleset::Resolved;
use kubenat::source::Sources;
use kubenat::syntax::parse;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// What the oddities of a dump earn: check, and the beginning of the line it fires at.
const EARNED: &[(&str, &[(&str, &str)])] = &[
    (
        "anomaly-handedited-128-nft",
        &[
            ("endpoint-without-dnat", ":KUBE-SEP-27VOFYQ7SVOL37XI"),
            ("leaking-service", "-A KUBE-SVC-CANGXCGUXK6DVRMW -m comment --comment half"),
            ("leaking-service", "-A KUBE-SVC-O4NXHTAYIF22RRPW -m statistic"),
            ("interceptor", "-A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m udp"),
            ("foreign-rule", "-A KUBE-SVC-O4NXHTAYIF22RRPW -m statistic"),
            ("orphan-chain", ":KUBE-SEP-6JFXHML7SOP6S32O"),
            ("orphan-chain", ":KUBE-SVC-ZZZZZZZZZZZZZZZZ"),
            ("ladder-of-another-size", "-A KUBE-SVC-ITBI3OHKD3FRXPDK"),
        ],
    ),
    // An operator added a native nft rule to the nat table.
    ("anomaly-incompatible-nft-rule-128", &[("nft-native-table", "# Table `nat' is incompatible")]),
    // kubelet and kube-proxy with different iptables wrote the same rules.
    (
        "realnode-docker-portmap-flannel",
        &[
            ("duplicate-jump", "-A INPUT -j KUBE-FIREWALL"),
            ("duplicate-jump", "-A OUTPUT -j KUBE-FIREWALL"),
            ("duplicate-jump", "-A KUBE-FIREWALL"),
        ],
    ),
];

/// An error or a warning: the check and the line it fires at.
type Fired = BTreeSet<(&'static str, String)>;

fn fired(text: &str) -> Fired {
    let mut sources = Sources::default();
    sources.add("dump".into(), text.as_bytes().to_vec(), None).expect("it is small");
    let parsed = parse(&sources);
    let resolved: Vec<_> = parsed.rulesets.iter().map(Resolved::new).collect();
    let proxies: Vec<_> = resolved.iter().map(proxy).collect();
    let report = run(&Input { sources: &sources, parsed: &parsed, proxies: &proxies, api: None }, Selection::default());
    let mut fired = Fired::new();
    for finding in report.findings.iter().filter(|finding| finding.level != Level::Info) {
        let firsts = [&finding.evidence].into_iter().chain(finding.also.iter().map(|also| &also.evidence));
        for first in firsts.filter_map(|evidence| evidence.first()) {
            let line = sources.place(first.span).map(|place| place.whole_line.to_string()).unwrap_or_default();
            fired.insert((finding.check, line));
        }
    }
    fired
}

fn proxy<'a, 'src>(resolved: &'a Resolved<'a, 'src>) -> Proxy<'a, 'src> {
    let mut proxy = Proxy::new(resolved);
    proxy.verify();
    let _ = proxy.solve();
    proxy
}

fn dumps() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/dumps");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("the dumps are there").filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let saves = paths.iter().filter(|path| name(path).ends_with(".save.gz"));
    saves.map(|path| (name(path), unpacked(path))).collect()
}

fn unpacked(path: &Path) -> String {
    let mut text = String::new();
    let file = File::open(path).expect("the dump can be read");
    GzDecoder::new(file).read_to_string(&mut text).expect("the dump is text");
    text
}

#[test]
fn sound_dumps_of_every_era_give_no_error_and_no_warning_they_have_not_earned() {
    for (name, text) in dumps() {
        let earned = EARNED.iter().find(|(case, _)| name.starts_with(case)).map_or(&[][..], |(_, earned)| earned);
        let fired = fired(&text);
        let is_earned = |(check, line): &(&str, String)| {
            says_so_itself(check, line) || earned.iter().any(|(own, start)| check == own && line.starts_with(start))
        };
        let unearned: Vec<_> = fired.iter().filter(|each| !is_earned(each)).collect();
        assert!(unearned.is_empty(), "{name}: {unearned:#?}");
        for (check, start) in earned {
            assert!(
                fired.iter().any(|(own, line)| own == check && line.starts_with(start)),
                "{name}: no {check} at {start}"
            );
        }
    }
}

/// Whether the rule itself says what the check tells: kube-proxy wrote that there is no local endpoint.
fn says_so_itself(check: &str, line: &str) -> bool {
    check == "no-local-endpoints" && line.contains(" has no local endpoints\"")
}
