//! Rules lead to an address that is no endpoint of the service.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::drifting::{NEEDS, Said, findings};
use super::finding::Findings;
use crate::drift::{EndpointState, What};

pub(super) static CHECK: Check = Check {
    name: "stale-endpoint",
    level: Level::Error,
    proof: Proof::Objects,
    summary: "rules lead to an address that the API no longer lists as an endpoint to use",
    page: include_str!("stale_endpoint.md"),
    needs: NEEDS,
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    findings(cx, &CHECK, found, |what| {
        let What::StaleEndpoint { address, state, owner } = what else { return None };
        let why = match state {
            EndpointState::Gone => "no endpoint of it any more",
            EndpointState::NotReady => "an endpoint that is not ready",
            EndpointState::Terminating => "an endpoint that terminates",
            EndpointState::Elsewhere => "an endpoint that is not for this node's chain",
        };
        let (message, effect, several) = match owner {
            Some(pod) => (
                format!("rules lead to `{address}`, which is {why}: the address belongs to pod `{pod}` now"),
                format!("Connections meant for this service go to pod `{pod}`, which is another's."),
                "rules lead to addresses that belong to other pods now",
            ),
            None => (
                format!("rules lead to `{address}`, which is {why}"),
                "New connections that are sent there fail, or end in a pod that should get none.".to_owned(),
                "rules lead to addresses that are no endpoints of it any more",
            ),
        };
        Some(Said { message, effect, several, is_certain: owner.is_some() })
    });
}
