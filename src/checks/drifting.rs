//! What the checks against the API have in common.

use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use super::{Check, Level};
use crate::drift::{Difference, What};
use crate::ruleset::TableName;

/// The nat table as a whole, with numbers, and what the API says.
pub(super) const NEEDS: Needs = Needs::IPTABLES_MODE.complete(&[TableName::Nat]).numeric().objects();

/// What a check says of one difference.
pub(super) struct Said {
    pub(super) message: String,
    pub(super) effect: String,
    /// The message for many.
    pub(super) several: &'static str,
    /// Whether it is an error however young it is.
    pub(super) is_certain: bool,
}

/// One finding for each difference that `say` has something to say of.
pub(super) fn findings(cx: &Context<'_, '_>, check: &Check, found: &mut Findings, say: impl Fn(&What) -> Option<Said>) {
    for difference in &cx.drift().differences {
        if let Some(said) = say(&difference.what) {
            let is_young = difference.is_young && !said.is_certain;
            let level = if is_young { Level::Info } else { check.level };
            found.push_at(level, finding(cx, difference, said, is_young));
        }
    }
}

fn finding(cx: &Context<'_, '_>, difference: &Difference, said: Said, is_young: bool) -> Finding {
    let mut lines = difference.rules.iter().copied();
    let first = lines.next().unwrap_or_else(|| cx.services_line());
    let mut finding = Finding::new(difference.subject.clone(), said.message, first).several(said.several);
    for line in lines {
        finding = finding.line(line, "");
    }
    finding.objects.clone_from(&difference.objects);
    let remedy = if is_young {
        "The objects changed after the dump was taken (or just before): take a new dump and ask again."
    } else {
        "Look whether kube-proxy runs on this node and what its log says; restart it, then take a new dump and new \
         objects and check again."
    };
    finding.effect(said.effect).remedy(remedy).services(difference.services.iter().copied())
}
