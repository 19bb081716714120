//! One walk: the states it met, the questions it could not answer, and the chains it visited, each once per state.

use super::atom::Atom;
use super::dist::{Dist, End, Entry, merge};
use super::index::Cursor;
use super::infer::Inference;
use super::intern::{FastMap, Interner};
use super::machine::Machine;
use super::state::{Device, NOTHING, SourceChange, State, States, flags};
use super::{Hook, Packet, TableKey};
use crate::facts::Facts;
use crate::ruleset::{ChainId, RuleId, Target};
use bstr::BString;
use std::collections::BTreeSet;
use std::rc::Rc;

/// No more states than this are followed through one chain at a time.
const LIVE_STATES: usize = 4096;
/// No more work than this is done for one packet: rules asked, and results handed on.
const WORK: u64 = 40_000_000;

/// A table at a hook.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stage {
    /// The hook.
    pub(super) hook: Hook,
    /// The table.
    pub(super) table: TableKey,
    /// Whether the packet is one the node sent to itself, back in over `lo`.
    pub(super) is_looped: bool,
}

/// A chain, as entered in one state.
#[derive(Debug)]
pub(super) struct Room {
    /// The table.
    pub(super) table: TableKey,
    /// The chain.
    pub(super) chain: ChainId,
    /// The state it was entered in.
    pub(super) state: u32,
    /// What comes of it; `None` while it is being walked.
    pub(super) result: Option<Rc<Dist>>,
    /// The rules that matched, and how often.
    pub(super) hits: Vec<(RuleId, f64)>,
    /// The rooms entered from here: by which rule, which, and how often.
    pub(super) doors: Vec<(RuleId, u32, f64)>,
}

/// A chain being walked.
struct Frame<'m> {
    room: u32,
    cursor: Cursor<'m>,
    live: Dist,
    done: Dist,
    call: Option<Call>,
}

/// A jump being followed, for each of the states that took it.
struct Call {
    rule: RuleId,
    chain: ChainId,
    is_goto: bool,
    states: Dist,
    at: usize,
}

/// One packet's walk.
pub(super) struct Walk<'m, 'a, 'src> {
    pub(super) machine: &'m Machine<'a, 'src>,
    pub(super) packet: Packet,
    pub(super) facts: &'m Facts,
    pub(super) states: States,
    pub(super) atoms: Interner<Atom>,
    pub(super) devices: Interner<BString>,
    pub(super) stages: Vec<Stage>,
    pub(super) rooms: Vec<Room>,
    /// Rooms in the order they were finished: no room is entered from one before it.
    pub(super) finished: Vec<u32>,
    pub(super) inferred: BTreeSet<Inference>,
    /// Only one way is followed, on which what nobody can answer has this answer; `None`: all of them.
    pub(super) alone: Option<bool>,
    known: FastMap<(TableKey, ChainId, u32), u32>,
    work: u64,
}

/// What becomes of a state at a rule.
#[derive(Default)]
pub(super) struct Split {
    /// Parts that match.
    pub(super) hit: Vec<(State, f64)>,
    /// Parts that do not.
    pub(super) miss: Vec<(State, f64)>,
}

/// What a target does.
pub(super) enum Effect {
    /// The walk goes on with the next rule.
    Next(State),
    /// Back to the caller.
    Return(State),
    /// Into a chain.
    Call {
        /// Which.
        chain: ChainId,
        /// Whether it does not come back here.
        is_goto: bool,
    },
    /// Parts of it end here, or go on.
    Ends(Vec<(End, State, f64)>),
}

impl<'m, 'a, 'src> Walk<'m, 'a, 'src> {
    pub(super) fn new(machine: &'m Machine<'a, 'src>, packet: &Packet, facts: &'m Facts) -> Self {
        let mut walk = Self {
            machine,
            packet: packet.clone(),
            facts,
            states: States::default(),
            atoms: Interner::default(),
            devices: Interner::default(),
            stages: Vec::new(),
            rooms: Vec::new(),
            finished: Vec::new(),
            inferred: BTreeSet::new(),
            alone: None,
            known: FastMap::default(),
            work: 0,
        };
        walk.complete_packet();
        walk
    }

