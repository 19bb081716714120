//! Tests for "comes from a pod of this node" that cannot be right, or that differ from service to service.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::{Detector, LocalTest};
use crate::ruleset::RuleId;

pub(super) static CHECK: Check = Check {
    name: "bad-local-cidr",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "the test that tells pods of this node from others is wrong, or differs between services",
    page: include_str!("bad_local_cidr.md"),
    needs: Needs::IPTABLES_MODE.numeric(),
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((usual, others)) = cx.proxy.detectors.split_first() else { return };
    for detector in cx.proxy.detectors.iter().filter(|detector| is_everybody(&detector.test)) {
        found.push(everybody(cx, detector));
    }
    for odd in others.iter().filter(|odd| !is_everybody(&odd.test)) {
        found.push(differs(cx, odd, usual));
    }
}

/// `/0`: every source.
fn is_everybody(test: &LocalTest<'_>) -> bool {
    matches!(test, LocalTest::Source(net) if net.prefix() == Some(0))
}

fn everybody(cx: &Context<'_, '_>, detector: &Detector<'_>) -> Finding {
    subject(cx, detector.rule, "the range of the pods is every address there is".into())
        .label("takes every source for a pod of this node")
        .effect(
            "No connection to a service is masqueraded on its way in: clients outside the cluster get no answer to \
             what they send to cluster IPs, and Local policy treats them like pods.",
        )
        .remedy("Look at kube-proxy's --cluster-cidr (clusterCIDR) and restart it with the range of the pods.")
}

fn differs(cx: &Context<'_, '_>, odd: &Detector<'_>, usual: &Detector<'_>) -> Finding {
    let (own, other) = (named(&odd.test), named(&usual.test));
    let message = format!("{own} is taken for the pods of this node, but {} rules take {other}", usual.rules);
    subject(cx, odd.rule, message)
        .label(format!("{own}, as {} rules have it", odd.rules))
        .line(cx.line(usual.rule), format!("{other}, as {} rules have it", usual.rules))
        .effect(
            "kube-proxy has one test for all services. Where it is the wrong one, pods are masqueraded (the service \
             sees the node instead of them), or others are not and get no answer.",
        )
}

fn subject(cx: &Context<'_, '_>, rule: RuleId, message: String) -> Finding {
    let services = cx.services_of_rule(rule);
    let subject = services.first().map_or_else(|| "local pods".to_owned(), |&service| cx.name_at(service));
    Finding::new(subject, message, cx.line(rule)).services(services.iter().copied())
}

fn named(test: &LocalTest<'_>) -> String {
    match test {
        LocalTest::Source(net) => format!("`{net}`"),
        LocalTest::Interface(name) => format!("interface `{name}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::pages::reported;

    /// Only the legacy backend takes an inverted `/0`, so no page shows it.
    #[test]
    fn every_source_there_is_is_no_range_of_pods() {
        let report = reported(
            r#"*nat
-A KUBE-SERVICES -d 10.96.12.34/32 -p tcp -m comment --comment "demo/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-XRY76EGRC3BSCIIJ
-A KUBE-SVC-XRY76EGRC3BSCIIJ ! -s 0.0.0.0/0 -d 10.96.12.34/32 -p tcp -m comment --comment "demo/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SVC-XRY76EGRC3BSCIIJ -m comment --comment "demo/web:http -> 10.244.1.7:8080" -j KUBE-SEP-UIODFAJFTN25OFRG
"#,
        );
        let finding = report.findings.iter().find(|finding| finding.check == "bad-local-cidr").expect("it fires");
        assert!(finding.message.contains("every address"), "{}", finding.message);
    }
}
