//! A capture rule whose comment names another service than the chain it leads to was made for.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::{EndpointChain, Identity, OwnChain, ServicePort};
use crate::ruleset::RuleId;

pub(super) static CHECK: Check = Check {
    name: "service-chain-mismatch",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "an address leads to a chain that was made for another service",
    page: include_str!("service_chain_mismatch.md"),
    needs: Needs::IPTABLES_MODE.names(),
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    for (at, service) in cx.services() {
        let wrong: Vec<_> = service.chains.iter().filter(|own| own.identity == Identity::Contradicted).collect();
        if let Some(finding) = finding(cx, service, &wrong) {
            found.push(finding.services([at]));
        }
    }
}

fn finding(cx: &Context<'_, '_>, service: &ServicePort<'_>, wrong: &[&OwnChain<'_>]) -> Option<Finding> {
    let first = wrong.first()?;
    if is_wrong_in_protocol_only(cx, service, first) {
        return None;
    }
    let subject = cx.service_name(service);
    let chain = cx.proxy.chain(first.id);
    let protocol = service.protocol.map(|protocol| format!(", {protocol}")).unwrap_or_default();
    let message = match first.made_for() {
        Some(made) => {
            format!(
                "`{}` was made for `{}`, {}, not for `{subject}`{protocol}",
                chain.name, made.service, made.protocol
            )
        }
        None => format!("`{}` was not made for `{subject}`{protocol}", chain.name),
    };
    let mut finding = Finding::new(&subject, message, lead(cx, service, first)).label(format!("leads {subject} there"));
    for own in wrong {
        finding = finding.line(cx.declaration(cx.proxy.chain(own.id).chain), what_name_says(own));
    }
    for endpoint in foreign_ends(cx, first) {
        finding = finding.line(cx.declaration(endpoint.chain), what_end_says(endpoint));
    }
    let effect = match first.made_for() {
        Some(made) => format!("Connections to `{subject}` go to the pods that the rules give `{}`.", made.service),
        None => format!("Connections to `{subject}` go to pods that kube-proxy chose for something else."),
    };
    Some(
        finding
            .effect(format!("{effect} Or the name in the comment was changed after iptables printed it."))
            .several("their addresses lead to chains that were made for other services"),
    )
}

/// Made for this very service and the protocol its DNAT rules take: then the capture rule takes the wrong one, which
/// is what `protocol-mismatch` says.
fn is_wrong_in_protocol_only(cx: &Context<'_, '_>, service: &ServicePort<'_>, own: &OwnChain<'_>) -> bool {
    let (Some(made), Some(name)) = (own.made_for(), service.name) else { return false };
    let mut ends = cx.proxy.chain(own.id).balancing.iter().filter_map(|rule| rule.endpoint);
    made.service == name.modern()
        && Some(made.protocol) != service.protocol
        && ends.any(|end| cx.proxy.endpoint(end).dnat().is_some_and(|dnat| dnat.protocol == Some(made.protocol)))
}

/// The rule that leads to the chain: the capture, else the first jump.
fn lead(cx: &Context<'_, '_>, service: &ServicePort<'_>, own: &OwnChain<'_>) -> crate::source::Span {
    let captures = service.captures.iter().filter(|capture| capture.target == Some(own.id));
    let capture = captures.flat_map(|capture| &capture.jumps).next().copied();
    let chain = cx.proxy.chain(own.id).chain;
    let first_jump = || -> Option<RuleId> { cx.nat()?.1.references(chain).first().copied() };
    capture.or_else(first_jump).map_or_else(|| cx.declaration(chain), |rule| cx.line(rule))
}

fn what_name_says(own: &OwnChain<'_>) -> String {
    match own.made_for() {
        Some(made) => format!("the name is the checksum of {}, {}", made.service, made.protocol),
        None => "the name is not the checksum of that service and protocol".into(),
    }
}

/// Endpoint chains behind it that were made for another service as well.
fn foreign_ends<'a, 'src>(cx: &Context<'a, 'src>, own: &OwnChain<'_>) -> impl Iterator<Item = &'a EndpointChain<'src>> {
    let proxy = cx.proxy;
    let ends = proxy.chain(own.id).balancing.iter().filter_map(|rule| rule.endpoint).map(|end| proxy.endpoint(end));
    ends.filter(|endpoint| endpoint.identity == Identity::Contradicted && endpoint.made_for().is_some())
}

fn what_end_says(endpoint: &EndpointChain<'_>) -> String {
    let said = endpoint.made_for().and_then(|made| {
        let end = made.endpoint?;
        Some(format!("the name is the checksum of {}, {}, {end}", made.service, made.protocol))
    });
    said.unwrap_or_default()
}
