//! One pod behind services of different namespaces.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::EndpointChain;
use bstr::BStr;
use foldhash::fast::RandomState;
use std::collections::HashSet;
use std::hash::BuildHasher;
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
    let mut uses: Vec<Use<'_, '_>> = match &cx.scope {
        Some(_) => of_few(cx),
        None => shared(cx),
    };
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
    cx.proxy.endpoints.iter().filter_map(|chain| Some((chain.dnat()?.target()?, chain.service()?, chain)))
}

/// All uses of the pods of a few services.
fn of_few<'a, 'src>(cx: &Context<'a, 'src>) -> Vec<Use<'a, 'src>> {
    let own: HashSet<SocketAddr, RandomState> =
        cx.endpoints().filter_map(|(_, chain)| chain.dnat()?.target()).collect();
    uses(cx).filter(|(target, ..)| own.contains(target)).collect()
}

/// All uses of the pods that more than one chain leads to, and of a few others: of each pod only so much of a hash is
/// remembered as says where among some millions of places it stands.
fn shared<'a, 'src>(cx: &Context<'a, 'src>) -> Vec<Use<'a, 'src>> {
    let words = (cx.proxy.endpoints.len() / PODS + 1).next_power_of_two();
    let hasher = RandomState::default();
    let last = words as u64 * 64 - 1;
    let place = |target: SocketAddr| usize::try_from(hasher.hash_one(target) & last).unwrap_or_default();
    let mut seen = vec![0_u64; words];
    let mut twice: HashSet<usize, RandomState> = HashSet::default();
    for at in uses(cx).map(|(target, ..)| place(target)) {
        let (word, bit) = (&mut seen[at / 64], 1 << (at % 64));
        if *word & bit != 0 {
            twice.insert(at);
        }
        *word |= bit;
    }
    if twice.is_empty() {
        Vec::new()
    } else {
        uses(cx).filter(|(target, ..)| twice.contains(&place(*target))).collect()
    }
}

/// Pods for each 64 places; by chance one in sixty has its place with another.
const PODS: usize = 2;

fn namespace<'src>(cx: &Context<'_, 'src>, service: u32) -> Option<&'src BStr> {
    cx.proxy.services[service as usize].name.map(crate::kube::ServicePortName::namespace)
}

fn finding(cx: &Context<'_, '_>, one: &Use<'_, '_>, other: &Use<'_, '_>) -> Finding {
    let (first, second) = (cx.name_at(one.1), cx.name_at(other.1));
    let line = |of: &Use<'_, '_>| of.2.dnat().map(|dnat| cx.line(dnat.rule)).unwrap_or_default();
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
