//! Service ports, old and new.

use super::change::{Change, ChangeKind, ChangedThing, Diff, Value};
use crate::kube::{Affinity, Balancing, Capture, CaptureKind, CaptureState, Prefix, Proxy, ServicePort, TrafficPolicy};
use crate::ruleset::{RuleId, TableName};
use crate::shares::{ChainShare, ServiceShares};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

/// What a service port is known by: its name (else its chain, else its address) and protocol.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    name: String,
    protocol: String,
}

impl Key {
    pub(super) fn of(proxy: &Proxy<'_, '_>, service: &ServicePort<'_>) -> Self {
        let chain = || service.chains.first().map(|own| proxy.chain(own.id).name.to_string());
        let address = || service.captures.first().map(|capture| capture_text(capture));
        let name = service.name.map(|name| name.modern().to_string()).or_else(chain).or_else(address);
        let protocol = service.protocol.map(|protocol| protocol.to_string());
        Self { name: name.unwrap_or_default(), protocol: protocol.unwrap_or_default() }
    }

    pub(super) fn subject(&self) -> String {
        self.name.clone()
    }
}

/// By key: the index of the first service of that name.
pub(super) fn keyed(proxy: &Proxy<'_, '_>) -> HashMap<Key, usize> {
    let mut keyed = HashMap::with_capacity(proxy.services.len());
    for (at, service) in proxy.services.iter().enumerate() {
        keyed.entry(Key::of(proxy, service)).or_insert(at);
    }
    keyed
}

type Ruleset<'a, 'p, 'src> = (&'a Proxy<'p, 'src>, &'a [ServiceShares]);

/// Compares the services of two rulesets of one family; one of them may be missing as a whole.
pub(super) fn compare(old: Option<Ruleset<'_, '_, '_>>, new: Option<Ruleset<'_, '_, '_>>, diff: &mut Diff) {
    let before = old.map(|(proxy, _)| keyed(proxy)).unwrap_or_default();
    let after = new.map(|(proxy, _)| keyed(proxy)).unwrap_or_default();
    for one in old.iter().flat_map(services) {
        if before.get(&one.key) != Some(&one.at) {
            continue;
        }
        match new.zip(after.get(&one.key)) {
            Some((new, &at)) => pair(&one, &One::new(new, at), diff),
            None => diff.changes.push(one.whole(ChangeKind::Removed)),
        }
    }
    let is_new = |one: &One<'_, '_, '_>| !before.contains_key(&one.key) && after.get(&one.key) == Some(&one.at);
    diff.changes.extend(new.iter().flat_map(services).filter(is_new).map(|one| one.whole(ChangeKind::Added)));
}

fn services<'a, 'p, 'src>(ruleset: &Ruleset<'a, 'p, 'src>) -> impl Iterator<Item = One<'a, 'p, 'src>> {
    let ruleset = *ruleset;
    (0..ruleset.0.services.len()).map(move |at| One::new(ruleset, at))
}

/// One service port in its dump.
struct One<'a, 'p, 'src> {
    proxy: &'a Proxy<'p, 'src>,
    service: &'a ServicePort<'src>,
    shares: Option<&'a ServiceShares>,
    at: usize,
    key: Key,
}

impl<'a, 'p, 'src> One<'a, 'p, 'src> {
    fn new((proxy, shares): Ruleset<'a, 'p, 'src>, at: usize) -> Self {
        let service = &proxy.services[at];
        Self { proxy, service, shares: shares.get(at), at, key: Key::of(proxy, service) }
    }

    fn line(&self, rule: RuleId) -> Option<Span> {
        self.proxy.nat().map(|(nat, _)| nat.rule(rule).span)
    }

    fn capture_lines(&self, capture: &Capture<'_>) -> Vec<Span> {
        let filter = self.proxy.resolved.table(TableName::Filter);
        let blocks = capture.blocks.iter().filter_map(|block| Some(filter?.0.rule(block.rule).span));
        capture.jumps.iter().filter_map(|&rule| self.line(rule)).chain(blocks).collect()
    }

