//! Pods of one service that do not get the same.

use super::balance::{Walked, percent};
use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::{Balancing, ServiceChain, rung};

pub(super) static CHECK: Check = Check {
    name: "uneven-shares",
    level: Level::Warning,
    proof: Proof::Dump,
    summary: "the pods of a service do not get equal parts of new connections",
    page: include_str!("uneven_shares.md"),
    needs: Needs::IPTABLES_MODE,
    question: Question::Services(check),
};

/// Rounding to ten digits costs less than a thousandth for any number of pods, to five digits (up to 1.16) up to some
/// hundreds of them; see the fourth section of the reference on kube-proxy's rules.
const ROUNDING: f64 = 1e-3;

/// What five digits cost at most for thousands of pods.
const COARSE_ROUNDING: f64 = 2e-2;

/// From so many pods on five digits count.
const MANY: usize = 200;

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    for walked in cx.walked().iter().filter(|walked| walked.shares.len() > 1) {
        let count = walked.shares.len();
        let allowed = if count > MANY { COARSE_ROUNDING } else { ROUNDING };
        #[expect(clippy::cast_precision_loss, reason = "a chain has far fewer rules than 2^52")]
        let count = count as f64;
        if walked.shares.iter().any(|share| (share * count - 1.0).abs() > allowed) {
            found.push(finding(cx, walked));
        }
    }
}

fn finding(cx: &Context<'_, '_>, walked: &Walked) -> Finding {
    let chain = cx.proxy.chain(walked.chain);
    let most = walked.shares.iter().copied().fold(0.0, f64::max);
    let least = walked.shares.iter().copied().fold(1.0, f64::min);
    let message = format!(
        "one pod gets {} of new connections, another {}: each of {} should get the same",
        percent(most),
        percent(least),
        walked.shares.len()
    );
    let odd = odd_rule(chain);
    let mut finding =
        Finding::new(cx.name_at(walked.service), message, cx.line(odd.1.rule)).label(what_is_odd(chain, odd.0));
    for (rule, share) in chain.balancing.iter().zip(&walked.shares).take(MOST_LINES) {
        finding = finding.line(cx.line(rule.rule), format!("{} of new connections", percent(*share)));
    }
    finding
        .effect("Some pods carry more than their part. Rounding is never the cause of what one can see.")
        .services([walked.service])
        .several("their pods do not get equal parts of new connections")
}

/// Rules shown with their shares.
const MOST_LINES: usize = 16;

/// The first rule whose probability is not that of its place, else the first.
fn odd_rule<'a>(chain: &'a ServiceChain<'_>) -> (usize, &'a Balancing) {
    let count = chain.balancing.len();
    let is_odd = |&(at, rule): &(usize, &Balancing)| choices(rule) != Some(count - at);
    chain.balancing.iter().enumerate().find(is_odd).unwrap_or((0, &chain.balancing[0]))
}

/// Of how many pods the rule chooses one, by its probability.
fn choices(rule: &Balancing) -> Option<usize> {
    match rule.threshold {
        Some(threshold) => rung(threshold).map(|rung| rung.choices as usize),
        None => Some(1),
    }
}

fn what_is_odd(chain: &ServiceChain<'_>, at: usize) -> String {
    let left = chain.balancing.len() - at;
    match choices(&chain.balancing[at]) {
        Some(choices) if choices != left => {
            format!("its probability is that of {choices} pods, but {left} are left here")
        }
        Some(_) => "the probabilities are right, but a pod does not take what it gets".into(),
        None => format!("its probability is no 1/n; with {left} left here it should be 1/{left}"),
    }
}
