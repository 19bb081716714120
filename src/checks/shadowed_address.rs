//! Two services at one address: the second is dead.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::{Capture, CaptureKind, ServicePort};
use crate::ruleset::{Match, RuleId, Test};
use std::net::IpAddr;

pub(super) static CHECK: Check = Check {
    name: "shadowed-address",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "two services are captured at the same address and port: only the first gets anything",
    page: include_str!("shadowed_address.md"),
    needs: Needs::IPTABLES_MODE,
    question: Question::Services(check),
};

/// What two captures share where one shadows the other.
type Place = (bool, Option<IpAddr>, Option<u16>, u8);

/// A capture that sends packets somewhere.
struct Claim<'a, 'src> {
    place: Place,
    rule: RuleId,
    at: u32,
    service: &'a ServicePort<'src>,
    capture: &'a Capture<'src>,
}

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let mut claims = claims(cx);
    claims.sort_unstable_by_key(|claim| (claim.place, claim.rule));
    for same in claims.chunk_by(|one, next| one.place == next.place).filter(|same| same.len() > 1) {
        for later in &same[1..] {
            if later.at != same[0].at && covers(cx, same[0].rule, later.rule) {
                found.push(finding(cx, &same[0], later));
            }
        }
    }
}

fn claims<'a, 'src>(cx: &Context<'a, 'src>) -> Vec<Claim<'a, 'src>> {
    let mut claims = Vec::new();
    if cx.scope.is_none() {
        claims.extend((0..).zip(&cx.proxy.services).flat_map(claims_of));
        return claims;
    }
    // All that claim what one of a few services claims.
    let mut places: Vec<Place> = cx.services().flat_map(claims_of).map(|claim| claim.place).collect();
    places.sort_unstable();
    let all = (0..).zip(&cx.proxy.services).flat_map(claims_of);
    claims.extend(all.filter(|claim| places.binary_search(&claim.place).is_ok()));
    claims
}

fn claims_of<'a, 'src>((at, service): (u32, &'a ServicePort<'src>)) -> impl Iterator<Item = Claim<'a, 'src>> {
    let protocol = service.protocol.map_or(0, |protocol| protocol.0);
    service.captures.iter().filter_map(move |capture| {
        let &rule = capture.jumps.first().filter(|_| capture.target.is_some())?;
        let is_node_port = capture.kind == CaptureKind::NodePort;
        // A listing may show names for addresses: then nobody knows whether two are the same.
        let is_known = capture.port.is_some() && (capture.address.is_some() || is_node_port);
        let place = (is_node_port, capture.address, capture.port, protocol);
        is_known.then_some(Claim { place, rule, at, service, capture })
    })
}

/// Whether what the later rule takes is all taken by the earlier one: that has no condition besides address, protocol
/// and port, or the same as the later one.
fn covers(cx: &Context<'_, '_>, earlier: RuleId, later: RuleId) -> bool {
    let Some((table, _)) = cx.nat() else { return false };
    let conditions = |rule: RuleId| table.matches(table.rule(rule)).iter().filter(|each| is_condition(each));
    conditions(earlier).next().is_none() || conditions(earlier).eq(conditions(later))
}

fn is_condition(each: &Match<'_>) -> bool {
    !matches!(
        *each.test(),
        Test::Comment { .. }
            | Test::Address { .. }
            | Test::Protocol(_)
            | Test::Port { .. }
            | Test::Module(_)
            | Test::Nfacct(_)
    ) || each.inverted()
}

fn finding(cx: &Context<'_, '_>, winner: &Claim<'_, '_>, loser: &Claim<'_, '_>) -> Finding {
    let (first, second) = (cx.service_name(winner.service), cx.service_name(loser.service));
    let place = place(loser);
    Finding::new(&second, format!("{place} belongs to `{first}`, whose rule comes first"), cx.line(loser.rule))
        .label("never reached")
        .line(cx.line(winner.rule), "takes every packet")
        .effect(format!("No new connection to {place} reaches `{second}`: all of them go to the pods of `{first}`. kube-proxy writes services in random order, so after its next sync it may be the other way round."))
        .remedy(format!("Give `{first}` or `{second}` another address or port: two services must not claim the same one."))
        .services([loser.at])
        .several("other services have the same addresses, and their rules come first")
}

fn place(claim: &Claim<'_, '_>) -> String {
    let port = claim.capture.port.map_or_else(|| "any".into(), |port| port.to_string());
    let protocol = claim.service.protocol.map(|protocol| format!("/{protocol}")).unwrap_or_default();
    match claim.capture.address {
        Some(IpAddr::V6(address)) => format!("`[{address}]:{port}{protocol}`"),
        Some(address) => format!("`{address}:{port}{protocol}`"),
        None => format!("node port `{port}{protocol}`"),
    }
}
