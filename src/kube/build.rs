//! Reads the per-service chains of the nat table, rule by rule.

use super::proxy::named_in;
use super::reading::{Lead, Nat, Slot};
use super::{
    Balancing, ChainName, Dnat, EndpointChain, EndpointId, Hairpin, Prefix, Recheck, Role, ServiceChain, ServiceChainId,
};
use crate::ruleset::{ChainGraph, ChainId, RecentAction, Rule, RuleId, Table, Target};
use crate::threads::by_parts;
use bstr::BStr;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use thin_vec::ThinVec;

/// A map of a hasher that is quick and cannot be fooled.
pub(super) type FastMap<K, V> = HashMap<K, V, RandomState>;

/// The service chains and endpoint chains of a nat table.
pub(super) struct Chains<'a, 'src> {
    pub(super) nat: Nat<'a, 'src>,
    pub(super) services: Vec<ServiceChain<'src>>,
    pub(super) endpoints: Vec<EndpointChain<'src>>,
    /// The other chains of the table, by their names.
    pub(super) others: Vec<ChainId>,
}

impl<'a, 'src> Chains<'a, 'src> {
    pub(super) fn new(table: &'a Table<'src>, graph: &'a ChainGraph) -> Self {
        let nat = Nat { table, graph, slots: Vec::with_capacity(table.chains.len()) };
        // Lists that grow piece by piece leave holes in memory behind them, and these are long.
        let (mut own, mut endpoints) = (0, 0);
        for chain in table.chains.iter().filter(|chain| chain.name.starts_with(b"KUBE-")) {
            own += 1;
            endpoints += usize::from(chain.name.starts_with(b"KUBE-SEP-"));
        }
        let (services, endpoints) = (Vec::with_capacity(own - endpoints), Vec::with_capacity(endpoints));
        let mut chains = Self { nat, services, endpoints, others: Vec::new() };
        for (id, _) in table.chain_ids() {
            let slot = chains.slot(id);
            if matches!(slot, Slot::Static(_) | Slot::Foreign) {
                chains.others.push(id);
            }
            chains.nat.slots.push(slot);
        }
        for at in 0..chains.services.len() {
            chains.read_service_chain(at);
        }
        let nat = &chains.nat;
        by_parts(&mut chains.endpoints, |part| part.iter_mut().for_each(|endpoint| read_endpoint_chain(nat, endpoint)));
        chains.name_by_endpoints();
        chains
    }

    /// What a chain is, and a place for it.
    fn slot(&mut self, chain: ChainId) -> Slot {
        let name = self.nat.table.chain(chain).name;
        match ChainName::of(name) {
            ChainName::Hashed(Prefix::Sep, _) => Slot::Endpoint(self.new_endpoint(chain)),
            ChainName::Hashed(prefix, _) if prefix.is_service() => {
                let id = ServiceChainId(index(self.services.len()));
                self.services.push(empty_service_chain(chain, name, prefix));
                Slot::Service(id)
            }
            ChainName::Static(fixed) => Slot::Static(fixed),
            ChainName::Hashed(..) | ChainName::Foreign => Slot::Foreign,
        }
    }

    fn new_endpoint(&mut self, chain: ChainId) -> EndpointId {
        let id = EndpointId(index(self.endpoints.len()));
        self.endpoints.push(EndpointChain::new(chain));
        id
    }

    fn read_service_chain(&mut self, at: usize) {
        let table = self.nat.table;
        let rules = table.rules_of(self.services[at].chain);
        if self.services[at].balances() {
            self.services[at].balancing = ThinVec::with_capacity(rules.len());
        }
        for (id, rule) in rules {
            let facts = self.nat.facts(rule);
            let lead = self.endpoint_lead(self.nat.lead(id, rule), self.services[at].balances());
            let chain = &mut self.services[at];
            chain.named = chain.named.or_else(|| Role::of(facts.comment?).service());
            let endpoint = if let Lead::Endpoint(endpoint) = lead { Some(endpoint) } else { None };
            match lead {
                Lead::Masquerade => chain.masquerade.push(id),
                Lead::Drop => chain.drops.push(id),
                Lead::Service(to) => chain.jumps.push((id, to)),
                Lead::Endpoint(_) | Lead::Missing(_, Some(Prefix::Sep)) if facts.rechecks() => {
                    let seconds = facts.recent.and_then(|recent| recent.seconds);
                    chain.rechecks.push(Recheck { rule: id, endpoint, seconds });
                }
                Lead::Endpoint(_) | Lead::Missing(_, Some(Prefix::Sep)) => {
                    chain.balancing.push(Balancing { rule: id, endpoint, threshold: facts.threshold });
                }
                // The tail of KUBE-FW since 1.27 only counts.
                Lead::Nowhere if rule.target.is_none() => {}
                Lead::NodePorts | Lead::Foreign(_) | Lead::Missing(..) | Lead::Nowhere => chain.others.push(id),
            }
        }
    }

    /// A chain of another name that translates addresses serves as an endpoint chain where one is expected.
    fn endpoint_lead(&mut self, lead: Lead<'src>, balances: bool) -> Lead<'src> {
        let Lead::Foreign(chain) = lead else { return lead };
        let table = self.nat.table;
        if !balances || !table.rules_of(chain).any(|(_, rule)| matches!(rule.target, Some(Target::Dnat(_)))) {
            return lead;
        }
        let endpoint = self.new_endpoint(chain);
        self.nat.slots[chain.0 as usize] = Slot::Endpoint(endpoint);
        Lead::Endpoint(endpoint)
    }

    /// A service chain whose own rules have no comment is named by the chains it leads to.
    fn name_by_endpoints(&mut self) {
        for chain in self.services.iter_mut().filter(|chain| chain.named.is_none()) {
            let mut ends = chain.balancing.iter().filter_map(|balancing| balancing.endpoint);
            chain.named = ends.find_map(|end| named_in(Some(self.nat.table), &self.endpoints[end.0 as usize]));
        }
    }
}

fn read_endpoint_chain<'src>(nat: &Nat<'_, 'src>, endpoint: &mut EndpointChain<'src>) {
    for (id, rule) in nat.table.rules_of(endpoint.chain) {
        read_endpoint_rule(nat, endpoint, id, rule);
    }
}

fn read_endpoint_rule<'src>(nat: &Nat<'_, 'src>, chain: &mut EndpointChain<'src>, id: RuleId, rule: &Rule<'src>) {
    let facts = nat.facts(rule);
    let lead = nat.lead(id, rule);
    if let Some(text) = facts.comment {
        chain.take_comment(id, text);
    }
    if let Some(to) = rule.target.as_ref().and_then(Target::dnat) {
        chain.take_dnat(Dnat { rule: id, protocol: facts.protocol, address: to.address(), port: to.port() });
    } else if lead == Lead::Masquerade {
        chain.take_hairpin(Hairpin { rule: id, source: facts.source_address() });
    } else {
        chain.take_other(id);
    }
    if facts.recent.is_some_and(|recent| recent.action == RecentAction::Set) {
        chain.take_remembering(id);
    }
}

/// An index that fits: there are no more chains than bytes of text, whose offsets have 32 bits.
pub(super) fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn empty_service_chain(chain: ChainId, name: &BStr, prefix: Prefix) -> ServiceChain<'_> {
    ServiceChain {
        chain,
        name,
        prefix,
        named: None,
        masquerade: ThinVec::new(),
        rechecks: ThinVec::new(),
        balancing: ThinVec::new(),
        jumps: ThinVec::new(),
        drops: ThinVec::new(),
        others: ThinVec::new(),
        services: ThinVec::new(),
    }
}
