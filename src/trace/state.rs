//! Where a branch of the walk stands: the packet as it is by now, and what was assumed to get here.

use super::intern::Interner;
use crate::ruleset::RuleId;
use std::net::IpAddr;

/// An interface the packet comes in or leaves over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Device {
    /// None at this hook: its name is empty to the kernel.
    None,
    /// One we do not know.
    Unknown,
    /// One of the names met.
    Named(u32),
}

/// What became of the source address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum SourceChange {
    /// Nothing.
    Kept,
    /// MASQUERADE.
    Masqueraded,
    /// SNAT, NETMAP.
    Translated,
    /// The chains that decide are not in the dump.
    Unknown,
}

/// Things that were met on the way, a set of bits; see [`Flag`](super::Flag).
pub(super) mod flags {
    pub(in super::super) const COUNTED: u8 = 1;
    pub(in super::super) const AFFINITY: u8 = 2;
    pub(in super::super) const HASHED: u8 = 4;
    pub(in super::super) const LOCAL_SOCKET: u8 = 8;
    pub(in super::super) const LOOP: u8 = 16;
    pub(in super::super) const GIVEN_UP: u8 = 32;
}

/// A state of the walk. Two branches in one state have the same future.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    /// Its source address by now.
    pub(super) source: Option<IpAddr>,
    /// Its source port by now.
    pub(super) source_port: Option<u16>,
    /// Its destination by now; `None` is an address of the node we do not know.
    pub(super) destination: Option<IpAddr>,
    /// Its destination port by now.
    pub(super) destination_port: Option<u16>,
    /// Its mark.
    pub(super) mark: u32,
    /// The mark of its connection.
    pub(super) connmark: u32,
    /// Whether connection tracking follows it.
    pub(super) is_tracked: bool,
    /// Whether its destination was changed.
    pub(super) is_dnat: bool,
    /// Whether its source was changed to something else.
    pub(super) is_snat: bool,
    /// What became of its source.
    pub(super) source_change: SourceChange,
    /// Where it came in.
    pub(super) incoming: Device,
    /// Where it leaves.
    pub(super) outgoing: Device,
    /// Which of the passes it is in.
    pub(super) pass: u8,
    /// What was met on the way.
    pub(super) flags: u8,
    /// The rule that translated its destination.
    pub(super) dnat_rule: Option<RuleId>,
    /// The rule that translated its source.
    pub(super) snat_rule: Option<RuleId>,
    /// What was assumed; see [`States`].
    pub(super) assumed: u32,
}

/// Answers taken for granted on a branch: question and answer, in order of the question's number.
type Assumptions = Box<[(u32, bool)]>;

/// The number of the empty set of assumptions.
pub(super) const NOTHING: u32 = 0;

/// All states of one walk, and all sets of assumptions, by number.
#[derive(Debug, Default)]
pub(super) struct States {
    all: Interner<State>,
    /// By number less one: 0 is the empty set.
    assumptions: Interner<Assumptions>,
    /// Whether no state can be met twice, so that none is looked for.
    are_new: bool,
    /// The most that one state assumes.
    deepest: usize,
}

/// A walk on which more is taken for granted tells nobody anything, and takes for ever.
const MOST_ASSUMPTIONS: usize = 128;

impl States {
    /// Those of a walk that goes one way: it meets no state twice.
    pub(super) fn of_one_way() -> Self {
        Self { are_new: true, ..Self::default() }
    }

    /// The number of a state.
    pub(super) fn add(&mut self, state: State) -> u32 {
        if self.are_new { self.all.push(state) } else { self.all.add(state) }
    }

    /// The state of that number.
    pub(super) fn get(&self, state: u32) -> State {
        *self.all.value(state)
    }

    /// Whether a state assumes so much that the walk is to be given up.
    pub(super) fn are_too_deep(&self) -> bool {
        self.deepest > MOST_ASSUMPTIONS
    }

    /// What a state assumes.
    pub(super) fn assumptions(&self, state: &State) -> &[(u32, bool)] {
        state.assumed.checked_sub(1).map_or(&[], |place| self.assumptions.value(place))
    }

    fn add_assumptions(&mut self, set: Vec<(u32, bool)>) -> u32 {
        if set.is_empty() { NOTHING } else { self.assumptions.add(set.into()) + 1 }
    }

    /// `state` with one more answer.
    pub(super) fn assume(&mut self, state: State, atom: u32, value: bool) -> State {
        let mut set = self.assumptions(&state).to_vec();
        let at = set.partition_point(|&(known, _)| known < atom);
        set.insert(at, (atom, value));
        self.deepest = self.deepest.max(set.len());
        State { assumed: self.add_assumptions(set), ..state }
    }

    /// For each assumption of a state: the state that assumes the opposite, if it was ever met, and the one that
    /// assumes neither.
    pub(super) fn opposites(&mut self, state: &State) -> Vec<(u32, State)> {
        let set = self.assumptions(state).to_vec();
        let mut found = Vec::new();
        for at in 0..set.len() {
            let mut flipped = set.clone();
            flipped[at].1 = !flipped[at].1;
            let Some(assumed) = self.assumptions.find(&flipped.into()).map(|place| place + 1) else { continue };
            let Some(opposite) = self.all.find(&State { assumed, ..*state }) else { continue };
            let mut without = set.clone();
            without.remove(at);
            found.push((opposite, State { assumed: self.add_assumptions(without), ..*state }));
        }
        found
    }
}