    fn first_line(&self) -> Vec<Span> {
        self.service.captures.iter().flat_map(|capture| self.capture_lines(capture)).take(1).collect()
    }

    fn chain(&self) -> Option<String> {
        self.service.chains.first().map(|own| self.proxy.chain(own.id).name.to_string())
    }

    /// The service as a whole came or went.
    fn whole(&self, kind: ChangeKind) -> Change {
        let value = Some(Value::List(self.service.captures.iter().map(capture_text).collect()));
        let lines = self.service.captures.iter().flat_map(|capture| self.capture_lines(capture)).collect();
        let (old, new, old_evidence, new_evidence) = match kind {
            ChangeKind::Added => (None, value, Vec::new(), lines),
            _ => (value, None, lines, Vec::new()),
        };
        let (subject, chain) = (Some(self.key.subject()), self.chain());
        Change { kind, what: ChangedThing::Service, subject, chain, field: None, old, new, old_evidence, new_evidence }
    }

    fn captures(&self) -> BTreeMap<(CaptureKind, Option<IpAddr>, Option<u16>), &'a Capture<'src>> {
        let captures = self.service.captures.iter();
        captures.map(|capture| ((capture.kind, capture.address, capture.port), capture)).collect()
    }

    /// By address: the rules that lead there, and which of the two policies' they are.
    fn endpoints(&self) -> BTreeMap<String, Listed> {
        let mut endpoints = BTreeMap::new();
        for (list, balancing, share) in self.lists() {
            for (at, rule) in balancing.iter().enumerate() {
                let endpoint = rule.endpoint.map(|id| self.proxy.endpoint(id));
                let target = endpoint.and_then(|endpoint| endpoint.dnat()?.target());
                let address =
                    target.map_or_else(|| self.proxy.chain_name(rule).to_string(), |target| target.to_string());
                let listed: &mut Listed = endpoints.entry(address).or_default();
                listed.chain = Some(self.proxy.chain_name(rule).to_string());
                listed.lists.insert(list);
                listed.lines.extend(self.line(rule.rule));
                let part = share.and_then(|share| share.endpoints.get(at)?.share);
                let sum = listed.shares.entry(list).or_insert(Some(0.0));
                *sum = sum.zip(part).map(|(sum, part)| sum + part);
            }
        }
        endpoints
    }

    fn lists(&self) -> [(&'static str, &'a [Balancing], Option<&'a ChainShare>); 2] {
        let share = |local: bool| {
            self.shares.and_then(|shares| if local { shares.local.as_ref() } else { shares.cluster.as_ref() })
        };
        [
            ("cluster", self.proxy.cluster_endpoints(self.service), share(false)),
            ("local", self.proxy.local_endpoints(self.service), share(true)),
        ]
    }
}

/// An endpoint of a service.
#[derive(Default)]
struct Listed {
    chain: Option<String>,
    lists: BTreeSet<&'static str>,
    lines: Vec<Span>,
    shares: BTreeMap<&'static str, Option<f64>>,
}

/// Both sides of one service.
struct Pair<'d, 'a, 'p, 'src, 'q, 'new> {
    old: &'d One<'a, 'p, 'src>,
    new: &'d One<'a, 'q, 'new>,
    diff: &'d mut Diff,
}

fn pair<'a>(old: &One<'a, '_, '_>, new: &One<'a, '_, '_>, diff: &mut Diff) {
    let mut pair = Pair { old, new, diff };
    pair.captures();
    pair.endpoints();
    pair.policies();
    pair.affinity();
    pair.source_ranges();
}

