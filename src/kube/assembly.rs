//! Puts service ports together: captures of nat KUBE-SERVICES and KUBE-NODEPORTS, and the chains behind them.

use super::build::{Chains, FastMap, index};
use super::reading::{Facts, Lead, Place};
use super::{
    Affinity, Capture, CaptureKind, CaptureState, ChainName, Identity, OwnChain, Portal, Prefix, Role, ServiceChainId,
    ServicePort, ServicePortName, StaticChain,
};
use crate::ruleset::{Protocol, Rule, RuleId, Target};
use bstr::BStr;
use std::collections::HashSet;
use std::net::IpAddr;
use thin_vec::ThinVec;

/// More node addresses than this are taken for no restriction, so that captures stay few.
const MOST_NODE_ADDRESSES: usize = 16;

/// kube-proxy makes five chains for a service and each for one service. Whatever goes far beyond was made to keep us busy.
const MOST_CHAINS: usize = 64;

/// What tells a capture of one service from another: its address, its port, and whether it is a node port.
pub(super) type CaptureKey<'src> = (u32, Place<'src>, Option<u16>, bool);

/// A masquerade rule that waits for the capture it stands before.
struct Waiting<'src> {
    rule: RuleId,
    place: Place<'src>,
    port: Option<u16>,
    protocol: Option<Protocol>,
}

/// Fewer captures than this are looked through one by one.
const FEW_CAPTURES: usize = 8;

/// What tells two captures of a service apart.
fn key_of<'src>(service: u32, capture: &Capture<'src>) -> CaptureKey<'src> {
    let place = Place { address: capture.address, host: capture.host };
    (service, place, capture.port, capture.kind == CaptureKind::NodePort)
}

/// Service ports as far as they are put together.
pub(super) struct Assembly<'src> {
    pub(super) services: Vec<ServicePort<'src>>,
    /// By name without the old colon, and protocol.
    pub(super) by_name: FastMap<(&'src BStr, Option<Protocol>), u32>,
    /// Those without a name, by what their chains' names end in.
    by_tail: FastMap<(&'src [u8], Option<Protocol>), u32>,
    /// Names by what chains' names end in; only made if a capture has no comment.
    tail_names: Option<FastMap<&'src [u8], ServicePortName<'src>>>,
    /// Captures of services that have many, by what they take.
    captures: FastMap<CaptureKey<'src>, u32>,
    /// Services that have a cluster IP.
    with_cluster_ip: HashSet<u32>,
    waiting: Vec<Waiting<'src>>,
    pub(super) node_addresses: Vec<IpAddr>,
    pub(super) foreign: Vec<RuleId>,
    pub(super) node_port_jumps: Vec<RuleId>,
}

/// A rule that captures, as one piece.
struct Capturing<'a, 'f, 'src> {
    id: RuleId,
    facts: &'f Facts<'a, 'src>,
    target: Option<ServiceChainId>,
    target_name: &'src BStr,
    prefix: Prefix,
    is_node_port: bool,
}

impl<'src> Assembly<'src> {
    pub(super) fn new(chains: &mut Chains<'_, 'src>) -> Self {
        let mut assembly = Self {
            services: Vec::with_capacity(chains.services.len()),
            by_name: FastMap::default(),
            by_tail: FastMap::default(),
            tail_names: None,
            captures: FastMap::default(),
            with_cluster_ip: HashSet::new(),
            waiting: Vec::new(),
            node_addresses: Vec::new(),
            foreign: Vec::new(),
            node_port_jumps: Vec::new(),
        };
        assembly.read_portals(chains, StaticChain::Services);
        assembly.node_addresses = assembly.restricted_to(chains);
        assembly.read_portals(chains, StaticChain::NodePorts);
        assembly.take_chains(chains, 0);
        assembly
    }

    fn read_portals(&mut self, chains: &Chains<'_, 'src>, which: StaticChain) {
        let Some(chain) = chains.nat.fixed(which) else { return };
        for (id, rule) in chains.nat.table.rules_of(chain) {
            self.read_portal(chains, which == StaticChain::NodePorts, id, rule);
        }
        self.foreign.extend(self.waiting.drain(..).map(|waiting| waiting.rule));
    }

    fn read_portal(&mut self, chains: &Chains<'_, 'src>, is_node_port: bool, id: RuleId, rule: &Rule<'src>) {
        let facts = chains.nat.facts(rule);
        let (target, prefix) = match chains.nat.lead(id, rule) {
            Lead::Service(target) => (Some(target), chains.services[target.0 as usize].prefix),
            Lead::Missing(_, Some(prefix)) if prefix.is_service() => (None, prefix),
            Lead::NodePorts if !is_node_port => return self.node_port_jumps.push(id),
            Lead::Masquerade => {
                let (place, port, protocol) = (facts.place(), facts.port, facts.protocol);
                return self.waiting.push(Waiting { rule: id, place, port, protocol });
            }
            _ => return self.foreign.push(id),
        };
        let target_name = rule.target.as_ref().and_then(Target::chain_name).unwrap_or_default();
        self.capture(chains, &Capturing { id, facts: &facts, target, target_name, prefix, is_node_port });
    }