    /// The same for one packet alone, for which what nobody can answer holds or does not. What comes of it is a part of
    /// the whole answer.
    pub(super) fn alone(self, holds: bool) -> Self {
        Self { alone: Some(holds), states: States::of_one_way(), ..self }
    }

    /// The state at the first hook.
    pub(super) fn start(&self, incoming: Device) -> State {
        State {
            source: self.packet.source,
            source_port: self.packet.source_port,
            destination: Some(self.packet.destination),
            destination_port: self.packet.destination_port,
            mark: self.packet.mark,
            connmark: 0,
            is_tracked: true,
            is_dnat: false,
            is_snat: false,
            source_change: SourceChange::Kept,
            incoming,
            outgoing: Device::None,
            pass: 0,
            flags: 0,
            dnat_rule: None,
            snat_rule: None,
            assumed: NOTHING,
        }
    }

    /// Walks a chain from a state; the room it leads to holds what comes of it.
    pub(super) fn enter(&mut self, table: TableKey, chain: ChainId, state: u32) -> u32 {
        if let Some(&room) = self.known.get(&(table, chain, state)) {
            return room;
        }
        let first = self.open(table, chain, state);
        let room = first.room;
        let mut stack = vec![first];
        while let Some(mut frame) = stack.pop() {
            match self.advance(&mut frame) {
                Some(inner) => {
                    stack.push(frame);
                    stack.push(inner);
                }
                None => self.close(frame),
            }
        }
        room
    }

