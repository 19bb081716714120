//! Probabilities that were made for another number of pods: a rule was lost, or one was added.

use super::balance::{Walked, percent};
use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::{ServiceChain, rung};
use crate::ruleset::Threshold;

pub(super) static CHECK: Check = Check {
    name: "ladder-of-another-size",
    level: Level::Warning,
    proof: Proof::Dump,
    summary: "the probabilities of a service chain were made for another number of pods",
    page: include_str!("ladder_of_another_size.md"),
    needs: Needs::IPTABLES_MODE,
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    for walked in cx.walked() {
        let chain = cx.proxy.chain(walked.chain);
        if let Some(change) = choices(chain).and_then(|choices| change(&choices)) {
            found.push(finding(cx, walked, chain, &change));
        }
    }
}

/// What happened to the ladder, as far as the probabilities tell.
#[derive(Debug, PartialEq, Eq)]
enum Change {
    /// Rules are gone. Places count from 1.
    Lost {
        /// How many pods it was made for.
        of: u32,
        /// The places of the rules that are gone.
        places: Vec<u32>,
        /// The index of the rule behind the first gap.
        behind: usize,
    },
    /// One rule too many: its index.
    Added(usize),
}

/// By rule: of how many pods it chooses one. `None` where a probability is not of that kind, or the chain has no end.
fn choices(chain: &ServiceChain<'_>) -> Option<Vec<u32>> {
    let (last, rest) = chain.balancing.split_last()?;
    let of = |threshold: Option<Threshold>| rung(threshold?).map(|rung| rung.choices);
    let mut choices = rest.iter().map(|rule| of(rule.threshold)).collect::<Option<Vec<u32>>>()?;
    choices.push(last.threshold.is_none_or(|threshold| threshold >= Threshold::ALWAYS).then_some(1)?);
    Some(choices)
}

fn change(choices: &[u32]) -> Option<Change> {
    let &first = choices.first()?;
    let count = u32::try_from(choices.len()).ok()?;
    if choices.is_sorted_by(|one, next| one > next) {
        let mut present = choices.iter().peekable();
        let places: Vec<u32> =
            (1..=first).rev().filter(|rung| present.next_if_eq(&rung).is_none()).map(|rung| first - rung + 1).collect();
        let behind = choices.windows(2).position(|pair| pair[0] > pair[1] + 1)? + 1;
        return (places.len() <= choices.len()).then_some(Change::Lost { of: first, places, behind });
    }
    let mut sorted = choices.to_vec();
    sorted.sort_unstable_by(|one, next| next.cmp(one));
    if sorted.iter().copied().eq((1..=count).rev()) {
        // All are there, and only their order is wrong.
        return None;
    }
    // Without the rule that was added the others count down from their number.
    let odd = choices.iter().zip((1..count).rev()).position(|(&is, should)| is != should)?;
    let is_whole = choices[odd + 1..].iter().zip((1..count).rev().skip(odd)).all(|(&is, should)| is == should);
    is_whole.then_some(Change::Added(odd))
}

fn finding(cx: &Context<'_, '_>, walked: &Walked, chain: &ServiceChain<'_>, change: &Change) -> Finding {
    let count = chain.balancing.len();
    let (message, odd, label) = match change {
        Change::Lost { of, places, behind } => (
            format!(
                "the probabilities of `{}` are those of {of} pods, but it has {count} rules: {} missing",
                chain.name,
                named(places)
            ),
            *behind,
            "the rule before this one is missing",
        ),
        Change::Added(at) => (
            format!(
                "the probabilities of `{}` are those of {} pods, but it has {count} rules: one was added",
                chain.name,
                count - 1
            ),
            *at,
            "from here on the probabilities do not fit",
        ),
    };
    let most = walked.shares.iter().copied().fold(0.0, f64::max);
    let least = walked.shares.iter().copied().fold(1.0, f64::min);
    Finding::new(cx.name_at(walked.service), message, cx.line(chain.balancing[odd].rule))
        .label(label)
        .effect(format!("One pod gets {} of new connections, another {}: each of {count} should get the same. A pod whose rule is lost gets none.", percent(most), percent(least)))
        .services([walked.service])
        .several("the probabilities of their chains were made for another number of pods")
}

fn named(places: &[u32]) -> String {
    match places {
        [place] => format!("number {place} is"),
        _ => format!("numbers {} are", places.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_names_the_places_that_are_missing() {
        assert_eq!(change(&[4, 2, 1]), Some(Change::Lost { of: 4, places: vec![2], behind: 1 }));
        assert_eq!(change(&[5, 4, 1]), Some(Change::Lost { of: 5, places: vec![3, 4], behind: 2 }));
    }

    #[test]
    fn one_place_is_missing_and_several_are() {
        assert_eq!(named(&[2]), "number 2 is");
        assert_eq!(named(&[2, 3]), "numbers 2, 3 are");
    }

    #[test]
    fn one_rule_too_many_is_found_where_the_count_stops_fitting() {
        assert_eq!(change(&[3, 3, 2, 1]), Some(Change::Added(1)));
        assert_eq!(change(&[3, 2, 2, 1]), Some(Change::Added(2)));
        assert_eq!(change(&[7, 3, 2, 1]), Some(Change::Lost { of: 7, places: vec![2, 3, 4], behind: 1 }));
        assert_eq!(change(&[2, 3, 2, 1]), Some(Change::Added(0)));
    }

    #[test]
    fn a_whole_ladder_and_a_mere_mess_are_neither() {
        assert_eq!(change(&[3, 2, 1]), None);
        assert_eq!(change(&[2, 3, 1]), None);
        assert_eq!(change(&[900, 1]), None);
    }
}
