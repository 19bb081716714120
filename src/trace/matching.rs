//! Whether a rule matches a state: yes, no, by chance, or on a condition that nobody knows.

use super::atom::{Atom, Wording, range_of};
use super::machine::Machine;
use super::state::{Device, SourceChange, State, flags};
use super::walk::{Split, Walk};
use super::{Hook, Origin, TableKey};
use crate::ruleset::{
    AddressTypes, ConntrackOption, ConntrackStates, IcmpType, IfaceLimit, Match, Net, PhysdevTest, PortRange, Protocol,
    RecentAction, Rule, RuleId, Side, TableName, Target, Test,
};
use bstr::{BStr, BString, ByteSlice};
use std::net::IpAddr;

/// The answer of one test, not inverted.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Truth {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// It does not hold, and its opposite (`!`) does not either: the packet has nothing of the kind.
    Never,
    /// It holds with this probability; whether it counts instead of drawing.
    Chance(f64, bool),
    /// It holds if this does.
    If(Atom),
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

impl Truth {
    pub(super) fn inverted(self, inverted: bool) -> Self {
        match self {
            Self::Yes if inverted => Self::No,
            Self::No if inverted => Self::Yes,
            Self::Chance(part, counts) if inverted => Self::Chance(1.0 - part, counts),
            other => other,
        }
    }

    fn fails(&self) -> bool {
        matches!(self, Self::No | Self::Never)
    }
}

