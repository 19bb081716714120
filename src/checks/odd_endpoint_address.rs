//! A DNAT target that can hardly be a pod.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::Dnat;
use std::net::IpAddr;

pub(super) static CHECK: Check = Check {
    name: "odd-endpoint-address",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "a pod's chain translates to an address that no pod can have",
    page: include_str!("odd_endpoint_address.md"),
    needs: Needs::IPTABLES_MODE,
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    for (_, chain) in cx.endpoints().filter(|(_, chain)| chain.service().is_some()) {
        let Some(dnat) = chain.dnat() else { continue };
        let Some((level, what, effect)) = oddity(dnat) else { continue };
        let target = dnat.address.map_or_else(|| "no single address".to_owned(), |address| format!("`{address}`"));
        let subject = chain.service().map_or_else(String::new, |service| cx.name_at(service));
        let finding = Finding::new(
            subject,
            format!("`{}` sends to {target}: {what}", cx.proxy.name_of(chain)),
            cx.line(dnat.rule),
        )
        .label(what)
        .effect(effect)
        .remedy(
            "If this service's Endpoints or EndpointSlices are written by hand, correct them. Otherwise restart \
                 kube-proxy on this node and check again.",
        )
        .services(chain.service());
        found.push_at(level, finding);
    }
}

/// How bad it is, what it is, and what it does.
fn oddity(dnat: Dnat) -> Option<(Level, &'static str, &'static str)> {
    let Some(address) = dnat.address else {
        return Some((
            Level::Warning,
            "a range, or no address at all",
            "The kernel chooses an address by the client's; kube-proxy never writes that.",
        ));
    };
    impossible(address)
        .map(|what| (Level::Error, what, "No pod can be there: this rule's part of new connections fails."))
        .or_else(|| {
            is_link_local(address).then_some((
                Level::Warning,
                "a link-local address",
                "It is reached only on one link; pods do not have such addresses as a rule.",
            ))
        })
        .or_else(|| {
            dnat.port.is_none().then_some((
                Level::Warning,
                "no port, or a range of ports",
                "The connection keeps the service's port or gets one of several; kube-proxy always writes one.",
            ))
        })
}

fn impossible(address: IpAddr) -> Option<&'static str> {
    match address {
        _ if address.is_loopback() => Some("a loopback address"),
        _ if address.is_unspecified() => Some("the unspecified address"),
        _ if address.is_multicast() => Some("a multicast address"),
        IpAddr::V4(address) if address.is_broadcast() => Some("the broadcast address"),
        _ => None,
    }
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}
