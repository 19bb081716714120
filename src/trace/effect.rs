//! What a target does to a state.

use super::atom::{Atom, Wording};
use super::dist::End;
use super::state::{Device, SourceChange, State, flags};
use super::walk::{Effect, Walk};
use super::{Hook, TableKey};
use crate::ruleset::{ChainId, ConnmarkAction, Net, PortRange, RuleId, Table, Target, Translation};
use bstr::{BStr, ByteSlice};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Ranges with more members than this are not told apart.
const MEMBERS: u128 = 256;

/// Targets that change or report something we do not follow, and let the packet go on.
const HARMLESS: [&str; 22] = [
    "AUDIT",
    "CHECKSUM",
    "CLASSIFY",
    "CONNSECMARK",
    "DSCP",
    "ECN",
    "HL",
    "IDLETIMER",
    "LED",
    "LOG",
    "NFLOG",
    "RATEEST",
    "SECMARK",
    "SET",
    "TCPMSS",
    "TCPOPTSTRIP",
    "TEE",
    "TOS",
    "TRACE",
    "TTL",
    "ULOG",
    "ACCOUNT",
];

impl Walk<'_, '_, '_> {
    /// What the target of a rule does to a state that matches it.
    pub(super) fn effect(&mut self, table: TableKey, id: RuleId, state: State) -> Effect {
        let machine = self.machine;
        let Some(target) = &machine.table(table).rule(id).target else { return Effect::Next(state) };
        match target {
            Target::Jump(name) | Target::Goto(name) => {
                let is_goto = matches!(target, Target::Goto(_));
                self.call(table, id, name, is_goto, state)
            }
            Target::Accept => ends(End::Accepted, state),
            Target::Drop => ends(End::Dropped, state),
            Target::Return => Effect::Return(state),
            Target::Queue(words) => self.either(state, Wording::Queue, words, End::Accepted, End::Dropped),
            Target::Reject(_) => ends(End::Rejected, state),
            Target::Dnat(to) => self.dnat(id, state, to.get()),
            Target::Snat(to) => snat(id, state, to.get()),
            Target::Masquerade(to) => self.masquerade(id, state, to.get()),
            Target::Redirect(to) => self.redirect(id, state, to.get()),
            Target::Netmap(net) => self.netmap(id, state, net),
            Target::Mark(mark) => Effect::Next(State { mark: mark.applied_to(state.mark), ..state }),
            Target::Connmark(_) if !self.has_connection(table, &state) => Effect::Next(state),
            Target::Connmark(action) => Effect::Next(connmarked(state, *action)),
            // What is tracked already stays so.
            Target::Notrack { .. } if self.is_looped(&state) => Effect::Next(state),
            Target::Notrack { .. } => Effect::Next(State { is_tracked: false, ..state }),
            Target::Ct(_) | Target::Log(_) => Effect::Next(state),
            Target::Tproxy(words) => {
                let state = State { flags: state.flags | flags::LOCAL_SOCKET, ..state };
                self.either(state, Wording::Socket, words, End::Taken, End::Dropped)
            }
            Target::Other(words) if is_harmless(words) => Effect::Next(state),
            Target::Other(words) => self.either(state, Wording::Target, words, End::Open, End::Unknown),
        }
    }

    fn is_looped(&self, state: &State) -> bool {
        self.stages.get(usize::from(state.pass)).is_some_and(|stage| stage.is_looped)
    }

    fn call(&mut self, table: TableKey, rule: RuleId, name: &BStr, is_goto: bool, state: State) -> Effect {
        let machine = self.machine;
        let of_table = machine.table(table);
        let found = machine.graph(table).leads_to(of_table, rule);
        if let Some(chain) = found.filter(|&chain| !is_cut(of_table, chain)) {
            return Effect::Call { chain, is_goto };
        }
        if let Some(mark) = self.mark_chain(table, name) {
            let state = State { mark: state.mark | mark, ..state };
            return if is_goto { Effect::Return(state) } else { Effect::Next(state) };
        }
        self.either(state, Wording::Chain, name, End::Open, End::Unknown)
    }

    /// One end or the other, on a condition.
    fn either(&mut self, state: State, what: Wording, words: &BStr, yes: End, no: End) -> Effect {
        let atom = Atom::Words { what, words: words.into(), of: None };
        if let Some(value) = self.assumed(&state, &atom) {
            return ends(if value { yes } else { no }, state);
        }
        let atom = self.atoms.add(atom);
        let (holds, fails) = (self.states.assume(state, atom, true), self.states.assume(state, atom, false));
        Effect::Ends(vec![(yes, holds, 1.0), (no, fails, 1.0)])
    }

    fn dnat(&mut self, rule: RuleId, state: State, to: Translation) -> Effect {
        let members = match to.addresses {
            None => vec![(state.destination, 1.0)],
            Some(range) => spread(range),
        };
        let is_hashed = members.len() > 1 || to.addresses.is_some_and(|(first, last)| first != last);
        let bits = if is_hashed { flags::HASHED } else { 0 };
        let mut parts = Vec::new();
        for (address, part) in members {
            for (port, share) in ports(state.destination_port, to) {
                let moved = self.moved(rule, State { flags: state.flags | bits, ..state }, address, port);
                parts.push((End::Accepted, moved, part * share));
            }
        }
        Effect::Ends(parts)
    }

    fn moved(&self, rule: RuleId, state: State, address: Option<IpAddr>, port: Option<u16>) -> State {
        let port = if self.packet.protocol.has_ports() { port } else { state.destination_port };
        let is_dnat = (address, port) != (state.destination, state.destination_port) || address.is_none();
        State { destination: address, destination_port: port, is_dnat, dnat_rule: Some(rule), ..state }
    }

    fn redirect(&mut self, rule: RuleId, state: State, to: Translation) -> Effect {
        let is_ipv4 = self.packet.destination.is_ipv4();
        let loopback = if is_ipv4 { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { IpAddr::V6(Ipv6Addr::LOCALHOST) };
        let address = match (self.hook(&state), state.incoming) {
            (Hook::Output, _) => Some(loopback),
            (_, Device::Named(place)) => self.facts.first_address(self.devices.value(place).as_bstr(), is_ipv4),
            _ => None,
        };
        let parts = ports(state.destination_port, to);
        let parts = parts.into_iter().map(|(port, part)| (End::Accepted, self.moved(rule, state, address, port), part));
        Effect::Ends(parts.collect())
    }

    fn netmap(&mut self, rule: RuleId, state: State, net: &Net) -> Effect {
        if matches!(self.hook(&state), Hook::Prerouting | Hook::Output) {
            let address = state.destination.and_then(|address| mapped(address, net));
            return ends(End::Accepted, self.moved(rule, state, address, state.destination_port));
        }
        let source = state.source.and_then(|address| mapped(address, net));
        ends(End::Accepted, resourced(rule, state, source, SourceChange::Translated, false))
    }

    fn masquerade(&mut self, rule: RuleId, state: State, to: Translation) -> Effect {
        let source = self.masquerade_address(&state);
        let moves_port = to.random || to.random_fully || to.ports.is_some();
        ends(End::Accepted, resourced(rule, state, source, SourceChange::Masqueraded, moves_port))
    }

    fn masquerade_address(&self, state: &State) -> Option<IpAddr> {
        let (Device::Named(place), Some(destination)) = (state.outgoing, state.destination) else { return None };
        let hop = match self.facts.way(destination) {
            Some(crate::facts::Way::Out { gateway, .. }) => gateway.unwrap_or(destination),
            _ => destination,
        };
        self.facts.own_address(self.devices.value(place).as_bstr(), hop)
    }
}

