//! The checks against real dumps of every era, backend and family: sound ones give no error and no warning, and each
//! planted fault is found at its line, with nothing else beside it.

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

/// The lines of a dump, to be changed.
struct Dump(Vec<String>);

impl Dump {
    fn of(text: &str) -> Self {
        Self(text.lines().map(str::to_owned).collect())
    }

    /// The index of the first line that holds all of `parts`.
    fn find(&self, parts: &[&str]) -> Option<usize> {
        self.0.iter().position(|line| parts.iter().all(|part| line.contains(part)))
    }

    fn text(&self) -> String {
        self.0.iter().flat_map(|line| [line, "\n"]).collect()
    }

    /// The first service chain with at least three pods that nothing but the cluster IP leads to: its balancing rules.
    fn ladder(&self) -> Option<Vec<usize>> {
        let start = self.0.iter().position(|line| {
            line.starts_with("-A KUBE-SVC-") && line.contains("--probability 0.3333") && line.contains("-j KUBE-SEP-")
        })?;
        let chain = word(&self.0[start], 1).to_owned();
        let is_rule =
            |line: &String| word(line, 1) == chain && line.contains("-j KUBE-SEP-") && !line.contains("--rcheck");
        let rules: Vec<usize> = (0..self.0.len()).filter(|&at| is_rule(&self.0[at])).collect();
        (rules.len() == 3).then_some(rules)
    }

    fn target(&self, at: usize) -> String {
        self.0[at].rsplit(' ').next().unwrap_or_default().to_owned()
    }

    /// The DNAT rule of the chain that a balancing rule leads to.
    fn dnat_behind(&self, at: usize) -> Option<usize> {
        self.find(&[&format!("-A {} ", self.target(at)), "-j DNAT"])
    }
}

fn word(line: &str, at: usize) -> &str {
    line.split(' ').nth(at).unwrap_or_default()
}

/// Plants one fault and says where it must be found; `None` where the dump has no place for it.
type Plant = fn(&mut Dump) -> Option<usize>;