impl Walk<'_, '_, '_> {
    /// Splits a state at a rule; `None` if it passes by unchanged.
    pub(super) fn matching(&mut self, table: TableKey, id: RuleId, state: State) -> Option<Split> {
        let machine = self.machine;
        let rule = machine.table(table).rule(id);
        let tests = machine.table(table).matches(rule);
        let asks_recent = tests.iter().any(|each| matches!(*each.test(), Test::Recent(_)));
        for each in tests.iter().filter(|each| !matches!(*each.test(), Test::Recent(_))) {
            let truth = self.truth(table, id, &state, each);
            if self.settled(&state, truth).inverted(each.inverted()).fails() {
                return None;
            }
        }
        let mut split = Split { hit: vec![(state, 1.0)], miss: Vec::new() };
        if hides_interfaces(machine, table, rule) {
            let words = id.0.to_string().into();
            let hidden = Atom::Words { what: Wording::HiddenInterface, words, of: None };
            self.fork_all(&mut split, &hidden, false);
        }
        for each in tests {
            self.split_by(table, id, each, &mut split);
        }
        let is_unchanged = split.hit.is_empty() && !asks_recent && split.miss.len() == 1;
        (!is_unchanged).then_some(split)
    }

    /// Splits the parts that match so far by one more test.
    fn split_by(&mut self, table: TableKey, rule: RuleId, each: &Match<'_>, split: &mut Split) {
        for (mut state, part) in std::mem::take(&mut split.hit) {
            if let Test::Recent(recent) = each.test()
                && recent.action != RecentAction::Set
            {
                state.flags |= flags::AFFINITY;
            }
            let truth = self.truth(table, rule, &state, each);
            match self.settled(&state, truth).inverted(each.inverted()) {
                Truth::Yes => split.hit.push((state, part)),
                Truth::No | Truth::Never => split.miss.push((state, part)),
                Truth::Chance(chance, counts) => {
                    if counts {
                        state.flags |= flags::COUNTED;
                    }
                    split.hit.push((state, part * chance));
                    split.miss.push((state, part * (1.0 - chance)));
                }
                Truth::If(atom) => self.fork(split, state, part, &atom, each.inverted()),
            }
        }
        split.hit.retain(|(_, part)| *part > 0.0);
        split.miss.retain(|(_, part)| *part > 0.0);
    }

    fn fork(&mut self, split: &mut Split, state: State, part: f64, atom: &Atom, inverted: bool) {
        let atom = self.atoms.add(atom.clone());
        split.hit.push((self.states.assume(state, atom, !inverted), part));
        split.miss.push((self.states.assume(state, atom, inverted), part));
    }

    fn fork_all(&mut self, split: &mut Split, atom: &Atom, inverted: bool) {
        for (state, part) in std::mem::take(&mut split.hit) {
            match self.assumed(&state, atom) {
                Some(value) if value != inverted => split.hit.push((state, part)),
                Some(_) => split.miss.push((state, part)),
                None => self.fork(split, state, part, atom, inverted),
            }
        }
    }

    /// What is assumed on this branch settles a question.
    pub(super) fn settled(&self, state: &State, truth: Truth) -> Truth {
        match truth {
            Truth::If(atom) => match self.assumed(state, &atom) {
                Some(value) => value.into(),
                None => Truth::If(atom),
            },
            other => other,
        }
    }

    /// What the assumptions of a state say of a question.
    pub(super) fn assumed(&self, state: &State, atom: &Atom) -> Option<bool> {
        let assumed = self.states.assumptions(state);
        assumed.iter().find_map(|&(known, value)| self.atoms.value(known).implies(value, atom))
    }

    /// The answer of one test, the `!` before it left aside.
    pub(super) fn truth(&mut self, table: TableKey, rule: RuleId, state: &State, each: &Match<'_>) -> Truth {
        match each.test() {
            Test::Address { side, net } => self.address(state, *side, net),
            Test::Host { side, name } => words_of(state, Wording::Host, name, *side),
            Test::Interface { side, name } => self.interface(state, *side, name),
            Test::Protocol(protocol) => (*protocol == Protocol::ALL || *protocol == self.packet.protocol).into(),
            Test::ProtocolName(name) => match self.packet.protocol.name() {
                Some(_) => Truth::No,
                None => words(Wording::Protocol, name),
            },
            Test::Comment { .. } | Test::Nfacct(_) => Truth::Yes,
            Test::Fragment => Truth::No,
            Test::Port { module, side, ports } if *module == self.packet.protocol => port(state, *side, *ports),
            Test::Module(module) => (*module == self.packet.protocol).into(),
            Test::Multiport { side, ports } if self.packet.protocol.has_ports() => self.ports(state, *side, ports),
            Test::TcpFlags { mask, set } if self.packet.protocol == Protocol::TCP => (SYN & mask == *set).into(),
            Test::Icmp { module, kind } if *module == self.packet.protocol => is_ping(*module, *kind).into(),
            Test::IcmpName { module, name } if *module == self.packet.protocol => is_ping_name(name).into(),
            Test::Port { .. }
            | Test::Multiport { .. }
            | Test::TcpFlags { .. }
            | Test::Icmp { .. }
            | Test::IcmpName { .. } => Truth::Never,
            Test::AddressType { side, types, limit } => self.address_type(state, *side, *types, *limit),
            Test::Mark(mark) => mark.matches(state.mark).into(),
            Test::Connmark(_) | Test::Conntrack(_) if !self.has_connection(table, state) => Truth::Never,
            Test::Connmark(mark) => mark.matches(state.connmark).into(),
            Test::State { states, .. } => states.meets(self.conntrack_states(table, state)).into(),
            Test::Conntrack(option) => self.conntrack(state, option),
            Test::Random(threshold) => match threshold.probability() {
                1.0 => Truth::Yes,
                0.0 => Truth::No,
                part => Truth::Chance(part, false),
            },
            Test::Nth { every, .. } => match every {
                0 | 1 => Truth::Yes,
                every => Truth::Chance(1.0 / f64::from(*every), true),
            },
            // A new client is in no list yet.
            Test::Recent(recent) => (recent.action == RecentAction::Set).into(),
            Test::AddressRange { side, range } => self.address_in(state, *side, **range),
            Test::Set(set) => set_words(state, set),
            Test::Physdev { test, name } => self.physdev(*test, name),
            Test::Limit(options) => Truth::If(Atom::Traffic { table: table.0, rule, words: (*options).into() }),
            Test::Other(options) => words(Wording::Option, options),
            Test::Listed(text) => words(Wording::Listed, text),
        }
    }

    fn address(&mut self, state: &State, side: Side, net: &Net) -> Truth {
        let known = if side == Side::Source { state.source } else { state.destination };
        match (known, range_of(net)) {
            (Some(address), _) => net.contains(address).into(),
            (None, Some(range)) => self.address_in(state, side, range),
            (None, None) => words_of(state, Wording::Option, net.to_string().as_str().into(), side),
        }
    }

    fn address_in(&mut self, state: &State, side: Side, range: (IpAddr, IpAddr)) -> Truth {
        let known = if side == Side::Source { state.source } else { state.destination };
        if let Some(address) = known {
            return (address.is_ipv4() == range.0.is_ipv4() && (range.0..=range.1).contains(&address)).into();
        }
        let is_translated = side == Side::Destination || state.source_change != SourceChange::Kept;
        let shown = if is_translated { None } else { self.source_in(range) };
        match shown {
            Some(holds) => holds.into(),
            None => Truth::If(Atom::Address { side, is_translated, range }),
        }
    }

    fn interface(&mut self, state: &State, side: Side, name: &BStr) -> Truth {
        let device = if side == Side::Source { state.incoming } else { state.outgoing };
        match device {
            Device::None => fits(name, b"".into()).into(),
            Device::Named(place) => fits(name, self.devices.value(place).as_bstr()).into(),
            // What the node sends to itself alone comes in over `lo`.
            Device::Unknown if name == "lo" => Truth::No,
            Device::Unknown if name == "+" => Truth::Yes,
            Device::Unknown if side == Side::Source => Truth::If(Atom::In(name.into())),
            Device::Unknown => Truth::If(Atom::Out { name: name.into(), towards: state.destination }),
        }
    }

    fn ports(&self, state: &State, side: Side, ports: &[PortRange]) -> Truth {
        let sides: &[Side] = if side == Side::Either { &[Side::Source, Side::Destination] } else { &[side] };
        let mut open = Vec::new();
        for (&side, &range) in sides.iter().flat_map(|side| ports.iter().map(move |range| (side, range))) {
            match self.settled(state, port(state, side, range)) {
                Truth::Yes => return Truth::Yes,
                Truth::If(atom) => open.push((atom, range)),
                _ => {}
            }
        }
        match open.len() {
            0 => Truth::No,
            1 => open.pop().map_or(Truth::No, |(atom, _)| Truth::If(atom)),
            _ => {
                let list: Vec<_> = open.iter().map(|(_, range)| range.to_string()).collect();
                let side = if side == Side::Destination { "destination" } else { "source" };
                words(Wording::Option, format!("{side} port {}", list.join(",")).as_str().into())
            }
        }
    }

    fn address_type(&mut self, state: &State, side: Side, types: AddressTypes, limit: Option<IfaceLimit>) -> Truth {
        let address = if side == Side::Source { state.source } else { state.destination };
        if let Some(limit) = limit.filter(|_| types.is_local()) {
            return self.on_interface(state, address, limit);
        }
        match self.kind(state, side, address) {
            Some(kind) => (types.0 & kind.0 != 0).into(),
            None => Truth::If(Atom::Kind { address, side, types }),
        }
    }

    fn on_interface(&mut self, state: &State, address: Option<IpAddr>, limit: IfaceLimit) -> Truth {
        let (device, side) = match limit {
            IfaceLimit::In => (state.incoming, Side::Source),
            IfaceLimit::Out => (state.outgoing, Side::Destination),
        };
        let known = match (device, address) {
            (Device::Named(place), Some(address)) => self.facts.is_on(self.devices.value(place).as_bstr(), address),
            (_, Some(address)) => self.facts.is_local(address).filter(|local| !local),
            _ => None,
        };
        known.map_or(Truth::If(Atom::OnInterface { address, side }), Truth::from)
    }

    /// In the raw table there is no connection yet, unless the packet comes back over `lo`.
    pub(super) fn has_connection(&self, table: TableKey, state: &State) -> bool {
        let at = self.stages.get(usize::from(state.pass));
        let is_looped = at.is_some_and(|stage| stage.is_looped);
        state.is_tracked && (is_looped || self.machine.table(table).name != TableName::Raw)
    }

    fn conntrack_states(&self, table: TableKey, state: &State) -> ConntrackStates {
        if !state.is_tracked {
            return ConntrackStates::UNTRACKED;
        }
        if !self.has_connection(table, state) {
            return ConntrackStates::INVALID;
        }
        let mut states = ConntrackStates::NEW;
        if state.is_dnat {
            states = states.with(ConntrackStates::DNAT);
        }
        if state.is_snat {
            states = states.with(ConntrackStates::SNAT);
        }
        states
    }

    fn conntrack(&mut self, state: &State, option: &ConntrackOption) -> Truth {
        let original = State {
            source: self.packet.source,
            source_port: self.packet.source_port,
            destination: Some(self.packet.destination),
            destination_port: self.packet.destination_port,
            source_change: SourceChange::Kept,
            ..*state
        };
        match option {
            ConntrackOption::OriginalAddress { side, net } => self.address(&original, *side, net),
            ConntrackOption::OriginalPort { side, ports } if self.packet.protocol.has_ports() => {
                port(&original, *side, *ports)
            }
            ConntrackOption::OriginalPort { .. } => Truth::No,
            // Replies come from where the packet goes, and go to where it comes from.
            ConntrackOption::ReplyAddress { side: Side::Source, net } => self.address(state, Side::Destination, net),
            ConntrackOption::ReplyAddress { net, .. } => self.address(state, Side::Source, net),
            ConntrackOption::Protocol(protocol) => (*protocol == self.packet.protocol).into(),
            ConntrackOption::IsOriginal(is_original) => (*is_original).into(),
        }
    }

    fn physdev(&self, test: PhysdevTest, name: &BStr) -> Truth {
        if self.packet.origin == Origin::Node {
            return Truth::No;
        }
        let asked = match test {
            PhysdevTest::In => format!("in over bridge port {name}"),
            PhysdevTest::Out => format!("out over bridge port {name}"),
            PhysdevTest::IsIn => "in over a bridge port".into(),
            PhysdevTest::IsOut => "out over a bridge port".into(),
            PhysdevTest::IsBridged => "bridged".into(),
        };
        words(Wording::Physdev, asked.as_str().into())
    }

    pub(super) fn hook(&self, state: &State) -> Hook {
        self.stages.get(usize::from(state.pass)).map_or(Hook::Prerouting, |stage| stage.hook)
    }
}

