//! Asks the checks.

use super::catalogue::CATALOGUE;
use super::cause::{may_explain, stands_alone, without_effects};
use super::check::{Check, Question};
use super::context::{Context, Input};
use super::finding::{Finding, Findings, NotEvaluated, Report};
use super::fold::folded;
use crate::threads::{answers, available};

/// Which checks to ask, by name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selection<'a> {
    /// Only these; empty: all.
    pub only: &'a [&'a str],
    /// Not these.
    pub skip: &'a [&'a str],
}

impl Selection<'_> {
    /// Whether the check of that name is asked.
    #[must_use]
    pub fn includes(&self, name: &str) -> bool {
        (self.only.is_empty() || self.only.contains(&name)) && !self.skip.contains(&name)
    }
}

/// Fewer rules than this are asked about sooner than a thread begins.
const WORTHWHILE: usize = 10_000;

/// Asks every selected check that the evidence can answer.
#[must_use]
pub fn run(input: &Input<'_, '_>, selection: Selection<'_>) -> Report {
    let tables = input.parsed.rulesets.iter().flat_map(|ruleset| &ruleset.tables);
    let rules: usize = tables.map(|table| table.rules.len()).sum();
    run_by(if rules < WORTHWHILE { 1 } else { available() }, input, selection)
}

/// The same by so many threads.
fn run_by(threads: usize, input: &Input<'_, '_>, selection: Selection<'_>) -> Report {
    let mut report = Report::default();
    let each = || input.proxies.iter().enumerate();
    let contexts: Vec<_> = each().map(|(source, proxy)| Context::new(*input, source, proxy)).collect();
    let checks: Vec<_> = CATALOGUE.iter().copied().filter(|check| selection.includes(check.name)).collect();
    for own in answers(threads, checks.len(), |at| folded_early(asked(input, &contexts, checks[at]))) {
        report.findings.extend(own.findings);
        report.not_evaluated.extend(own.not_evaluated);
    }
    in_order(without_effects(report.findings), report.not_evaluated)
}

/// What the checks find about some services: by ruleset, their indexes. Equal findings fold among these alone.
///
/// Nothing is looked at that does not bear on them, so that one service of ten thousand is judged in no time.
#[must_use]
pub fn run_about(input: &Input<'_, '_>, services: &[Vec<u32>], selection: Selection<'_>) -> Report {
    let proxies = input.proxies.iter().enumerate().zip(services);
    let contexts: Vec<_> = proxies.map(|((source, proxy), own)| Context::about(*input, source, proxy, own)).collect();
    let checks = || CATALOGUE.iter().copied().filter(|check| selection.includes(check.name));
    let mut findings: Vec<Finding> = Vec::new();
    let mut not_evaluated = Vec::new();
    for check in checks() {
        if let Question::Services(ask) = check.question {
            let own = of_rulesets(&contexts, check, Some(ask));
            findings.extend(own.findings);
            not_evaluated.extend(own.not_evaluated);
        } else {
            not_evaluated.extend(of_rulesets(&contexts, check, None).not_evaluated);
        }
    }
    // What is wrong with a whole ruleset matters here only where it explains what is wrong with these services.
    let causes = checks().filter(|check| matches!(check.question, Question::Ruleset(_)));
    let causes: Vec<_> = causes.filter(|check| may_explain(check.name, &findings)).collect();
    findings.extend(causes.into_iter().flat_map(|check| asked(input, &contexts, check).findings));
    let mut findings = without_effects(findings);
    findings.retain(|finding| concerns(&contexts, finding));
    in_order(findings, not_evaluated)
}

fn concerns(contexts: &[Context<'_, '_>], finding: &Finding) -> bool {
    let scope = finding.source.and_then(|source| contexts.get(source)).and_then(|cx| cx.scope.as_ref());
    scope.is_some_and(|scope| scope.concerns(finding))
}

/// The same as [`run_about`], by asking everything and throwing away what is about others.
#[cfg(test)]
pub(super) fn narrowed(input: &Input<'_, '_>, services: &[Vec<u32>]) -> Report {
    let proxies = input.proxies.iter().enumerate();
    let contexts: Vec<_> = proxies.map(|(source, proxy)| Context::new(*input, source, proxy)).collect();
    let (mut findings, mut not_evaluated) = (Vec::new(), Vec::new());
    for own in CATALOGUE.iter().map(|check| asked(input, &contexts, check)) {
        findings.extend(own.findings);
        not_evaluated.extend(own.not_evaluated);
    }
    let own = |finding: Finding| {
        let at = finding.source?;
        of_services(&contexts[at], &services[at], finding)
    };
    in_order(without_effects(findings).into_iter().filter_map(own).collect(), not_evaluated)
}

