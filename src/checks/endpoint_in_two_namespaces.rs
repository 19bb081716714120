//! One pod behind services of different namespaces.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::EndpointChain;
use bstr::BStr;
use foldhash::fast::RandomState;
use std::collections::HashSet;
use std::net::SocketAddr;

pub(super) static CHECK: Check = Check {
    name: "endpoint-in-two-namespaces",
    level: Level::Info,
    proof: Proof::Dump,
    summary: "services of different namespaces lead to one pod",
    page: include_str!("endpoint_in_two_namespaces.md"),
    needs: Needs::IPTABLES_MODE,
    question: Question::Services(check),
};

/// A pod behind a service.
type Use<'a, 'src> = (SocketAddr, u32, &'a EndpointChain<'src>);

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let shared = shared(cx);
    if shared.is_empty() {
        return;
    }
    let mut uses: Vec<Use<'_, '_>> = uses(cx).filter(|(target, ..)| shared.contains(target)).collect();
    uses.sort_unstable_by_key(|(target, service, chain)| (*target, *service, chain.chain));
    for same in uses.chunk_by(|one, next| one.0 == next.0).filter(|same| same.len() > 1) {
        let first = namespace(cx, same[0].1);
        if let Some(other) = same.iter().find(|other| namespace(cx, other.1) != first) {
            found.push(finding(cx, &same[0], other));
        }
    }
}

/// The pods of chains in use.
fn uses<'a, 'src>(cx: &Context<'a, 'src>) -> impl Iterator<Item = Use<'a, 'src>> {
    cx.proxy.endpoints.iter().filter_map(|chain| Some((chain.dnat?.target()?, chain.service?, chain)))
}

/// The pods that more than one chain leads to: few of all. Of a few services, their pods.
fn shared(cx: &Context<'_, '_>) -> HashSet<SocketAddr, RandomState> {
    if cx.scope.is_some() {
        return cx.endpoints().filter_map(|(_, chain)| chain.dnat?.target()).collect();
    }
    let mut seen = HashSet::with_capacity_and_hasher(cx.proxy.endpoints.len(), RandomState::default());
    uses(cx).map(|(target, ..)| target).filter(|&target| !seen.insert(target)).collect()
}

fn namespace<'src>(cx: &Context<'_, 'src>, service: u32) -> Option<&'src BStr> {
    cx.proxy.services[service as usize].name.map(crate::kube::ServicePortName::namespace)
}

fn finding(cx: &Context<'_, '_>, one: &Use<'_, '_>, other: &Use<'_, '_>) -> Finding {
    let (first, second) = (cx.name_at(one.1), cx.name_at(other.1));
    let line = |of: &Use<'_, '_>| of.2.dnat.map(|dnat| cx.line(dnat.rule)).unwrap_or_default();
    Finding::new(&first, format!("`{}` is also an endpoint of `{second}`", one.0), line(one))
        .label(format!("a pod of {first}"))
        .line(line(other), format!("and of {second}"))
        .effect(
            "A selector reaches only pods of its own namespace, so at least one of the two has endpoints written by hand, \
             or the program runs on the host network. Connections arrive all the same.",
        )
        .remedy("Nothing, if it is meant.")
        .services([one.1, other.1])
        .several("they share pods with services of other namespaces")
}
