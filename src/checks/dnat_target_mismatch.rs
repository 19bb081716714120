//! An endpoint chain whose witnesses disagree about its pod: DNAT target, hairpin source, comment, checksum.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::EndpointText;
use crate::kube::{Balancing, Dnat, EndpointChain, EndpointId, Identity, MadeFor, ServiceChain};
use crate::ruleset::RuleId;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

pub(super) static CHECK: Check = Check {
    name: "dnat-target-mismatch",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "a pod's chain translates to another address than the one it was written for",
    page: include_str!("dnat_target_mismatch.md"),
    needs: Needs::IPTABLES_MODE,
    question: Question::Services(check),
};

/// A chain, and what disagrees with its DNAT rule.
struct Quarrel<'a, 'src> {
    chain: &'a EndpointChain<'src>,
    dnat: Dnat,
    hairpin: Option<(RuleId, IpAddr)>,
    comment: Option<(RuleId, SocketAddr)>,
    /// The name is not the checksum of this target.
    name: bool,
}

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let comments = comments(cx);
    for (id, chain) in cx.endpoints() {
        if let Some(quarrel) = quarrel(cx, chain, comments.get(&id).copied()) {
            found.push(finding(cx, &quarrel));
        }
    }
}

/// The rules whose comments claim another endpoint than the chain's DNAT, the first of each endpoint chain: few of all.
type Claims = HashMap<EndpointId, (RuleId, SocketAddr), RandomState>;

fn comments(cx: &Context<'_, '_>) -> Claims {
    let mut comments = Claims::default();
    for chain in cx.chains_to_endpoints() {
        for rule in &chain.balancing {
            let Some(end) = rule.endpoint else { continue };
            let Some(dnat) = cx.proxy.endpoint(end).dnat().filter(|&dnat| !is_in_comment(cx, rule, dnat)) else {
                continue;
            };
            let claim = cx.proxy.claimed_by(rule).filter(|&claim| disagrees(claim, dnat));
            if let Some(claim) = claim.filter(|_| !is_jump_wrong(cx, chain, rule, end)) {
                comments.entry(end).or_insert((rule.rule, claim));
            }
        }
    }
    comments
}

/// Whether the comment ends in the target, as nearly all do: then it claims no other.
fn is_in_comment(cx: &Context<'_, '_>, rule: &Balancing, dnat: Dnat) -> bool {
    let (Some(comment), Some(target)) = (cx.proxy.comment(rule.rule), dnat.target()) else { return false };
    let before = comment.strip_suffix(EndpointText::of(target).bytes());
    before.is_some_and(|before| before.ends_with(b" "))
}

/// Whether the rule leads to a sound chain that is not meant at all: that of another service, or one that another rule
/// of the same chain leads to. Other checks say that.
fn is_jump_wrong(cx: &Context<'_, '_>, chain: &ServiceChain<'_>, rule: &Balancing, end: EndpointId) -> bool {
    let endpoint = cx.proxy.endpoint(end);
    let own = chain.services.first().and_then(|&at| cx.proxy.services[at as usize].name);
    let named = || cx.proxy.named(endpoint);
    let is_foreign = named().zip(own).is_some_and(|(named, own)| named.modern().text() != own.modern().text());
    let leads_there = |other: &&Balancing| other.endpoint == Some(end) && other.rule != rule.rule;
    endpoint.identity == Identity::Verified && (is_foreign || chain.balancing.iter().any(|other| leads_there(&other)))
}

fn disagrees(claim: SocketAddr, dnat: Dnat) -> bool {
    dnat.address.is_some_and(|address| address != claim.ip()) || dnat.port.is_some_and(|port| port != claim.port())
}

fn quarrel<'a, 'src>(
    cx: &Context<'a, 'src>,
    chain: &'a EndpointChain<'src>,
    comment: Option<(RuleId, SocketAddr)>,
) -> Option<Quarrel<'a, 'src>> {
    let dnat = chain.dnat().filter(|_| chain.service().is_some())?;
    let name = is_named_for_another(cx, chain, dnat);
    let hairpin = moved_hairpin(chain, dnat);
    (hairpin.is_some() || comment.is_some() || name).then_some(Quarrel { chain, dnat, hairpin, comment, name })
}

/// A hairpin source that is not the DNAT target; none if one of several rules is for the target.
fn moved_hairpin(chain: &EndpointChain<'_>, dnat: Dnat) -> Option<(RuleId, IpAddr)> {
    let hairpins = || chain.hairpins();
    let is_own = |source: Option<IpAddr>| source.is_none() || source == dnat.address;
    if dnat.address.is_none() || hairpins().any(|hairpin| is_own(hairpin.source)) {
        return None;
    }
    hairpins().next().and_then(|hairpin| Some((hairpin.rule, hairpin.source?)))
}