    fn open(&mut self, table: TableKey, chain: ChainId, state: u32) -> Frame<'m> {
        let room = u32::try_from(self.rooms.len()).unwrap_or(u32::MAX);
        self.rooms.push(Room { table, chain, state, result: None, hits: Vec::new(), doors: Vec::new() });
        self.known.insert((table, chain, state), room);
        let at = self.states.get(state);
        let cursor = self.cursor(table, chain, &at);
        let live = vec![Entry { end: End::Open, rule: None, state, weight: 1.0 }];
        Frame { room, cursor, live, done: Vec::new(), call: None }
    }

    /// The rules of a chain that a packet in that state may match.
    pub(super) fn cursor(&self, table: TableKey, chain: ChainId, at: &State) -> Cursor<'m> {
        let machine = self.machine;
        let rules = machine.table(table).chain(chain).rules.clone();
        let has_ports = self.packet.protocol.has_ports();
        Cursor::new(machine.index(table, chain), rules, at.destination, at.destination_port, has_ports)
    }

    /// Asks rules until a chain must be entered (its frame comes back) or this one is at its end.
    fn advance(&mut self, frame: &mut Frame<'m>) -> Option<Frame<'m>> {
        loop {
            if let Some(mut call) = frame.call.take() {
                if let Some(inner) = self.follow(frame, &mut call) {
                    frame.call = Some(call);
                    return Some(inner);
                }
                merge(&mut frame.live, &mut self.states);
            }
            if frame.live.len() > LIVE_STATES || self.work > WORK || self.states.are_too_deep() {
                self.give_up(frame);
            }
            if frame.live.is_empty() {
                return None;
            }
            let rule = RuleId(frame.cursor.next()?);
            self.ask(frame, rule);
        }
    }

    /// Hands on what came of the called chain, state by state.
    fn follow(&mut self, frame: &mut Frame<'m>, call: &mut Call) -> Option<Frame<'m>> {
        let table = self.rooms[frame.room as usize].table;
        while let Some(&entry) = call.states.get(call.at) {
            let Some(&room) = self.known.get(&(table, call.chain, entry.state)) else {
                return Some(self.open(table, call.chain, entry.state));
            };
            call.at += 1;
            let measure = self.measure(frame.room, &entry);
            self.rooms[frame.room as usize].doors.push((call.rule, room, measure));
            match self.rooms[room as usize].result.clone() {
                Some(result) => self.hand_on(frame, call, entry.weight, &result),
                None => self.close_loop(frame, entry),
            }
        }
        None
    }

    fn hand_on(&mut self, frame: &mut Frame<'m>, call: &Call, weight: f64, result: &Dist) {
        self.work += result.len() as u64;
        for entry in result {
            let part = Entry { weight: entry.weight * weight, ..*entry };
            if entry.end == End::Open && !call.is_goto {
                frame.live.push(part);
            } else {
                frame.done.push(part);
            }
        }
    }

    /// A state that comes back to a chain it is in already would go round for ever.
    fn close_loop(&mut self, frame: &mut Frame<'m>, entry: Entry) {
        let state = self.states.get(entry.state);
        let state = self.states.add(State { flags: state.flags | flags::LOOP, ..state });
        frame.done.push(Entry { end: End::Unknown, state, ..entry });
    }

    fn give_up(&mut self, frame: &mut Frame<'m>) {
        for entry in std::mem::take(&mut frame.live) {
            let state = self.states.get(entry.state);
            let state = self.states.add(State { flags: state.flags | flags::GIVEN_UP, ..state });
            frame.done.push(Entry { end: End::Unknown, rule: None, state, ..entry });
        }
        merge(&mut frame.done, &mut self.states);
    }

    fn close(&mut self, mut frame: Frame<'m>) {
        frame.done.append(&mut frame.live);
        merge(&mut frame.done, &mut self.states);
        self.rooms[frame.room as usize].result = Some(Rc::new(frame.done));
        self.finished.push(frame.room);
    }

    /// One rule, asked of all live states.
    fn ask(&mut self, frame: &mut Frame<'m>, rule: RuleId) {
        self.work += frame.live.len() as u64;
        let table = self.rooms[frame.room as usize].table;
        let live = std::mem::take(&mut frame.live);
        let (mut hits, mut touched) = (0.0, false);
        for entry in live {
            let state = self.states.get(entry.state);
            let Some(split) = self.matching(table, rule, state) else {
                frame.live.push(entry);
                continue;
            };
            touched = true;
            for (missed, part) in split.miss {
                let state = self.states.add(missed);
                frame.live.push(Entry { state, weight: entry.weight * part, ..entry });
            }
            for (hit, part) in split.hit {
                let part = Entry { state: self.states.add(hit), weight: entry.weight * part, ..entry };
                hits += self.measure(frame.room, &part);
                self.hit(frame, table, rule, part);
            }
        }
        if hits > 0.0 {
            self.rooms[frame.room as usize].hits.push((rule, hits));
        }
        if touched {
            merge(&mut frame.live, &mut self.states);
        }
    }

    fn hit(&mut self, frame: &mut Frame<'m>, table: TableKey, rule: RuleId, entry: Entry) {
        let state = self.states.get(entry.state);
        match self.effect(table, rule, state) {
            Effect::Next(state) => frame.live.push(Entry { state: self.states.add(state), ..entry }),
            Effect::Return(state) => frame.done.push(Entry { state: self.states.add(state), ..entry }),
            Effect::Call { chain, is_goto } => {
                let call = frame.call.get_or_insert(Call { rule, chain, is_goto, states: Vec::new(), at: 0 });
                call.states.push(entry);
            }
            Effect::Ends(ends) => {
                let is_goto = matches!(self.machine.table(table).rule(rule).target, Some(Target::Goto(_)));
                for (end, state, part) in ends {
                    let rule = matches!(end, End::Dropped | End::Rejected | End::Unknown).then_some(rule);
                    let part = Entry { end, rule, state: self.states.add(state), weight: entry.weight * part };
                    if end == End::Open && !is_goto { frame.live.push(part) } else { frame.done.push(part) }
                }
            }
        }
    }

    /// The part of an entry among all that entered the room, each open question counted half and half.
    fn measure(&self, room: u32, entry: &Entry) -> f64 {
        let count = |state: u32| self.states.assumptions(&self.states.get(state)).len();
        let (inner, outer) = (count(entry.state), count(self.rooms[room as usize].state));
        let halves = i32::try_from(inner.saturating_sub(outer)).unwrap_or(i32::MAX);
        if halves == 0 { entry.weight } else { entry.weight * 0.5_f64.powi(halves) }
    }
}
