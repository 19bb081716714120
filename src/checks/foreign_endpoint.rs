//! A service chain that leads to the pod of another service.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::{Balancing, EndpointChain, Identity, ServiceChain, ServicePortName};

pub(super) static CHECK: Check = Check {
    name: "foreign-endpoint",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "a service leads to a pod's chain that was made for another service",
    page: include_str!("foreign_endpoint.md"),
    needs: Needs::IPTABLES_MODE.names(),
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    for (_, chain) in cx.chains().filter(|(_, chain)| !chain.balancing.is_empty()) {
        let Some((service, name)) = owner(cx, chain) else { continue };
        for rule in &chain.balancing {
            let Some(endpoint) = rule.endpoint.map(|end| cx.proxy.endpoint(end)) else { continue };
            let is_at_home = endpoint.identity == Identity::Verified
                && endpoint.service() == Some(service)
                && endpoint.is_named_for_service();
            if !is_at_home && let Some(other) = other_service(cx, endpoint, name) {
                found.push(finding(cx, rule, endpoint, (name, other)).services([service]));
            }
        }
    }
}

/// The service of a chain, and its name, unless the chain itself was made for another one.
fn owner<'src>(cx: &Context<'_, 'src>, chain: &ServiceChain<'_>) -> Option<(u32, ServicePortName<'src>)> {
    let &at = chain.services.first()?;
    let service = &cx.proxy.services[at as usize];
    let own = service.chains.iter().find(|own| cx.proxy.chain(own.id).chain == chain.chain)?;
    (own.identity == Identity::Verified).then_some((at, service.name?))
}

/// The service that an endpoint chain was made for, where that is proven and not `name`.
fn other_service<'src>(
    cx: &Context<'_, 'src>,
    endpoint: &EndpointChain<'src>,
    name: ServicePortName<'_>,
) -> Option<ServicePortName<'src>> {
    let made_for = match endpoint.identity {
        // By its own comment; without one it was verified as this service's.
        Identity::Verified => cx.proxy.named(endpoint),
        Identity::Contradicted => endpoint.made_for().map(|made| made.service),
        Identity::Unknown => None,
    }?;
    (made_for.modern().text() != name.modern().text()).then_some(made_for)
}

fn finding(
    cx: &Context<'_, '_>,
    rule: &Balancing,
    endpoint: &EndpointChain<'_>,
    (name, other): (ServicePortName<'_>, ServicePortName<'_>),
) -> Finding {
    let (name, other) = (name.modern().to_string(), other.modern().to_string());
    let target = endpoint.dnat().and_then(|dnat| dnat.target());
    let pod = target.map_or_else(|| "that pod".into(), |target| format!("`{target}`"));
    let proof = target.map_or_else(String::new, |target| format!(", {target}"));
    Finding::new(
        &name,
        format!("it leads to `{}`, which was made for `{other}`", cx.proxy.name_of(endpoint)),
        cx.line(rule.rule),
    )
    .label(format!("a rule of {name}"))
    .line(cx.declaration(endpoint.chain), format!("the name is the checksum of {other}{proof}"))
    .effect(format!("This rule's part of new connections to `{name}` goes to {pod}, a pod of `{other}`."))
    .several("they lead to pods' chains that were made for other services")
}
