//! What a chain whose name is contradicted was made for: candidates are hashed until one gives the name.
//!
//! Eighty bits leave no room for chance: a hit is a proof. The work is bounded; see [`Solution::gave_up`].

use super::name::{endpoint_hash_after, finished};
use super::proxy::name_in;
use super::{ChainName, EndpointChain, Identity, Prefix, Proxy, ServicePortName};
use crate::ruleset::Protocol;
use bstr::{BStr, ByteSlice};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};

/// What a chain's name is the checksum of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MadeFor<'src> {
    /// The service port, never in the form with the old colon.
    pub service: ServicePortName<'src>,
    /// Its protocol.
    pub protocol: Protocol,
    /// The endpoint; `None` for service chains.
    pub endpoint: Option<SocketAddr>,
}

/// How the search for contradicted names ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Solution {
    /// Names looked for.
    pub asked: u32,
    /// Names found.
    pub found: u32,
    /// Whether the search stopped before all candidates were tried.
    pub gave_up: bool,
}

/// No more hashes than this for endpoint chains: about a second without SHA instructions.
const MOST_HASHES: usize = 2_000_000;

/// Where more chains than this are contradicted and hardly any verifies, names were probably replaced on purpose, and
/// a long search would find nothing.
const FEW_CONTRADICTIONS: u32 = 64;

/// What is tried then.
const FEWER_HASHES: usize = 200_000;

/// Service ports that most clusters have (kubeadm, kops, k3s, managed offers and common add-ons).
const USUAL_SERVICES: [&str; 24] = [
    "default/kubernetes:https",
    "kube-system/kube-dns:dns",
    "kube-system/kube-dns:dns-tcp",
    "kube-system/kube-dns:metrics",
    "kube-system/coredns:dns",
    "kube-system/coredns:dns-tcp",
    "kube-system/coredns:metrics",
    "kube-system/coredns:udp-53",
    "kube-system/coredns:tcp-53",
    "kube-system/rke2-coredns-rke2-coredns:udp-53",
    "kube-system/rke2-coredns-rke2-coredns:tcp-53",
    "kube-system/kube-dns-upstream:dns",
    "kube-system/kube-dns-upstream:dns-tcp",
    "openshift-dns/dns-default:dns",
    "openshift-dns/dns-default:dns-tcp",
    "openshift-dns/dns-default:metrics",
    "kube-system/metrics-server:https",
    "kube-system/metrics-server",
    "kube-system/kubelet:https-metrics",
    "kube-system/kubernetes-dashboard",
    "kubernetes-dashboard/kubernetes-dashboard",
    "kube-system/traefik:web",
    "kube-system/traefik:websecure",
    "kube-system/tiller-deploy:tiller",
];

/// Ports that pods usually listen on.
const USUAL_PORTS: [u16; 16] =
    [53, 80, 443, 8080, 8443, 9153, 6443, 10053, 8053, 9090, 9100, 3000, 5000, 8000, 4443, 10250];

const PROTOCOLS: [Protocol; 3] = [Protocol::TCP, Protocol::UDP, Protocol::SCTP];

/// A service port and protocol that chains may have been made for, and the digest of its text.
struct Candidate<'src> {
    service: ServicePortName<'src>,
    protocol: Protocol,
    digest: Sha256,
}

/// The search for endpoint chains: what is wanted, what was found, and how many hashes it may still take.
struct Search<'w, 'src> {
    wanted: &'w HashSet<&'src [u8]>,
    hits: HashMap<&'src [u8], MadeFor<'src>>,
    left: usize,
}

