//! Two texts of one table made one: pieces of it put together, or counters of one form given to the other.

use crate::ruleset::{Chain, ChainId, Table};
use bstr::BStr;
use std::collections::HashMap;

/// Whether no chain is in both.
pub(super) fn are_disjoint(one: &Table<'_>, other: &Table<'_>) -> bool {
    let names: std::collections::HashSet<&BStr> = one.chains.iter().map(|chain| chain.name).collect();
    other.chains.iter().all(|chain| !names.contains(chain.name))
}

/// Adds the chains and rules of `more`, which has none of the chains of `table`.
pub(super) fn absorb<'src>(table: &mut Table<'src>, more: Table<'src>) {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let (chains, rules) = (offset(table.chains.len()), offset(table.rules.len()));
    let matches = offset(table.matches.len());
    table.matches.extend(more.matches);
    if !table.counters.is_empty() || !more.counters.is_empty() {
        table.counters.resize(table.rules.len(), crate::ruleset::Counters::default());
        table.counters.extend(more.counters);
    }
    table.chains.extend(
        more.chains
            .into_iter()
            .map(|chain| Chain { rules: chain.rules.start + rules..chain.rules.end + rules, ..chain }),
    );
    table.rules.extend(more.rules.into_iter().map(|mut rule| {
        rule.chain = ChainId(rule.chain.0 + chains);
        rule.matches = rule.matches.start + matches..rule.matches.end + matches;
        rule
    }));
    if !table.counters.is_empty() {
        table.counters.resize(table.rules.len(), crate::ruleset::Counters::default());
    }
    table.is_complete |= more.is_complete;
}

/// By chain of `other`: the chain of the same name in `table`.
fn by_name<'a>(table: &'a Table<'_>, other: &Table<'_>) -> Vec<Option<&'a Chain<'a>>> {
    let names: HashMap<&BStr, &Chain<'_>> = table.chains.iter().map(|chain| (chain.name, chain)).collect();
    other.chains.iter().map(|chain| names.get(chain.name).copied()).collect()
}

/// Whether the two are the same table in two forms: each chain of one that has rules is in the other with as many
/// rules, which lead to the same targets.
pub(super) fn pair_up(table: &Table<'_>, other: &Table<'_>) -> bool {
    let twins = by_name(table, other);
    let same = |(chain, twin): (&Chain<'_>, &Option<&Chain<'_>>)| match twin {
        None => chain.rules.is_empty(),
        Some(twin) => {
            twin.rules.len() == chain.rules.len()
                && twin.rules.clone().zip(chain.rules.clone()).all(|(one, two)| {
                    let name = |table: &Table<'_>, rule: u32| {
                        table.rules[rule as usize]
                            .target
                            .as_ref()
                            .and_then(crate::ruleset::Target::chain_name)
                            .map(|name| name.to_owned())
                    };
                    name(table, one) == name(other, two)
                })
        }
    };
    !table.rules.is_empty() && !other.rules.is_empty() && other.chains.iter().zip(&twins).all(same)
}

/// Gives `table` the counters of `other`, which pairs up with it, where it has none or only rounded ones.
pub(super) fn counters_from(table: &mut Table<'_>, other: &Table<'_>) {
    if other.counters.is_empty() {
        return;
    }
    let pairs: Vec<(u32, u32)> = {
        let twins = by_name(table, other);
        let of_chain = |(chain, twin): (&Chain<'_>, &Option<&Chain<'_>>)| {
            twin.map(|twin| twin.rules.clone().zip(chain.rules.clone()).collect::<Vec<_>>()).unwrap_or_default()
        };
        other.chains.iter().zip(&twins).flat_map(of_chain).collect()
    };
    let has_exact = !table.counters.is_empty() && table.counters.iter().all(|counters| !counters.rounded);
    if has_exact {
        return;
    }
    table.counters.resize(table.rules.len(), crate::ruleset::Counters::default());
    for (mine, theirs) in pairs {
        table.counters[mine as usize] = other.counters[theirs as usize];
    }
}