    fn capture(&mut self, chains: &Chains<'_, 'src>, capturing: &Capturing<'_, '_, 'src>) {
        let facts = capturing.facts;
        let role = facts.comment.map_or(Role::Other, |text| Role::of(text));
        let named = role.service();
        let service = self.service_of(chains, named, capturing);
        let kind = self.kind(service, role, capturing);
        let masquerade = self.waited_for(facts);
        for place in self.places(capturing) {
            let capture = self.capture_at(service, kind, place, facts.port);
            capture.jumps.push(capturing.id);
            capture.masquerade.extend(masquerade.iter().copied());
            capture.target_name = capture.target_name.or(Some(capturing.target_name));
            if capture.jumps.len() == 1 {
                capture.target = capturing.target;
            }
        }
    }

    /// The addresses a rule captures: of node ports those of the jumps to KUBE-NODEPORTS, where they ask for some.
    fn places(&self, capturing: &Capturing<'_, '_, 'src>) -> Vec<Place<'src>> {
        let place = capturing.facts.place();
        if !capturing.is_node_port || place != Place::default() || self.node_addresses.is_empty() {
            return vec![place];
        }
        self.node_addresses.iter().copied().map(Place::from).collect()
    }

    /// The addresses that all jumps to KUBE-NODEPORTS together ask for; empty if one asks for none.
    fn restricted_to(&self, chains: &Chains<'_, 'src>) -> Vec<IpAddr> {
        let table = chains.nat.table;
        let address = |&id| chains.nat.facts(table.rule(id)).address();
        let addresses: Option<Vec<IpAddr>> = self.node_port_jumps.iter().map(address).collect();
        addresses.filter(|addresses| addresses.len() <= MOST_NODE_ADDRESSES).unwrap_or_default()
    }

    /// The masquerade rules that stood right before a capture of the same address (up to 1.21).
    fn waited_for(&mut self, facts: &Facts<'_, 'src>) -> Vec<RuleId> {
        let fits = |waiting: &Waiting<'_>| {
            (waiting.place, waiting.port, waiting.protocol) == (facts.place(), facts.port, facts.protocol)
        };
        let (fitting, other): (Vec<_>, Vec<_>) = self.waiting.drain(..).partition(fits);
        self.foreign.extend(other.into_iter().map(|waiting| waiting.rule));
        fitting.into_iter().map(|waiting| waiting.rule).collect()
    }

    /// What kind of address is captured, by the comment, else by the chain it leads to.
    fn kind(&self, service: u32, role: Role<'_>, capturing: &Capturing<'_, '_, 'src>) -> CaptureKind {
        match (role, capturing.prefix) {
            _ if capturing.is_node_port => CaptureKind::NodePort,
            (Role::Portal(_, Portal::ClusterIp), _) => CaptureKind::ClusterIp,
            (Role::Portal(_, Portal::ExternalIp), _) => CaptureKind::ExternalIp,
            (Role::Portal(_, Portal::LoadBalancerIp), _) | (_, Prefix::Fw) => CaptureKind::LoadBalancerIp,
            (_, Prefix::Ext | Prefix::Xlb) => CaptureKind::ExternalIp,
            _ if capturing.facts.physdev || capturing.facts.to_node => CaptureKind::ExternalIp,
            _ => self.address_kind(service),
        }
    }

    /// The cluster IP comes first; what follows without a word is some external address.
    pub(super) fn address_kind(&self, service: u32) -> CaptureKind {
        if self.with_cluster_ip.contains(&service) { CaptureKind::ExternalIp } else { CaptureKind::ClusterIp }
    }

    /// Where that capture is among those of its service.
    pub(super) fn place_of(&self, key: CaptureKey<'src>) -> Option<usize> {
        let captures = &self.services[key.0 as usize].captures;
        if captures.len() < FEW_CAPTURES {
            captures.iter().position(|capture| key_of(key.0, capture) == key)
        } else {
            self.captures.get(&key).map(|&at| at as usize)
        }
    }

