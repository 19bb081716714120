//! States worth knowing, and forms that nobody knows.

use crate::Fault;
use crate::dump::{Capture, Dump, word};

pub(crate) const FAULTS: &[Fault] = &[
    (
        "outlier-endpoint",
        |dump| {
            // Among fewer pods those of the host network and one more are more than a twentieth.
            let pods = dump.0.iter().filter(|line| line.contains("-j DNAT")).count();
            let least = if dump.find(&["default/kubernetes"]).is_some() { 50 } else { 25 };
            let far = if is_v6(dump) { "[2001:db8:9::9]:8080" } else { "203.0.113.9:8080" }.parse().ok()?;
            let (service, pod) = dump.place_for(far, |each| each.namespace() != "default").filter(|_| pods >= least)?;
            dump.replace_pod(&service, &pod, far)
        },
        &[],
    ),
    (
        "endpoint-in-two-namespaces",
        |dump| {
            let captures = dump.captures();
            let (other, shared, service, pod) =
                captures.iter().filter(|each| each.namespace() != "kube-system").find_map(|other| {
                    let shared = dump.destination(&dump.target(*dump.pods(&other.chain).first()?))?;
                    let is_elsewhere =
                        |each: &Capture| each.namespace() != other.namespace() && each.protocol == other.protocol;
                    let (service, pod) = dump.place_for(shared, is_elsewhere)?;
                    Some((other, shared, service, pod))
                })?;
            let own = dump.replace_pod(&service, &pod, shared)?;
            // The service whose address stands first is the one that is shown.
            if service.at < other.at {
                return Some(own);
            }
            dump.dnat_behind(dump.pods(&other.chain)[0])
        },
        &[],
    ),
    (
        "cidr-without-pods",
        |dump| {
            let own = dump.find_in("nat", "-A KUBE-S", &[" ! -s ", "-j KUBE-MARK-MASQ"])?;
            let own = dump.0[own].split(" ! -s ").nth(1)?.split(' ').next()?.to_owned();
            let other = if is_v6(dump) { "fd00:99::/48" } else { "10.99.0.0/16" };
            for line in &mut dump.0 {
                *line = line.replace(&format!("-s {own} "), &format!("-s {other} "));
            }
            dump.find_in("nat", "-A KUBE-", &[&format!("-s {other} ")])
        },
        &[],
    ),
    (
        "client-address-hidden",
        |dump| {
            let captures = dump.captures();
            let capture = captures.iter().find(|each| each.protocol == "tcp")?;
            let (name, chain) = (&capture.service, &capture.chain);
            let way = format!("-A KUBE-NODEPORTS -p tcp -m comment --comment \"{name}\" -m tcp --dport 31007 -j");
            if dump.find_in("nat", ":KUBE-SEP-", &[]).is_none() || dump.find_in("nat", ":KUBE-XLB-", &[]).is_some() {
                dump.put_first("nat", format!("{way} {chain}"))?;
                return dump.put_first("nat", format!("{way} KUBE-MARK-MASQ"));
            }
            let own = format!("KUBE-EXT-{}", capture.hash());
            let nat = dump.table("nat")?;
            dump.0.insert(nat.start + 1, format!(":{own} - [0:0]"));
            dump.put_first("nat", format!("{way} {own}"))?;
            dump.put_first("nat", format!("-A {own} -j {chain}"))?;
            let comment = format!("\"masquerade traffic for {name} external destinations\"");
            dump.put_first("nat", format!("-A {own} -m comment --comment {comment} -j KUBE-MARK-MASQ"))
        },
        &[],
    ),
    (
        "no-local-detection",
        |dump| {
            let tells = |line: &String| {
                let is_outside =
                    line.ends_with("-j KUBE-MARK-MASQ") && (line.contains(" ! -s ") || line.contains(" ! -i "));
                is_outside || line.contains("\"pod traffic for ") || line.contains("\"Redirect pods ")
            };
            dump.0.iter().any(tells).then_some(())?;
            dump.0.retain(|line| !tells(line));
            let shown = dump.find_in("nat", "-A KUBE-SERVICES -d ", &["cluster IP\" "])?;
            Some(shown)
        },
        &[],
    ),
    (
        "other-owners",
        |dump| {
            dump.find(&[":AWS-"]).is_none().then_some(())?;
            let nat = dump.table("nat")?;
            dump.0.insert(nat.start + 1, ":cali-nat-outgoing - [0:0]".into());
            Some(nat.start + 1)
        },
        &[],
    ),
    ("session-affinity", sticky, &[]),
    (
        "every-local-service-empty",
        |dump| {
            let leads = |line: &String| {
                let drops = line.ends_with("-j DROP") || line.ends_with("-j KUBE-MARK-DROP");
                drops && line.contains(" has no local endpoints\"")
            };
            let services = |dump: &Dump| {
                let names = dump.0.iter().filter(|line| leads(line)).filter_map(|line| line.split('"').nth(1));
                names.collect::<std::collections::BTreeSet<_>>().len()
            };
            for hash in dump.local_services() {
                dump.remove_service(&hash);
            }
            (services(dump) > 1).then_some(())?;
            dump.0.iter().position(leads)
        },
        &[],
    ),
    (
        "unknown-dialect",
        |dump| {
            let is_dnat = |line: &String| line.starts_with("-A KUBE-SEP-") && line.contains("-j DNAT");
            let first = dump.0.iter().position(is_dnat)?;
            let counted = |line: &String| {
                let chain = word(line, 1);
                let own = format!("-A {chain} -m comment --comment accounting -j CONNMARK --set-xmark 0x100/0x100");
                if is_dnat(line) { vec![own, line.clone()] } else { vec![line.clone()] }
            };
            dump.0 = dump.0.iter().flat_map(counted).collect();
            Some(first)
        },
        &[],
    ),
    (
        "several-captures",
        |dump| {
            let again: Vec<String> = dump.0.iter().map(|line| line.replace(" 2026", " 2027")).collect();
            dump.0.extend(again);
            dump.0.iter().position(|line| line.starts_with(':'))
        },
        &[],
    ),
    (
        "nft-native-table",
        |dump| {
            dump.find(&["(nf_tables)"])?;
            let filter = dump.table("filter")?;
            let line = "# Table `filter' is incompatible, use 'nft' tool.".to_owned();
            dump.0.splice(filter.start..=filter.end, [line]);
            Some(filter.start)
        },
        &[],
    ),
    (
        "nft-native-table",
        |dump| {
            dump.find(&["(nf_tables)"])?;
            let nat = dump.table("nat")?;
            let line = "# Table `nat' contains incompatible base-chains, use 'nft' tool to list them.";
            dump.0.insert(nat.end + 1, line.into());
            Some(nat.end + 1)
        },
        &[],
    ),
];

