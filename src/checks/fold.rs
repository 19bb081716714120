//! The same fault on many services is one finding with the list.

use super::finding::{Advice, Evidence, Finding, Folded};
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// What findings that fold have in common: check, ruleset, level, and what is wrong.
type Key<'a> = (&'static str, Option<usize>, super::Level, &'a str);

/// Findings with messages of their own fold only if there are more of them than a reader wants to see one by one.
const FEW: usize = 3;

/// Folds findings. Order is kept: a group stands where its first finding stood.
pub(super) fn folded(findings: Vec<Finding>) -> Vec<Finding> {
    let groups = groups(&findings);
    let mut places: HashMap<usize, usize> = HashMap::new();
    let mut kept: Vec<Finding> = Vec::new();
    for (finding, group) in findings.into_iter().zip(groups) {
        match places.entry(group) {
            Entry::Occupied(place) => absorb(&mut kept[*place.get()], finding),
            Entry::Vacant(place) => {
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

/// By finding: the group it belongs to, as the index of the first finding of that group.
fn groups(findings: &[Finding]) -> Vec<usize> {
    let mut many: HashMap<Key<'_>, usize, RandomState> = HashMap::default();
    for finding in findings {
        *many.entry(key(finding, true)).or_default() += 1;
    }
    let mut firsts: HashMap<Key<'_>, usize, RandomState> = HashMap::default();
    let mut groups = Vec::with_capacity(findings.len());
    for (at, finding) in findings.iter().enumerate() {
        let is_many = many.get(&key(finding, true)).is_some_and(|&count| count > FEW);
        groups.push(*firsts.entry(key(finding, is_many)).or_insert(at));
    }
    groups
}

fn key(finding: &Finding, is_many: bool) -> Key<'_> {
    let what = finding.several.filter(|_| is_many).unwrap_or(&finding.message);
    (finding.check, finding.source, finding.level, what)
}

/// One finding of many that say the same, in the order of the dump. Ten thousand by themselves take much memory.
pub(super) fn together(mut findings: impl Iterator<Item = Finding>) -> Option<Finding> {
    let mut all = findings.next()?;
    findings.for_each(|finding| absorb(&mut all, finding));
    Some(all.sorted())
}

fn absorb(group: &mut Finding, finding: Finding) {
    let Finding { subject, message, evidence, objects, services, effect, remedy, .. } = finding;
    let is_same = effect == group.effect && remedy == group.remedy;
    let advice = (!is_same).then(|| Box::new(Advice { effect, remedy }));
    group.services.extend(services);
    group.also.push(Folded { subject, message, evidence, objects: objects.into(), advice });
}

impl Finding {
    /// What the fault of a subject folded into this one does to traffic.
    #[must_use]
    pub fn effect_of<'f>(&'f self, more: &'f Folded) -> &'f str {
        more.advice.as_ref().map_or(&self.effect, |own| &own.effect)
    }

    /// What to do about the fault of a subject folded into this one.
    #[must_use]
    pub fn remedy_of<'f>(&'f self, more: &'f Folded) -> &'f str {
        more.advice.as_ref().map_or(&self.remedy, |own| &own.remedy)
    }

    /// What it says of the subject folded into it at that place, as a finding of its own; without one of its first.
    #[must_use]
    pub fn alone(mut self, at: Option<usize>) -> Self {
        let more = at.filter(|&at| at < self.also.len()).map(|at| self.also.swap_remove(at));
        self.also.clear();
        if let Some(more) = more {
            self.lead_by(more);
        }
        self
    }

    /// What it says of the subjects that are meant; `None` if of none.
    #[must_use]
    pub fn about(mut self, is_meant: impl Fn(&str) -> bool) -> Option<Self> {
        self.also.retain(|more| is_meant(&more.subject));
        if !is_meant(&self.subject) {
            if self.also.is_empty() {
                return None;
            }
            let more = self.also.remove(0);
            self.lead_by(more);
        }
        Some(self)
    }

    /// With its subjects in the order of the dump.
    fn sorted(mut self) -> Self {
        let start = |evidence: &[Evidence]| evidence.first().map_or(0, |first| first.span.start);
        // A sort that keeps equals in order would copy half of them first.
        self.also.sort_unstable_by(|one, other| {
            (start(&one.evidence), &one.subject).cmp(&(start(&other.evidence), &other.subject))
        });
        if self.also.first().is_some_and(|first| start(&first.evidence) < start(&self.evidence)) {
            let lead = Folded {
                subject: std::mem::take(&mut self.subject),
                message: self.message.clone(),
                evidence: std::mem::take(&mut self.evidence),
                objects: std::mem::take(&mut self.objects).into(),
                advice: None,
            };
            let place = self.also.partition_point(|more| start(&more.evidence) < start(&lead.evidence));
            self.also.insert(place, lead);
            let first = self.also.remove(0);
            self.lead_by(first);
        }
        self
    }

    /// Puts another subject in the place of the first.
    fn lead_by(&mut self, more: Folded) {
        if let Some(own) = more.advice {
            let advice = Advice { effect: self.effect.clone(), remedy: self.remedy.clone() };
            for more in &mut self.also {
                more.advice.get_or_insert_with(|| Box::new(advice.clone()));
            }
            (self.effect, self.remedy) = (own.effect, own.remedy);
        }
        (self.subject, self.message) = (more.subject, more.message);
        (self.evidence, self.objects) = (more.evidence, more.objects.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn finding(subject: &str, message: &str, service: u32) -> Finding {
        Finding::new(subject, message.to_owned(), Span::default()).services([service])
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
    fn what_a_fault_does_to_one_subject_is_not_said_of_another() {
        let told = |subject: &str, effect: &str| finding(subject, "broken", 0).effect(effect.to_owned());
        let list = folded(vec![told("a", "half is lost"), told("b", "all is lost"), told("c", "half is lost")]);
        let also: Vec<_> = list[0].also.iter().map(|more| list[0].effect_of(more)).collect();
        assert_eq!((list[0].effect.as_ref(), also), ("half is lost", vec!["all is lost", "half is lost"]));
        let alone = list[0].clone().alone(Some(0));
        assert_eq!((alone.subject.as_str(), alone.effect.as_ref(), alone.also.len()), ("b", "all is lost", 0));
        let narrowed = list[0].clone().about(|subject| subject != "a").expect("two are left");
        assert_eq!((narrowed.subject.as_str(), narrowed.effect.as_ref()), ("b", "all is lost"));
        assert_eq!(narrowed.effect_of(&narrowed.also[0]), "half is lost");
        assert_eq!(list[0].clone().about(|_| false), None);
    }

    #[test]
    fn many_different_messages_fold_where_the_check_has_words_for_several() {
        let several =
            |subject: &str| finding(subject, &format!("wrong target of {subject}"), 0).several("wrong targets");
        let list = folded(["a", "b", "c", "d"].map(several).to_vec());
        assert_eq!(list.len(), 1);
        assert_eq!(list[0].also[0].message, "wrong target of b");
        assert_eq!((list[0].message.as_ref(), list[0].headline()), ("wrong target of a", "wrong targets"));
        assert_eq!(folded(["a", "b", "c"].map(several).to_vec()).len(), 3);
    }
}
