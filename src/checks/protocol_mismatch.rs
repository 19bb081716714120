//! A service that takes one protocol, and DNAT rules behind it that take another.

use super::balance::percent;
use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::{EndpointChain, Identity, ServicePort};
use crate::ruleset::{Protocol, RuleId};

pub(super) static CHECK: Check = Check {
    name: "protocol-mismatch",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "a service takes one protocol and the DNAT rules of its pods take another",
    page: include_str!("protocol_mismatch.md"),
    needs: Needs::IPTABLES_MODE,
    question: Question::Services(check),
};

/// A service port, its capture, and the pods behind it that take another protocol.
struct Mismatch<'a, 'src> {
    service: &'a ServicePort<'src>,
    protocol: Protocol,
    capture: RuleId,
    ends: Vec<(&'a EndpointChain<'src>, RuleId, Protocol)>,
    pods: usize,
}

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    for (at, service) in cx.services() {
        if let Some(mismatch) = mismatch(cx, service) {
            found.push(finding(cx, &mismatch, cx.leak_of(at)).services([at]));
        }
    }
}

fn mismatch<'a, 'src>(cx: &Context<'a, 'src>, service: &'a ServicePort<'src>) -> Option<Mismatch<'a, 'src>> {
    let protocol = service.protocol.filter(|&protocol| protocol != Protocol::ALL)?;
    let capture = *service.captures.iter().flat_map(|capture| &capture.jumps).next()?;
    let proxy = cx.proxy;
    let rules = || service.chains.iter().flat_map(|own| &proxy.chain(own.id).balancing);
    let odd = |end| odd_protocol(proxy.endpoint(end), protocol);
    let mut ends: Vec<_> = rules().filter_map(|rule| rule.endpoint).filter_map(odd).collect();
    if ends.is_empty() {
        return None;
    }
    let mut pods: Vec<_> = rules().map(|rule| proxy.chain_name(rule)).collect();
    pods.sort_unstable();
    pods.dedup();
    ends.sort_unstable_by_key(|(_, rule, _)| *rule);
    ends.dedup_by_key(|(_, rule, _)| *rule);
    Some(Mismatch { service, protocol, capture, ends, pods: pods.len() })
}

/// Its DNAT rule and that rule's protocol, if none of its DNAT rules takes `protocol`.
fn odd_protocol<'a, 'src>(
    endpoint: &'a EndpointChain<'src>,
    protocol: Protocol,
) -> Option<(&'a EndpointChain<'src>, RuleId, Protocol)> {
    let dnat = endpoint.dnat()?;
    let takes = |other: Option<Protocol>| other.is_none_or(|other| other == protocol || other == Protocol::ALL);
    let takes_it = takes(dnat.protocol) || endpoint.more_dnats().iter().any(|dnat| takes(dnat.protocol));
    if takes_it { None } else { Some((endpoint, dnat.rule, dnat.protocol?)) }
}

fn finding(cx: &Context<'_, '_>, mismatch: &Mismatch<'_, '_>, leak: Option<f64>) -> Finding {
    let Mismatch { service, protocol, capture, ends, pods } = mismatch;
    let other = ends[0].2;
    // Where the chains' names prove their own protocol, the rule that captures is the changed one.
    let is_capture_wrong = ends.iter().all(|(chain, _, _)| chain.identity == Identity::Verified);
    let capture_label = format!("the service takes {protocol}");
    let which = if ends.len() == *pods { "all".to_owned() } else { format!("{} of {pods}", ends.len()) };
    let message = format!("it takes {protocol}, but the DNAT rules of {which} pods take {other}");
    let first = if is_capture_wrong { *capture } else { ends[0].1 };
    let mut finding = Finding::new(cx.service_name(service), message, cx.line(first));
    finding = if is_capture_wrong {
        finding.label(format!("{capture_label}; the chains' names prove {other}"))
    } else {
        finding.label(format!("takes {other}")).line(cx.line(*capture), capture_label)
    };
    for (_, rule, other) in ends.iter().skip(usize::from(!is_capture_wrong)) {
        finding = finding.line(cx.line(*rule), format!("takes {other}"));
    }
    finding.effect(effect(*protocol, ends.len() == *pods, leak))
}

fn effect(protocol: Protocol, all: bool, leak: Option<f64>) -> String {
    if all {
        return format!(
            "A {protocol} packet matches none of these DNAT rules, falls through each chain and leaves untranslated: no \
             connection reaches a pod."
        );
    }
    let falls = format!(
        "A {protocol} packet that draws such a pod does not match its DNAT rule, falls through its chain and meets the \
         next balancing rule"
    );
    match leak {
        Some(leak) if leak > 0.0 => format!(
            "{falls}; {} of all new connections find none and leave untranslated, the pods that follow get the rest.",
            percent(leak)
        ),
        Some(_) => format!("{falls}: the pods that follow get these connections."),
        None => format!("{falls}: the pods that follow get them, and where none follows they leave untranslated."),
    }
}
