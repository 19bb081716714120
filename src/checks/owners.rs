//! Which services chains and rules of the nat table belong to.

use crate::kube::Proxy;
use crate::ruleset::{ChainId, RuleId};

/// What a chain is to kube-proxy.
#[derive(Clone, Copy)]
enum Place {
    Nobody,
    /// Index of `Proxy::chains`.
    Service(u32),
    /// Index of `Proxy::endpoints`.
    Endpoint(u32),
}

/// By chain and by rule: whose it is.
pub(super) struct Owners {
    chains: Vec<Place>,
    /// By rule that captures an address: index of `Proxy::services`; [`NOBODY`] for other rules.
    captures: Vec<u32>,
}

const NOBODY: u32 = u32::MAX;

impl Owners {
    pub(super) fn new(proxy: &Proxy<'_, '_>) -> Self {
        let Some((table, _)) = proxy.nat() else { return Self { chains: Vec::new(), captures: Vec::new() } };
        let mut chains = vec![Place::Nobody; table.chains.len()];
        for (at, endpoint) in (0..).zip(&proxy.endpoints) {
            chains[endpoint.chain.0 as usize] = Place::Endpoint(at);
        }
        for (at, chain) in (0..).zip(&proxy.chains) {
            chains[chain.chain.0 as usize] = Place::Service(at);
        }
        let mut captures = vec![NOBODY; table.rules.len()];
        for (at, service) in (0..).zip(&proxy.services) {
            for rule in service.captures.iter().flat_map(|capture| capture.jumps.iter().chain(&capture.masquerade)) {
                captures[rule.0 as usize] = at;
            }
        }
        Self { chains, captures }
    }

    pub(super) fn of_chain<'p>(&self, proxy: &'p Proxy<'_, '_>, chain: ChainId) -> &'p [u32] {
        match self.chains.get(chain.0 as usize) {
            Some(Place::Service(at)) => &proxy.chains[*at as usize].services,
            Some(Place::Endpoint(at)) => proxy.endpoints[*at as usize].services(),
            Some(Place::Nobody) | None => &[],
        }
    }

    pub(super) fn of_rule<'p>(&'p self, proxy: &'p Proxy<'_, '_>, rule: RuleId) -> &'p [u32] {
        let at = rule.0 as usize;
        match self.captures.get(at) {
            Some(&service) if service != NOBODY => &self.captures[at..=at],
            _ => {
                let chain = proxy.nat().and_then(|(table, _)| table.rules.get(at)).map(|rule| rule.chain);
                chain.map_or(&[], |chain| self.of_chain(proxy, chain))
            }
        }
    }
}
