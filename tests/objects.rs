//! The services read from real dumps against the API objects they were made from: names, captures, policies, affinity,
//! source ranges, endpoints and local endpoints, in both families; and the node found by evidence alone.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its data has failed")]

use flate2::read::GzDecoder;
use kubenat::kube::{
    Affinity, Balancing, CaptureKind, CaptureState, LocalTest, Prefix, Proxy, ServicePort, TrafficPolicy,
};
use kubenat::objects::{
    self, DumpEvidence, Era, Expected, ExpectedPort, LocalSet, NodeIdentity, Objects, Version, View, expected, identify,
};
use kubenat::ruleset::{Family, Resolved};
use kubenat::source::Sources;
use kubenat::syntax::parse;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;

/// One dump and what is known of it (`testdata/dumps/cases.tsv`).
struct Case {
    name: String,
    version: Version,
    node: String,
    families: Vec<Family>,
}

/// Cases whose rules are meant to differ from their objects: the subjects that do, and why.
const DIFFERENT: &[(&str, &[&str])] = &[
    // A balancing rule deleted (catalog); an endpoint chain emptied (cart).
    ("anomaly-handedited-128-nft", &["shop/cart:http tcp", "shop/catalog:http tcp"]),
    // kube-proxy was stopped before these changed.
    (
        "anomaly-stale-objects-128-nft",
        &[
            "shop/abandoned tcp",
            "shop/cart:http tcp",
            "shop/catalog:grpc tcp",
            "shop/catalog:http tcp",
            "shop/catalog:metrics tcp",
            "shop/image-resizer tcp",
            "telemetry/statsd udp",
        ],
    ),
];

/// iptables-nft could not list the nat table of this one.
const WITHOUT_NAT: &str = "anomaly-incompatible-nft-rule-128";

/// What is compared of a service port, each fact in words.
type Facts = BTreeSet<String>;

fn dumps() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/dumps"))
}

fn unzipped(name: &str) -> Vec<u8> {
    let mut text = Vec::new();
    GzDecoder::new(File::open(dumps().join(name)).unwrap()).read_to_end(&mut text).unwrap();
    text
}

/// The cases in iptables mode.
fn cases() -> Vec<Case> {
    let table = fs::read_to_string(dumps().join("cases.tsv")).unwrap();
    let rows = table.lines().skip(1).map(|row| row.split('\t').collect::<Vec<_>>());
    rows.filter(|row| row[2] == "iptables" && row[0] != WITHOUT_NAT).map(|row| case(&row)).collect()
}

fn case(row: &[&str]) -> Case {
    let minor = row[1].split('.').nth(1).unwrap().parse().unwrap();
    let family = |name: &str| if name == "IPv6" { Family::Ipv6 } else { Family::Ipv4 };
    Case {
        name: row[0].to_owned(),
        version: Version::minor(minor),
        families: row[3].split(',').map(family).collect(),
        node: row[4].to_owned(),
    }
}

impl Case {
    fn objects(&self) -> Objects {
        let file = format!("{}.objects.json.gz", self.name);
        objects::read(&file, &unzipped(&file)).unwrap()
    }

    /// Asks `question` of what kube-proxy meant by the dump.
    fn with_proxy<T>(&self, family: Family, question: impl FnOnce(&Proxy<'_, '_>) -> T) -> T {
        let suffix = if family == Family::Ipv6 { "-v6" } else { "" };
        let file = format!("{}{suffix}.save.gz", self.name);
        let mut sources = Sources::default();
        sources.add(file.clone(), unzipped(&file), None).unwrap();
        let parsed = parse(&sources);
        assert_eq!(parsed.rulesets.len(), 1, "{file}");
        let resolved = Resolved::new(&parsed.rulesets[0]);
        let mut proxy = Proxy::new(&resolved);
        proxy.verify();
        question(&proxy)
    }
}

fn text(address: Option<SocketAddr>) -> String {
    address.map_or_else(|| "nothing".to_owned(), |address| address.to_string())
}

/// `endpoints 10.0.0.1:80 10.0.0.2:80`, in order of text.
fn set(what: &str, members: impl Iterator<Item = String>) -> String {
    let members: BTreeSet<String> = members.collect();
    format!("{what} {}", members.into_iter().collect::<Vec<_>>().join(" "))
}

fn targets(proxy: &Proxy<'_, '_>, balancing: &[Balancing]) -> Vec<Option<SocketAddr>> {
    let target = |rule: &Balancing| proxy.endpoint(rule.endpoint?).dnat()?.target();
    balancing.iter().map(target).collect()
}

