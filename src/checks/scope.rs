//! Which services checks are asked about: all of a ruleset, or a few of them with all that belongs to them.
//!
//! Whoever explains one service of ten thousand need not look at the others. A check that goes through services, chains
//! or endpoints gets only those of the scope; what it finds about others all the same is thrown away.

use super::finding::Finding;
use crate::kube::Proxy;
use std::collections::BTreeSet;
use std::iter::Copied;
use std::ops::Range;
use std::slice::Iter;

/// Some services of a ruleset, and what belongs to them: lists of indexes, in order.
pub(super) struct Scope {
    /// The services asked about.
    asked: Vec<u32>,
    /// Those, and those that share a chain with one of them: what is wrong with such a chain concerns all its services.
    pub(super) services: Vec<u32>,
    /// Their chains, by index of `Proxy::chains`.
    pub(super) chains: Vec<u32>,
    /// The endpoint chains that these lead to, by index of `Proxy::endpoints`.
    pub(super) endpoints: Vec<u32>,
}

impl Scope {
    pub(super) fn of(proxy: &Proxy<'_, '_>, asked: &[u32]) -> Self {
        let (mut services, mut chains) = (BTreeSet::new(), BTreeSet::new());
        let mut open = asked.to_vec();
        while let Some(at) = open.pop() {
            let Some(service) = proxy.services.get(at as usize).filter(|_| services.insert(at)) else { continue };
            for own in service.chains.iter().filter(|own| chains.insert(own.id.0)) {
                open.extend(&proxy.chain(own.id).services);
            }
        }
        let loose = services.iter().flat_map(|&at| &proxy.services[at as usize].loose_endpoints);
        let mut endpoints: BTreeSet<u32> = loose.map(|end| end.0).collect();
        for chain in chains.iter().map(|&at| &proxy.chains[at as usize]) {
            let drawn = chain.balancing.iter().filter_map(|rule| rule.endpoint);
            endpoints
                .extend(drawn.chain(chain.rechecks.iter().filter_map(|recheck| recheck.endpoint)).map(|end| end.0));
        }
        let mut asked = asked.to_vec();
        asked.sort_unstable();
        Self {
            asked,
            services: services.into_iter().collect(),
            chains: chains.into_iter().collect(),
            endpoints: endpoints.into_iter().collect(),
        }
    }

    /// Whether a finding of this ruleset is about one of the services asked about.
    pub(super) fn concerns(&self, finding: &Finding) -> bool {
        finding.services.iter().any(|&service| self.asks(service))
    }

    /// Whether that service is one of those asked about.
    pub(super) fn asks(&self, service: u32) -> bool {
        self.asked.binary_search(&service).is_ok()
    }
}

/// The indexes to look at: all of them, or those of a list.
#[derive(Clone)]
pub(super) enum Places<'s> {
    All(Range<u32>),
    Of(Copied<Iter<'s, u32>>),
}

impl<'s> Places<'s> {
    /// Those of the list, if there is one, else all of `length`.
    pub(super) fn new(list: Option<&'s Vec<u32>>, length: usize) -> Self {
        match list {
            Some(list) => Self::Of(list.iter().copied()),
            None => Self::All(0..u32::try_from(length).unwrap_or(u32::MAX)),
        }
    }
}

impl Iterator for Places<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        match self {
            Self::All(range) => range.next(),
            Self::Of(list) => list.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::All(range) => range.size_hint(),
            Self::Of(list) => list.size_hint(),
        }
    }
}
