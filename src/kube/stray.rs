//! Chains that no capture leads to: services of a partial dump, or leftovers.

use super::assembly::{Assembly, tail};
use super::build::{Chains, FastMap, index};
use super::proxy::named_in;
use super::{EndpointId, ServiceChainId, StaticChain};
use crate::ruleset::{ChainId, Protocol};

impl<'src> Assembly<'src> {
    /// Whether chains may be captured by lines that are missing: the tail of KUBE-SERVICES, the jump to
    /// KUBE-NODEPORTS, shows that its lines are there.
    fn may_lack_captures(&self, chains: &Chains<'_, 'src>) -> bool {
        let is_whole = chains.nat.table.is_complete && chains.nat.fixed(StaticChain::Services).is_some();
        !is_whole && self.node_port_jumps.is_empty()
    }

    /// Makes services of chains whose captures may be missing, and returns the chains that are left over.
    pub(super) fn take_strays(&mut self, chains: &mut Chains<'_, 'src>) -> Vec<ChainId> {
        if self.may_lack_captures(chains) {
            self.take_stray_chains(chains);
            self.take_stray_endpoints(chains);
        }
        let services = chains.services.iter().filter(|chain| chain.services.is_empty()).map(|chain| chain.chain);
        let loose: Vec<EndpointId> =
            self.services.iter().flat_map(|service| service.loose_endpoints.iter().copied()).collect();
        let mut is_loose = vec![false; chains.endpoints.len()];
        for id in loose {
            is_loose[id.0 as usize] = true;
        }
        let endpoints = chains.endpoints.iter().zip(is_loose);
        let endpoints = endpoints.filter(|(chain, is_loose)| chain.service().is_none() && !is_loose);
        let mut left: Vec<ChainId> = services.chain(endpoints.map(|(chain, _)| chain.chain)).collect();
        left.sort_unstable();
        left
    }

    fn take_stray_chains(&mut self, chains: &mut Chains<'_, 'src>) {
        let mut owners: FastMap<&'src [u8], u32> = FastMap::default();
        for chain in &chains.services {
            if let Some(&service) = chain.services.first() {
                owners.entry(tail(chain.name)).or_insert(service);
            }
        }
        for at in 0..chains.services.len() {
            let chain = &chains.services[at];
            if !chain.services.is_empty() || chains.nat.table.chain(chain.chain).rules.is_empty() {
                continue;
            }
            let (name, named) = (chain.name, chain.named);
            let service = *owners.entry(tail(name)).or_insert_with(|| {
                let protocol = protocol_behind(chains, at);
                match named {
                    Some(named) => self.service_named(named, protocol),
                    None => self.service_with_tail(tail(name), protocol),
                }
            });
            self.own(chains, service, vec![ServiceChainId(index(at))]);
        }
    }

    fn take_stray_endpoints(&mut self, chains: &Chains<'_, 'src>) {
        for (at, endpoint) in chains.endpoints.iter().enumerate() {
            let None = endpoint.service() else { continue };
            let Some(named) = named_in(Some(chains.nat.table), endpoint) else { continue };
            let protocol = endpoint.dnat().and_then(|dnat| dnat.protocol);
            let service = self.service_named(named, protocol);
            self.services[service as usize].loose_endpoints.push(EndpointId(index(at)));
        }
    }
}

/// The protocol of the first DNAT rule that a chain leads to.
pub(super) fn protocol_behind(chains: &Chains<'_, '_>, at: usize) -> Option<Protocol> {
    let mut seen = vec![at];
    let mut next = 0;
    while let Some(&at) = seen.get(next) {
        next += 1;
        let chain = &chains.services[at];
        let mut ends = chain.balancing.iter().filter_map(|balancing| balancing.endpoint);
        if let Some(protocol) = ends.find_map(|end| chains.endpoints[end.0 as usize].dnat()?.protocol) {
            return Some(protocol);
        }
        // A few steps are enough for FW → EXT → SVC; more would be no chain of kube-proxy's.
        for &(_, to) in chain.jumps.iter().take(8) {
            if seen.len() < 16 && !seen.contains(&(to.0 as usize)) {
                seen.push(to.0 as usize);
            }
        }
    }
    None
}