/// Whether the rules of a chain may be missing from the text: it has none, and the text is cut somewhere behind it. The
/// rules of a chain stand before those of the chains declared later, so any of theirs proves that it is empty.
fn is_cut(table: &Table<'_>, chain: ChainId) -> bool {
    let own = table.chain(chain);
    let later = || table.chains[chain.0 as usize..].iter().any(|chain| !chain.rules.is_empty());
    !table.is_complete && own.rules.is_empty() && !(own.is_declared && later())
}

fn ends(end: End, state: State) -> Effect {
    Effect::Ends(vec![(end, state, 1.0)])
}

fn resourced(rule: RuleId, state: State, source: Option<IpAddr>, change: SourceChange, moves_port: bool) -> State {
    State {
        source,
        source_port: state.source_port.filter(|_| !moves_port),
        is_snat: moves_port || source != state.source || source.is_none(),
        source_change: change,
        snat_rule: Some(rule),
        ..state
    }
}

fn snat(rule: RuleId, state: State, to: Translation) -> Effect {
    let source = if to.addresses.is_none() { state.source } else { to.address() };
    let moves_port = to.random || to.random_fully || to.ports.is_some();
    ends(End::Accepted, resourced(rule, state, source, SourceChange::Translated, moves_port))
}

fn is_harmless(words: &BStr) -> bool {
    let name = words.split(u8::is_ascii_whitespace).next().unwrap_or_default();
    HARMLESS.iter().any(|known| known.as_bytes() == name)
}

