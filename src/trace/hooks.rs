//! The way through the hooks: which tables in which order, and the routing between them.

use super::atom::Atom;
use super::dist::{Dist, End, Entry, merge};
use super::infer::Inference;
use super::state::{Device, SourceChange, State};
use super::walk::{Stage, Walk};
use super::{Hook, Origin, TableKey, Verdict};
use crate::facts::{Way, is_loopback};
use crate::ruleset::{AddressTypes, ChainId, ChainKind, Policy, RuleId, Side, TableName};
use bstr::{BStr, BString};
use std::net::IpAddr;

/// A part of the connections at the end of its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Final {
    /// What became of it; [`Verdict::Translated`] stands for all that goes on.
    pub(super) verdict: Verdict,
    /// Its last state.
    pub(super) state: u32,
    /// Its probability under the state's assumptions.
    pub(super) weight: f64,
    /// The rule that ended it.
    pub(super) rule: Option<(TableKey, RuleId)>,
    /// Whether it is delivered on the node.
    pub(super) is_local: bool,
}

/// Where routing leads a state.
enum Turn {
    Local,
    Out(Device),
    NoRoute,
    Refused,
}

const PREROUTING: [TableName<'static>; 3] = [TableName::Raw, TableName::Mangle, TableName::Nat];
const INPUT: [TableName<'static>; 4] = [TableName::Mangle, TableName::Filter, TableName::Security, TableName::Nat];
const FORWARD: [TableName<'static>; 3] = [TableName::Mangle, TableName::Filter, TableName::Security];
const POSTROUTING: [TableName<'static>; 2] = [TableName::Mangle, TableName::Nat];

/// The whole way, and what ended on it.
#[derive(Default)]
pub(super) struct Journey {
    /// The parts at their end.
    pub(super) finals: Vec<Final>,
    /// By stage: the rooms entered first, and how often.
    pub(super) roots: Vec<Vec<(u32, f64)>>,
}

impl Walk<'_, '_, '_> {
    /// Walks the whole way.
    pub(super) fn run(&mut self) -> Journey {
        let mut way = Journey::default();
        if self.packet.origin == Origin::Node {
            self.leave_node(&mut way);
        } else {
            self.come_in(&mut way);
        }
        way
    }

    fn device(&mut self, name: &BStr) -> Device {
        Device::Named(self.devices.add(BString::from(name)))
    }

    fn come_in(&mut self, way: &mut Journey) {
        let incoming = match self.packet.in_interface.clone() {
            Some(name) => self.device(name.as_ref()),
            None => Device::Unknown,
        };
        let state = self.start(incoming);
        let state = self.states.add(state);
        let mut dist = vec![Entry { end: End::Open, rule: None, state, weight: 1.0 }];
        for table in PREROUTING {
            dist = self.pass(way, Hook::Prerouting, table, false, dist);
        }
        let (mut inner, mut outer) = (Dist::new(), Dist::new());
        for (entry, turn) in self.turns(dist, true) {
            match turn {
                Turn::Local => inner.push(entry),
                Turn::Out(outgoing) => {
                    let state = State { outgoing, ..self.states.get(entry.state) };
                    outer.push(Entry { state: self.states.add(state), ..entry });
                }
                Turn::NoRoute => ended(way, Verdict::Unroutable, entry),
                Turn::Refused => ended(way, Verdict::Dropped, entry),
            }
        }
        for table in FORWARD {
            outer = self.pass(way, Hook::Forward, table, false, outer);
        }
        self.deliver(way, inner);
        self.leave(way, outer);
    }

    fn leave_node(&mut self, way: &mut Journey) {
        let start = self.start(Device::None);
        let state = self.states.add(start);
        let dist = vec![Entry { end: End::Open, rule: None, state, weight: 1.0 }];
        let mut out = self.routed_out(way, dist);
        for table in [TableName::Raw, TableName::Mangle, TableName::Nat] {
            out = self.pass(way, Hook::Output, table, false, out);
        }
        let unroutable = |walk: &Self, entry: &Entry| {
            let state = walk.states.get(entry.state);
            state.is_dnat && state.destination.is_some_and(|to| walk.facts.way(to) == Some(Way::NoRoute))
        };
        let (lost, out): (Dist, Dist) = out.into_iter().partition(|entry| unroutable(self, entry));
        for entry in lost {
            ended(way, Verdict::Unroutable, entry);
        }
        let (refused, mut out): (Dist, Dist) = out.into_iter().partition(|entry| self.is_refused_at_once(entry));
        for entry in refused {
            ended(way, Verdict::Dropped, entry);
        }
        for table in [TableName::Filter, TableName::Security] {
            out = self.pass(way, Hook::Output, table, false, out);
        }
        let out = self.routed_out(way, out);
        self.leave(way, out);
    }

    /// Whether routing anew behind the nat table fails already: a loopback source and no `route_localnet`.
    fn is_refused_at_once(&self, entry: &Entry) -> bool {
        let state = self.states.get(entry.state);
        let is_away = state.destination.is_some_and(|to| to.is_ipv4() && self.facts.is_local(to) == Some(false));
        let is_loopback = state.source.is_some_and(is_loopback);
        state.is_dnat && is_away && is_loopback && self.facts.route_localnet == Some(false)
    }

    /// Sets the outgoing interface by the destination as it is now.
    fn routed_out(&mut self, way: &mut Journey, dist: Dist) -> Dist {
        let mut out = Dist::new();
        for (entry, turn) in self.turns(dist, false) {
            let outgoing = match turn {
                Turn::Local => self.device("lo".into()),
                Turn::Out(outgoing) => outgoing,
                Turn::NoRoute => {
                    ended(way, Verdict::Unroutable, entry);
                    continue;
                }
                Turn::Refused => {
                    ended(way, Verdict::Dropped, entry);
                    continue;
                }
            };
            let state = State { outgoing, ..self.states.get(entry.state) };
            out.push(Entry { state: self.states.add(state), ..entry });
        }
        merge(&mut out, &mut self.states);
        out
    }

    fn leave(&mut self, way: &mut Journey, mut dist: Dist) {
        for table in POSTROUTING {
            dist = self.pass(way, Hook::Postrouting, table, false, dist);
        }
        let own = self.device("lo".into());
        let (looped, gone): (Dist, Dist) =
            dist.into_iter().partition(|entry| self.states.get(entry.state).outgoing == own);
        for entry in gone {
            ended(way, Verdict::Translated, entry);
        }
        let mut looped: Dist = looped
            .into_iter()
            .map(|entry| {
                let state = State { incoming: own, outgoing: Device::None, ..self.states.get(entry.state) };
                Entry { state: self.states.add(state), ..entry }
            })
            .collect();
        for table in [TableName::Raw, TableName::Mangle] {
            looped = self.pass(way, Hook::Prerouting, table, true, looped);
        }
        for table in [TableName::Mangle, TableName::Filter, TableName::Security] {
            looped = self.pass(way, Hook::Input, table, true, looped);
        }
        local(way, looped);
    }

    fn deliver(&mut self, way: &mut Journey, mut dist: Dist) {
        for table in INPUT {
            dist = self.pass(way, Hook::Input, table, false, dist);
        }
        local(way, dist);
    }

    /// One table at one hook.
    fn pass(&mut self, way: &mut Journey, hook: Hook, name: TableName<'_>, is_looped: bool, dist: Dist) -> Dist {
        let (Some(key), false) = (self.machine.key(name), dist.is_empty()) else { return dist };
        let is_nat = name == TableName::Nat;
        let Some((chain, policy)) = self.hooked(key, hook) else {
            return if is_nat && hook == Hook::Postrouting { self.undecided(key, dist) } else { dist };
        };
        let pass = u8::try_from(self.stages.len()).unwrap_or(u8::MAX);
        self.stages.push(Stage { hook, table: key, is_looped });
        way.roots.push(Vec::new());
        // Of one way alone nobody asks where it came along.
        let is_empty = self.machine.table(key).chain(chain).rules.is_empty();
        if is_empty && policy == Policy::Accept && self.alone.is_some() {
            return dist;
        }
        let mut out = Dist::with_capacity(dist.len());
        for entry in dist {
            let state = State { pass, ..self.states.get(entry.state) };
            if is_nat && !state.is_tracked {
                out.push(entry);
                continue;
            }
            if let Some(holds) = self.alone {
                let part = self.alone_through(key, chain, state, holds);
                settle(way, key, policy, part, &mut out);
                continue;
            }
            let halves = i32::try_from(self.states.assumptions(&state).len()).unwrap_or(i32::MAX);
            let state = self.states.add(state);
            let room = self.enter(key, chain, state);
            if let Some(roots) = way.roots.last_mut() {
                roots.push((room, entry.weight * 0.5_f64.powi(halves)));
            }
            let result = self.rooms[room as usize].result.clone().unwrap_or_default();
            for part in result.iter() {
                settle(way, key, policy, Entry { weight: part.weight * entry.weight, ..*part }, &mut out);
            }
        }
        merge(&mut out, &mut self.states);
        out
    }

    /// The chain a hook calls in a table, and its policy. Where a cut dump lacks it, kube-proxy's own chain.
    fn hooked(&mut self, key: TableKey, hook: Hook) -> Option<(ChainId, Policy)> {
        let table = self.machine.table(key);
        if let Some(id) = self.machine.hooked(key, hook.chain_name()) {
            let policy = match table.chain(id).kind {
                ChainKind::BuiltIn { policy, .. } => policy,
                ChainKind::UserDefined { .. } => None,
            };
            if policy.is_none() {
                self.infer(Inference::Policy);
            }
            return Some((id, policy.unwrap_or(Policy::Accept)));
        }
        if table.is_complete || table.name != TableName::Nat {
            return None;
        }
        let own = match hook {
            Hook::Prerouting | Hook::Output => "KUBE-SERVICES",
            Hook::Postrouting => "KUBE-POSTROUTING",
            Hook::Input | Hook::Forward => return None,
        };
        let id = self.machine.hooked(key, own)?;
        self.infer(Inference::Hook(hook.chain_name().into(), own.into()));
        Some((id, Policy::Accept))
    }

    /// In a cut dump, what is not shown of POSTROUTING may masquerade.
    fn undecided(&mut self, key: TableKey, dist: Dist) -> Dist {
        if self.machine.table(key).is_complete {
            return dist;
        }
        let unknown = |state: State| State { source_change: SourceChange::Unknown, ..state };
        dist.into_iter()
            .map(|entry| {
                let state = self.states.get(entry.state);
                let state = if state.is_tracked { unknown(state) } else { state };
                Entry { state: self.states.add(state), ..entry }
            })
            .collect()
    }

    /// Where routing leads each entry; what the facts do not tell is taken both ways.
    fn turns(&mut self, dist: Dist, is_incoming: bool) -> Vec<(Entry, Turn)> {
        let mut turns = Vec::new();
        for entry in dist {
            let before = turns.len();
            self.turn(entry, is_incoming, &mut turns);
            match self.alone {
                Some(true) => turns.truncate(before + 1),
                Some(false) => drop(turns.drain(before..turns.len().saturating_sub(1).max(before))),
                None => {}
            }
        }
        turns
    }

    fn turn(&mut self, entry: Entry, is_incoming: bool, turns: &mut Vec<(Entry, Turn)>) {
        let state = self.states.get(entry.state);
        let to = state.destination;
        let is_ipv4 = self.packet.destination.is_ipv4();
        if is_incoming
            && is_ipv4
            && to.is_some()
            && state.source.is_some_and(|it| self.facts.is_local(it) == Some(true))
        {
            return turns.push((entry, Turn::Refused));
        }
        if is_incoming && is_ipv4 && to.is_some_and(is_loopback) {
            return self.by_localnet(entry, Turn::Local, turns);
        }
        let types = AddressTypes::LOCAL;
        let atom = Atom::Kind { address: to, side: Side::Destination, types };
        // A broadcast is delivered on the node, too.
        let kind = self.kind(&state, Side::Destination, to).map(|kind| kind.0 & 0b1100 != 0);
        match kind.or_else(|| self.assumed(&state, &atom)) {
            Some(true) => turns.push((entry, Turn::Local)),
            Some(false) => self.outward(entry, to, is_incoming, turns),
            None => {
                let (yes, no) = self.forked(entry, atom);
                turns.push((yes, Turn::Local));
                self.outward(no, to, is_incoming, turns);
            }
        }
    }

    fn outward(&mut self, entry: Entry, to: Option<IpAddr>, is_incoming: bool, turns: &mut Vec<(Entry, Turn)>) {
        let name = match to.and_then(|to| self.facts.way(to)) {
            Some(Way::NoRoute) => return turns.push((entry, Turn::NoRoute)),
            Some(Way::Out { interface, .. }) => Some(BString::from(interface)),
            _ => None,
        };
        let device = name.map_or(Device::Unknown, |name| Device::Named(self.devices.add(name)));
        let from = self.states.get(entry.state).source;
        // The first hook's own turn is no sending yet: only after OUTPUT does the kernel look at the source.
        let is_sent = !is_incoming && !self.stages.is_empty();
        if is_sent && self.packet.destination.is_ipv4() && from.is_some_and(is_loopback) {
            return self.by_localnet(entry, Turn::Out(device), turns);
        }
        turns.push((entry, Turn::Out(device)));
    }

    /// Loopback addresses on the wire need `route_localnet`.
    fn by_localnet(&mut self, entry: Entry, turn: Turn, turns: &mut Vec<(Entry, Turn)>) {
        let assumed = self.assumed(&self.states.get(entry.state), &Atom::RouteLocalnet);
        match self.facts.route_localnet.or(assumed) {
            Some(true) => turns.push((entry, turn)),
            Some(false) => turns.push((entry, Turn::Refused)),
            None => {
                let (yes, no) = self.forked(entry, Atom::RouteLocalnet);
                turns.push((yes, turn));
                turns.push((no, Turn::Refused));
            }
        }
    }

    fn forked(&mut self, entry: Entry, atom: Atom) -> (Entry, Entry) {
        let atom = self.atoms.add(atom);
        let state = self.states.get(entry.state);
        let (yes, no) = (self.states.assume(state, atom, true), self.states.assume(state, atom, false));
        (Entry { state: self.states.add(yes), ..entry }, Entry { state: self.states.add(no), ..entry })
    }
}

fn ended(way: &mut Journey, verdict: Verdict, entry: Entry) {
    way.finals.push(Final { verdict, state: entry.state, weight: entry.weight, rule: None, is_local: false });
}

fn local(way: &mut Journey, dist: Dist) {
    let delivered = |entry: Entry| Final {
        verdict: Verdict::Translated,
        state: entry.state,
        weight: entry.weight,
        rule: None,
        is_local: true,
    };
    way.finals.extend(dist.into_iter().map(delivered));
}

/// What a part that left a table does then.
fn settle(way: &mut Journey, key: TableKey, policy: Policy, part: Entry, out: &mut Dist) {
    let (verdict, is_local) = match part.end {
        End::Accepted => return out.push(Entry { end: End::Open, rule: None, ..part }),
        End::Open if policy == Policy::Accept => return out.push(part),
        End::Open | End::Dropped => (Verdict::Dropped, false),
        End::Rejected => (Verdict::Rejected, false),
        End::Taken => (Verdict::Translated, true),
        End::Unknown => (Verdict::Unknown, false),
    };
    let rule = part.rule.map(|rule| (key, rule));
    way.finals.push(Final { verdict, state: part.state, weight: part.weight, rule, is_local });
}