/// What the rules say of a service port. Of external and load balancer addresses the filter table does not tell which
/// is which, so they count as one kind here.
fn found(proxy: &Proxy<'_, '_>, service: &ServicePort<'_>, view: &View) -> Facts {
    let mut facts = Facts::new();
    for capture in &service.captures {
        let kind = match capture.kind {
            CaptureKind::ClusterIp => "cluster IP",
            CaptureKind::NodePort => "node port",
            CaptureKind::ExternalIp | CaptureKind::LoadBalancerIp => "external",
        };
        let address = capture.address.filter(|_| capture.kind != CaptureKind::NodePort);
        let address = address.map_or_else(String::new, |address| format!("{address} "));
        facts.insert(format!("{kind} {address}{} {:?}", capture.port.unwrap_or_default(), capture.state));
    }
    let endpoints = targets(proxy, proxy.cluster_endpoints(service));
    let local = targets(proxy, proxy.local_endpoints(service));
    facts.insert(set("endpoints", endpoints.into_iter().map(text)));
    facts.insert(set("local endpoints", local.into_iter().map(text)));
    facts.insert(set("source ranges", service.source_ranges.iter().map(ToString::to_string)));
    facts.insert(format!("health check {:?}", service.health_check_port));
    facts.insert(format!("internal {:?}", service.internal_policy.unwrap_or(policy(view.internal_policy))));
    facts.insert(format!("external {:?}", service.external_policy.unwrap_or(policy(view.external_policy))));
    facts.insert(match service.affinity {
        Affinity::Unknown => "affinity unknown".to_owned(),
        Affinity::None => "affinity None".to_owned(),
        Affinity::ClientIp { seconds } => format!("affinity {seconds:?}"),
    });
    facts
}

fn policy(policy: objects::TrafficPolicy) -> TrafficPolicy {
    match policy {
        objects::TrafficPolicy::Cluster => TrafficPolicy::Cluster,
        objects::TrafficPolicy::Local => TrafficPolicy::Local,
    }
}

/// What the objects say of it.
fn wanted(port: &ExpectedPort<'_>, view: &View, version: Version) -> Facts {
    let mut facts = Facts::new();
    let number = port.port.port;
    let internal = state(view, view.internal_policy, version);
    let external = state(view, view.external_policy, version);
    facts.insert(format!("cluster IP {} {number} {internal:?}", port.cluster_ip));
    // External IPs went to the service chain whatever the policy until 1.18.
    let by_external_ip =
        if version < Version::minor(18) { objects::TrafficPolicy::Cluster } else { view.external_policy };
    let by_external_ip = state(view, by_external_ip, version);
    for address in &port.external_ips {
        facts.insert(format!("external {address} {number} {by_external_ip:?}"));
    }
    for address in &view.load_balancer_ips {
        facts.insert(format!("external {address} {number} {external:?}"));
    }
    if let Some(node_port) = port.port.node_port {
        facts.insert(format!("node port {node_port} {external:?}"));
    }
    let has_chains = !view.cluster.addresses().is_empty() || !view.local.addresses().is_empty();
    let has_firewall = has_chains && !view.load_balancer_ips.is_empty();
    let ranges = port.source_ranges.iter().filter(|_| has_firewall).map(ToString::to_string);
    facts.insert(set("endpoints", view.cluster.addresses().iter().map(ToString::to_string)));
    facts.insert(set("local endpoints", view.local.addresses().iter().map(ToString::to_string)));
    facts.insert(set("source ranges", ranges));
    let health_check = port.health_check_node_port.filter(|_| version >= Version::minor(21));
    facts.insert(format!("health check {health_check:?}"));
    facts.insert(format!("internal {:?}", view.internal_policy));
    facts.insert(format!("external {:?}", view.external_policy));
    facts.insert(match port.service.affinity_timeout {
        _ if !has_chains => "affinity unknown".to_owned(),
        None => "affinity None".to_owned(),
        Some(seconds) => format!("affinity {:?}", Some(seconds)),
    });
    facts
}

/// What a new connection from outside gets under that policy; a local one without chain of its own (1.22, 1.23) is
/// carried out in the service chain.
fn state(view: &View, policy: objects::TrafficPolicy, version: Version) -> CaptureState {
    let members = match policy {
        objects::TrafficPolicy::Local if view.local != objects::Members::NotUsed => &view.local,
        _ => &view.cluster,
    };
    match view.has_endpoints {
        _ if !members.addresses().is_empty() => CaptureState::Routed,
        Some(true) if version >= Version::minor(25) || members == &view.local => CaptureState::Dropped,
        _ => CaptureState::Rejected,
    }
}

fn subject(name: &str, protocol: impl std::fmt::Display) -> String {
    format!("{name} {protocol}")
}

