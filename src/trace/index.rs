//! Which rules of a long chain can match a packet at all, by its destination. A rule left out surely does not match.

use crate::ruleset::{Chain, ChainId, Side, Table, Test};
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
    /// Rules for one address.
    by_address: HashMap<IpAddr, Vec<u32>, RandomState>,
    /// Rules for one port but not for one address.
    by_port: HashMap<u16, Vec<u32>, RandomState>,
    /// All others.
    rest: Vec<u32>,
}

/// What one rule asks of the destination.
enum Wanted {
    Address(IpAddr),
    Port(u16),
    Anything,
}

impl Index {
    /// The index of a chain.
    pub(super) fn new(table: &Table<'_>, chain: ChainId) -> Self {
        let mut index = Self::default();
        for (id, rule) in table.rules_of(chain) {
            let list = match wanted(table.matches(rule).iter().filter(|each| !each.inverted).map(|each| &each.test)) {
                Wanted::Address(address) => index.by_address.entry(address).or_default(),
                Wanted::Port(port) => index.by_port.entry(port).or_default(),
                Wanted::Anything => &mut index.rest,
            };
            list.push(id.0);
        }
        index
    }

    fn lists(&self, address: IpAddr, port: Option<u16>) -> [&[u32]; 3] {
        let by_port = port.and_then(|port| self.by_port.get(&port));
        [
            self.by_address.get(&address).map_or(&[], Vec::as_slice),
            by_port.map_or(&[], Vec::as_slice),
            self.rest.as_slice(),
        ]
    }
}

fn wanted<'t>(tests: impl Iterator<Item = &'t Test<'t>>) -> Wanted {
    let mut wanted = Wanted::Anything;
    for test in tests {
        match test {
            Test::Address { side: Side::Destination, net } => {
                if let Some(address) = net.as_host() {
                    return Wanted::Address(address);
                }
            }
            Test::Port { side: Side::Destination, ports, .. } => {
                if let Some(port) = ports.as_single() {
                    wanted = Wanted::Port(port);
                }
            }
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
    /// Those of three sorted lists.
    Listed([&'m [u32]; 3]),
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
