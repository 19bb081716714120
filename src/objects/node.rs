//! Which node a dump was taken on: told by the user, or found by what only one node's rules would say. Never guessed:
//! where several nodes fit, or two kinds of evidence disagree, there is no answer but the reason.

use super::candidates::SliceIndex;
use super::model::{Node, Objects, PortName, family_of};
use crate::ruleset::Net;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

/// The endpoints a dump's local-policy chain (KUBE-SVL, KUBE-XLB) lists for one service port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalSet {
    /// The service port.
    pub name: PortName,
    /// The endpoints, in any order.
    pub endpoints: Vec<SocketAddr>,
}

/// What a dump tells about the node it was taken on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DumpEvidence {
    /// Addresses only this node would have in its rules: those that restrict node ports.
    pub node_addresses: Vec<IpAddr>,
    /// Nets by which the rules tell pods from others; one node's own where it detects by node CIDR.
    pub pod_cidrs: Vec<Net>,
    /// What the local-policy chains list.
    pub local_sets: Vec<LocalSet>,
}

/// The node a dump is taken to come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeIdentity {
    /// Its name; `None` where none or several fit.
    pub name: Option<String>,
    /// Whether it was found by evidence; otherwise the user named it.
    pub is_inferred: bool,
    /// Why it is this one, or why it is none.
    pub why: String,
}

/// How well one node fits the evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeFit<'a> {
    /// The node.
    pub node: &'a Node,
    /// How many of the dump's node addresses are its own.
    pub addresses: usize,
    /// How many of the dump's pod nets are its own.
    pub pod_cidrs: usize,
    /// How many endpoints of the dump's local sets run on it.
    pub local_endpoints: usize,
    /// How many endpoints of the dump's local sets run elsewhere.
    pub foreign_endpoints: usize,
}

/// The node named by the user, else the one node that the evidence singles out.
#[must_use]
pub fn identify(objects: &Objects, given: Option<&str>, evidence: &DumpEvidence) -> NodeIdentity {
    if let Some(name) = given {
        let why = match objects.node(name) {
            Some(_) => "given by --node".to_owned(),
            None => format!("given by --node, though the objects hold no node {name}"),
        };
        return NodeIdentity { name: Some(name.to_owned()), is_inferred: false, why };
    }
    let fits = fits(objects, evidence);
    let mut found: Vec<(&str, &'static str)> = Vec::new();
    let by_address = one(&fits, |fit| fit.addresses > 0);
    let by_net = one(&fits, |fit| fit.pod_cidrs > 0);
    found.extend(by_address.map(|name| (name, "it alone has the node address in the rules")));
    found.extend(by_net.map(|name| (name, "the rules' pod net is its pod CIDR alone")));
    found.extend(by_endpoints(&fits).map(|name| (name, "the endpoints of the local-policy chains run on it")));
    conclusion(&fits, &found, evidence.node_addresses.is_empty())
}

fn conclusion(fits: &[NodeFit<'_>], found: &[(&str, &'static str)], has_no_address: bool) -> NodeIdentity {
    let known = |name: &str, why: String| NodeIdentity { name: Some(name.to_owned()), is_inferred: true, why };
    let unknown = |why: String| NodeIdentity { name: None, is_inferred: true, why };
    match (found, fits) {
        ([], []) => unknown("the objects hold no nodes; name it with --node".to_owned()),
        ([], [only]) if only.foreign_endpoints == 0 && has_no_address => {
            known(&only.node.object.name, "it is the only node in the objects".to_owned())
        }
        ([], _) => unknown(format!("nothing in the rules tells the {} nodes apart; name it with --node", fits.len())),
        ([(name, _), rest @ ..], _) if rest.iter().all(|(other, _)| other == name) => {
            known(name, found.iter().map(|(_, why)| *why).collect::<Vec<_>>().join("; "))
        }
        _ => {
            let says = found.iter().map(|(name, why)| format!("{name}: {why}"));
            unknown(format!("the rules point at several nodes ({})", says.collect::<Vec<_>>().join("; ")))
        }
    }
}

/// The name of the one node that fits.
fn one<'a>(fits: &[NodeFit<'a>], fits_evidence: impl Fn(&NodeFit<'_>) -> bool) -> Option<&'a str> {
    let mut fitting = fits.iter().filter(|fit| fits_evidence(fit)).map(|fit| fit.node.object.name.as_str());
    fitting.next().filter(|_| fitting.next().is_none())
}

/// The node that the local endpoints run on: all of them, or, of at least ten, nine in ten (pods move, addresses are
/// used again).
fn by_endpoints<'a>(fits: &[NodeFit<'a>]) -> Option<&'a str> {
    one(fits, |fit| fit.local_endpoints > 0 && fit.foreign_endpoints * 9 <= fit.local_endpoints)
}

/// How well each node fits the evidence, in the order of the objects.
#[must_use]
pub fn fits<'a>(objects: &'a Objects, evidence: &DumpEvidence) -> Vec<NodeFit<'a>> {
    let (votes, all) = votes(objects, evidence);
    let fit = |node: &'a Node| {
        let local_endpoints = votes.get(&node.object.name.to_ascii_lowercase()).copied().unwrap_or(0);
        let own = |address: &&IpAddr| node.addresses.contains(address);
        NodeFit {
            node,
            addresses: evidence.node_addresses.iter().filter(own).count(),
            pod_cidrs: evidence.pod_cidrs.iter().filter(|net| node.pod_cidrs.contains(net)).count(),
            local_endpoints,
            foreign_endpoints: all - local_endpoints,
        }
    };
    objects.nodes.iter().map(fit).collect()
}

