//! A range of local pods in which the endpoints do not lie.

use super::balance::percent;
use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::LocalTest;
use crate::ruleset::Net;

pub(super) static CHECK: Check = Check {
    name: "cidr-without-pods",
    level: Level::Info,
    proof: Proof::Dump,
    summary: "most endpoints lie outside the range that is taken for pods",
    page: include_str!("cidr_without_pods.md"),
    needs: Needs::IPTABLES_MODE.numeric(),
    question: Question::Ruleset(check),
};

/// Fewer endpoints than that say nothing.
const LEAST: u32 = 10;

/// A range as narrow as this may be the node's own; then pods of other nodes lie outside. The default masks of
/// `--node-cidr-mask-size` are 24 and 64.
const NODE_PREFIX: (u32, u32) = (20, 64);

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some(detector) = cx.proxy.detectors.first() else { return };
    let LocalTest::Source(net) = &detector.test else { return };
    let targets = || cx.proxy.endpoints.iter().filter_map(|end| end.dnat()?.address);
    let (mut all, mut inside) = (0_u32, 0_u32);
    for address in targets() {
        all += 1;
        inside += u32::from(net.contains(address));
    }
    if all < LEAST || 2 * inside >= all || (inside > 0 && may_be_of_node(net)) {
        return;
    }
    let part = percent(f64::from(inside) / f64::from(all));
    found.push(
        Finding::new(
            "local pods",
            format!("only {part} of {all} endpoints lie in `{net}`, which is taken for the pods"),
            cx.line(detector.rule),
        )
        .label(format!("one of {} rules with this test", detector.rules))
        .effect(
            "If pods have other addresses, what they send to services is masqueraded: the pods behind them see the \
                 node's address, and network policies may refuse it.",
        )
        .remedy(
            "Compare kube-proxy's --cluster-cidr (clusterCIDR) with the addresses of the pods. Endpoints on the \
                 host network or outside the cluster are no pods in this sense.",
        ),
    );
}

fn may_be_of_node(net: &Net) -> bool {
    let least = if matches!(net, Net::V4 { .. }) { NODE_PREFIX.0 } else { NODE_PREFIX.1 };
    net.prefix().is_some_and(|prefix| prefix >= least)
}
