//! All differences between a ruleset and the objects.

use super::captures::is_captured;
use super::clock::seconds;
use super::compare::{Differing, Sight};
use super::fields::Field;
use super::locate::Located;
use super::node::era;
use super::pairing::Pairing;
use super::place::ObjectPlace;
use crate::kube::{CaptureKind, Proxy, ServicePort};
use crate::objects::{Candidate, Expected, ExpectedPort, ObjectRef, Objects, Pod, Skip, expected};
use crate::ruleset::{RuleId, TableName};
use crate::source::Span;
use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};

/// How one ruleset differs from the objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// What differs, in the order of the objects; ghosts last.
    pub differences: Vec<Difference>,
    /// How many service ports the objects give this family.
    pub expected: usize,
    /// How many service ports the rules have.
    pub found: usize,
    /// How many service ports differ.
    pub drifting: usize,
    /// When the dump was taken, in seconds since 1970, by its own words (no zone: UTC is taken for granted).
    pub dump_time: Option<i64>,
    /// The newest change the objects tell of.
    pub newest_change: Option<i64>,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// `ns/name:port`, or `ns/name` where all ports of the service are meant; a chain's name for a nameless one.
    pub subject: String,
    /// The service ports of the rules, by index of [`Proxy::services`]; none for a missing service.
    pub services: Vec<u32>,
    /// What differs.
    pub what: What,
    /// Whether the objects changed here after the dump was taken, or so shortly before that kube-proxy may not have
    /// known.
    pub is_young: bool,
    /// Lines of the dump that show it.
    pub rules: Vec<Span>,
    /// Places in the objects that show it.
    pub objects: Vec<ObjectPlace>,
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// No rule captures the service.
    MissingService {
        /// `10.96.0.1:80` of each port that is missing.
        addresses: Vec<String>,
    },
    /// The rules have a service the objects do not have.
    GhostService {
        /// Its cluster IPs and ports, as the rules have them.
        addresses: Vec<String>,
        /// Why kube-proxy should leave it alone, if the objects have it after all.
        skip: Option<Skip>,
    },
    /// Rules lead to an address that is not, or no longer, one of the service's endpoints.
    StaleEndpoint {
        /// The address.
        address: SocketAddr,
        /// What the objects say of it.
        state: EndpointState,
        /// `ns/name` of the pod that has the address now, if it is another one.
        owner: Option<String>,
    },
    /// An endpoint that no rule leads to.
    MissingEndpoint {
        /// The address.
        address: SocketAddr,
        /// `ns/name` of its pod.
        pod: Option<String>,
    },
    /// Anything else the service says.
    Field {
        /// Its name, as the API has it.
        field: &'static str,
        /// What the objects say.
        expected: String,
        /// What the rules say.
        found: String,
    },
}

/// What the objects say of an address the rules lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointState {
    /// No slice of the service lists it.
    Gone,
    /// It is not ready.
    NotReady,
    /// It is about to end.
    Terminating,
    /// It is fine, but not for this node's chain.
    Elsewhere,
}

/// Compares a ruleset with the objects. `grace`: seconds before the dump in which kube-proxy may have been behind.
/// `has_filter` says whether the filter table is there as a whole.
#[must_use]
pub fn drift(proxy: &Proxy<'_, '_>, objects: &Objects, located: &Located, grace: i64, has_filter: bool) -> Drift {
    let era = era(proxy);
    let expected = expected(objects, &located.effective, proxy.resolved.ruleset.family, era);
    let node = located.effective.name.as_deref();
    let sight = Sight { proxy, era, has_filter, node };
    let time = proxy.resolved.ruleset.tool.and_then(|tool| tool.time).and_then(|time| seconds(time));
    let mut collector = Collector {
        sight,
        objects,
        owners: owners(objects),
        since: time.map(|time| time.saturating_sub(grace)),
        differences: Vec::new(),
    };
    let pairing = Pairing::new(proxy, &expected);
    let drifting = collector.collect(&expected, &pairing);
    Drift {
        differences: collector.differences,
        expected: expected.ports.len(),
        found: proxy.services.len(),
        drifting,
        dump_time: time,
        newest_change: newest(objects),
    }
}

fn newest(objects: &Objects) -> Option<i64> {
    let services = objects.services.iter().map(|service| &service.object);
    let slices = objects.slices.iter().map(|slice| &slice.object);
    services.chain(slices).filter_map(|object| object.changed).max()
}