/// The service ports of which no view of the era agrees with the rules, with the facts that differ.
fn differences(proxy: &Proxy<'_, '_>, expected: &Expected<'_>, version: Version) -> BTreeMap<String, Vec<String>> {
    let mut services: BTreeMap<String, &ServicePort<'_>> = BTreeMap::new();
    for service in &proxy.services {
        let name = service.name.map(|name| name.modern().text().to_string()).unwrap_or_default();
        let protocol = service.protocol.map(|protocol| protocol.to_string()).unwrap_or_default();
        services.insert(subject(&name, protocol), service);
    }
    let mut different = BTreeMap::new();
    for port in &expected.ports {
        let subject = subject(&port.name.to_string(), port.name.protocol);
        let Some(service) = services.remove(&subject) else {
            different.insert(subject, vec!["missing".to_owned()]);
            continue;
        };
        let differing = |view: &View| -> Vec<String> {
            let (found, wanted) = (found(proxy, service, view), wanted(port, view, version));
            found.symmetric_difference(&wanted).cloned().collect()
        };
        let all: Vec<Vec<String>> = port.views.iter().map(differing).collect();
        if let Some(first) = all.first().filter(|_| all.iter().all(|facts| !facts.is_empty())) {
            different.insert(subject, first.clone());
        }
    }
    different.extend(services.into_keys().map(|subject| (subject, vec!["ghost".to_owned()])));
    different
}

#[track_caller]
fn agrees(case: &Case, proxy: &Proxy<'_, '_>, expected: &Expected<'_>) {
    let different = differences(proxy, expected, case.version);
    let known = DIFFERENT.iter().find(|(name, _)| *name == case.name).map_or(&[][..], |(_, subjects)| subjects);
    assert!(different.keys().eq(known), "{}: {different:#?}", case.name);
}

fn named(case: &Case, objects: &Objects) -> NodeIdentity {
    identify(objects, Some(&case.node), &DumpEvidence::default())
}

#[test]
fn the_rules_of_a_known_version_say_what_the_objects_say() {
    for case in cases() {
        let objects = case.objects();
        for &family in &case.families {
            let expected = expected(&objects, &named(&case, &objects), family, Era::only(case.version));
            assert!(!expected.ports.is_empty(), "{}", case.name);
            case.with_proxy(family, |proxy| agrees(&case, proxy, &expected));
        }
    }
}

#[test]
fn the_rules_say_what_the_objects_say_in_the_era_the_dump_itself_tells() {
    for case in cases() {
        let objects = case.objects();
        for &family in &case.families {
            case.with_proxy(family, |proxy| {
                let version = |release: kubenat::kube::Release| Version::minor(u16::from(release.0));
                let era = Era::between(proxy.dialect.from.map(version), proxy.dialect.to.map(version));
                assert!(era.from <= case.version && case.version <= era.to, "{}: {era:?}", case.name);
                agrees(&case, proxy, &expected(&objects, &named(&case, &objects), family, era));
            });
        }
    }
}

fn evidence(proxy: &Proxy<'_, '_>) -> DumpEvidence {
    let mut evidence = DumpEvidence::default();
    for detector in &proxy.detectors {
        if let LocalTest::Source(net) = &detector.test {
            evidence.pod_cidrs.push(net.clone());
        }
    }
    for service in &proxy.services {
        let node_ports = service.captures.iter().filter(|capture| capture.kind == CaptureKind::NodePort);
        evidence.node_addresses.extend(node_ports.filter_map(|capture| capture.address));
        evidence.local_sets.extend(local_set(proxy, service));
    }
    evidence
}

fn local_set(proxy: &Proxy<'_, '_>, service: &ServicePort<'_>) -> Option<LocalSet> {
    service.chain(Prefix::Svl).or_else(|| service.chain(Prefix::Xlb))?;
    let name = service.name?;
    Some(LocalSet {
        name: objects::PortName {
            namespace: name.namespace().to_string(),
            name: name.name().to_string(),
            port: name.port().to_string(),
            protocol: service.protocol?,
        },
        endpoints: targets(proxy, proxy.local_endpoints(service)).into_iter().flatten().collect(),
    })
}

/// Cases with neither a Local policy, nor detection by node CIDR, nor restricted node ports: the rules of all nodes are
/// the same.
const ALIKE_ON_ALL_NODES: &[&str] = &[
    "anomaly-both-backends-128",
    "anomaly-handedited-128-nft",
    "anomaly-stale-objects-128-nft",
    "kubeadm-clusterip-128-legacy",
    "kubeadm-clusterip-128-nft",
    "kubeadm-counters-heavy-128-legacy",
    "largecluster-128-nft",
    "largecluster-130-legacy",
    "realnode-docker-portmap-flannel-128-legacy",
    "realnode-docker-portmap-flannel-128-nft",
];

#[test]
fn the_node_is_found_where_its_rules_tell_it_from_others() {
    for case in cases() {
        let objects = case.objects();
        let found = case.with_proxy(Family::Ipv4, |proxy| identify(&objects, None, &evidence(proxy)));
        let wanted = Some(case.node.as_str()).filter(|_| !ALIKE_ON_ALL_NODES.contains(&case.name.as_str()));
        assert_eq!((found.name.as_deref(), found.is_inferred), (wanted, true), "{}: {}", case.name, found.why);
    }
}
