//! Which rules of a long chain can match a packet at all, by its destination. A rule left out surely does not match.

use crate::ruleset::{Chain, ChainId, Match, Side, Table, Test};
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::Range;

/// Chains shorter than this are walked rule by rule.
const WORTHWHILE: usize = 24;

/// Whether a chain is so long that an index is worth its while.
pub(super) fn is_worthwhile(chain: &Chain<'_>) -> bool {
    chain.rules.len() >= WORTHWHILE
}

/// The rules of one chain, by the destination they ask for.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Rules for one port of one address.
    by_place: HashMap<(IpAddr, u16), Vec<u32>, RandomState>,
    /// Rules for one address, whatever the port.
    by_address: HashMap<IpAddr, Vec<u32>, RandomState>,
    /// Rules for one port but not for one address.
    by_port: HashMap<u16, Vec<u32>, RandomState>,
    /// All others.
    rest: Vec<u32>,
}

impl Index {
    /// The index of a chain.
    pub(super) fn new(table: &Table<'_>, chain: ChainId) -> Self {
        let mut index = Self::default();
        for (id, rule) in table.rules_of(chain) {
            let list = match wanted(table.matches(rule).iter().filter(|each| !each.inverted()).map(Match::test)) {
                (Some(address), Some(port)) => index.by_place.entry((address, port)).or_default(),
                (Some(address), None) => index.by_address.entry(address).or_default(),
                (None, Some(port)) => index.by_port.entry(port).or_default(),
                (None, None) => &mut index.rest,
            };
            list.push(id.0);
        }
        index
    }

    /// What goes to that port; without one (ICMP has none) no rule that asks for a port can match.
    fn lists(&self, address: IpAddr, port: Option<u16>) -> [&[u32]; 4] {
        [
            listed(port.and_then(|port| self.by_place.get(&(address, port)))),
            listed(self.by_address.get(&address)),
            listed(port.and_then(|port| self.by_port.get(&port))),
            &self.rest,
        ]
    }
}

fn listed(list: Option<&Vec<u32>>) -> &[u32] {
    list.map_or(&[], Vec::as_slice)
}

/// The one address and the one port that these tests ask of the destination.
fn wanted<'t>(tests: impl Iterator<Item = &'t Test<'t>>) -> (Option<IpAddr>, Option<u16>) {
    let mut wanted = (None, None);
    for test in tests {
        match test {
            Test::Address { side: Side::Destination, net } => wanted.0 = wanted.0.or(net.as_host()),
            Test::Port { side: Side::Destination, ports, .. } => wanted.1 = wanted.1.or(ports.as_single()),
            _ => {}
        }
    }
    wanted
}

/// The rules to ask, in order.
#[derive(Clone, Debug)]
pub(super) enum Cursor<'m> {
    /// All of them.
    Linear(Range<u32>),
    /// Those of four sorted lists.
    Listed([&'m [u32]; 4]),
}

impl<'m> Cursor<'m> {
    /// The rules of an index that can match what goes to `address` and `port`. A port that is not known although the
    /// protocol has one, or an unknown address, needs all of `rules`.
    pub(super) fn new(
        index: Option<&'m Index>,
        rules: Range<u32>,
        address: Option<IpAddr>,
        port: Option<u16>,
        has_ports: bool,
    ) -> Self {
        match (index, address) {
            (Some(index), Some(address)) if port.is_some() || !has_ports => Self::Listed(index.lists(address, port)),
            _ => Self::Linear(rules),
        }
    }
}

impl Iterator for Cursor<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        match self {
            Self::Linear(rules) => rules.next(),
            Self::Listed(lists) => {
                let next = lists.iter_mut().filter(|list| !list.is_empty()).min_by_key(|list| list[0])?;
                let (&rule, rest) = next.split_first()?;
                *next = rest;
                Some(rule)
            }
        }
    }
}