/// A fault: its check, how it is planted, and what else it brings about.
const PLANTED: &[(&str, Plant, &[&str])] = &[
    (
        "services-not-hooked",
        |dump| {
            let at = dump.find(&["-A PREROUTING", "-j KUBE-SERVICES"])?;
            dump.0.remove(at);
            let nat = dump.find(&["*nat"])?;
            (nat..dump.0.len()).find(|&at| dump.0[at].starts_with(":PREROUTING"))
        },
        &[],
    ),
    (
        "postrouting-not-hooked",
        |dump| {
            let at = dump.find(&["-A POSTROUTING", "-j KUBE-POSTROUTING"])?;
            dump.0.remove(at);
            let nat = dump.find(&["*nat"])?;
            (nat..dump.0.len()).find(|&at| dump.0[at].starts_with(":POSTROUTING"))
        },
        &[],
    ),
    (
        "duplicate-jump",
        |dump| {
            let at = dump.find(&["-A OUTPUT", "-j KUBE-SERVICES"])?;
            dump.0.insert(at, dump.0[at].clone());
            Some(at + 1)
        },
        &[],
    ),
    (
        "nodeports-not-last",
        |dump| {
            let jump = dump.find(&["-A KUBE-SERVICES", "-j KUBE-NODEPORTS"])?;
            let capture = dump.find(&["-A KUBE-SERVICES", "-j KUBE-SVC-"])?;
            let line = dump.0[capture].clone();
            dump.0.remove(capture);
            dump.0.insert(jump, line);
            Some(jump)
        },
        &["foreign-rule"],
    ),
    (
        "orphan-chain",
        |dump| {
            let at = dump.find(&[":KUBE-SERVICES"]).filter(|_| dump.find(&[":KUBE-SVC-"]).is_some())?;
            let nat = dump.find(&["*nat"])?;
            let at = (nat..dump.0.len()).find(|&line| dump.0[line].starts_with(":KUBE-SERVICES")).unwrap_or(at);
            dump.0.insert(at, ":KUBE-SEP-AAAAAAAAAAAAAAAA - [0:0]".into());
            Some(at)
        },
        &[],
    ),
    (
        "dangling-jump",
        |dump| {
            let rule = dump.ladder()?[1];
            let target = dump.target(rule);
            let line = dump.0[rule].clone();
            dump.0.retain(|line| {
                !line.starts_with(&format!(":{target} ")) && !line.starts_with(&format!("-A {target} "))
            });
            dump.0.iter().position(|other| *other == line)
        },
        &["incomplete-affinity"],
    ),
    (
        "endpoint-without-dnat",
        |dump| {
            let rule = dump.ladder()?[1];
            let target = dump.target(rule);
            let dnat = dump.dnat_behind(rule)?;
            dump.0.remove(dnat);
            dump.find(&[&format!(":{target} ")])
        },
        &["incomplete-affinity"],
    ),
    (
        "dnat-target-mismatch",
        |dump| {
            let at = dump.dnat_behind(dump.ladder()?[1])?;
            let line = dump.0[at].replace("--to-destination ", "--to-destination 203.0.113.77:99 #");
            dump.0[at] = line
                .split(" #")
                .next()?
                .replace("203.0.113.77:99", if line.contains('[') { "[2001:db8::77]:99" } else { "203.0.113.77:99" });
            Some(at)
        },
        &[],
    ),
    (
        "protocol-mismatch",
        |dump| {
            let at = dump.dnat_behind(dump.ladder()?[1])?;
            let line = dump.0[at].clone();
            let from = line.split("-p ").nth(1)?.split(' ').next()?;
            let to = if from == "tcp" { "udp" } else { "tcp" };
            dump.0[at] = line
                .replace(&format!("-p {from}"), &format!("-p {to}"))
                .replace(&format!("-m {from}"), &format!("-m {to}"));
            Some(at)
        },
        &[],
    ),
    (
        "no-hairpin",
        |dump| {
            let rule = dump.ladder()?[1];
            let target = dump.target(rule);
            let at = dump.find(&[&format!("-A {target} "), "-j KUBE-MARK-MASQ"])?;
            dump.0.remove(at);
            dump.dnat_behind(rule.saturating_sub(usize::from(at < rule)))
        },
        &[],
    ),
    (
        "starved-endpoint",
        |dump| {
            let rules = dump.ladder()?;
            let line = &dump.0[rules[0]];
            let (before, after) = line.split_once(" -m statistic")?;
            dump.0[rules[0]] = format!("{before} {}", &after[after.find("-j ")?..]);
            Some(rules[1])
        },
        &["ladder-of-another-size"],
    ),
    (
        "uneven-shares",
        |dump| {
            let at = dump.ladder()?[1];
            dump.0[at] = dump.0[at].replace("0.50000000000", "0.90000000000");
            Some(at)
        },
        &["ladder-of-another-size"],
    ),
    (
        "leaking-service",
        |dump| {
            let at = dump.ladder()?[2];
            dump.0[at] = dump.0[at].replace(" -j ", " -m statistic --mode random --probability 0.50000000000 -j ");
            Some(at)
        },
        &["ladder-of-another-size"],
    ),
    (
        "several-dnats",
        |dump| {
            let at = dump.dnat_behind(dump.ladder()?[1])?;
            dump.0.insert(at + 1, dump.0[at].clone());
            Some(at + 1)
        },
        &[],
    ),
    (
        "foreign-endpoint",
        |dump| {
            let rules = dump.ladder()?;
            let own: Vec<String> = rules.iter().map(|&at| dump.target(at)).collect();
            let chain = word(&dump.0[rules[0]], 1).to_owned();
            let other = dump.0.iter().position(|line| {
                line.starts_with("-A KUBE-SVC-")
                    && line.contains("-j KUBE-SEP-")
                    && word(line, 1) != chain
                    && !line.contains("--rcheck")
            })?;
            let foreign = dump.target(other);
            dump.0[rules[1]] = dump.0[rules[1]].replace(&own[1], &foreign);
            Some(rules[1])
        },
        &[
            "orphan-chain",
            "dnat-target-mismatch",
            "incomplete-affinity",
            "protocol-mismatch",
            "endpoint-in-two-namespaces",
        ],
    ),
    (
        "duplicate-endpoint",
        |dump| {
            let rules = dump.ladder()?;
            let (first, second) = (dump.target(rules[0]), dump.target(rules[1]));
            dump.0[rules[1]] = dump.0[rules[1]].replace(&second, &first);
            Some(rules[1])
        },
        &["orphan-chain", "dnat-target-mismatch", "incomplete-affinity", "uneven-shares"],
    ),
    (
        "odd-endpoint-address",
        |dump| {
            let at = dump.dnat_behind(dump.ladder()?[1])?;
            let start = dump.0[at].find("--to-destination ")?;
            let address = if dump.0[at][start..].contains('[') { "[::1]:80" } else { "127.0.0.1:80" };
            dump.0[at] = format!("{}--to-destination {address}", &dump.0[at][..start]);
            Some(at)
        },
        &["dnat-target-mismatch"],
    ),
    (
        "foreign-rule",
        |dump| {
            let at = dump.ladder()?[0];
            let line = format!("-A {} -m limit --limit 5/min -j LOG", word(&dump.0[at], 1));
            dump.0.insert(at, line);
            Some(at)
        },
        &[],
    ),
    (
        "unreachable-rule",
        |dump| {
            let at = dump.find(&["-A KUBE-SERVICES", "-j KUBE-SVC-"])?;
            dump.0.insert(at, "-A KUBE-SERVICES -j RETURN".into());
            Some(at + 1)
        },
        &["foreign-rule"],
    ),
    (
        "blocking-reference",
        |dump| {
            let rule = dump.ladder()?[0];
            let line = format!("-A PREROUTING -i eth9 -j {}", word(&dump.0[rule], 1));
            let at = dump.find(&["-A PREROUTING", "-j KUBE-SERVICES"])? + 1;
            dump.0.insert(at, line);
            Some(at)
        },
        &["interceptor"],
    ),
];