impl Pair<'_, '_, '_, '_, '_, '_> {
    fn change(&self, what: ChangedThing, old: Option<Value>, new: Option<Value>) -> Change {
        let kind = match (&old, &new) {
            (None, Some(_)) => ChangeKind::Added,
            (Some(_), None) => ChangeKind::Removed,
            _ => ChangeKind::Changed,
        };
        let chain = self.new.chain().or_else(|| self.old.chain());
        let subject = Some(self.old.key.subject());
        Change { kind, what, subject, chain, field: None, old, new, old_evidence: Vec::new(), new_evidence: Vec::new() }
    }

    /// A value both sides have, if it differs.
    fn value(&mut self, what: ChangedThing, field: &'static str, old: Option<Value>, new: Option<Value>) {
        if old != new {
            let mut change = self.change(what, old, new);
            change.kind = ChangeKind::Changed;
            change.field = Some(field);
            (change.old_evidence, change.new_evidence) = (self.old.first_line(), self.new.first_line());
            self.diff.changes.push(change);
        }
    }

    fn captures(&mut self) {
        let (before, after) = (self.old.captures(), self.new.captures());
        let keys: BTreeSet<_> = before.keys().chain(after.keys()).copied().collect();
        for key in keys {
            let (old, new) = (before.get(&key), after.get(&key));
            let state = |state| Value::from(state_word(state));
            let mut change = match (old, new) {
                (Some(old), Some(new)) if old.state == new.state => continue,
                (Some(old), Some(new)) => {
                    self.change(ChangedThing::Capture, Some(state(old.state)), Some(state(new.state)))
                }
                _ => {
                    let text = |capture: Option<&&Capture<'_>>| capture.map(|each| Value::Text(capture_text(each)));
                    self.change(ChangedThing::Capture, text(old), text(new))
                }
            };
            change.field = Some(if change.kind == ChangeKind::Changed { "state" } else { kind_word(key.0) });
            change.chain = new.or(old).and_then(|capture| capture.target_name).map(ToString::to_string);
            change.old_evidence = old.map(|capture| self.old.capture_lines(capture)).unwrap_or_default();
            change.new_evidence = new.map(|capture| self.new.capture_lines(capture)).unwrap_or_default();
            self.diff.changes.push(change);
        }
    }

    fn endpoints(&mut self) {
        let (before, after) = (self.old.endpoints(), self.new.endpoints());
        let addresses: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let mut is_same = true;
        for address in addresses {
            let (old, new) = (before.get(address), after.get(address));
            let mut change = match (old, new) {
                (Some(old), Some(new)) if old.lists == new.lists => continue,
                (Some(old), Some(new)) => {
                    let lists = |listed: &Listed| Value::List(listed.lists.iter().map(ToString::to_string).collect());
                    self.change(ChangedThing::Endpoint, Some(lists(old)), Some(lists(new)))
                }
                _ => {
                    let text = |listed: Option<&Listed>| listed.map(|_| Value::Text(address.clone()));
                    self.change(ChangedThing::Endpoint, text(old), text(new))
                }
            };
            is_same = false;
            change.field = (change.kind == ChangeKind::Changed).then_some("lists");
            change.chain = new.or(old).and_then(|listed| listed.chain.clone());
            change.old_evidence = old.map(|listed| listed.lines.clone()).unwrap_or_default();
            change.new_evidence = new.map(|listed| listed.lines.clone()).unwrap_or_default();
            self.diff.changes.push(change);
        }
        // Another pod changes the part of all; that goes without saying.
        if is_same {
            self.shares(&before, &after);
        }
    }

