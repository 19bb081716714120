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
    /// Those that ask for the same stand together, each group in the order of the chain.
    rules: Vec<u32>,
    /// Rules for one port of one address.
    by_place: HashMap<(IpAddr, u16), Group, RandomState>,
    /// Rules for one address, whatever the port.
    by_address: HashMap<IpAddr, Group, RandomState>,
    /// Rules for one port but not for one address.
    by_port: HashMap<u16, Group, RandomState>,
    /// All others.
    rest: Group,
}

/// Where rules that ask for the same begin and end in [`Index::rules`].
#[derive(Clone, Copy, Debug, Default)]
struct Group {
    start: u32,
    end: u32,
}

impl Index {
    /// The index of a chain.
    pub(super) fn new(table: &Table<'_>, chain: ChainId) -> Self {
        let tests = |rule| table.matches(rule).iter().filter(|each| !each.inverted()).map(Match::test);
        let mut asked: Vec<_> = table.rules_of(chain).map(|(id, rule)| (wanted(tests(rule)), id.0)).collect();
        asked.sort_unstable();
        let mut index = Self { rules: asked.iter().map(|&(_, rule)| rule).collect(), ..Self::default() };
        let mut start = 0;
        for group in asked.chunk_by(|one, next| one.0 == next.0) {
            let (wanted, _) = group[0];
            let end = start + u32::try_from(group.len()).unwrap_or_default();
            let group = Group { start, end };
            match wanted {
                (Some(address), Some(port)) => _ = index.by_place.insert((address, port), group),
                (Some(address), None) => _ = index.by_address.insert(address, group),
                (None, Some(port)) => _ = index.by_port.insert(port, group),
                (None, None) => index.rest = group,
            }
            start = end;
        }
        index
    }

    /// What goes to that port; without one (ICMP has none) no rule that asks for a port can match.
    fn lists(&self, address: IpAddr, port: Option<u16>) -> [&[u32]; 4] {
        let groups = [
            port.and_then(|port| self.by_place.get(&(address, port))),
            self.by_address.get(&address),
            port.and_then(|port| self.by_port.get(&port)),
            Some(&self.rest),
        ];
        groups.map(|group| group.map_or(&[][..], |group| &self.rules[group.start as usize..group.end as usize]))
    }
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
