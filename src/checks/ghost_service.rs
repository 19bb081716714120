//! A service of the rules that the API does not have.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::drifting::{NEEDS, Said, findings};
use super::finding::Findings;
use crate::drift::What;
use crate::objects::Skip;

pub(super) static CHECK: Check = Check {
    name: "ghost-service",
    level: Level::Error,
    proof: Proof::Objects,
    summary: "the rules have a service that the API does not have",
    page: include_str!("ghost_service.md"),
    needs: NEEDS,
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    findings(cx, &CHECK, found, |what| {
        let What::GhostService { addresses, skip } = what else { return None };
        let at = if addresses.is_empty() { String::new() } else { format!(" (`{}`)", addresses.join("`, `")) };
        let why = match skip {
            None => "the API has no such service port",
            Some(Skip::Headless) => "the API says it is headless: it has no rules",
            Some(Skip::ExternalName) => "the API says it is an ExternalName: it has no rules",
            Some(Skip::OtherProxy) => "the API leaves it to another proxy",
        };
        Some(Said {
            message: format!("the rules still have it{at}, but {why}"),
            effect:
                "Its old addresses still lead somewhere from this node. Should a new service get one of them, both \
                     claim it."
                    .into(),
            several: "the rules still have it, but the API does not",
            is_certain: false,
        })
    });
}