impl<'src> Search<'_, 'src> {
    fn try_all(&mut self, candidates: &[&Candidate<'src>], addresses: &[IpAddr], ports: &[u16]) {
        for candidate in candidates {
            for &port in ports {
                for &address in addresses {
                    if self.left == 0 || self.hits.len() == self.wanted.len() {
                        return;
                    }
                    self.left -= 1;
                    self.try_one(candidate, SocketAddr::new(address, port));
                }
            }
        }
    }

    fn try_one(&mut self, candidate: &Candidate<'src>, endpoint: SocketAddr) {
        let hash = endpoint_hash_after(candidate.digest.clone(), endpoint);
        if let Some(&tail) = self.wanted.get(hash.0.as_slice()) {
            let (service, protocol) = (candidate.service, candidate.protocol);
            self.hits.insert(tail, MadeFor { service, protocol, endpoint: Some(endpoint) });
        }
    }
}

impl<'src> Proxy<'_, 'src> {
    /// Looks for what contradicted chains were made for, and for the names of services that no comment names.
    /// To be asked after [`Proxy::verify`]; without contradictions and nameless services it does nothing.
    pub fn solve(&mut self) -> Solution {
        self.solve_among(&[])
    }

    /// The same with further service ports to try, as `ns/name:port`: those that API objects name.
    pub fn solve_among(&mut self, names: &'src [String]) -> Solution {
        let wanted = self.wanted_services();
        if wanted.is_empty() && self.wanted_endpoints().is_empty() {
            return Solution::default();
        }
        self.verification.solved = 0;
        let candidates = self.candidates(names);
        let services = hits(&wanted, &candidates);
        self.take_services(&services);
        self.verify_named_by_hash();
        let wanted_endpoints = self.wanted_endpoints();
        let search = self.endpoint_hits(&wanted_endpoints, &candidates, &services);
        let gave_up = search.left == 0 && search.hits.len() < wanted_endpoints.len();
        let endpoints = search.hits;
        self.take_endpoints(&endpoints);
        let asked = count(wanted.len() + wanted_endpoints.len());
        Solution { asked, found: count(services.len() + endpoints.len()), gave_up }
    }

    /// What contradicted and nameless service chains' names end in.
    fn wanted_services(&self) -> HashSet<&'src [u8]> {
        let own = self.services.iter().flat_map(|service| {
            let is_nameless = service.name.is_none();
            service.chains.iter().filter(move |own| is_nameless || own.identity == Identity::Contradicted)
        });
        own.filter_map(|own| tail(self.chain(own.id).name)).collect()
    }

    fn wanted_endpoints(&self) -> HashSet<&'src [u8]> {
        let contradicted = self.endpoints.iter().filter(|endpoint| endpoint.identity == Identity::Contradicted);
        contradicted.filter_map(|endpoint| tail(self.name_of(endpoint))).collect()
    }

    /// Service ports named anywhere in the dump, and usual ones, in both forms of unnamed ports.
    fn candidates(&self, told: &'src [String]) -> Vec<Candidate<'src>> {
        let named = self.services.iter().filter_map(|service| service.name);
        let inside = self.chains.iter().filter_map(|chain| chain.named);
        let ends = self.endpoints.iter().filter_map(|endpoint| self.named(endpoint));
        let told = told.iter().filter_map(|name| ServicePortName::parse(name.as_bytes()));
        let usual = USUAL_SERVICES.iter().filter_map(|name| ServicePortName::parse(name.as_bytes()));
        let mut seen = HashSet::new();
        let mut candidates = Vec::new();
        for service in usual.chain(told).chain(named).chain(inside).chain(ends).map(ServicePortName::modern) {
            if seen.insert(service) {
                candidates.extend(PROTOCOLS.into_iter().flat_map(|protocol| forms(service, protocol)));
            }
        }
        candidates
    }

    /// Tries services with endpoints, what is near to the contradicted chains first.
    fn endpoint_hits<'w>(
        &self,
        wanted: &'w HashSet<&'src [u8]>,
        candidates: &[Candidate<'src>],
        solved: &HashMap<&'src [u8], MadeFor<'src>>,
    ) -> Search<'w, 'src> {
        let near = self.near_services(solved);
        let (near, far): (Vec<_>, Vec<_>) =
            candidates.iter().partition(|candidate| near.contains(siblings(candidate.service)));
        let claimed = self.claimed();
        let contradicted = || self.endpoints.iter().filter(|endpoint| endpoint.identity == Identity::Contradicted);
        let claimed_addresses = || claimed.iter().map(SocketAddr::ip);
        let own_addresses = unique(claimed_addresses().chain(contradicted().flat_map(addresses_of)));
        let all_addresses = unique(own_addresses.iter().copied().chain(self.endpoints.iter().flat_map(addresses_of)));
        let claimed_ports = claimed.iter().map(SocketAddr::port);
        let own_ports = unique(claimed_ports.chain(contradicted().filter_map(|endpoint| endpoint.dnat()?.port)));
        let all_ports = self.ports(&own_ports);
        let is_hopeful = self.verification.is_trustworthy() || self.verification.contradicted <= FEW_CONTRADICTIONS;
        let left = if is_hopeful { MOST_HASHES } else { FEWER_HASHES };
        let mut search = Search { wanted, hits: HashMap::new(), left };
        search.try_all(&near, &own_addresses, &all_ports);
        search.try_all(&far, &own_addresses, &own_ports);
        search.try_all(&near, &all_addresses, &own_ports);
        search.try_all(&near, &all_addresses, &all_ports);
        search.try_all(&far, &own_addresses, &all_ports);
        search.try_all(&far, &all_addresses, &all_ports);
        search
    }

    /// Services of contradicted endpoint chains, those that service chains were made for, and usual ones.
    fn near_services(&self, solved: &HashMap<&'src [u8], MadeFor<'src>>) -> HashSet<&'src BStr> {
        let contradicted = self.endpoints.iter().filter(|endpoint| endpoint.identity == Identity::Contradicted);
        let own = contradicted.flat_map(|endpoint| {
            let service = endpoint.service().and_then(|at| self.services[at as usize].name);
            [self.named(endpoint), service]
        });
        let usual = USUAL_SERVICES.iter().filter_map(|name| ServicePortName::parse(name.as_bytes()));
        own.flatten().chain(solved.values().map(|made| made.service)).chain(usual).map(siblings).collect()
    }

    /// The endpoints that comments of balancing rules claim for contradicted chains.
    fn claimed(&self) -> Vec<SocketAddr> {
        let balancing = self.chains.iter().flat_map(|chain| &chain.balancing);
        let contradicted = balancing
            .filter(|rule| rule.endpoint.is_some_and(|end| self.endpoint(end).identity == Identity::Contradicted));
        contradicted.filter_map(|rule| self.claimed_by(rule)).collect()
    }

    /// Ports to try: these, those of the dump, usual ones.
    fn ports(&self, first: &[u16]) -> Vec<u16> {
        let dnats: BTreeSet<u16> = self.endpoints.iter().filter_map(|endpoint| endpoint.dnat()?.port).collect();
        let captured: BTreeSet<u16> =
            self.services.iter().flat_map(|service| &service.captures).filter_map(|capture| capture.port).collect();
        unique(first.iter().copied().chain(USUAL_PORTS).chain(dnats).chain(captured))
    }

    fn take_services(&mut self, hits: &HashMap<&'src [u8], MadeFor<'src>>) {
        let verification = &mut self.verification;
        for service in &mut self.services {
            for own in &mut service.chains {
                let made = tail(self.chains[own.id.0 as usize].name).and_then(|tail| hits.get(tail));
                let Some(made) = made else { continue };
                if service.name.is_none() && service.protocol.is_none_or(|protocol| protocol == made.protocol) {
                    (service.name, service.is_named_by_hash) = (Some(made.service), true);
                    service.identity = Identity::Verified;
                }
                if own.identity == Identity::Contradicted {
                    own.made_for = Some(Box::new(*made));
                    verification.solved += 1;
                } else if service.is_named_by_hash && service.name == Some(made.service) {
                    verification.change(&mut own.identity, Identity::Verified);
                }
            }
        }
    }

    /// The endpoints of services that were named just now can be judged.
    fn verify_named_by_hash(&mut self) {
        let nat = self.nat().map(|(table, _)| table);
        for endpoint in self.endpoints.iter_mut().filter(|endpoint| endpoint.identity == Identity::Unknown) {
            let service = endpoint.service().map(|at| &self.services[at as usize]);
            let name = service.filter(|service| service.is_named_by_hash).and_then(|service| service.name);
            let tail = tail(name_in(nat, endpoint));
            let (Some(name), Some(tail), Some(dnat)) = (name, tail, endpoint.dnat()) else { continue };
            let (Some(protocol), Some(target)) = (dnat.protocol, dnat.target()) else { continue };
            let is_own = forms(name, protocol).any(|form| endpoint_hash_after(form.digest, target).is(tail));
            let identity = if is_own { Identity::Verified } else { Identity::Contradicted };
            self.verification.change(&mut endpoint.identity, identity);
        }
    }

    fn take_endpoints(&mut self, hits: &HashMap<&'src [u8], MadeFor<'src>>) {
        let nat = self.nat().map(|(table, _)| table);
        for endpoint in self.endpoints.iter_mut().filter(|endpoint| endpoint.identity == Identity::Contradicted) {
            let Some(hit) = tail(name_in(nat, endpoint)).and_then(|tail| hits.get(tail)) else { continue };
            endpoint.solved(*hit);
            self.verification.solved += 1;
        }
    }
}

