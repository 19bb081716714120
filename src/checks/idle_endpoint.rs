//! A pod that should have got connections by now, and got none.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::counts::{Counted, counted};
use super::finding::{Finding, Findings};
use super::needs::Needs;

pub(super) static CHECK: Check = Check {
    name: "idle-endpoint",
    level: Level::Warning,
    proof: Proof::Counters,
    summary: "a pod was due thirty connections or more, and none was counted",
    page: include_str!("idle_endpoint.md"),
    needs: Needs::IPTABLES_MODE.counters(),
    question: Question::Services(check),
};

/// Chance leaves a pod without any of so many connections less than once in 10¹³ times.
const DUE: f64 = 30.0;

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    for counted in counted(cx) {
        let idle = counted.hits.iter().zip(counted.expected()).enumerate();
        let idle: Vec<_> =
            idle.filter(|&(_, (&hit, due))| hit == 0 && due >= DUE).map(|(at, (_, due))| (at, due)).collect();
        if !idle.is_empty() {
            found.push(finding(cx, &counted, &idle));
        }
    }
}

fn finding(cx: &Context<'_, '_>, counted: &Counted<'_, '_>, idle: &[(usize, f64)]) -> Finding {
    let pods = counted.hits.len();
    let what = match idle {
        [_] => "one pod".to_owned(),
        several => format!("{} of {pods} pods", several.len()),
    };
    let message = format!("{what} got none of {} connections", counted.total);
    let line = |at: usize| cx.line(counted.chain.balancing[at].rule);
    let label = |due: f64| format!("none counted, {due:.0} expected");
    let (first, due) = idle[0];
    let mut finding = Finding::new(cx.name_at(counted.service), message, line(first)).label(label(due));
    for &(at, due) in &idle[1..] {
        finding = finding.line(line(at), label(due));
    }
    finding
        .effect("As far as the counters go the pod is idle while the others serve. Its rule may also be younger than theirs: then it was inserted or zeroed by hand, since kube-proxy writes the rules of a chain together.")
        .services([counted.service])
        .several("some of their pods got no connection though many were due")
}