/// The addresses of a range, each as likely as the others; an unknown one where there are too many.
fn spread((first, last): (IpAddr, IpAddr)) -> Vec<(Option<IpAddr>, f64)> {
    let number = |address| match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    };
    let (low, high) = (number(first), number(last));
    let count = high.saturating_sub(low).saturating_add(1);
    if count > MEMBERS {
        return vec![(None, 1.0)];
    }
    let address = |number: u128| match first {
        IpAddr::V4(_) => u32::try_from(number).ok().map(|bits| IpAddr::V4(bits.into())),
        IpAddr::V6(_) => Some(IpAddr::V6(number.into())),
    };
    let part = f64::from(u32::try_from(count).unwrap_or(u32::MAX)).recip();
    (low..=high).map(|number| (address(number), part)).collect()
}

/// The ports a translation leads to. One in its range stays; without `--random` it is the first
/// (`nf_nat_l4proto_unique_tuple`).
fn ports(port: Option<u16>, to: Translation) -> Vec<(Option<u16>, f64)> {
    let Some(range) = to.ports else { return vec![(port, 1.0)] };
    if let Some(single) = range.as_single() {
        return vec![(Some(single), 1.0)];
    }
    if let (Some(base), Some(port)) = (to.base_port, port) {
        return vec![(Some(shifted(port, base, range)), 1.0)];
    }
    if to.random || to.random_fully {
        let count = u32::from(range.last.saturating_sub(range.first)) + 1;
        if u128::from(count) > MEMBERS {
            return vec![(None, 1.0)];
        }
        return (range.first..=range.last).map(|port| (Some(port), f64::from(count).recip())).collect();
    }
    vec![(port.filter(|&port| range.contains(port)).or(Some(range.first)), 1.0)]
}

fn shifted(port: u16, base: u16, range: PortRange) -> u16 {
    let count = u32::from(range.last.saturating_sub(range.first)) + 1;
    let offset = u32::from(port.wrapping_sub(base)) % count;
    range.first.wrapping_add(u16::try_from(offset).unwrap_or_default())
}

/// The address with the network part exchanged.
fn mapped(address: IpAddr, net: &Net) -> Option<IpAddr> {
    match (address, net) {
        (IpAddr::V4(address), Net::V4 { addr, mask }) => {
            let (own, mask) = (u32::from(*addr), u32::from(*mask));
            Some(IpAddr::V4(((u32::from(address) & !mask) | (own & mask)).into()))
        }
        (IpAddr::V6(address), Net::V6(net)) => {
            let (own, mask) = (u128::from(net.0), u128::from(net.1));
            Some(IpAddr::V6(((u128::from(address) & !mask) | (own & mask)).into()))
        }
        _ => None,
    }
}

/// `xt_CONNMARK`.
fn connmarked(state: State, action: ConnmarkAction) -> State {
    match action {
        ConnmarkAction::Set(mark) => State { connmark: mark.applied_to(state.connmark), ..state },
        ConnmarkAction::Save { nfmask, ctmask } => {
            State { connmark: (state.connmark & !ctmask) ^ (state.mark & nfmask), ..state }
        }
        ConnmarkAction::Restore { nfmask, ctmask } => {
            State { mark: (state.mark & !nfmask) ^ (state.connmark & ctmask), ..state }
        }
    }
}
