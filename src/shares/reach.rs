//! The reverse question: everything that can send to one endpoint.

use super::path::{Path, Way, paths};
use crate::facts::Facts;
use crate::kube::{Proxy, ServicePort};
use crate::trace::{Machine, Outcome, Verdict};
use std::net::IpAddr;

/// A way that leads to the endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Reach {
    /// The service, by index of [`Proxy::services`].
    pub service: usize,
    /// Who connects, to which captures of the service, with the outcomes that end at the endpoint.
    pub path: Path,
    /// The part of the connections of this way that ends there, from 0 to 1: the largest under any conditions.
    pub share: f64,
}

/// All ways by which services lead to `address` (at `port`, if given), in the order of the services.
#[must_use]
pub fn reaches<'src>(
    machine: &Machine<'_, 'src>,
    proxy: &Proxy<'_, 'src>,
    address: IpAddr,
    port: Option<u16>,
    facts: &Facts,
) -> Vec<Reach> {
    let leads_there = |(_, service): &(usize, &ServicePort<'src>)| {
        let rules = proxy.cluster_endpoints(service).iter().chain(proxy.local_endpoints(service));
        rules.filter_map(|rule| rule.endpoint).any(|id| {
            let endpoint = proxy.endpoint(id);
            endpoint.dnats().any(|dnat| {
                dnat.address == Some(address) && (port.is_none() || dnat.port.is_none() || dnat.port == port)
            })
        })
    };
    let of_service = |(at, service)| {
        let paths = paths(machine, proxy, service, facts);
        paths.into_iter().filter_map(move |path| reach(at, path, address, port))
    };
    proxy.services.iter().enumerate().filter(leads_there).flat_map(of_service).collect()
}

/// The path with only the outcomes that end at the endpoint; `None` if none does.
fn reach(service: usize, mut path: Path, address: IpAddr, port: Option<u16>) -> Option<Reach> {
    let ends_there = |outcome: &Outcome| {
        outcome.verdict == Verdict::Translated
            && outcome.destination.address == Some(address)
            && (port.is_none() || outcome.destination.port == port)
    };
    path.outcomes.retain(ends_there);
    let share = path
        .outcomes
        .chunk_by(|one, next| one.conditions == next.conditions)
        .map(|group| group.iter().map(|outcome| outcome.probability).sum::<f64>());
    let share = share.fold(0.0, f64::max);
    (share > 0.0 && path.way != Way::OwnPod).then_some(Reach { service, path, share })
}