/// Who has which address now: pods that have not ended and have addresses of their own.
fn owners(objects: &Objects) -> HashMap<IpAddr, &Pod> {
    let alive = objects.pods.iter().filter(|pod| !pod.has_ended && !pod.is_host_network);
    alive.flat_map(|pod| pod.addresses.iter().map(move |&address| (address, pod))).collect()
}

/// Service ports of the rules, and the service they all are, if the objects have no port of it.
type GhostGroup = (Option<(String, String)>, Vec<u32>);

struct Collector<'a, 'p, 'src> {
    sight: Sight<'a, 'p, 'src>,
    objects: &'a Objects,
    owners: HashMap<IpAddr, &'a Pod>,
    /// What changed later than this is young.
    since: Option<i64>,
    differences: Vec<Difference>,
}

impl Collector<'_, '_, '_> {
    /// Collects all differences; how many service ports differ.
    fn collect(&mut self, expected: &Expected<'_>, pairing: &Pairing) -> usize {
        let mut missing: Vec<&ExpectedPort<'_>> = Vec::new();
        let mut drifting = pairing.ghosts.len();
        for (port, found) in expected.ports.iter().zip(&pairing.found) {
            match *found {
                Some(at) => drifting += usize::from(self.port(at, port)),
                None if self.sight.may_be_absent(port) => {}
                None => missing.push(port),
            }
        }
        drifting += missing.len();
        self.missing(&missing);
        self.ghosts(expected, &pairing.ghosts);
        drifting
    }

    fn is_young(&self, object: &ObjectRef) -> bool {
        self.since.zip(object.changed).is_some_and(|(since, changed)| changed > since)
    }

    fn line(&self, rule: RuleId) -> Option<Span> {
        self.sight.proxy.nat().map(|(nat, _)| nat.rule(rule).span)
    }

    fn port(&mut self, at: u32, port: &ExpectedPort<'_>) -> bool {
        let service = &self.sight.proxy.services[at as usize];
        let Differing { stale, missing, fields } = self.sight.differing(service, port);
        let before = self.differences.len();
        for (address, rules) in stale {
            self.stale(at, port, address, &rules);
        }
        for address in missing {
            self.missing_endpoint(at, port, address);
        }
        for field in fields {
            self.field(at, port, field);
        }
        self.differences.len() > before
    }

    fn stale(&mut self, at: u32, port: &ExpectedPort<'_>, address: SocketAddr, rules: &[RuleId]) {
        let candidate = port.candidates.iter().find(|candidate| candidate.address == address);
        let state = match candidate.map(|candidate| candidate.endpoint) {
            None => EndpointState::Gone,
            Some(endpoint) if endpoint.is_terminating => EndpointState::Terminating,
            Some(endpoint) if !endpoint.is_ready => EndpointState::NotReady,
            Some(_) => EndpointState::Elsewhere,
        };
        let owner = self.owners.get(&address.ip()).filter(|pod| is_another(pod, candidate, port));
        let mut objects = self.slices(port, candidate);
        objects.extend(owner.map(|pod| ObjectPlace::whole(self.objects, &pod.object, "has the address now")));
        let is_young = slices_of(port).any(|object| self.is_young(object));
        let owner = owner.map(|pod| format!("{}/{}", pod.object.namespace, pod.object.name));
        let rules: Vec<Span> = rules.iter().filter_map(|&rule| self.line(rule)).collect();
        self.differences.push(Difference {
            subject: port.name.to_string(),
            services: vec![at],
            is_young: is_young && owner.is_none(),
            what: What::StaleEndpoint { address, state, owner },
            rules,
            objects,
        });
    }

    /// The endpoint itself, else the slices that should list it, else the service.
    fn slices(&self, port: &ExpectedPort<'_>, candidate: Option<&Candidate<'_>>) -> Vec<ObjectPlace> {
        if let Some(Candidate { endpoint, slice, .. }) = candidate {
            return vec![ObjectPlace::new(self.objects, &slice.object, slice.path(endpoint), "")];
        }
        let mut seen = BTreeSet::new();
        let of = |object: &ObjectRef| ObjectPlace::whole(self.objects, object, "does not list it");
        let slices = slices_of(port).filter(|object| seen.insert(object.name.as_str()));
        let mut places: Vec<ObjectPlace> = slices.map(of).collect();
        if places.is_empty() {
            places.push(ObjectPlace::whole(self.objects, &port.service.object, "has no such endpoint"));
        }
        places
    }

    fn missing_endpoint(&mut self, at: u32, port: &ExpectedPort<'_>, address: SocketAddr) {
        let candidate = port.candidates.iter().find(|candidate| candidate.address == address);
        let service = &self.sight.proxy.services[at as usize];
        self.differences.push(Difference {
            subject: port.name.to_string(),
            services: vec![at],
            what: What::MissingEndpoint { address, pod: candidate.and_then(|each| each.endpoint.pod.clone()) },
            is_young: candidate.is_some_and(|candidate| self.is_young(&candidate.slice.object)),
            rules: self.chain_lines(service),
            objects: self.slices(port, candidate),
        });
    }

    /// Where the chains of a service are declared; without chains, the rule that refuses it.
    fn chain_lines(&self, service: &ServicePort<'_>) -> Vec<Span> {
        let proxy = self.sight.proxy;
        let Some((nat, _)) = proxy.nat() else { return Vec::new() };
        let own = service.chains.iter().map(|own| proxy.chain(own.id)).filter(|chain| chain.balances());
        let lines: Vec<Span> = own.take(1).map(|chain| nat.chain(chain.chain).span).collect();
        if lines.is_empty() { self.capture_lines(service) } else { lines }
    }

    fn capture_lines(&self, service: &ServicePort<'_>) -> Vec<Span> {
        let filter = self.sight.proxy.resolved.table(TableName::Filter);
        let jumps =
            service.captures.iter().filter_map(|capture| capture.jumps.first()).filter_map(|&rule| self.line(rule));
        let blocks = service.captures.iter().flat_map(|capture| &capture.blocks);
        let blocks = blocks.filter_map(|block| Some(filter?.0.rule(block.rule).span));
        jumps.chain(blocks).take(1).collect()
    }

    fn field(&mut self, at: u32, port: &ExpectedPort<'_>, field: Field) {
        let service = &self.sight.proxy.services[at as usize];
        let mut rules: Vec<Span> = field.rules.iter().filter_map(|&rule| self.line(rule)).collect();
        if rules.is_empty() {
            rules = if field.is_policy() { self.capture_lines(service) } else { self.chain_lines(service) };
        }
        self.differences.push(Difference {
            subject: port.name.to_string(),
            services: vec![at],
            is_young: self.is_young(&port.service.object),
            rules,
            objects: vec![ObjectPlace::field(self.objects, &port.service.object, &field.path)],
            what: What::Field { field: field.name, expected: field.expected, found: field.found },
        });
    }

    fn missing(&mut self, missing: &[&ExpectedPort<'_>]) {
        let known: BTreeSet<(String, String)> = self.sight.proxy.services.iter().filter_map(owner_of).collect();
        for ports in missing.chunk_by(|one, next| std::ptr::eq(one.service, next.service)) {
            let object = &ports[0].service.object;
            let is_whole = !known.contains(&(object.namespace.clone(), object.name.clone()));
            let groups: Vec<&[&ExpectedPort<'_>]> = if is_whole { vec![ports] } else { ports.chunks(1).collect() };
            for group in groups {
                self.missing_service(group, is_whole);
            }
        }
    }

    fn missing_service(&mut self, ports: &[&ExpectedPort<'_>], is_whole: bool) {
        let object = &ports[0].service.object;
        let whole = format!("{}/{}", object.namespace, object.name);
        let place =
            |port: &&ExpectedPort<'_>| ObjectPlace::field(self.objects, object, &format!("spec.ports[{}]", port.index));
        self.differences.push(Difference {
            subject: if is_whole { whole } else { ports[0].name.to_string() },
            services: Vec::new(),
            is_young: self.is_young(object),
            rules: self.services_chain(),
            objects: ports.iter().map(place).collect(),
            what: What::MissingService {
                addresses: ports.iter().map(|p| SocketAddr::new(p.cluster_ip, p.port.port).to_string()).collect(),
            },
        });
    }

    /// Where KUBE-SERVICES is declared: the chain that should capture what is missing.
    fn services_chain(&self) -> Vec<Span> {
        let Some((nat, _)) = self.sight.proxy.nat() else { return Vec::new() };
        nat.chains.iter().find(|chain| chain.name == "KUBE-SERVICES").map(|chain| chain.span).into_iter().collect()
    }

    fn ghosts(&mut self, expected: &Expected<'_>, ghosts: &[u32]) {
        let known: HashMap<(&str, &str), &ExpectedPort<'_>> =
            expected.ports.iter().map(|port| ((port.name.namespace.as_str(), port.name.name.as_str()), port)).collect();
        let mut groups: Vec<GhostGroup> = Vec::new();
        let mut places: HashMap<(String, String), usize> = HashMap::new();
        for &at in ghosts {
            let owner = owner_of(&self.sight.proxy.services[at as usize]);
            let whole = owner.filter(|(namespace, name)| !known.contains_key(&(namespace.as_str(), name.as_str())));
            if let Some(&place) = whole.as_ref().and_then(|whole| places.get(whole)) {
                groups[place].1.push(at);
                continue;
            }
            if let Some(whole) = &whole {
                places.insert(whole.clone(), groups.len());
            }
            groups.push((whole, vec![at]));
        }
        for (whole, services) in groups {
            self.ghost(expected, whole, services, &known);
        }
    }

    fn ghost(
        &mut self,
        expected: &Expected<'_>,
        whole: Option<(String, String)>,
        services: Vec<u32>,
        known: &HashMap<(&str, &str), &ExpectedPort<'_>>,
    ) {
        let first = &self.sight.proxy.services[services[0] as usize];
        let own = owner_of(first);
        let is_own = |object: &ObjectRef| {
            own.as_ref().is_some_and(|(namespace, name)| object.namespace == *namespace && object.name == *name)
        };
        let skipped = expected.skipped.iter().find(|service| is_own(&service.object));
        let sibling = own.as_ref().and_then(|(namespace, name)| known.get(&(namespace.as_str(), name.as_str())));
        let object = skipped.map(|service| &service.object).or(sibling.map(|port| &port.service.object));
        let addresses = services.iter().filter_map(|&at| cluster_address(&self.sight.proxy.services[at as usize]));
        let what =
            What::GhostService { addresses: addresses.collect(), skip: skipped.and_then(|service| service.skip) };
        let lines = services.iter().flat_map(|&at| self.capture_lines(&self.sight.proxy.services[at as usize]));
        self.differences.push(Difference {
            subject: whole.map_or_else(|| name_of(self.sight.proxy, first), |(space, name)| format!("{space}/{name}")),
            rules: lines.collect(),
            is_young: object.is_some_and(|object| self.is_young(object)),
            objects: object.map(|object| ObjectPlace::field(self.objects, object, "spec")).into_iter().collect(),
            services,
            what,
        });
    }
}

/// The slices the endpoints of a port stand in.
fn slices_of<'a>(port: &'a ExpectedPort<'_>) -> impl Iterator<Item = &'a ObjectRef> {
    port.candidates.iter().map(|candidate| &candidate.slice.object)
}

/// Whether the pod that has the address now is not the one behind the endpoint: not the one the slice names, and
/// without the labels the service selects.
fn is_another(pod: &Pod, candidate: Option<&Candidate<'_>>, port: &ExpectedPort<'_>) -> bool {
    let name = format!("{}/{}", pod.object.namespace, pod.object.name);
    if let Some(own) = candidate.and_then(|candidate| candidate.endpoint.pod.as_ref()) {
        return *own != name;
    }
    let selector = &port.service.selector;
    let is_selected = !selector.is_empty() && selector.iter().all(|(key, value)| pod.labels.get(key) == Some(value));
    pod.object.namespace != port.name.namespace || !is_selected
}

fn owner_of(service: &ServicePort<'_>) -> Option<(String, String)> {
    let name = service.name.filter(|_| is_captured(service))?;
    Some((name.namespace().to_string(), name.name().to_string()))
}

fn name_of(proxy: &Proxy<'_, '_>, service: &ServicePort<'_>) -> String {
    match (service.name, service.chains.first()) {
        (Some(name), _) => name.modern().to_string(),
        (None, Some(own)) => proxy.chain(own.id).name.to_string(),
        (None, None) => cluster_address(service).unwrap_or_else(|| "a service without a name".into()),
    }
}

fn cluster_address(service: &ServicePort<'_>) -> Option<String> {
    let capture = service.captures.iter().find(|capture| capture.kind == CaptureKind::ClusterIp)?;
    Some(SocketAddr::new(capture.address?, capture.port?).to_string())
}
