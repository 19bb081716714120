//! Masquerade that picks source ports one after the other.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::hooks::fixed;
use super::needs::Needs;
use crate::kube::StaticChain;
use crate::ruleset::Target;

pub(super) static CHECK: Check = Check {
    name: "no-random-fully",
    level: Level::Info,
    proof: Proof::Dump,
    summary: "masquerade does not draw its source ports at random",
    page: include_str!("no_random_fully.md"),
    needs: Needs::IPTABLES_MODE,
    question: Question::Ruleset(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((table, _)) = cx.nat() else { return };
    let Some(chain) = fixed(table, StaticChain::Postrouting) else { return };
    let ordered = table
        .rules_of(chain)
        .find(|(_, rule)| matches!(&rule.target, Some(Target::Masquerade(how)) if !how.get().random_fully));
    let Some((_, rule)) = ordered else { return };
    found.push(
        Finding::new("KUBE-POSTROUTING", "`MASQUERADE` without `--random-fully`", rule.span)
            .effect("Under load two connections can be given the same source port at the same moment: the kernel then drops the first packet of one, and it waits a second or more for the next try.")
            .remedy("kube-proxy adds the option since 1.16 where its iptables is 1.6.2 or newer: look at the version of the iptables beside it."),
    );
}
