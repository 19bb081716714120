//! Distributions over states: how much of the connections stands where, and in how many ways that can be said.

use super::intern::FastMap;
use super::state::{NOTHING, States};
use crate::ruleset::RuleId;

/// How a chain was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum End {
    /// Not at all, or back to the caller.
    Open,
    /// By ACCEPT, or by a translation.
    Accepted,
    /// By DROP.
    Dropped,
    /// By REJECT.
    Rejected,
    /// To a local socket, by TPROXY.
    Taken,
    /// The dump does not tell.
    Unknown,
}

/// A part of the connections.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Entry {
    /// How it left.
    pub(super) end: End,
    /// The rule that ended it, where it matters.
    pub(super) rule: Option<RuleId>,
    /// Its state.
    pub(super) state: u32,
    /// Its probability under the assumptions of its state.
    pub(super) weight: f64,
}

/// Parts of one whole.
pub(super) type Dist = Vec<Entry>;

type Key = (End, Option<RuleId>, u32);

/// Adds up equal entries, and joins pairs that differ in one assumption alone and weigh the same: what was assumed
/// did not matter. The order of first mention stays.
pub(super) fn merge(dist: &mut Dist, states: &mut States) {
    if dist.len() < 2 {
        return;
    }
    let mut places: FastMap<Key, usize> = FastMap::default();
    let mut merged: Vec<Entry> = Vec::with_capacity(dist.len());
    let mut assuming = Vec::new();
    for entry in dist.drain(..) {
        if let Some(&place) = places.get(&(entry.end, entry.rule, entry.state)) {
            merged[place].weight += entry.weight;
            continue;
        }
        if states.get(entry.state).assumed != NOTHING {
            assuming.push(merged.len());
        }
        places.insert((entry.end, entry.rule, entry.state), merged.len());
        merged.push(entry);
    }
    join_opposites(&mut merged, &mut places, assuming, states);
    merged.retain(|entry| entry.weight > 0.0);
    *dist = merged;
}

fn join_opposites(
    merged: &mut Vec<Entry>,
    places: &mut FastMap<Key, usize>,
    mut open: Vec<usize>,
    states: &mut States,
) {
    while let Some(at) = open.pop() {
        let entry = merged[at];
        if entry.weight <= 0.0 {
            continue;
        }
        let state = states.get(entry.state);
        for (opposite, joined) in states.opposites(&state) {
            let Some(&other) = places.get(&(entry.end, entry.rule, opposite)) else { continue };
            if !is_same(merged[other].weight, entry.weight) {
                continue;
            }
            merged[at].weight = 0.0;
            merged[other].weight = 0.0;
            let joined = Entry { state: states.add(joined), ..entry };
            let place = *places.entry((joined.end, joined.rule, joined.state)).or_insert_with(|| {
                merged.push(Entry { weight: 0.0, ..joined });
                merged.len() - 1
            });
            merged[place].weight += joined.weight;
            open.push(place);
            break;
        }
    }
}

/// Whether two sums of products are the same number but for rounding.
pub(super) fn is_same(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.max(other)
}
