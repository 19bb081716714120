//! A service of the API that no rule captures.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::drifting::{NEEDS, Said, findings};
use super::finding::Findings;
use crate::drift::What;

pub(super) static CHECK: Check = Check {
    name: "missing-service",
    level: Level::Error,
    proof: Proof::Objects,
    summary: "a service the API has is not in the rules",
    page: include_str!("missing_service.md"),
    needs: NEEDS,
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    findings(cx, &CHECK, found, |what| {
        let What::MissingService { addresses } = what else { return None };
        Some(Said {
            message: format!("no rule captures its cluster IP `{}`", addresses.join("`, `")),
            effect: "From this node its addresses lead nowhere: connections time out or are refused.".into(),
            several: "no rule captures it",
            is_certain: false,
        })
    });
}
