//! A DNAT target far away from all others.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::{EndpointChain, ServicePort};
use std::net::IpAddr;

pub(super) static CHECK: Check = Check {
    name: "outlier-endpoint",
    level: Level::Info,
    proof: Proof::Dump,
    summary: "a pod's chain translates to an address far away from those of nearly all other pods",
    page: include_str!("outlier_endpoint.md"),
    needs: Needs::IPTABLES_MODE,
    question: Question::Services(check),
};

/// With fewer targets nothing stands out.
const LEAST: usize = 20;

/// The service whose endpoints are the API servers, which run on nodes.
const API: &[u8] = b"default/kubernetes";

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    if cx.scope.is_some() && are_common(cx) {
        return;
    }
    let targets = || used(cx).filter_map(|chain| Some((chain, chain.dnat()?.address?)));
    let mut nets: Vec<u64> = targets().map(|(_, address)| wide(address)).collect();
    if nets.len() < LEAST {
        return;
    }
    let common = common(&mut nets);
    let nodes: Vec<u64> =
        targets().filter(|(chain, _)| is_api(cx, chain)).map(|(_, address)| narrow(address)).collect();
    for (chain, address) in targets() {
        if common.binary_search(&wide(address)).is_err() && !nodes.contains(&narrow(address)) {
            found.push(finding(cx, chain, address));
        }
    }
}

fn used<'a, 'src>(cx: &Context<'a, 'src>) -> impl Iterator<Item = &'a EndpointChain<'src>> {
    cx.proxy.endpoints.iter().filter(|chain| chain.service().is_some())
}

/// Whether it is clear without counting all that the endpoints asked about lie where most do: a net that holds more than
/// one in twenty of all is never left out of the fewest that hold 95 %.
fn are_common(cx: &Context<'_, '_>) -> bool {
    let addresses = cx.endpoints().filter(|(_, chain)| chain.service().is_some());
    let mut open: Vec<(u64, usize)> =
        addresses.filter_map(|(_, chain)| Some((wide(chain.dnat()?.address?), 0))).collect();
    open.sort_unstable();
    open.dedup();
    let enough = cx.proxy.endpoints.len() / 20;
    for net in used(cx).filter_map(|chain| Some(wide(chain.dnat()?.address?))) {
        if open.is_empty() {
            break;
        }
        open.retain_mut(|(own, count)| {
            *count += usize::from(*own == net);
            *count <= enough
        });
    }
    open.is_empty()
}

fn is_api(cx: &Context<'_, '_>, chain: &EndpointChain<'_>) -> bool {
    let name = |service: &ServicePort<'_>| service.name.is_some_and(|name| name.text().starts_with(API));
    chain.service().is_some_and(|at| name(&cx.proxy.services[at as usize]))
}

/// The /16 (of IPv6 the /48) an address lies in.
fn wide(address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(address) => u64::from(u32::from(address) >> 16),
        IpAddr::V6(address) => (u128::from(address) >> 80) as u64,
    }
}

/// The /24 (of IPv6 the /64) an address lies in: as a rule the nodes of one network.
fn narrow(address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(address) => u64::from(u32::from(address) >> 8),
        IpAddr::V6(address) => (u128::from(address) >> 64) as u64,
    }
}

/// The fewest nets that hold 95 % of all, in order; all of them where there is no such bulk.
fn common(nets: &mut [u64]) -> Vec<u64> {
    nets.sort_unstable();
    let mut counted: Vec<(usize, u64)> =
        nets.chunk_by(|one, next| one == next).map(|same| (same.len(), same[0])).collect();
    counted.sort_unstable_by(|one, other| other.cmp(one));
    let mut left = nets.len() * 95;
    let mut common = Vec::new();
    for (count, net) in counted {
        if left == 0 {
            break;
        }
        left = left.saturating_sub(count * 100);
        common.push(net);
    }
    common.sort_unstable();
    common
}

fn finding(cx: &Context<'_, '_>, chain: &EndpointChain<'_>, address: IpAddr) -> Finding {
    let rule = chain.dnat().map(|dnat| cx.line(dnat.rule)).unwrap_or_default();
    let subject = chain.service().map_or_else(String::new, |service| cx.name_at(service));
    Finding::new(subject, format!("`{address}` lies outside the networks of nearly all other pods"), rule)
        .label("far away from the others")
        .effect("Usual for programs on the host network and for endpoints written by hand. Otherwise somebody may have changed the rule.")
        .remedy("Look whether the service is meant to have this endpoint: kubectl get endpointslices -A.")
        .services(chain.service())
        .several("they have endpoints outside the networks of nearly all other pods")
}