/// How many endpoints of the local sets run on which node, by its name in lower case, and their sum. An endpoint that
/// the objects do not know votes for none.
fn votes(objects: &Objects, evidence: &DumpEvidence) -> (HashMap<String, usize>, usize) {
    let slices = SliceIndex::new(objects);
    let mut votes = HashMap::new();
    let mut all = 0;
    for set in &evidence.local_sets {
        for address in &set.endpoints {
            let candidates = slices.candidates(&set.name, family_of(address.ip()), true);
            let known = candidates.iter().find(|candidate| candidate.address == *address);
            if let Some(node) = known.and_then(|candidate| candidate.endpoint.node.as_deref()) {
                *votes.entry(node.to_ascii_lowercase()).or_insert(0) += 1;
                all += 1;
            }
        }
    }
    (votes, all)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{node, objects, service, slice};
    use super::*;
    use crate::ruleset::Protocol;
    use serde_json::{Value, json};

    fn cluster() -> Vec<Value> {
        let mut nodes = [node("n1", ""), node("n2", "")];
        for (at, node) in nodes.iter_mut().enumerate() {
            node["spec"] = json!({"podCIDR": format!("10.244.{at}.0/24"), "podCIDRs": [format!("10.244.{at}.0/24")]});
            node["status"] = json!({"addresses": [{"type": "InternalIP", "address": format!("192.0.2.{at}")}]});
        }
        let endpoints = json!([
            {"addresses": ["10.244.0.5"], "nodeName": "n1"}, {"addresses": ["10.244.0.6"], "nodeName": "n1"},
            {"addresses": ["10.244.1.5"], "nodeName": "n2"},
        ]);
        let [n1, n2] = nodes;
        vec![service(&json!({})), slice("a", &endpoints), n1, n2]
    }

    fn local(addresses: &[&str]) -> Vec<LocalSet> {
        let name =
            PortName { namespace: "shop".into(), name: "web".into(), port: "http".into(), protocol: Protocol::TCP };
        vec![LocalSet { name, endpoints: addresses.iter().map(|address| address.parse().unwrap()).collect() }]
    }

    fn net(start: &str, prefix: u32) -> Vec<Net> {
        vec![Net::new(start.parse().unwrap(), prefix).unwrap()]
    }

    #[track_caller]
    fn finds(evidence: &DumpEvidence, expected: Option<&str>) {
        let found = identify(&objects(&cluster()), None, evidence);
        assert_eq!((found.name.as_deref(), found.is_inferred), (expected, true), "{}", found.why);
    }

    #[test]
    fn a_given_name_is_taken_known_or_not() {
        let objects = objects(&cluster());
        let known = identify(&objects, Some("n2"), &DumpEvidence::default());
        assert_eq!((known.name.as_deref(), known.is_inferred), (Some("n2"), false));
        let unknown = identify(&objects, Some("n9"), &DumpEvidence::default());
        assert_eq!(unknown.why, "given by --node, though the objects hold no node n9");
    }

    #[test]
    fn each_kind_of_evidence_finds_the_node() {
        let addresses = vec!["192.0.2.1".parse().unwrap(), "10.9.9.9".parse().unwrap()];
        finds(&DumpEvidence { node_addresses: addresses, ..DumpEvidence::default() }, Some("n2"));
        finds(&DumpEvidence { pod_cidrs: net("10.244.0.0", 24), ..DumpEvidence::default() }, Some("n1"));
        finds(&DumpEvidence { local_sets: local(&["10.244.0.5:8080"]), ..DumpEvidence::default() }, Some("n1"));
    }

    #[test]
    fn nothing_is_guessed_from_nothing_or_from_what_fits_all() {
        finds(&DumpEvidence::default(), None);
        finds(&DumpEvidence { pod_cidrs: net("10.244.0.0", 16), ..DumpEvidence::default() }, None);
        finds(&DumpEvidence { local_sets: local(&["10.244.9.9:8080"]), ..DumpEvidence::default() }, None);
        finds(&DumpEvidence { local_sets: local(&["10.244.0.5:9999"]), ..DumpEvidence::default() }, None);
    }

    #[test]
    fn endpoints_of_two_nodes_or_evidence_for_two_nodes_name_none() {
        let mixed = local(&["10.244.0.5:8080", "10.244.0.6:8080", "10.244.1.5:8080"]);
        finds(&DumpEvidence { local_sets: mixed, ..DumpEvidence::default() }, None);
        let evidence = DumpEvidence {
            node_addresses: vec!["192.0.2.1".parse().unwrap()],
            local_sets: local(&["10.244.0.5:8080"]),
            ..DumpEvidence::default()
        };
        finds(&evidence, None);
        let objects = objects(&cluster());
        let fits: Vec<_> = fits(&objects, &evidence)
            .iter()
            .map(|fit| (fit.addresses, fit.local_endpoints, fit.foreign_endpoints))
            .collect();
        assert_eq!(fits, [(0, 1, 0), (1, 0, 1)]);
    }

    #[test]
    fn the_only_node_is_the_one_unless_the_rules_say_otherwise() {
        let objects = objects(&cluster()[..3]);
        assert_eq!(identify(&objects, None, &DumpEvidence::default()).name.as_deref(), Some("n1"));
        let elsewhere = DumpEvidence { local_sets: local(&["10.244.1.5:8080"]), ..DumpEvidence::default() };
        assert_eq!(identify(&objects, None, &elsewhere).name, None);
        let other = DumpEvidence { node_addresses: vec!["192.0.2.9".parse().unwrap()], ..DumpEvidence::default() };
        assert_eq!(identify(&objects, None, &other).name, None);
    }
}
