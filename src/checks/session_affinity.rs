//! A service whose clients stay with the pod they first came to.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::{Affinity, Recheck, ServicePort};

pub(super) static CHECK: Check = Check {
    name: "session-affinity",
    level: Level::Info,
    proof: Proof::Dump,
    summary: "clients of a service stay with the pod they first came to",
    page: include_str!("session_affinity.md"),
    needs: Needs::IPTABLES_MODE,
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    for (at, service) in cx.services() {
        if let (Affinity::ClientIp { seconds }, Some(recheck)) = (service.affinity, first(cx, service)) {
            found.push(finding(cx, service, seconds, recheck).services([at]));
        }
    }
}

fn first(cx: &Context<'_, '_>, service: &ServicePort<'_>) -> Option<Recheck> {
    service.chains.iter().find_map(|own| cx.proxy.chain(own.id).rechecks.first().copied())
}

fn finding(cx: &Context<'_, '_>, service: &ServicePort<'_>, seconds: Option<u32>, recheck: Recheck) -> Finding {
    let message = match seconds {
        Some(seconds) => format!("a client stays with its pod until it has not connected for {seconds} s"),
        None => "a client stays with its pod".to_owned(),
    };
    Finding::new(cx.service_name(service), message, cx.line(recheck.rule))
        .label("asked before the pods are drawn")
        .effect("Shares hold for a client's first connection only, so a few busy clients (or many behind one address) load pods unevenly. Each port of a service keeps its own list, of 100 addresses a pod unless the kernel was told otherwise (ip_list_tot).")
        .remedy("Nothing, if the service asks for it (sessionAffinity: ClientIP).")
}
