//! What a new connection from outside gets at each captured address, the filter table counted.

use super::chain::stand_in;
use crate::facts::Facts;
use crate::kube::{Capture, CaptureState, Proxy, ServicePort};
use crate::ruleset::{Protocol, TableName};
use crate::trace::{Machine, Origin, Outcome, Packet, Verdict};
use std::borrow::Cow;

/// What a new connection from outside gets at each of the captures of `service`, by their index.
#[must_use]
pub fn captures<'src>(
    machine: &Machine<'_, 'src>,
    proxy: &Proxy<'_, 'src>,
    service: &ServicePort<'src>,
    facts: &Facts,
) -> Vec<CaptureState> {
    let state = |capture: &Capture<'src>| {
        let walked = service.protocol.and_then(|protocol| walked(machine, proxy, capture, protocol, facts));
        walked.unwrap_or(capture.state)
    };
    service.captures.iter().map(state).collect()
}

/// The state by a walk. `None` where that does not tell: without built-in chains to begin at, or for what leaves as it
/// came, which is none of the three.
fn walked<'src>(
    machine: &Machine<'_, 'src>,
    proxy: &Proxy<'_, 'src>,
    capture: &Capture<'src>,
    protocol: Protocol,
    facts: &Facts,
) -> Option<CaptureState> {
    let (nat, _) = proxy.resolved.table(TableName::Nat)?;
    if !nat.is_complete || proxy.is_partial {
        return None;
    }
    let (packet, facts) = to_capture(Origin::External, capture, protocol, proxy, facts)?;
    if machine.finds_translation(&packet, &facts) {
        return Some(CaptureState::Routed);
    }
    by_outcomes(&machine.outcomes(&packet, &facts))
}

/// The state that all outcomes together come to.
pub(super) fn by_outcomes(outcomes: &[Outcome]) -> Option<CaptureState> {
    let has = |verdict| outcomes.iter().any(|outcome| outcome.verdict == verdict && outcome.probability > 0.0);
    if has(Verdict::Translated) {
        Some(CaptureState::Routed)
    } else if has(Verdict::Untouched) || has(Verdict::Unknown) {
        None
    } else if has(Verdict::Rejected) {
        Some(CaptureState::Rejected)
    } else if has(Verdict::Dropped) {
        Some(CaptureState::Dropped)
    } else {
        None
    }
}

/// A packet to a captured address, and the facts with the address of a node port taken for one of the node's own.
pub(super) fn to_capture<'f>(
    origin: Origin,
    capture: &Capture<'_>,
    protocol: Protocol,
    proxy: &Proxy<'_, '_>,
    facts: &'f Facts,
) -> Option<(Packet, Cow<'f, Facts>)> {
    let family = proxy.resolved.ruleset.family;
    let port = capture.port;
    if let Some(address) = capture.address {
        return Some((Packet::new(origin, protocol, address, port), Cow::Borrowed(facts)));
    }
    if capture.kind != crate::kube::CaptureKind::NodePort {
        return None;
    }
    let own = facts.addresses.iter().find(|own| own.is_global && own.address.is_ipv4() == stand_in(family).is_ipv4());
    if let Some(own) = own {
        return Some((Packet::new(origin, protocol, own.address, port), Cow::Borrowed(facts)));
    }
    let mut facts = facts.clone();
    let was_complete = facts.addresses_complete;
    facts.add_node_ip(stand_in(family));
    facts.addresses_complete = was_complete;
    Some((Packet::new(origin, protocol, stand_in(family), port), Cow::Owned(facts)))
}