/// Dumps of the eras, backends and families that faults are planted in.
const SOUND: [&str; 7] = [
    "eks-edge-114-legacy",
    "eks-edge-119-legacy",
    "eks-edge-123-nft",
    "kubeadm-clusterip-128-nft",
    "k3s-bridge-128-legacy",
    "kind-dualstack-128-legacy-v6",
    "eks-edge-130-nft",
];

#[test]
fn every_planted_fault_is_found_at_its_line_and_nothing_else() {
    let sound: Vec<_> =
        dumps().into_iter().filter(|(name, _)| SOUND.iter().any(|case| *name == format!("{case}.save.gz"))).collect();
    assert_eq!(sound.len(), SOUND.len());
    let mut wrong = Vec::new();
    for (check, plant, side_effects) in PLANTED {
        let mut planted = 0;
        for (name, text) in &sound {
            let mut dump = Dump::of(text);
            let Some(at) = plant(&mut dump) else { continue };
            planted += 1;
            let fired = fired(&dump.text());
            if !fired.contains(&(*check, dump.0[at].clone())) {
                wrong.push(format!("{check} in {name}: not found at {}: {fired:#?}", dump.0[at]));
            }
            let is_expected = |own: &str| own == *check || side_effects.contains(&own);
            let is_other = |(own, line): &&(&str, String)| !is_expected(own) && !says_so_itself(own, line);
            let other: Vec<_> = fired.iter().filter(is_other).collect();
            if !other.is_empty() {
                wrong.push(format!("{check} in {name}: also {other:#?}"));
            }
        }
        if planted < 2 {
            wrong.push(format!("{check}: planted only {planted} times"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
