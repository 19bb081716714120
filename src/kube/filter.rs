//! What the filter table adds to services: addresses it refuses, firewalls, health check ports.

use super::assembly::Assembly;
use super::build::FastMap;
use super::reading::{Facts, Place, fixed_chain};
use super::{Block, BlockReason, CaptureKind, Role, StaticChain};
use crate::ruleset::{Protocol, RuleId, Table, Target};

/// Services by an address they capture, for rules that have no comment.
type ByAddress<'src> = FastMap<(Place<'src>, Option<u16>, Option<Protocol>), u32>;

impl<'src> Assembly<'src> {
    pub(super) fn take_filter(&mut self, table: &Table<'src>) {
        let mut by_address = None;
        for chain in [StaticChain::Services, StaticChain::ExternalServices] {
            self.each_refusal(table, chain, |assembly, id, facts, drops| {
                assembly.block(chain, id, facts, drops, &mut by_address);
            });
        }
        self.each_refusal(table, StaticChain::ProxyFirewall, |assembly, id, facts, _| {
            let name = facts.comment.and_then(|text| Role::of(text).service());
            let service = name.and_then(|name| assembly.by_name.get(&(name.modern().text(), facts.protocol)));
            if let Some(&service) = service {
                assembly.services[service as usize].firewall.push(id);
            }
        });
        self.take_health_checks(table);
    }

    /// Each rule of a chain that rejects or drops.
    fn each_refusal(
        &mut self,
        table: &Table<'src>,
        chain: StaticChain,
        mut act: impl FnMut(&mut Self, RuleId, &Facts<'_, 'src>, bool),
    ) {
        let Some(chain) = fixed_chain(table, chain) else { return };
        for (id, rule) in table.rules_of(chain) {
            let drops = match rule.target {
                Some(Target::Drop) => true,
                Some(Target::Reject(_)) => false,
                _ => continue,
            };
            act(self, id, &Facts::of(table.matches(rule)), drops);
        }
    }

    fn block(
        &mut self,
        chain: StaticChain,
        rule: RuleId,
        facts: &Facts<'_, 'src>,
        drops: bool,
        by_address: &mut Option<ByAddress<'src>>,
    ) {
        let (named, reason) = match facts.comment.map(|text| Role::of(text)) {
            Some(Role::NoEndpoints(name)) => (Some(name), BlockReason::NoEndpoints),
            Some(Role::NoLocalEndpoints(name)) => (Some(name), BlockReason::NoLocalEndpoints),
            _ => (None, BlockReason::NotSaid),
        };
        let service = match named {
            Some(name) => self.service_named(name, facts.protocol),
            None => self.service_at(facts, by_address),
        };
        let block = Block { rule, drops, reason };
        if facts.to_node {
            self.block_node_port(service, facts.port, block);
        } else {
            let is_internal = chain == StaticChain::Services;
            let kind = if is_internal { self.address_kind(service) } else { CaptureKind::ExternalIp };
            self.capture_at(service, kind, facts.place(), facts.port).blocks.push(block);
        }
    }

    /// A node port is refused at all addresses of the node.
    fn block_node_port(&mut self, service: u32, port: Option<u16>, block: Block) {
        let mut known: Vec<Place<'_>> = self.node_addresses.iter().copied().map(Place::from).collect();
        known.retain(|&place| self.place_of((service, place, port, true)).is_some());
        if known.is_empty() {
            known.push(Place::default());
        }
        for place in known {
            self.capture_at(service, CaptureKind::NodePort, place, port).blocks.push(block);
        }
    }

    /// The service that captures the address of a rule without a comment, or a new one without a name.
    fn service_at(&mut self, facts: &Facts<'_, 'src>, by_address: &mut Option<ByAddress<'src>>) -> u32 {
        let known = by_address.get_or_insert_with(|| self.services_by_address());
        let place = if facts.to_node { Place::default() } else { facts.place() };
        let key = (place, facts.port, facts.protocol);
        if let Some(&service) = known.get(&key) {
            return service;
        }
        let service = self.nameless_service(facts.protocol);
        known.insert(key, service);
        service
    }

    fn services_by_address(&self) -> ByAddress<'src> {
        let mut known = ByAddress::default();
        for (service, at) in self.services.iter().zip(0..) {
            for capture in &service.captures {
                let place = Place { address: capture.address, host: capture.host };
                known.entry((place, capture.port, service.protocol)).or_insert(at);
            }
        }
        known
    }

    /// `<S> health check node port`: always tcp, whatever the service's protocol.
    fn take_health_checks(&mut self, table: &Table<'src>) {
        let Some(chain) = fixed_chain(table, StaticChain::NodePorts) else { return };
        for (_, rule) in table.rules_of(chain) {
            let facts = Facts::of(table.matches(rule));
            let Some(Role::HealthCheckNodePort(name)) = facts.comment.map(|text| Role::of(text)) else { continue };
            for protocol in [Protocol::TCP, Protocol::UDP, Protocol::SCTP] {
                if let Some(&service) = self.by_name.get(&(name.modern().text(), Some(protocol))) {
                    self.services[service as usize].health_check_port = facts.port;
                }
            }
        }
    }
}
