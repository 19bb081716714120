//! One service port on one screen: its addresses and policies, the ways in, how the choice is made, what is wrong.

use super::capture::long;
use super::finding::{about, finding};
use super::words::{counted, duration, percent};
use super::{Detail, Item, Node, choice, paths};
use crate::doc::{Doc, Text, bad, code, dim, good, plain, strong, warn};
use crate::kube::{Affinity, Identity, MadeFor, TrafficPolicy};
use crate::shares::Path;
use std::collections::HashSet;

/// The explanation of one service port.
#[must_use]
pub fn explain_service(node: &Node<'_, '_>, item: &Item<'_, '_>, paths: &[Path], detail: Detail) -> Doc {
    let mut doc = Doc::new();
    heading(&mut doc, item);
    doc.paragraph(addresses(item));
    let traits = traits(item);
    if !traits.is_empty() {
        doc.paragraph(traits.join(" · "));
    }
    api(&mut doc, node, item);
    verdict(&mut doc, item);
    made_for(&mut doc, item);
    if paths.iter().any(|path| !path.outcomes.is_empty()) {
        doc.blank().table(paths::table(item, paths));
        taken_for_granted(&mut doc, paths, detail);
    } else if !item.service.captures.is_empty() {
        doc.paragraph(dim(NO_WAYS));
    }
    doc.append(choice::choice(node, item, false)).append(choice::choice(node, item, true));
    if detail == Detail::Wide {
        chains(&mut doc, item);
    }
    let findings: Vec<_> = node.findings_of(item).collect();
    for each in findings {
        doc.blank().append(finding(node, &about(each, &item.name()), detail));
    }
    doc
}

fn heading(doc: &mut Doc, item: &Item<'_, '_>) {
    let protocol = item.service.protocol.map(|protocol| format!("   {protocol}")).unwrap_or_default();
    let note: Text = match item.service.identity {
        Identity::Verified => good("names proven by their hashes").into(),
        Identity::Contradicted => bad("✗ chain names contradict this name").into(),
        Identity::Unknown => dim("names cannot be proven from this text").into(),
    };
    doc.heading_with(strong(item.name()).and(plain(protocol)), note);
}

/// `cluster IP 10.96.0.10:53 · node port 30053`.
fn addresses(item: &Item<'_, '_>) -> String {
    let all: Vec<String> = item.service.captures.iter().map(long).collect();
    if all.is_empty() { "no rule of this text captures an address for it".into() } else { all.join(" · ") }
}

fn traits(item: &Item<'_, '_>) -> Vec<String> {
    let service = item.service;
    let mut traits = Vec::new();
    traits.extend(service.internal_policy.map(|policy| format!("internal policy {}", word(policy))));
    traits.extend(service.external_policy.map(|policy| format!("external policy {}", word(policy))));
    if let Affinity::ClientIp { seconds } = service.affinity {
        let time =
            seconds.map_or_else(String::new, |seconds| format!(" for {} after each new connection", duration(seconds)));
        traits.push(format!("a client stays with its pod{time}"));
    }
    if !service.source_ranges.is_empty() {
        let ranges: Vec<String> = service.source_ranges.iter().map(ToString::to_string).collect();
        traits.push(format!("the load balancer serves only {}", ranges.join(", ")));
    }
    traits.extend(service.health_check_port.map(|port| format!("health check on port {port}")));
    traits
}

/// What the API says: the selector, and each endpoint's pod and node.
fn api(doc: &mut Doc, node: &Node<'_, '_>, item: &Item<'_, '_>) {
    let Some(facts) = node.facts_of(item) else { return };
    let selector: Vec<String> = facts.selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let selector =
        if selector.is_empty() { "no selector".to_owned() } else { format!("selects {}", selector.join(",")) };
    doc.paragraph(format!("the API: {selector} · {} of {} endpoints ready", facts.ready, facts.known));
    let pods = facts.endpoints.iter().map(|endpoint| {
        let state = match (endpoint.is_ready, endpoint.is_terminating) {
            (_, true) => ", terminating",
            (false, _) => ", not ready",
            _ => "",
        };
        let pod = endpoint.pod.as_ref().map_or_else(|| "no pod".to_owned(), |pod| format!("pod {pod}"));
        let place = endpoint.node.as_ref().map_or_else(String::new, |node| format!(" on {node}"));
        (plain(endpoint.address.to_string()), plain(format!("{pod}{place}{state}")))
    });
    doc.list(pods);
}

fn word(policy: TrafficPolicy) -> &'static str {
    match policy {
        TrafficPolicy::Cluster => "Cluster",
        TrafficPolicy::Local => "Local",
    }
}

/// What is worst about it, in one sentence.
fn verdict(doc: &mut Doc, item: &Item<'_, '_>) {
    let shares = item.shares();
    let Some(share) = shares.main() else { return };
    let Some(lost) = share.unrouted.filter(|lost| *lost > 1e-6) else { return };
    let first = item.service.captures.first();
    let place = first.map(|capture| super::address::endpoint(capture.address, capture.port));
    let place = place.map_or_else(String::new, |place| format!(" for {place}"));
    if lost > 0.999_999 {
        doc.paragraph(bad(format!("✗ No connection reaches a pod: all of them leave{place} as they came.")));
    } else {
        doc.paragraph(bad(format!(
            "✗ {} of new connections reach no pod: they leave{place} as they came.",
            percent(lost)
        )));
    }
}

/// What contradicted names were made for.
fn made_for(doc: &mut Doc, item: &Item<'_, '_>) {
    for own in &item.service.chains {
        if let Some(made) = own.made_for() {
            doc.paragraph(solved(&item.proxy.chain(own.id).name.to_string(), made));
        }
    }
    let ends = [false, true].into_iter().flat_map(|local| item.balancing(local)).filter_map(|rule| rule.endpoint);
    let mut seen = HashSet::new();
    for id in ends {
        let endpoint = item.proxy.endpoint(id);
        if let Some(made) = endpoint.made_for().filter(|_| seen.insert(id)) {
            doc.paragraph(solved(&item.proxy.name_of(endpoint).to_string(), made));
        }
    }
}

fn solved(chain: &str, made: MadeFor<'_>) -> Text {
    let endpoint = made.endpoint.map(|endpoint| format!(", {endpoint}")).unwrap_or_default();
    warn("! ").and(dim(chain)).and(format!(" is the hash of {}, {}{endpoint}", made.service.modern(), made.protocol))
}

/// What the walks assumed: named on demand, since it is rarely what is wrong.
fn taken_for_granted(doc: &mut Doc, paths: &[Path], detail: Detail) {
    let mut known = HashSet::new();
    let all = paths.iter().flat_map(|path| &path.inferred);
    let said: Vec<&String> = all.filter(|sentence| known.insert(sentence.as_str())).collect();
    if detail == Detail::Wide {
        for sentence in said {
            doc.paragraph(dim(format!(" taken for granted: {sentence}")));
        }
    } else if !said.is_empty() {
        let count = counted(said.len(), "thing", "things");
        doc.paragraph(
            dim(format!(" {count} taken for granted about clients and node: "))
                .and(code("-o wide"))
                .and(dim(" names them")),
        );
    }
}

fn chains(doc: &mut Doc, item: &Item<'_, '_>) {
    let names: Vec<String> = item.service.chains.iter().map(|own| item.proxy.chain(own.id).name.to_string()).collect();
    doc.blank().paragraph(dim(format!("chains: {}", names.join(", "))));
}

const NO_WAYS: &str = "The ways in cannot be walked: PREROUTING and OUTPUT, where every connection begins, are not in this \
    text. What follows is what the service's own chains do with what enters them.";