    fn shares(&mut self, before: &BTreeMap<String, Listed>, after: &BTreeMap<String, Listed>) {
        for (address, old) in before {
            let Some(new) = after.get(address) else { continue };
            for (list, share) in &old.shares {
                let (Some(one), Some(Some(other))) = (share, new.shares.get(list)) else { continue };
                if (one - other).abs() > 1e-6 {
                    let mut change =
                        self.change(ChangedThing::Share, Some(Value::Number(*one)), Some(Value::Number(*other)));
                    (change.field, change.chain) = (Some(*list), new.chain.clone());
                    (change.old_evidence, change.new_evidence) = (old.lines.clone(), new.lines.clone());
                    self.diff.changes.push(change);
                }
            }
        }
        let unrouted = |shares: Option<&ServiceShares>| shares.and_then(ServiceShares::main)?.unrouted;
        if let (Some(old), Some(new)) = (unrouted(self.old.shares), unrouted(self.new.shares))
            && (old - new).abs() > 1e-6
        {
            self.value(ChangedThing::Share, "unroutedShare", Some(Value::Number(old)), Some(Value::Number(new)));
        }
    }

    fn policies(&mut self) {
        let word = |policy: TrafficPolicy| match policy {
            TrafficPolicy::Cluster => Value::from("Cluster"),
            TrafficPolicy::Local => Value::from("Local"),
        };
        let policies = |service: &ServicePort<'_>| [service.internal_policy, service.external_policy];
        let (before, after) = (policies(self.old.service), policies(self.new.service));
        for (at, field) in ["internalTrafficPolicy", "externalTrafficPolicy"].into_iter().enumerate() {
            // Where one side does not tell, nothing is known to differ.
            if let (Some(old), Some(new)) = (before[at], after[at]) {
                self.value(ChangedThing::Policy, field, Some(word(old)), Some(word(new)));
            }
        }
    }

    fn affinity(&mut self) {
        let kind = |affinity| match affinity {
            Affinity::Unknown => None,
            Affinity::None => Some(Value::from("None")),
            Affinity::ClientIp { .. } => Some(Value::from("ClientIP")),
        };
        let (old, new) = (self.old.service.affinity, self.new.service.affinity);
        if let (Affinity::ClientIp { seconds: Some(old) }, Affinity::ClientIp { seconds: Some(new) }) = (old, new) {
            let number = |seconds: u32| Some(Value::Number(f64::from(seconds)));
            self.value(ChangedThing::Affinity, "timeoutSeconds", number(old), number(new));
        } else if let (Some(old), Some(new)) = (kind(old), kind(new)) {
            self.value(ChangedThing::Affinity, "sessionAffinity", Some(old), Some(new));
        }
    }

    fn source_ranges(&mut self) {
        let list = |service: &ServicePort<'_>| {
            let ranges: BTreeSet<String> = service.source_ranges.iter().map(ToString::to_string).collect();
            Some(Value::List(ranges.into_iter().collect()))
        };
        let is_routed = |service: &ServicePort<'_>| {
            let has = |capture: &Capture<'_>| {
                capture.kind == CaptureKind::LoadBalancerIp && capture.state == CaptureState::Routed
            };
            service.captures.iter().any(has) || service.chain(Prefix::Fw).is_some()
        };
        if is_routed(self.old.service) && is_routed(self.new.service) {
            let (old, new) = (list(self.old.service), list(self.new.service));
            self.value(ChangedThing::SourceRanges, "loadBalancerSourceRanges", old, new);
        }
    }
}

fn kind_word(kind: CaptureKind) -> &'static str {
    match kind {
        CaptureKind::ClusterIp => "clusterIP",
        CaptureKind::ExternalIp => "externalIP",
        CaptureKind::LoadBalancerIp => "loadBalancerIP",
        CaptureKind::NodePort => "nodePort",
    }
}

fn state_word(state: CaptureState) -> &'static str {
    match state {
        CaptureState::Routed => "routed",
        CaptureState::Rejected => "rejected",
        CaptureState::Dropped => "dropped",
    }
}

/// `10.96.0.10:53`, `:30080`.
fn capture_text(capture: &Capture<'_>) -> String {
    let port = capture.port.map_or_else(String::new, |port| format!(":{port}"));
    match capture.address {
        Some(IpAddr::V6(address)) => format!("[{address}]{port}"),
        Some(address) => format!("{address}{port}"),
        None => port,
    }
}
