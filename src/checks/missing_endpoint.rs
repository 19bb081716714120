//! An endpoint that no rule leads to.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::drifting::{NEEDS, Said, findings};
use super::finding::Findings;
use crate::drift::What;

pub(super) static CHECK: Check = Check {
    name: "missing-endpoint",
    level: Level::Error,
    proof: Proof::Objects,
    summary: "an endpoint the API lists gets no traffic from this node",
    page: include_str!("missing_endpoint.md"),
    needs: NEEDS,
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    findings(cx, &CHECK, found, |what| {
        let What::MissingEndpoint { address, pod } = what else { return None };
        let pod = pod.as_ref().map_or_else(String::new, |pod| format!(" (pod `{pod}`)"));
        Some(Said {
            message: format!("no rule leads to its endpoint `{address}`{pod}"),
            effect: "This endpoint gets no new connection from this node; the others carry its part.".into(),
            several: "no rule leads to endpoints it has",
            is_certain: false,
        })
    });
}
