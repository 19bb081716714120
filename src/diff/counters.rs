//! What moved between two dumps, by the counters of the rules that capture services.

use super::service::{Key, keyed};
use crate::kube::{Proxy, ServicePort};

/// What the counters tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Whether counters went back, so that the rules were written anew in between.
    pub rewritten: bool,
    /// Services whose counters went on.
    pub moved: Vec<Moved>,
}

/// New connections of a service, counted by the rules that capture it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The service.
    pub subject: String,
    /// Packets before.
    pub old: u64,
    /// Packets after.
    pub new: u64,
}

pub(super) fn compare(old: &Proxy<'_, '_>, new: &Proxy<'_, '_>, counted: &mut Counted) {
    let later = keyed(new);
    for (at, service) in old.services.iter().enumerate() {
        let key = Key::of(old, service);
        let Some(&other) = later.get(&key).filter(|_| keyed_first(old, &key, at)) else { continue };
        let (Some(before), Some(after)) = (packets(old, service), packets(new, &new.services[other])) else { continue };
        if after < before {
            counted.rewritten = true;
        } else if after > before {
            counted.moved.push(Moved { subject: key.subject(), old: before, new: after });
        }
    }
}

/// Of two services of one name only the first counts; names are nearly always unique, so look back only by name.
fn keyed_first(proxy: &Proxy<'_, '_>, key: &Key, at: usize) -> bool {
    at == 0 || Key::of(proxy, &proxy.services[at - 1]) != *key
}

/// Packets counted by the rules that lead to a service; `None` without counters.
fn packets(proxy: &Proxy<'_, '_>, service: &ServicePort<'_>) -> Option<u64> {
    let (nat, _) = proxy.nat()?;
    let jumps = service.captures.iter().flat_map(|capture| &capture.jumps);
    jumps
        .map(|&rule| nat.counters(rule).map(|counters| counters.packets))
        .try_fold(0_u64, |sum, packets| Some(sum.saturating_add(packets?)))
}
