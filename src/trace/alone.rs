//! One way through a chain, where nobody asks for all of them: what can happen by chance does, and what nobody can
//! answer is taken to hold, or not to. That one packet can come this way is proven by it, and nothing of others.

use super::TableKey;
use super::atom::{Atom, Wording};
use super::dist::{End, Entry};
use super::index::Cursor;
use super::matching::{Truth, hides_interfaces};
use super::state::State;
use super::walk::{Effect, Walk};
use crate::ruleset::{ChainId, RuleId};

/// A way longer than this is given up; it may go round for ever.
const LONGEST: u32 = 100_000;

impl<'m> Walk<'m, '_, '_> {
    /// Where one packet leaves a chain that it enters in that state.
    pub(super) fn alone_through(&mut self, table: TableKey, chain: ChainId, state: State, holds: bool) -> Entry {
        let (end, rule, state) = self.one_way(table, chain, state, holds);
        Entry { end, rule, state: self.states.add(state), weight: 1.0 }
    }

    fn one_way(
        &mut self,
        table: TableKey,
        chain: ChainId,
        mut state: State,
        holds: bool,
    ) -> (End, Option<RuleId>, State) {
        let mut callers: Vec<Cursor<'m>> = Vec::new();
        let mut here = self.cursor(table, chain, &state);
        for _ in 0..LONGEST {
            let Some(rule) = here.next().map(RuleId) else {
                match callers.pop() {
                    Some(caller) => here = caller,
                    None => return (End::Open, None, state),
                }
                continue;
            };
            if !self.takes(table, rule, &mut state, holds) {
                continue;
            }
            match self.effect(table, rule, state) {
                Effect::Next(after) => state = after,
                Effect::Return(after) => {
                    state = after;
                    here = Cursor::Linear(0..0);
                }
                Effect::Call { chain, is_goto } => {
                    let caller = std::mem::replace(&mut here, self.cursor(table, chain, &state));
                    if !is_goto {
                        callers.push(caller);
                    }
                }
                Effect::Ends(ends) => match ends.first() {
                    Some(&(End::Open, after, _)) => state = after,
                    Some(&(end, after, _)) => return (end, Some(rule), after),
                    None => {}
                },
            }
        }
        (End::Unknown, None, state)
    }

    /// Whether the packet takes a rule.
    fn takes(&mut self, table: TableKey, id: RuleId, state: &mut State, holds: bool) -> bool {
        let machine = self.machine;
        let rule = machine.table(table).rule(id);
        for each in machine.table(table).matches(rule) {
            let truth = self.truth(table, id, state, each);
            match self.settled(state, truth).inverted(each.inverted()) {
                Truth::Yes | Truth::Chance(..) => {}
                Truth::No | Truth::Never => return false,
                Truth::If(atom) => {
                    self.suppose(state, atom, holds != each.inverted());
                    if !holds {
                        return false;
                    }
                }
            }
        }
        if hides_interfaces(machine, table, rule) {
            let atom = Atom::Words { what: Wording::HiddenInterface, words: id.0.to_string().into(), of: None };
            return self.assumed(state, &atom).unwrap_or_else(|| {
                self.suppose(state, atom.clone(), holds);
                holds
            });
        }
        true
    }

    fn suppose(&mut self, state: &mut State, atom: Atom, value: bool) {
        let atom = self.atoms.add(atom);
        *state = self.states.assume(*state, atom, value);
    }
}
