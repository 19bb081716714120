//! Whether the counters of a service chain agree with its probabilities.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::counts::{Counted, counted, counted_of};
use super::finding::{Finding, Findings};
use super::gamma::upper_tail;
use super::needs::Needs;

pub(super) static CHECK: Check = Check {
    name: "counter-verdict",
    level: Level::Info,
    proof: Proof::Counters,
    summary: "what the counters say of the way connections were spread over the pods",
    page: include_str!("counter_verdict.md"),
    needs: Needs::IPTABLES_MODE.counters(),
    question: Question::Services(check),
};

/// So rarely chance alone strays as far as what we call skewed.
const RARE: f64 = 1e-4;

/// So rarely chance may make us call one of all chains skewed; with thousands of chains that is the stricter one.
const RARE_OVER_ALL: f64 = 1e-2;

/// With fewer connections expected for a pod the test says nothing (the usual rule for Pearson's chi-squared).
const LEAST_EXPECTED: f64 = 5.0;

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let chains: Vec<_> = counted(cx).map(|counted| (judged(&counted), counted)).collect();
    let may_be_skewed = chains.iter().any(|(tail, _)| tail.is_some_and(|tail| tail < RARE));
    let rare = if may_be_skewed { rare(cx) } else { RARE };
    for (tail, counted) in &chains {
        let level = if tail.is_some_and(|tail| tail < rare) { Level::Warning } else { Level::Info };
        let finding = match tail {
            None => too_few(cx, counted),
            Some(tail) if *tail < rare => skewed(cx, counted, *tail),
            Some(tail) => fair(cx, counted, *tail),
        };
        found.push_at(level, finding.services([counted.service]));
    }
}

/// From where on a chain is called skewed, by how many chains of the whole ruleset there are to be.
fn rare(cx: &Context<'_, '_>) -> f64 {
    let told = counted_of(cx, cx.proxy.chains.iter()).filter(|counted| judged(counted).is_some()).count();
    #[expect(clippy::cast_precision_loss, reason = "a table has far fewer chains than 2^52")]
    let each = RARE_OVER_ALL / told.max(1) as f64;
    RARE.min(each)
}

/// How likely chance alone is to stray so far; `None` where there are too few connections to say.
fn judged(counted: &Counted<'_, '_>) -> Option<f64> {
    let asked = || counted.hits.iter().zip(counted.expected()).filter(|&(_, expected)| expected > 0.0);
    if asked().any(|(_, expected)| expected < LEAST_EXPECTED) {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "counters beyond 2^52 need no last digit")]
    let strayed = |(&hit, expected): (&u64, f64)| (hit as f64 - expected).powi(2) / expected;
    let degrees = u32::try_from(asked().count()).ok()?.checked_sub(1).filter(|&degrees| degrees > 0)?;
    Some(upper_tail(asked().map(strayed).sum(), degrees))
}

fn finding(cx: &Context<'_, '_>, counted: &Counted<'_, '_>, message: String) -> Finding {
    let first = counted.chain.balancing.first().map(|rule| cx.line(rule.rule)).unwrap_or_default();
    Finding::new(cx.name_at(counted.service), message, first).remedy(
        "Nothing. If some pods carry more load all the same, look for connections that live \
         long: shares hold for new connections only.",
    )
}

fn fair(cx: &Context<'_, '_>, counted: &Counted<'_, '_>, tail: f64) -> Finding {
    let (total, pods) = (counted.total, counted.hits.len());
    let message = format!("{total} connections were spread over {pods} pods as the probabilities say (p = {tail:.2})");
    finding(cx, counted, message)
        .label("counted from here on")
        .effect("Each pod got its share of the new connections.")
        .several("connections were spread over their pods as the probabilities say")
}

fn too_few(cx: &Context<'_, '_>, counted: &Counted<'_, '_>) -> Finding {
    finding(cx, counted, "too few connections to tell since the rules of its chain were written".into())
        .effect("kube-proxy sets counters to zero when it rewrites a chain.")
        .remedy("Take another dump with counters later.")
}

fn skewed(cx: &Context<'_, '_>, counted: &Counted<'_, '_>, tail: f64) -> Finding {
    let (total, pods) = (counted.total, counted.hits.len());
    let message =
        format!("{total} connections were not spread over {pods} pods as the probabilities say (p = {tail:.0e})");
    let mut finding = finding(cx, counted, message);
    let rules = counted.chain.balancing.iter().zip(&counted.hits).zip(counted.expected());
    let labels = rules
        .take(MOST_LINES)
        .map(|((rule, hit), expected)| (cx.line(rule.rule), format!("{hit} connections, {expected:.0} expected")));
    for (at, (span, label)) in labels.enumerate() {
        finding = if at == 0 { finding.label(label) } else { finding.line(span, label) };
    }
    finding
        .effect("Some pods got more new connections than their share, others fewer. Chance does not do that.")
        .remedy(
            "Look whether a rule of the chain was replaced, inserted or zeroed by hand: its counter starts later than \
             those of its neighbours. Restart kube-proxy on this node and count again.",
        )
        .several("connections were not spread over their pods as the probabilities say")
}

/// Rules shown with their counts.
const MOST_LINES: usize = 16;

#[cfg(test)]
mod tests {
    use super::super::pages::reported;
    use super::super::{Level, Report};

    /// A chain with two pods of equal shares and these counters.
    fn counted(first: u64, second: u64) -> Report {
        reported(&format!(
            r#"*nat
[0:0] -A KUBE-SERVICES -d 10.96.12.34/32 -p tcp -m comment --comment "demo/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-XRY76EGRC3BSCIIJ
[0:0] -A KUBE-SEP-HEYAT6BZNHOVKI2P -p tcp -m comment --comment "demo/web:http" -m tcp -j DNAT --to-destination 10.244.2.9:8080
[0:0] -A KUBE-SEP-UIODFAJFTN25OFRG -p tcp -m comment --comment "demo/web:http" -m tcp -j DNAT --to-destination 10.244.1.7:8080
[{first}:0] -A KUBE-SVC-XRY76EGRC3BSCIIJ -m comment --comment "demo/web:http -> 10.244.1.7:8080" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-UIODFAJFTN25OFRG
[{second}:0] -A KUBE-SVC-XRY76EGRC3BSCIIJ -m comment --comment "demo/web:http -> 10.244.2.9:8080" -j KUBE-SEP-HEYAT6BZNHOVKI2P
"#
        ))
    }

    #[track_caller]
    fn says(report: &Report, level: Level, words: &str) {
        let verdict = report.findings.iter().find(|finding| finding.check == "counter-verdict").unwrap();
        assert_eq!(verdict.level, level);
        assert!(verdict.message.contains(words), "{}", verdict.message);
    }

    /// Of one degree of freedom, χ² of 140 and 60 is `2·40²/100 = 32` (p 1.5e-8), of 119 and 81 `2·19²/100 = 7.22`
    /// (p 0.0072).
    #[test]
    fn far_from_the_shares_is_skewed_and_chance_is_not() {
        says(&counted(140, 60), Level::Warning, "p = 2e-8");
        says(&counted(119, 81), Level::Info, "p = 0.01");
    }

    #[test]
    fn few_connections_tell_nothing_and_none_are_not_evaluated() {
        says(&counted(9, 0), Level::Info, "too few");
        let report = counted(0, 0);
        assert!(report.findings.iter().all(|finding| finding.check != "counter-verdict"));
        let unasked = report.not_evaluated.iter().find(|each| each.check == "counter-verdict").unwrap();
        assert!(unasked.reason.contains("all counters"), "{}", unasked.reason);
    }
}
