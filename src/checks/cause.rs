//! One cause, one finding: what another finding explains is left out. All such rules of the catalogue stand here.

use super::finding::Finding;
use std::collections::{BTreeSet, HashMap};

/// How far a cause reaches.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Everything of its ruleset.
    Ruleset,
    /// The service ports it concerns.
    Services,
}

/// Cause, how far it reaches, and the checks whose findings it explains there.
const CAUSES: &[(&str, Reach, &[&str])] = &[
    (
        "flushed-nat-table",
        Reach::Ruleset,
        &[
            "services-not-hooked",
            "postrouting-not-hooked",
            "empty-service-chain",
            "endpoint-without-dnat",
            "orphan-chain",
            "leaking-service",
            "starved-endpoint",
            "no-hairpin",
            "policy-hole",
            "canary-missing",
            "missing-service",
            "missing-endpoint",
        ],
    ),
    ("services-not-hooked", Reach::Ruleset, &["leaking-service"]),
    // What is right in one mode has no place in the other.
    ("mode-leftovers", Reach::Ruleset, &["foreign-rule", "no-random-fully"]),
    ("interceptor", Reach::Services, &["leaking-service", "unreachable-rule"]),
    ("leaking-service", Reach::Services, &["uneven-shares"]),
    ("empty-service-chain", Reach::Services, &["leaking-service"]),
    ("dangling-jump", Reach::Services, &["leaking-service", "empty-service-chain", "service-chain-mismatch"]),
    ("protocol-mismatch", Reach::Services, &["leaking-service", "starved-endpoint", "uneven-shares"]),
    ("endpoint-without-dnat", Reach::Services, &["leaking-service", "no-hairpin", "uneven-shares"]),
    ("dnat-target-mismatch", Reach::Services, &["no-hairpin", "duplicate-endpoint", "reordered-endpoints"]),
    ("service-chain-mismatch", Reach::Services, &["foreign-endpoint"]),
    ("foreign-endpoint", Reach::Services, &["reordered-endpoints", "protocol-mismatch"]),
    ("several-dnats", Reach::Services, &["unreachable-rule"]),
    ("starved-endpoint", Reach::Services, &["unreachable-rule", "uneven-shares"]),
    // What was counted before the rules were changed by hand does not fit those that stand there now.
    ("uneven-shares", Reach::Services, &["counter-verdict"]),
    ("ladder-of-another-size", Reach::Services, &["uneven-shares", "counter-verdict"]),
    ("shadowed-address", Reach::Services, &["unreachable-rule"]),
    ("mark-not-wired", Reach::Ruleset, &["no-masquerade"]),
    ("every-local-service-empty", Reach::Services, &["no-local-endpoints"]),
    ("idle-endpoint", Reach::Services, &["counter-verdict"]),
];

/// Whether that check is neither a cause nor an effect.
pub(super) fn stands_alone(check: &str) -> bool {
    CAUSES.iter().all(|(cause, _, effects)| *cause != check && !effects.contains(&check))
}

/// Whether findings of that check explain one of these wherever it stands in their ruleset.
pub(super) fn may_explain(cause: &str, findings: &[Finding]) -> bool {
    let of_ruleset = CAUSES.iter().filter(|(name, reach, _)| *name == cause && *reach == Reach::Ruleset);
    let mut effects = of_ruleset.flat_map(|(.., effects)| *effects);
    effects.any(|effect| findings.iter().any(|finding| finding.check == *effect))
}

/// Where findings of the checks that are causes stand: by check and ruleset, the services they concern.
type Known = HashMap<(&'static str, Option<usize>), BTreeSet<u32>>;

/// The findings that no other one explains.
pub(super) fn without_effects(findings: Vec<Finding>) -> Vec<Finding> {
    let mut known = Known::new();
    for finding in findings.iter().filter(|finding| CAUSES.iter().any(|cause| cause.0 == finding.check)) {
        known.entry((finding.check, finding.source)).or_default().extend(&finding.services);
    }
    findings.into_iter().filter(|finding| !is_explained(finding, &known)).collect()
}

fn is_explained(effect: &Finding, known: &Known) -> bool {
    let mut causes = CAUSES.iter().filter(|(_, _, effects)| effects.contains(&effect.check));
    causes.any(|&(name, reach, _)| match (known.get(&(name, effect.source)), reach) {
        (None, _) => false,
        (Some(_), Reach::Ruleset) => true,
        (Some(services), Reach::Services) => {
            !effect.services.is_empty() && effect.services.iter().all(|service| services.contains(service))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn finding(check: &'static str, services: &[u32]) -> Finding {
        let finding = Finding::new("", "", Span::default()).services(services.iter().copied());
        Finding { check, ..finding }
    }

    #[track_caller]
    fn left(findings: &[Finding]) -> Vec<&'static str> {
        without_effects(findings.to_vec()).iter().map(|finding| finding.check).collect()
    }

    #[test]
    fn a_flushed_table_explains_empty_chains_of_all_services() {
        let list = [finding("flushed-nat-table", &[]), finding("empty-service-chain", &[1])];
        assert_eq!(left(&list), ["flushed-nat-table"]);
    }

    #[test]
    fn a_cause_in_one_service_explains_nothing_of_another() {
        let list = [finding("protocol-mismatch", &[1]), finding("leaking-service", &[2])];
        assert_eq!(left(&list).len(), 2);
        let list = [finding("protocol-mismatch", &[1]), finding("leaking-service", &[1])];
        assert_eq!(left(&list), ["protocol-mismatch"]);
    }
}
