//! Faults in the chains of services and pods, and in the rules that lead there.

use crate::Fault;
use crate::dump::word;

pub(crate) const FAULTS: &[Fault] = &[
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
        &[("foreign-rule", "it is no rule of kube-proxy")],
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
        &[("dangling-jump", "its session affinity leads to the pod as well")],
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
        &[],
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
        &[],
    ),
    (
        "uneven-shares",
        |dump| {
            let at = dump.ladder()?[1];
            dump.0[at] = dump.0[at].replace("0.50000000000", "0.90000000000");
            Some(at)
        },
        &[],
    ),
    (
        "leaking-service",
        |dump| {
            let at = dump.ladder()?[2];
            dump.0[at] = dump.0[at].replace(" -j ", " -m statistic --mode random --probability 0.50000000000 -j ");
            Some(at)
        },
        &[],
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
            ("orphan-chain", "nothing leads to the pod's chain any more"),
            ("incomplete-affinity", "its session affinity asks for the pod as well"),
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
        &[
            ("orphan-chain", "nothing leads to the pod's chain any more"),
            ("incomplete-affinity", "its session affinity asks for the pod as well"),
        ],
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
        &[("dnat-target-mismatch", "the name of the chain is a checksum of what it translates to")],
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
        "foreign-rule",
        |dump| {
            let at = dump.dnat_behind(dump.ladder()?[1])?;
            let (before, _) = dump.0[at].split_once("-j DNAT")?;
            dump.0[at] = format!("{before}-j REDIRECT --to-ports 8080");
            Some(at)
        },
        &[("uneven-shares", "what is redirected does not come to the pod")],
    ),
    (
        "unreachable-rule",
        |dump| {
            let at = dump.find(&["-A KUBE-SERVICES", "-j KUBE-SVC-"])?;
            dump.0.insert(at, "-A KUBE-SERVICES -j RETURN".into());
            Some(at + 1)
        },
        &[("foreign-rule", "it is no rule of kube-proxy")],
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
        &[],
    ),
    (
        "service-chain-mismatch",
        |dump| {
            let captures = dump.captures();
            let one = captures.first()?;
            let other = captures.iter().find(|other| other.service != one.service && other.protocol == one.protocol)?;
            dump.0[one.at] = dump.0[one.at].replace(&one.chain, &other.chain);
            dump.0[other.at] = dump.0[other.at].replace(&other.chain, &one.chain);
            Some(one.at)
        },
        &[("service-chain-mismatch", "the other address leads to the wrong chain, too")],
    ),
    (
        "empty-service-chain",
        |dump| {
            let chain = dump.captures().first()?.chain.clone();
            dump.remove_pods(&chain);
            dump.find_in("nat", &format!(":{chain} "), &[])
        },
        &[],
    ),
    (
        "shadowed-address",
        |dump| {
            let captures = dump.captures();
            let first = captures.first()?;
            let later = captures.iter().skip(1).find(|later| later.protocol == first.protocol)?;
            let comment = format!("\"{} cluster IP\"", later.service);
            for line in dump.0.iter_mut().filter(|line| line.contains(&comment)) {
                *line = line
                    .replace(&format!("-d {} ", later.address), &format!("-d {} ", first.address))
                    .replace(&format!("--dport {} ", later.port), &format!("--dport {} ", first.port));
            }
            Some(later.at)
        },
        &[],
    ),
    (
        "no-endpoints",
        |dump| {
            let captures = dump.captures();
            let gone = captures.first()?;
            let refusal = gone.refusal();
            dump.find_in("filter", ":KUBE-SERVICES ", &[])?;
            dump.remove_pods(&gone.chain);
            dump.remove_chain(&gone.chain);
            let comment = format!("\"{} cluster IP\"", gone.service);
            dump.0.retain(|line| !line.contains(&comment));
            dump.put_first("filter", refusal)
        },
        &[],
    ),
    (
        "nat-filter-contradiction",
        |dump| {
            dump.find_in("filter", ":KUBE-SERVICES ", &[])?;
            let refusal = dump.captures().first()?.refusal();
            dump.put_first("filter", refusal)
        },
        &[],
    ),
    (
        "reordered-endpoints",
        |dump| {
            let rules = dump.ladder().filter(|_| dump.has_canary())?;
            let chance = |line: &str| Some(line.split("--probability ").nth(1)?.split(' ').next()?.to_owned());
            let (one, two) = (chance(&dump.0[rules[0]])?, chance(&dump.0[rules[1]])?);
            dump.0.swap(rules[0], rules[1]);
            dump.0[rules[0]] = dump.0[rules[0]].replace(&two, &one);
            dump.0[rules[1]] = dump.0[rules[1]].replace(&one, &two);
            Some(rules[1])
        },
        &[],
    ),
    (
        "dnat-to-service-address",
        |dump| {
            let at = dump.dnat_behind(dump.ladder()?[1])?;
            let captures = dump.captures();
            let other = captures.iter().find(|each| dump.0[at].contains(&format!("-p {} ", each.protocol)))?;
            let address = other.address.split('/').next()?;
            let address = if address.contains(':') { format!("[{address}]") } else { address.to_owned() };
            let (before, _) = dump.0[at].split_once("--to-destination ")?;
            dump.0[at] = format!("{before}--to-destination {address}:{}", other.port);
            Some(at)
        },
        &[("dnat-target-mismatch", "the name of the chain is a checksum of what it translates to")],
    ),
    (
        "incomplete-affinity",
        |dump| {
            let first = dump.find_in("nat", "-A KUBE-SVC-", &["--rcheck"])?;
            let start = format!("-A {} ", word(&dump.0[first], 1));
            let target = dump.target(first);
            dump.0.remove(first);
            if dump.find_in("nat", &start, &["--rcheck"]).is_some() {
                return dump.find_in("nat", &start, &[&format!("-j {target}")]);
            }
            dump.find_in("nat", &format!("-A {target} "), &["--set", "-j DNAT"])
        },
        &[],
    ),
    (
        "ladder-of-another-size",
        |dump| {
            let rules = dump.ladder()?;
            dump.0.remove(rules[1]);
            Some(rules[2] - 1)
        },
        &[
            ("orphan-chain", "nothing leads to the pod's chain any more"),
            ("incomplete-affinity", "its session affinity asks for a pod that is never drawn"),
        ],
    ),
];
