//! Every client of a cluster IP is masqueraded, pods too.

use super::check::{Check, Level, Proof, Question};
use super::cluster_masquerade::of_cluster_ip;
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use super::sources::is_for_everybody;

pub(super) static CHECK: Check = Check {
    name: "masquerade-all",
    level: Level::Info,
    proof: Proof::Dump,
    summary: "connections to cluster IPs are masqueraded whatever their source",
    page: include_str!("masquerade_all.md"),
    needs: Needs::IPTABLES_MODE.interfaces(),
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((table, _)) = cx.nat() else { return };
    let masquerade = |(at, service)| {
        let rule = of_cluster_ip(cx, table, service)?;
        is_for_everybody(table, rule).then_some((at, rule))
    };
    // One of those asked about, before the others are counted.
    if cx.services().find_map(masquerade).is_none() {
        return;
    }
    let all: Vec<_> = (0_u32..).zip(&cx.proxy.services).filter_map(masquerade).collect();
    let Some(&(first, rule)) = all.first() else { return };
    let message = match all.len() {
        1 => "connections to its cluster IP are masqueraded whatever their source".to_owned(),
        count => {
            format!("connections to the cluster IPs of {count} service ports are masqueraded whatever their source")
        }
    };
    let subject = if all.len() == 1 { cx.name_at(first) } else { "cluster IPs".to_owned() };
    found.push(
        Finding::new(subject, message, cx.line(rule))
            .label("no test of the source")
            .effect("The pods behind them see the node's address instead of the client pod's: logs, rate limits and network policies by source do not work.")
            .remedy("Nothing, if it is meant: kube-proxy's --masquerade-all (masqueradeAll) asks for it.")
            .services(all.iter().map(|&(service, _)| service)),
    );
}