/// Both forms in which the name of a service port is hashed; the old one keeps the colon of unnamed ports.
fn forms(service: ServicePortName<'_>, protocol: Protocol) -> impl Iterator<Item = Candidate<'_>> {
    let separators: &[&str] = if service.port().is_empty() { &["", ":"] } else { &[""] };
    separators.iter().map(move |separator| {
        let text = Sha256::new().chain_update(service.text()).chain_update(separator);
        let digest = text.chain_update(protocol.name().unwrap_or_default());
        Candidate { service, protocol, digest }
    })
}

fn hits<'src>(wanted: &HashSet<&'src [u8]>, candidates: &[Candidate<'src>]) -> HashMap<&'src [u8], MadeFor<'src>> {
    let hit = |candidate: &Candidate<'src>| {
        let tail = wanted.get(finished(candidate.digest.clone()).0.as_slice())?;
        let (service, protocol) = (candidate.service, candidate.protocol);
        Some((*tail, MadeFor { service, protocol, endpoint: None }))
    };
    if wanted.is_empty() { HashMap::new() } else { candidates.iter().filter_map(hit).collect() }
}

/// `namespace/name`: what the ports of one service have in common.
fn siblings(service: ServicePortName<'_>) -> &BStr {
    let text = service.text();
    let end = text.find_byte(b':').unwrap_or(text.len());
    text[..end].as_bstr()
}

/// The addresses an endpoint chain speaks of: its DNAT target and its hairpin source.
fn addresses_of(endpoint: &EndpointChain<'_>) -> impl Iterator<Item = IpAddr> {
    let dnat = endpoint.dnat().and_then(|dnat| dnat.address);
    dnat.into_iter().chain(endpoint.hairpin().and_then(|hairpin| hairpin.source))
}

/// Each once, in the order they come.
fn unique<T: Copy + Eq + std::hash::Hash>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    values.filter(|&value| seen.insert(value)).collect()
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// What stands behind the prefix, if it has the length of a checksum.
fn tail(name: &BStr) -> Option<&[u8]> {
    match ChainName::of(name) {
        ChainName::Hashed(prefix, tail) if prefix != Prefix::HostPort && tail.len() == 16 => Some(tail),
        _ => None,
    }
}
