//! A service whose rules say something else than its object.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::drifting::{NEEDS, Said, findings};
use super::finding::Findings;
use crate::drift::What;

pub(super) static CHECK: Check = Check {
    name: "field-mismatch",
    level: Level::Error,
    proof: Proof::Objects,
    summary: "the rules of a service and its object say different things",
    page: include_str!("field_mismatch.md"),
    needs: NEEDS,
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    findings(cx, &CHECK, found, |what| {
        let What::Field { field, expected, found } = what else { return None };
        Some(Said {
            message: format!("`{field}`: expected `{expected}`, found `{found}`"),
            effect: effect(field).into(),
            several: "the rules and the object say different things",
            is_certain: false,
        })
    });
}

fn effect(field: &str) -> &'static str {
    match field {
        "clusterIP" | "port" | "nodePort" | "externalIPs" | "loadBalancerIPs" => {
            "Connections to what is expected are not captured on this node; what is found still is."
        }
        "externalTrafficPolicy" | "internalTrafficPolicy" => {
            "Connections go to other endpoints than they should, and pods may see another source address."
        }
        "sessionAffinity" | "timeoutSeconds" => "Clients stay with a pod for another time than they should.",
        "loadBalancerSourceRanges" => "Clients are let in, or kept out, that should not be.",
        "healthCheckNodePort" => "The load balancer may be told the wrong thing about this node, or nothing.",
        _ => "Connections are refused in another way than they should be.",
    }
}
