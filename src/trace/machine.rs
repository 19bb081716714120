//! The tables of one ruleset, ready to be walked, and what they show of the node without being asked.

use super::index::{Index, is_worthwhile};
use super::walk::Walk;
use super::{ChainShares, Outcome, Packet, TableKey, Trace};
use crate::facts::Facts;
use crate::ruleset::{
    ChainGraph, ChainId, Form, Match, Net, Protocol, Resolved, Rule, RuleId, Side, Table, TableName, Target, Test,
};
use foldhash::fast::RandomState;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU32;

/// Chains a walk begins in.
const HOOKED: [&str; 7] =
    ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING", "KUBE-SERVICES", "KUBE-POSTROUTING"];

/// The length of the longest of these names; those of services and pods are longer.
const LONGEST_NAME: usize = "KUBE-POSTROUTING".len();

/// Walks packets through one ruleset. Cheap to make; what it works out on the way serves later packets, too.
#[derive(Debug)]
pub struct Machine<'a, 'src> {
    resolved: &'a Resolved<'a, 'src>,
    /// By table: its long chains, in order, each with its index once a walk came there.
    indexes: Vec<Vec<(ChainId, OnceLock<Index>)>>,
    /// By table: its chains of the names the hooks call, in the order of [`HOOKED`].
    hooked: Vec<[Option<ChainId>; HOOKED.len()]>,
    shown: OnceLock<Shown>,
    cluster_ips: OnceLock<Addresses>,
    endpoints: OnceLock<Addresses>,
    /// By endpoint chain: the protocol all of which it takes. [`shares`](crate::shares) works it out and keeps it here.
    pub(crate) takes: OnceLock<Vec<Option<Protocol>>>,
    /// How many service chains were asked about before that.
    pub(crate) asked: AtomicU32,
}

type Addresses = HashSet<IpAddr, RandomState>;

/// What the rules prove of the node and the cluster.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// The net of the pods: what kube-proxy does not masquerade.
    pub(super) pod_net: Option<Net>,
    /// The mark of packets to be masqueraded.
    pub(super) masquerade_mark: Option<u32>,
    /// The mark of packets to be dropped.
    pub(super) drop_mark: Option<u32>,
}