/// What a finding says of these services; some checks fold theirs by themselves.
#[cfg(test)]
fn of_services(cx: &Context<'_, '_>, services: &[u32], mut finding: Finding) -> Option<Finding> {
    let own: Vec<u32> = finding.services.iter().copied().filter(|service| services.contains(service)).collect();
    if own.is_empty() || finding.also.is_empty() {
        return Some(finding).filter(|_| !own.is_empty());
    }
    let names: Vec<String> = own.iter().map(|&service| cx.name_at(service)).collect();
    finding.services = own;
    finding.about(|subject| names.iter().any(|name| name == subject))
}

/// Folded, the worst first. Within a level the order of the catalogue stays, and within a check that of the dump.
fn in_order(findings: Vec<Finding>, not_evaluated: Vec<NotEvaluated>) -> Report {
    let mut findings = folded(findings);
    findings.sort_by_key(|finding| finding.level);
    Report { findings, not_evaluated }
}

/// What no other finding explains, and what explains none, is folded at once: ten thousand findings take much memory.
fn folded_early(report: Report) -> Report {
    let Report { mut findings, not_evaluated } = report;
    if findings.first().is_some_and(|finding| stands_alone(finding.check)) {
        findings = folded(findings);
    }
    Report { findings, not_evaluated }
}

/// What one check says.
fn asked(input: &Input<'_, '_>, contexts: &[Context<'_, '_>], check: &'static Check) -> Report {
    match check.question {
        Question::Input(ask) => {
            let mut findings = Findings::new(check, None);
            ask(input, &mut findings);
            Report { findings: findings.list, ..Report::default() }
        }
        Question::Ruleset(ask) | Question::Services(ask) => of_rulesets(contexts, check, Some(ask)),
    }
}

type Ask = fn(&Context<'_, '_>, &mut Findings);

/// What one check says of each ruleset; without `ask` only of which it cannot be asked.
fn of_rulesets(contexts: &[Context<'_, '_>], check: &'static Check, ask: Option<Ask>) -> Report {
    let mut report = Report::default();
    if matches!(check.question, Question::Input(_)) {
        return report;
    }
    let mut unasked = Vec::new();
    for cx in contexts {
        if !check.needs.applies_to(cx.proxy.dialect) {
            continue;
        }
        if let Some(reason) = check.needs.missing_in(cx) {
            unasked.push(NotEvaluated { check: check.name, source: Some(cx.source), reason });
            continue;
        }
        let Some(ask) = ask else { continue };
        let mut findings = Findings::new(check, Some(cx.source));
        ask(cx, &mut findings);
        debug_assert!(
            matches!(check.question, Question::Services(_))
                || findings.list.iter().all(|found| found.services.is_empty()),
            "{} is about services",
            check.name
        );
        findings.list.sort_by_key(|finding| finding.place().start);
        report.findings.extend(findings.list);
    }
    report.not_evaluated = together(unasked, contexts.len());
    report
}

/// One line for all rulesets where the reason is the same for each.
fn together(mut unasked: Vec<NotEvaluated>, rulesets: usize) -> Vec<NotEvaluated> {
    let is_same = unasked.windows(2).all(|pair| pair[0].reason == pair[1].reason);
    if is_same && unasked.len() == rulesets {
        unasked.truncate(1);
        for each in &mut unasked {
            each.source = None;
        }
    }
    unasked
}

#[cfg(test)]
mod tests {
    use super::super::pages::reported;
    use super::*;
    use crate::kube::Proxy;
    use crate::ruleset::Resolved;
    use crate::source::Sources;
    use crate::syntax::parse;