fn port(state: &State, side: Side, ports: PortRange) -> Truth {
    let known = if side == Side::Source { state.source_port } else { state.destination_port };
    match known {
        Some(port) => ports.contains(port).into(),
        None => Truth::If(Atom::Port { side, ports }),
    }
}

/// Flags of the first packet of a TCP connection.
const SYN: u8 = 2;

/// Whether an interface name fits a rule's: it, or what begins with it where it ends in `+`.
fn fits(wanted: &BStr, name: &BStr) -> bool {
    wanted.strip_suffix(b"+").map_or(wanted == name, |prefix| name.starts_with(prefix))
}

fn is_ping(protocol: Protocol, kind: IcmpType) -> bool {
    let ping = if protocol == Protocol::ICMP { 8 } else { 128 };
    match kind {
        IcmpType::Any => true,
        IcmpType::Number { kind, code } => kind == ping && code.is_none_or(|code| code == 0),
    }
}

fn is_ping_name(name: &BStr) -> bool {
    ["any", "echo-request", "ping"].iter().any(|known| known.as_bytes().eq_ignore_ascii_case(name))
}

fn words(what: Wording, words: &BStr) -> Truth {
    Truth::If(Atom::Words { what, words: words.into(), of: None })
}

fn words_of(state: &State, what: Wording, words: &BStr, side: Side) -> Truth {
    let mut text = BString::from(if side == Side::Source { "source " } else { "destination " });
    text.extend_from_slice(words);
    let address = if side == Side::Source { state.source } else { state.destination };
    Truth::If(Atom::Words { what, words: text, of: Some((address, None)) })
}

/// Which addresses an ipset is asked for depends on its directions.
fn set_words(state: &State, set: &BStr) -> Truth {
    let of = if set.contains_str("src") {
        (state.source, state.source_port)
    } else {
        (state.destination, state.destination_port)
    };
    Truth::If(Atom::Words { what: Wording::Set, words: set.into(), of: Some(of) })
}

/// A listing without `-v` shows no interfaces: a rule that seems to end the walk of every packet may not do so.
pub(super) fn hides_interfaces(machine: &Machine<'_, '_>, table: TableKey, rule: &Rule<'_>) -> bool {
    let ends = matches!(
        rule.target,
        Some(Target::Accept | Target::Drop | Target::Reject(_) | Target::Masquerade(_) | Target::Snat(_))
    );
    let seems_to_ask_nothing = |test: &Test<'_>| matches!(test, Test::Comment { .. } | Test::Protocol(Protocol::ALL));
    ends && machine.hides_interfaces(table)
        && !machine.table(table).chain(rule.chain).name.starts_with(b"KUBE-")
        && machine.table(table).matches(rule).iter().all(|each| seems_to_ask_nothing(each.test()))
}