/// Whether the checksum speaks against the target, and not only against the service or the protocol.
fn is_named_for_another(cx: &Context<'_, '_>, chain: &EndpointChain<'_>, dnat: Dnat) -> bool {
    if chain.identity != Identity::Contradicted || !cx.proxy.verification.is_trustworthy() {
        return false;
    }
    let own = chain.service().and_then(|at| cx.proxy.services[at as usize].name);
    match (chain.made_for(), cx.proxy.named(chain).or(own)) {
        (Some(made), Some(name)) => made.service == name.modern() && made.endpoint != dnat.target(),
        (Some(_), None) => false,
        // Without an answer the service may be the wrong one; where its own chain verifies, the target is.
        (None, _) => chain.service().is_some_and(|at| cx.proxy.services[at as usize].identity == Identity::Verified),
    }
}

fn finding(cx: &Context<'_, '_>, quarrel: &Quarrel<'_, '_>) -> Finding {
    let Quarrel { chain, dnat, .. } = quarrel;
    let target = target(*dnat);
    let meant = meant(quarrel);
    let subject = chain.service().map_or_else(|| cx.proxy.name_of(chain).to_string(), |service| cx.name_at(service));
    let message = match &meant {
        Some(meant) => format!("`{}` was written for `{meant}` but sends to `{target}`", cx.proxy.name_of(chain)),
        None => format!("`{}` sends to `{target}`, which its name is not the checksum of", cx.proxy.name_of(chain)),
    };
    let sends = format!("sends to {target}");
    // Where all but the comment agree, the rule that jumps here is the changed one.
    let is_comment_alone = chain.identity == Identity::Verified && quarrel.hairpin.is_none();
    if let Some((rule, claim)) = quarrel.comment.filter(|_| is_comment_alone) {
        let label = format!("the comment says {claim}, the chain is that of {target}");
        return Finding::new(subject, message, cx.line(rule))
            .label(label)
            .line(cx.line(dnat.rule), sends)
            .line(cx.declaration(chain.chain), witness(cx, quarrel))
            .effect(format!("The part of new connections that `{claim}` should get goes to `{target}` instead, or the comment was changed."))
            .services(chain.service());
    }
    let mut finding = Finding::new(subject, message, cx.line(dnat.rule)).label(sends);
    if let Some((rule, source)) = quarrel.hairpin {
        finding = finding.line(cx.line(rule), format!("{source}: the pod this chain was written for"));
    }
    if let Some((rule, claim)) = quarrel.comment {
        finding = finding.line(cx.line(rule), format!("the comment says {claim}"));
    }
    finding = finding.line(cx.declaration(chain.chain), witness(cx, quarrel));
    let effect = match meant {
        Some(meant) => format!(
            "The part of new connections that `{meant}` should get goes to `{target}` instead. If nothing answers there, they time out or are refused."
        ),
        None => format!(
            "This pod's part of new connections goes to `{target}`, which kube-proxy did not make this chain for."
        ),
    };
    finding
        .effect(effect)
        .services(chain.service())
        .several("their pods' chains translate to other addresses than the ones they were written for")
}

fn target(dnat: Dnat) -> String {
    match (dnat.target(), dnat.address) {
        (Some(target), _) => target.to_string(),
        (None, Some(address)) => address.to_string(),
        (None, None) => "several addresses".into(),
    }
}

/// The endpoint that most witnesses name instead of the target.
fn meant(quarrel: &Quarrel<'_, '_>) -> Option<String> {
    let solved = quarrel.chain.made_for().filter(|_| quarrel.name).and_then(|made| made.endpoint);
    let comment = quarrel.comment.map(|(_, claim)| claim);
    let hairpin = quarrel.hairpin.map(|(_, source)| source.to_string());
    solved.or(comment).map(|endpoint| endpoint.to_string()).or(hairpin)
}

/// What the chain's name has to say.
fn witness(cx: &Context<'_, '_>, quarrel: &Quarrel<'_, '_>) -> String {
    let chain = quarrel.chain;
    match (chain.identity, chain.made_for()) {
        (Identity::Verified, _) => "the name is the checksum of the DNAT target: the other line was changed".into(),
        (Identity::Contradicted, Some(made)) => solved(&made, quarrel),
        (Identity::Contradicted, None) if cx.proxy.verification.is_trustworthy() => {
            "the name is not the checksum of the DNAT target".into()
        }
        _ => "the name is no witness: most names in this dump are not checksums of what the rules say".into(),
    }
}

fn solved(made: &MadeFor<'_>, quarrel: &Quarrel<'_, '_>) -> String {
    let Some(endpoint) = made.endpoint else { return String::new() };
    let is_hairpin = quarrel.hairpin.is_some_and(|(_, source)| source == endpoint.ip());
    let is_comment = quarrel.comment.is_some_and(|(_, claim)| claim == endpoint);
    let sides = match (is_hairpin, is_comment) {
        (true, true) => "the name agrees with both other lines",
        (true, false) => "the name agrees with the hairpin rule",
        (false, true) => "the name agrees with the comment",
        (false, false) => "the name says another endpoint",
    };
    format!("{sides}: it is the checksum of {}, {}, {endpoint}", made.service, made.protocol)
}