    /// The service's capture of that address and port: the one it has, or a new one of that kind.
    pub(super) fn capture_at(
        &mut self,
        service: u32,
        kind: CaptureKind,
        place: Place<'src>,
        port: Option<u16>,
    ) -> &mut Capture<'src> {
        if kind == CaptureKind::ClusterIp {
            self.with_cluster_ip.insert(service);
        }
        let known = self.place_of((service, place, port, kind == CaptureKind::NodePort));
        let captures = &mut self.services[service as usize].captures;
        let at = known.unwrap_or(captures.len());
        if known.is_none() {
            reserve_one(captures);
            captures.push(Capture {
                kind,
                address: place.address,
                host: place.host,
                port,
                jumps: ThinVec::new(),
                masquerade: ThinVec::new(),
                target: None,
                target_name: None,
                blocks: ThinVec::new(),
                state: CaptureState::Routed,
            });
            let from = if captures.len() == FEW_CAPTURES { 0 } else { at };
            if captures.len() >= FEW_CAPTURES {
                self.captures.extend((from..=at).map(|at| (key_of(service, &captures[at]), index(at))));
            }
        }
        &mut captures[at]
    }

    /// The service a capture belongs to: by its comment, by a comment in its chain, else by its chain's name.
    fn service_of(
        &mut self,
        chains: &Chains<'_, 'src>,
        named: Option<ServicePortName<'src>>,
        capturing: &Capturing<'_, '_, 'src>,
    ) -> u32 {
        let protocol = capturing.facts.protocol;
        let inside = || capturing.target.and_then(|target| chains.services[target.0 as usize].named);
        let tail = tail(capturing.target_name);
        match named.or_else(inside).or_else(|| self.name_of_tail(chains, tail)) {
            Some(name) => self.service_named(name, protocol),
            None => self.service_with_tail(tail, protocol),
        }
    }

    fn name_of_tail(&mut self, chains: &Chains<'_, 'src>, of: &'src [u8]) -> Option<ServicePortName<'src>> {
        let names = self.tail_names.get_or_insert_with(|| {
            chains.services.iter().filter_map(|chain| Some((tail(chain.name), chain.named?))).collect()
        });
        names.get(of).copied()
    }

    /// The service port of that name and protocol: the one there is, or a new one.
    pub(super) fn service_named(&mut self, name: ServicePortName<'src>, protocol: Option<Protocol>) -> u32 {
        let services = &mut self.services;
        *self.by_name.entry((name.modern().text(), protocol)).or_insert_with(|| added(services, Some(name), protocol))
    }

    /// The nameless service port whose chains' names end so: the one there is, or a new one.
    pub(super) fn service_with_tail(&mut self, tail: &'src [u8], protocol: Option<Protocol>) -> u32 {
        let services = &mut self.services;
        *self.by_tail.entry((tail, protocol)).or_insert_with(|| added(services, None, protocol))
    }

    /// A service port that nothing names.
    pub(super) fn nameless_service(&mut self, protocol: Option<Protocol>) -> u32 {
        added(&mut self.services, None, protocol)
    }

    /// Gives the services from `first` on the chains that their captures lead to.
    pub(super) fn take_chains(&mut self, chains: &mut Chains<'_, 'src>, first: usize) {
        for at in first..self.services.len() {
            let targets: Vec<_> = self.services[at].captures.iter().filter_map(|capture| capture.target).collect();
            self.own(chains, index(at), targets);
        }
    }

    /// Gives a service these chains, and all service chains they lead to.
    pub(super) fn own(&mut self, chains: &mut Chains<'_, 'src>, service: u32, targets: Vec<ServiceChainId>) {
        let mut open = targets;
        open.reverse();
        while let Some(id) = open.pop() {
            let chain = &mut chains.services[id.0 as usize];
            let owned = &mut self.services[service as usize].chains;
            if chain.services.last() == Some(&service) || chain.services.len().max(owned.len()) >= MOST_CHAINS {
                continue;
            }
            chain.services.push(service);
            open.extend(chain.jumps.iter().take(MOST_CHAINS).rev().map(|&(_, to)| to));
            reserve_one(owned);
            owned.push(OwnChain { id, prefix: chain.prefix, identity: Identity::Unknown, made_for: None });
            if chain.services.len() > 1 {
                continue;
            }
            let ends = chain.balancing.iter().map(|balancing| balancing.endpoint);
            for end in ends.chain(chain.rechecks.iter().map(|recheck| recheck.endpoint)).flatten() {
                chains.endpoints[end.0 as usize].led_to_by(service);
            }
        }
    }
}

/// Room for just one more in a short list: most services have one or two captures and chains, and there are ten thousand
/// services.
fn reserve_one<T>(list: &mut Vec<T>) {
    if list.len() < 4 {
        list.reserve_exact(1);
    }
}

/// What stands behind the prefix of a chain's name.
pub(super) fn tail(name: &BStr) -> &[u8] {
    match ChainName::of(name) {
        ChainName::Hashed(_, tail) => tail,
        ChainName::Static(_) | ChainName::Foreign => name,
    }
}

fn added<'src>(
    services: &mut Vec<ServicePort<'src>>,
    name: Option<ServicePortName<'src>>,
    protocol: Option<Protocol>,
) -> u32 {
    services.push(ServicePort {
        name,
        is_named_by_hash: false,
        protocol,
        captures: Vec::new(),
        chains: Vec::new(),
        internal_policy: None,
        external_policy: None,
        affinity: Affinity::Unknown,
        source_ranges: ThinVec::new(),
        firewall: ThinVec::new(),
        health_check_port: None,
        loose_endpoints: ThinVec::new(),
        identity: Identity::Unknown,
    });
    index(services.len() - 1)
}
