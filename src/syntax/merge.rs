//! Two texts of one table made one: pieces of it put together, or counters of one form given to the other.

use crate::ruleset::{Chain, ChainId, Counters, FoundChain, Rule, Table, Target};
use bstr::BStr;
use std::collections::{HashMap, HashSet};

/// Whether no chain is in both.
pub(super) fn are_disjoint(one: &Table<'_>, other: &Table<'_>) -> bool {
    let names: HashSet<&BStr> = one.chains.iter().map(|chain| chain.name).collect();
    other.chains.iter().all(|chain| !names.contains(chain.name))
}

/// Adds the chains and rules of `more`, which has none of the chains of `table`.
pub(super) fn absorb<'src>(table: &mut Table<'src>, more: Table<'src>) {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let (chains, rules) = (offset(table.chains.len()), offset(table.rules.len()));
    let matches = offset(table.matches.len());
    table.matches.extend(more.matches);
    let has_counters = !table.counters.is_empty() || !more.counters.is_empty();
    if has_counters {
        table.counters.resize(table.rules.len(), Counters::default());
        table.counters.extend(more.counters);
    }
    table.chains.extend(
        more.chains
            .into_iter()
            .map(|chain| Chain { rules: chain.rules.start + rules..chain.rules.end + rules, ..chain }),
    );
    table.rules.extend(more.rules.into_iter().map(|rule| Rule {
        chain: ChainId(rule.chain.0 + chains),
        found: FoundChain::default(),
        matches: rule.matches.start + matches..rule.matches.end + matches,
        ..rule
    }));
    if has_counters {
        table.counters.resize(table.rules.len(), Counters::default());
    }
    table.is_complete |= more.is_complete;
}

/// Each chain of `other` with the chain of the same name in `table`.
fn twins<'a>(
    table: &'a Table<'_>,
    other: &'a Table<'_>,
) -> impl Iterator<Item = (&'a Chain<'a>, Option<&'a Chain<'a>>)> {
    let names: HashMap<&BStr, &Chain<'_>> = table.chains.iter().map(|chain| (chain.name, chain)).collect();
    other.chains.iter().map(move |chain| (chain, names.get(chain.name).copied()))
}

/// Whether the two are the same table in two forms: each chain of one that has rules is in the other with as many
/// rules, which lead to the same chains.
pub(super) fn pair_up(table: &Table<'_>, other: &Table<'_>) -> bool {
    let is_same = |(chain, twin): (&Chain<'_>, Option<&Chain<'_>>)| match twin {
        None => chain.rules.is_empty(),
        Some(twin) => {
            let mut pairs = twin.rules.clone().zip(chain.rules.clone());
            twin.rules.len() == chain.rules.len()
                && pairs.all(|(mine, theirs)| jump(table, mine) == jump(other, theirs))
        }
    };
    !table.rules.is_empty()
        && !other.rules.is_empty()
        && twins(table, other).all(|(chain, twin)| is_same((chain, twin)))
}

/// The chain a rule leads to, by name.
fn jump<'a>(table: &'a Table<'_>, rule: u32) -> Option<&'a BStr> {
    table.rules[rule as usize].target.as_ref().and_then(Target::chain_name)
}

/// Gives `table` the counters of `other`, which pairs up with it, where it has none or only rounded ones.
pub(super) fn counters_from(table: &mut Table<'_>, other: &Table<'_>) {
    let has_exact = !table.counters.is_empty() && table.counters.iter().all(|counters| !counters.rounded);
    if other.counters.is_empty() || has_exact {
        return;
    }
    let of_chain = |(chain, twin): (&Chain<'_>, Option<&Chain<'_>>)| {
        let twin = twin.map_or(0..0, |twin| twin.rules.clone());
        twin.zip(chain.rules.clone())
    };
    let pairs: Vec<(u32, u32)> = twins(table, other).flat_map(|(chain, twin)| of_chain((chain, twin))).collect();
    table.counters.resize(table.rules.len(), Counters::default());
    for (mine, theirs) in pairs {
        table.counters[mine as usize] = other.counters[theirs as usize];
    }
}
