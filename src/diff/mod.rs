//! Two dumps of one node, or of two nodes, compared by what they mean: kube-proxy writes services in another order at
//! every sync, so lines and their order say nothing, except before KUBE-SERVICES in the built-in chains.

mod change;
mod counters;
mod order;
mod service;
#[cfg(test)]
mod tests;

pub use change::{Change, ChangeKind, ChangedThing, Diff, Value};
pub use counters::{Counted, Moved};

use crate::kube::Proxy;
use crate::shares::ServiceShares;

/// One dump.
#[derive(Clone, Copy)]
pub struct Side<'a, 'src> {
    /// What kube-proxy meant, by ruleset.
    pub proxies: &'a [Proxy<'a, 'src>],
    /// The shares, by ruleset and by index of its services.
    pub shares: &'a [Vec<ServiceShares>],
}

/// What differs between the two. Rulesets are compared with those of the same family, in the same backend if there are
/// several.
#[must_use]
pub fn diff(old: Side<'_, '_>, new: Side<'_, '_>) -> Diff {
    let mut diff = Diff::default();
    let mut left: Vec<usize> = (0..new.proxies.len()).collect();
    for (at, proxy) in old.proxies.iter().enumerate() {
        let other = partner(proxy, new.proxies, &left);
        left.retain(|place| Some(*place) != other);
        let none = Vec::new();
        let of = |side: &Side<'_, '_>, at: usize| side.shares.get(at).cloned().unwrap_or_default();
        let (before, after) = (of(&old, at), other.map_or(none, |at| of(&new, at)));
        service::compare(Some((proxy, &before)), other.map(|at| (&new.proxies[at], &after[..])).map(pair), &mut diff);
        if let Some(other) = other {
            order::compare(proxy, &new.proxies[other], &mut diff);
            counters::compare(proxy, &new.proxies[other], &mut diff.counters);
        }
    }
    for at in left {
        let shares = new.shares.get(at).cloned().unwrap_or_default();
        service::compare(None, Some((&new.proxies[at], &shares)), &mut diff);
    }
    diff
}

fn pair<'a, 'p, 'src>(side: (&'a Proxy<'p, 'src>, &'a [ServiceShares])) -> (&'a Proxy<'p, 'src>, &'a [ServiceShares]) {
    side
}

/// The ruleset of the other dump to compare with.
fn partner(proxy: &Proxy<'_, '_>, others: &[Proxy<'_, '_>], left: &[usize]) -> Option<usize> {
    let own = proxy.resolved.ruleset;
    let is_family = |at: &&usize| others[**at].resolved.ruleset.family == own.family;
    let same = left.iter().filter(is_family).find(|at| others[**at].resolved.ruleset.backend == own.backend);
    same.or_else(|| left.iter().find(is_family)).copied()
}