impl<'a, 'src> Machine<'a, 'src> {
    /// A machine for that ruleset.
    #[must_use]
    pub fn new(resolved: &'a Resolved<'a, 'src>) -> Self {
        let indexes = |table: &Table<'_>| {
            let long = table.chain_ids().filter(|(_, chain)| is_worthwhile(chain));
            long.map(|(id, _)| (id, OnceLock::new())).collect()
        };
        let tables = &resolved.ruleset.tables;
        Self {
            resolved,
            indexes: tables.iter().map(indexes).collect(),
            hooked: tables.iter().map(hooked).collect(),
            shown: OnceLock::new(),
            cluster_ips: OnceLock::new(),
            endpoints: OnceLock::new(),
            takes: OnceLock::new(),
            asked: AtomicU32::new(0),
        }
    }

    /// Walks a packet through all hooks and tables.
    #[must_use]
    pub fn trace(&self, packet: &Packet, facts: &Facts) -> Trace {
        Walk::new(self, packet, facts).trace()
    }

    /// What can become of a packet on its way through all hooks and tables: [`Trace::outcomes`] without the way there,
    /// which is most of the work.
    #[must_use]
    pub fn outcomes(&self, packet: &Packet, facts: &Facts) -> Vec<Outcome> {
        self.outcomes_and_inferred(packet, facts).0
    }

    /// The same, with [`Trace::inferred`].
    #[must_use]
    pub fn outcomes_and_inferred(&self, packet: &Packet, facts: &Facts) -> (Vec<Outcome>, Vec<String>) {
        Walk::new(self, packet, facts).outcomes_alone()
    }

    /// Whether one way through all hooks and tables was found that ends in a translation, whatever it takes for granted.
    /// A few ways are tried and not all, so that `false` proves nothing.
    #[must_use]
    pub fn finds_translation(&self, packet: &Packet, facts: &Facts) -> bool {
        [false, true].into_iter().any(|holds| Walk::new(self, packet, facts).alone(holds).translates())
    }

    /// Walks a packet through one chain of a table, as a packet at the first hook of its way; `None` if the text has
    /// no such table or chain.
    #[must_use]
    pub fn chain_shares(
        &self,
        table: TableName<'_>,
        chain: ChainId,
        packet: &Packet,
        facts: &Facts,
    ) -> Option<ChainShares> {
        let key = self.key(table)?;
        (self.table(key).chains.len() > chain.0 as usize)
            .then(|| Walk::new(self, packet, facts).chain_shares(key, chain))
    }

    /// The place of the table of that name.
    #[must_use]
    pub fn key(&self, name: TableName<'_>) -> Option<TableKey> {
        let at = self.resolved.ruleset.tables.iter().position(|table| table.name == name)?;
        u32::try_from(at).ok().map(TableKey)
    }

    /// The table of that place.
    ///
    /// # Panics
    /// On a key of another ruleset.
    #[must_use]
    pub fn table(&self, key: TableKey) -> &'a Table<'src> {
        &self.resolved.ruleset.tables[key.0 as usize]
    }

    /// The chain a hook calls, or one of kube-proxy's that it calls first.
    pub(super) fn hooked(&self, key: TableKey, name: &str) -> Option<ChainId> {
        let at = HOOKED.iter().position(|known| *known == name)?;
        self.hooked[key.0 as usize][at]
    }

    pub(super) fn graph(&self, key: TableKey) -> &'a ChainGraph {
        &self.resolved.graphs[key.0 as usize]
    }

    pub(super) fn index(&self, key: TableKey, chain: ChainId) -> Option<&Index> {
        let table = self.table(key);
        if !is_worthwhile(table.chain(chain)) {
            return None;
        }
        let indexes = &self.indexes[key.0 as usize];
        let at = indexes.binary_search_by_key(&chain, |(id, _)| *id).ok()?;
        Some(indexes[at].1.get_or_init(|| Index::new(table, chain)))
    }

    /// Whether rules of that table may hide the interfaces they ask for.
    pub(super) fn hides_interfaces(&self, key: TableKey) -> bool {
        matches!(self.table(key).form, Form::List { verbose: false, .. })
    }

    fn nat(&self) -> Option<&'a Table<'src>> {
        self.key(TableName::Nat).map(|key| self.table(key))
    }

    /// Whether rules send that address to a service chain: it is a service, not the node.
    pub(super) fn is_cluster_ip(&self, address: IpAddr) -> bool {
        let all = || self.nat().into_iter().flat_map(cluster_ips).collect();
        self.cluster_ips.get_or_init(all).contains(&address)
    }

    /// Whether a DNAT rule leads to that address; the one that is named is asked first, all of them only after it.
    pub(super) fn is_endpoint(&self, address: IpAddr, by: Option<RuleId>) -> bool {
        let Some(nat) = self.nat() else { return false };
        let own = by.and_then(|rule| nat.rules.get(rule.0 as usize)).and_then(endpoint);
        let all = || nat.rules.iter().filter_map(endpoint).collect();
        own == Some(address) || self.endpoints.get_or_init(all).contains(&address)
    }

    pub(super) fn shown(&self) -> &Shown {
        self.shown.get_or_init(|| {
            let mut shown = Shown::default();
            if let Some(nat) = self.nat() {
                shown.read_nat(nat);
            }
            if let Some(filter) = self.key(TableName::Filter) {
                shown.drop_mark = mark_dropped(self.table(filter));
            }
            shown
        })
    }
}

