//! Sorts parts by what they assume: lists of conditions under each of which the parts add up to 1.

use super::atom::Atom;
use super::dist::is_same;
use super::intern::Interner;
use std::collections::HashMap;

/// No more sets of conditions than this are told apart.
const GROUPS: usize = 64;

/// A part: which thing, under which assumptions, how much.
pub(super) type Part = (u32, Vec<(u32, bool)>, f64);

/// Conditions, and how much each thing has under them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group {
    /// What is assumed.
    pub(super) conditions: Vec<(u32, bool)>,
    /// Thing and probability, in order of first mention.
    pub(super) shares: Vec<(u32, f64)>,
    /// Whether there were too many conditions to tell apart.
    pub(super) is_given_up: bool,
}

/// The groups of `parts`.
pub(super) fn groups(parts: Vec<Part>, atoms: &Interner<Atom>) -> Vec<Group> {
    let mut open = vec![(Vec::new(), without_idle(parts))];
    let mut groups: Vec<Group> = Vec::new();
    while let Some((conditions, parts)) = open.pop() {
        let Some(atom) = most_asked(&parts) else {
            groups.push(Group { conditions, shares: added(&parts), is_given_up: false });
            continue;
        };
        if groups.len() + open.len() > GROUPS {
            groups.push(Group { conditions, shares: Vec::new(), is_given_up: true });
            continue;
        }
        for value in [false, true] {
            if conditions.iter().any(|&(known, held)| implied(atoms, known, held, atom) == Some(!value)) {
                continue;
            }
            let mut longer = conditions.clone();
            longer.push((atom, value));
            open.push((longer, under(&parts, atom, value, atoms)));
        }
    }
    join(groups)
}

/// The same parts without questions whose answer changes nothing: of a thing that has the same weight either way, one
/// part is left that does not ask.
fn without_idle(parts: Vec<Part>) -> Vec<Part> {
    let mut parts: Vec<Option<Part>> = parts.into_iter().map(Some).collect();
    loop {
        let mut seen: HashMap<Rest, (usize, f64)> = HashMap::new();
        let mut joined = Vec::new();
        for at in 0..parts.len() {
            let Some((thing, assumed, weight)) = parts[at].clone() else { continue };
            for &(atom, held) in &assumed {
                let rest: Vec<_> = assumed.iter().copied().filter(|&(other, _)| other != atom).collect();
                match seen.get(&(thing, atom, !held, rest.clone())) {
                    Some(&(twin, other)) if is_same(weight, other) && parts[twin].is_some() => {
                        (parts[at], parts[twin]) = (None, None);
                        joined.push(Some((thing, rest, weight)));
                        break;
                    }
                    _ => {
                        seen.insert((thing, atom, held, rest), (at, weight));
                    }
                }
            }
        }
        if joined.is_empty() {
            return parts.into_iter().flatten().collect();
        }
        parts.retain(Option::is_some);
        parts.extend(joined);
    }
}

/// A thing, a question with its answer, and what else is assumed.
type Rest = (u32, u32, bool, Vec<(u32, bool)>);

fn implied(atoms: &Interner<Atom>, known: u32, held: bool, atom: u32) -> Option<bool> {
    atoms.value(known).implies(held, atoms.value(atom))
}

/// The question most parts ask.
fn most_asked(parts: &[Part]) -> Option<u32> {
    let mut counts: Vec<(u32, usize)> = Vec::new();
    for &(atom, _) in parts.iter().flat_map(|part| &part.1) {
        match counts.iter_mut().find(|(known, _)| *known == atom) {
            Some((_, count)) => *count += 1,
            None => counts.push((atom, 1)),
        }
    }
    counts.into_iter().rev().max_by_key(|&(_, count)| count).map(|(atom, _)| atom)
}

/// The parts that are possible when a question has that answer, the question taken from them.
fn under(parts: &[Part], atom: u32, value: bool, atoms: &Interner<Atom>) -> Vec<Part> {
    let fits = |assumed: &[(u32, bool)]| {
        assumed.iter().all(|&(other, held)| implied(atoms, atom, value, other).is_none_or(|truth| truth == held))
    };
    let kept = parts.iter().filter(|(_, assumed, _)| fits(assumed));
    kept.map(|(thing, assumed, weight)| {
        let open = assumed.iter().filter(|&&(other, _)| implied(atoms, atom, value, other).is_none());
        (*thing, open.copied().collect(), *weight)
    })
    .collect()
}

fn added(parts: &[Part]) -> Vec<(u32, f64)> {
    let mut shares: Vec<(u32, f64)> = Vec::new();
    let mut places = HashMap::new();
    for (thing, _, weight) in parts {
        let place = *places.entry(*thing).or_insert_with(|| {
            shares.push((*thing, 0.0));
            shares.len() - 1
        });
        shares[place].1 += weight;
    }
    shares
}

/// Joins groups that differ in one answer alone and hold the same.
fn join(mut groups: Vec<Group>) -> Vec<Group> {
    loop {
        let pair = (0..groups.len()).find_map(|one| {
            (one + 1..groups.len()).find_map(|two| {
                let common = opposite(&groups[one], &groups[two])?;
                Some((one, two, common))
            })
        });
        let Some((one, two, common)) = pair else { return groups };
        groups[one].conditions = common;
        groups.remove(two);
    }
}

/// The conditions two groups share if they differ in one answer alone and hold the same shares.
fn opposite(one: &Group, two: &Group) -> Option<Vec<(u32, bool)>> {
    if one.conditions.len() != two.conditions.len() || one.is_given_up || two.is_given_up {
        return None;
    }
    let common: Vec<_> = one.conditions.iter().filter(|each| two.conditions.contains(each)).copied().collect();
    let left = one.conditions.iter().find(|each| !common.contains(each))?;
    let flipped = common.len() + 1 == one.conditions.len() && two.conditions.contains(&(left.0, !left.1));
    let same = |mut shares: Vec<(u32, f64)>| {
        shares.sort_by_key(|share| share.0);
        shares
    };
    let (own, other) = (same(one.shares.clone()), same(two.shares.clone()));
    let is_equal = own.len() == other.len()
        && own.iter().zip(&other).all(|(own, other)| own.0 == other.0 && is_same(own.1, other.1));
    (flipped && is_equal).then_some(common)
}
