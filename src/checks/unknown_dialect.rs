//! Chains of kube-proxy by name, with rules that no known kube-proxy writes.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::misfit::Misfits;
use super::needs::Needs;

pub(super) static CHECK: Check = Check {
    name: "unknown-dialect",
    level: Level::Info,
    proof: Proof::Dump,
    summary: "service chains are genuine, but their rules have a form of no known kube-proxy",
    page: include_str!("unknown_dialect.md"),
    needs: Needs::IPTABLES_MODE,
    question: Question::Ruleset(check),
};

/// Lines shown of all that fit no template.
const SHOWN: usize = 5;

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let misfits = Misfits::of(cx);
    let Some((&first, rest)) = misfits.rules.split_first().filter(|_| misfits.is_dialect()) else { return };
    let message =
        format!("{} of {} rules have a form that no known kube-proxy writes", misfits.rules.len(), misfits.of);
    let mut finding = Finding::new("nat", message, cx.line(first)).label("not known");
    for &rule in rest.iter().take(SHOWN - 1) {
        finding = finding.line(cx.line(rule), "not known");
    }
    found.push(
        finding
            .effect(
                "Another program, a vendor's kube-proxy or a newer release wrote them. Shares and traces hold all the \
                 same, since they follow the rules as they are; checks of form are not made.",
            )
            .remedy("Nothing, unless you expected an ordinary kube-proxy here."),
    );
}