    /// The listing that people learn the balancing rules from, in the words of iptables-save.
    const TUTORIAL: &str = r#"-A KUBE-SERVICES ! -s 100.96.0.0/17 -d 100.96.128.2/32 -p tcp -m comment --comment "kube-system/FOO:foo cluster IP" -m tcp --dport 9153 -j KUBE-MARK-MASQ
-A KUBE-SERVICES -d 100.96.128.2/32 -p tcp -m comment --comment "kube-system/FOO:foo cluster IP" -m tcp --dport 9153 -j KUBE-SVC-QKJQYQZXY3DRLPVB
-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-SVC-QKJQYQZXY3DRLPVB -m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-3UIFCWUMBYEVXRYP
-A KUBE-SVC-QKJQYQZXY3DRLPVB -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-QSKKIZFW3PNDWYKJ
-A KUBE-SVC-QKJQYQZXY3DRLPVB -j KUBE-SEP-PIHAV4BKXEANYKSM
-A KUBE-SEP-3UIFCWUMBYEVXRYP -s 100.96.0.2/32 -j KUBE-MARK-MASQ
-A KUBE-SEP-3UIFCWUMBYEVXRYP -p udp -m udp -j DNAT --to-destination 100.96.0.2:9153
-A KUBE-SEP-QSKKIZFW3PNDWYKJ -s 100.96.32.2/32 -j KUBE-MARK-MASQ
-A KUBE-SEP-QSKKIZFW3PNDWYKJ -p udp -m udp -j DNAT --to-destination 100.32.64.2:9153
-A KUBE-SEP-PIHAV4BKXEANYKSM -s 100.96.64.2/32 -j KUBE-MARK-MASQ
-A KUBE-SEP-PIHAV4BKXEANYKSM -p udp -m udp -j DNAT --to-destination 100.96.64.2:9153
"#;

    #[test]
    fn the_tutorial_has_three_faults_and_no_other() {
        let report = reported(TUTORIAL);
        let names: Vec<_> = report.findings.iter().map(|finding| finding.check).collect();
        let faults = ["dnat-target-mismatch", "protocol-mismatch", "service-chain-mismatch"];
        // It is a piece of a table, and that is said, too.
        assert_eq!(names, [&faults[..], &["truncated-dump", "missing-table"]].concat());
        let [target, protocol, chain, ..] = report.findings.as_slice() else { panic!("{names:?}") };
        assert!(target.message.contains("written for `100.96.32.2` but sends to `100.32.64.2:9153`"));
        let labels = |at: usize| report.findings[at].evidence.iter().map(|line| &*line.label);
        assert!(labels(0).any(|label| label.contains("kube-system/coredns:dns, udp, 100.96.32.2:53")));
        assert!(protocol.message.contains("takes tcp") && protocol.message.contains("all pods take udp"));
        assert!(chain.message.contains("made for `kube-system/coredns:metrics`, tcp"), "{}", chain.message);
        assert_eq!(labels(2).filter(|label| label.contains("kube-system/coredns:dns, udp")).count(), 3);
    }

    #[test]
    fn the_report_is_the_same_whatever_the_number_of_threads() {
        let mut sources = Sources::default();
        sources.add("tutorial".into(), TUTORIAL.as_bytes().to_vec(), None).unwrap();
        let parsed = parse(&sources);
        let resolved: Vec<_> = parsed.rulesets.iter().map(Resolved::new).collect();
        let proxies: Vec<_> = resolved.iter().map(Proxy::new).collect();
        let input = Input { sources: &sources, parsed: &parsed, proxies: &proxies, api: None };
        let alone = run_by(1, &input, Selection::default());
        assert!(!alone.findings.is_empty());
        for threads in [2, 5, 100] {
            assert_eq!(run_by(threads, &input, Selection::default()), alone);
        }
    }

    #[test]
    fn what_a_piece_of_a_table_cannot_prove_is_listed() {
        let report = reported(TUTORIAL);
        let unasked: Vec<_> = report.not_evaluated.iter().map(|each| each.check).collect();
        for check in ["services-not-hooked", "empty-service-chain", "leaking-service", "no-hairpin"] {
            assert!(unasked.contains(&check), "{unasked:?}");
        }
    }

    #[test]
    fn a_node_without_kube_proxy_has_no_findings_but_says_why() {
        let report = reported("*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n");
        assert!(report.findings.iter().all(|finding| finding.check == "missing-table"), "{:?}", report.findings);
        assert!(report.not_evaluated.iter().any(|each| each.reason.contains("no rules of kube-proxy")));
    }
}