fn is_v6(dump: &Dump) -> bool {
    dump.find(&["Generated by ip6tables"]).is_some()
}

/// Makes a service of several pods sticky, as kube-proxy does: the pods are asked before they are drawn, and remember.
fn sticky(dump: &mut Dump) -> Option<usize> {
    let captures = dump.captures();
    let is_plain = |rules: &Vec<usize>| rules.len() > 1 && !dump.0[rules[0]].contains("--rcheck");
    let rules = captures.iter().map(|each| dump.pods(&each.chain)).find(is_plain)?;
    let mask = if is_v6(dump) { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" } else { "255.255.255.255" };
    let asks = |line: &String, pod: &str| {
        let start = line.split(" -m statistic").next()?.split(" -j ").next()?.to_owned();
        Some(format!("{start} -m recent --rcheck --seconds 10800 --reap --name {pod} --mask {mask} --rsource -j {pod}"))
    };
    let pods: Vec<String> = rules.iter().map(|&at| dump.target(at)).collect();
    for pod in &pods {
        let at = dump.find(&[&format!("-A {pod} "), "-j DNAT"])?;
        let remembers = format!(" -m recent --set --name {pod} --mask {mask} --rsource -m ");
        // Before the match of the protocol that stands before the target.
        let (before, after) = dump.0[at].rsplit_once(" -m ")?;
        dump.0[at] = format!("{before}{remembers}{after}");
    }
    let asked: Option<Vec<String>> = rules.iter().zip(&pods).map(|(&at, pod)| asks(&dump.0[at], pod)).collect();
    dump.0.splice(rules[0]..rules[0], asked?);
    Some(rules[0])
}