/// The chains of a table that a walk begins in.
fn hooked(table: &Table<'_>) -> [Option<ChainId>; HOOKED.len()] {
    let mut chains = [None; HOOKED.len()];
    for (id, chain) in table.chain_ids().filter(|(_, chain)| chain.name.len() <= LONGEST_NAME) {
        if let Some(at) = HOOKED.iter().position(|name| chain.name == *name) {
            chains[at].get_or_insert(id);
        }
    }
    chains
}

impl Shown {
    fn read_nat(&mut self, nat: &Table<'_>) {
        let mut nets: HashMap<&Net, usize, RandomState> = HashMap::default();
        for rule in &nat.rules {
            let tests = nat.matches(rule);
            match &rule.target {
                Some(Target::Jump(chain)) if *chain == "KUBE-MARK-MASQ" => {
                    if let Some(net) = tests.iter().find_map(|each| other_source(each)) {
                        *nets.entry(net).or_default() += 1;
                    }
                }
                Some(Target::Return) if nat.chain(rule.chain).name == "KUBE-POSTROUTING" => {
                    self.masquerade_mark = tests.iter().find_map(|each| mark_of(each, true)).or(self.masquerade_mark);
                }
                Some(Target::Masquerade(_)) if nat.chain(rule.chain).name == "KUBE-POSTROUTING" => {
                    self.masquerade_mark = tests.iter().find_map(|each| mark_of(each, false)).or(self.masquerade_mark);
                }
                _ => {}
            }
        }
        self.pod_net = most_frequent(nat, &nets).cloned();
    }
}

/// Of nets that are as frequent the one that stands last.
fn most_frequent<'n>(nat: &'n Table<'_>, nets: &HashMap<&'n Net, usize, RandomState>) -> Option<&'n Net> {
    if nets.len() < 2 {
        return nets.keys().next().copied();
    }
    let all = nat.rules.iter().flat_map(|rule| nat.matches(rule)).filter_map(other_source);
    all.filter(|net| nets.contains_key(net)).max_by_key(|net| nets.get(net).copied())
}

/// Addresses that rules send to service chains.
fn cluster_ips(nat: &Table<'_>) -> impl Iterator<Item = IpAddr> {
    let is_served = |rule: &&Rule<'_>| matches!(&rule.target, Some(Target::Jump(to)) if to.starts_with(b"KUBE-SVC-"));
    nat.rules.iter().filter(is_served).flat_map(|rule| nat.matches(rule)).filter_map(destination_host)
}

/// Where a DNAT rule leads, if that is one address.
fn endpoint(rule: &Rule<'_>) -> Option<IpAddr> {
    match &rule.target {
        Some(Target::Dnat(to)) => to.get().address(),
        _ => None,
    }
}

/// The one address a test asks for as destination.
fn destination_host(each: &Match<'_>) -> Option<IpAddr> {
    match each.test() {
        Test::Address { side: Side::Destination, net } if !each.inverted() => net.as_host(),
        _ => None,
    }
}

/// The net of `! -s NET`.
fn other_source<'t>(each: &'t Match<'_>) -> Option<&'t Net> {
    match each.test() {
        Test::Address { side: Side::Source, net } if each.inverted() && net.as_host().is_none() => Some(net),
        _ => None,
    }
}

fn mark_of(each: &Match<'_>, inverted: bool) -> Option<u32> {
    match *each.test() {
        Test::Mark(mark) if each.inverted() == inverted && mark.value != 0 => Some(mark.value),
        _ => None,
    }
}

/// The mark that a rule of KUBE-FIREWALL drops.
fn mark_dropped(filter: &Table<'_>) -> Option<u32> {
    let (chain, _) = filter.chain_ids().find(|(_, chain)| chain.name == "KUBE-FIREWALL")?;
    let mut drops = filter.rules_of(chain).filter(|(_, rule)| rule.target == Some(Target::Drop));
    drops.find_map(|(_, rule)| filter.matches(rule).iter().find_map(|each| mark_of(each, false)))
}
