//! A rule in one of kube-proxy's chains that kube-proxy does not write.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::interceptor;
use super::misfit::Misfits;
use super::needs::Needs;
use crate::ruleset::{RuleId, Target};

pub(super) static CHECK: Check = Check {
    name: "foreign-rule",
    level: Level::Warning,
    proof: Proof::Dump,
    summary: "a rule in one of kube-proxy's chains that kube-proxy does not write: it will vanish",
    page: include_str!("foreign_rule.md"),
    needs: Needs::IPTABLES_MODE,
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    if cx.scope.is_some() && !Misfits::is_any(cx) {
        return;
    }
    let misfits = Misfits::of(cx);
    if misfits.is_dialect() {
        return;
    }
    for &rule in misfits.rules.iter().filter(|&&rule| !interceptor::is_reported(cx, rule)) {
        found.push(finding(cx, rule));
    }
}

fn finding(cx: &Context<'_, '_>, rule: RuleId) -> Finding {
    let Some((table, _)) = cx.nat() else { return Finding::new("", "", cx.line(rule)) };
    let chain = table.rule(rule).chain;
    let name = table.chain(chain).name;
    let services = cx.services_of_chain(chain);
    let subject = cx.subject(services, chain);
    let effect = match table.rule(rule).target {
        Some(Target::Dnat(_) | Target::Redirect(_) | Target::Netmap(_)) => {
            "What it matches goes where this rule says, not to the pods that kube-proxy chose."
        }
        Some(Target::Return) => "What it matches leaves this chain without being balanced.",
        Some(Target::Accept | Target::Drop | Target::Reject(_)) => "What it matches is not translated at all.",
        _ => "What it does comes on top of what kube-proxy means.",
    };
    Finding::new(subject, format!("a rule in `{name}` is not kube-proxy's"), cx.line(rule))
        .label("no release of kube-proxy writes this here")
        .effect(format!("{effect} kube-proxy removes it when it writes this chain the next time."))
        .remedy(
            "Find out who put it there. If nobody needs it, restart kube-proxy on this node: it then writes all its rules \
             anew, without this one.",
        )
        .services(services.iter().copied())
        .several("rules in these chains are not kube-proxy's")
}
