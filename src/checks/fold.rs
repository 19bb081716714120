//! The same fault on many services is one finding with the list.

use super::finding::{Finding, Folded};
use std::collections::HashMap;

/// What findings of one check have in common that fold: ruleset, level, and what is wrong.
type Key = (Option<usize>, super::Level, String);

/// Folds the findings of one check. Order is kept: a group stands where its first finding stood.
pub(super) fn folded(findings: Vec<Finding>) -> Vec<Finding> {
    let mut places: HashMap<Key, usize> = HashMap::new();
    let mut kept: Vec<Finding> = Vec::new();
    for finding in findings {
        let what = finding.several.map_or_else(|| finding.message.clone(), str::to_owned);
        match places.entry((finding.source, finding.level, what)) {
            std::collections::hash_map::Entry::Occupied(place) => absorb(&mut kept[*place.get()], finding),
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(kept.len());
                kept.push(finding);
            }
        }
    }
    for group in &mut kept {
        group.services.sort_unstable();
        group.services.dedup();
    }
    kept
}

fn absorb(group: &mut Finding, finding: Finding) {
    let Finding { subject, message, evidence, services, .. } = finding;
    group.services.extend(services);
    group.also.push(Folded { subject, message, evidence });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn finding(subject: &str, message: &str, service: u32) -> Finding {
        Finding::new(subject, message, Span::default()).services([service])
    }

    #[test]
    fn equal_messages_fold_into_the_first_in_its_place() {
        let list = folded(vec![finding("a", "broken", 3), finding("b", "odd", 2), finding("c", "broken", 1)]);
        let subjects: Vec<_> = list.iter().map(|finding| finding.subject.as_str()).collect();
        assert_eq!(subjects, ["a", "b"]);
        assert_eq!(list[0].also[0].subject, "c");
        assert_eq!(list[0].services, [1, 3]);
    }

    #[test]
    fn different_messages_fold_where_the_check_has_words_for_several() {
        let several = |subject, message| finding(subject, message, 0).several("wrong targets");
        let list = folded(vec![several("a", "wrong target 1"), several("b", "wrong target 2")]);
        assert_eq!(list.len(), 1);
        assert_eq!(list[0].also[0].message, "wrong target 2");
    }
}
