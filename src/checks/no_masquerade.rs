//! Marked packets that nothing masquerades.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::hooks::fixed;
use super::marking::{Fate, fate, marked, used_marker};
use super::needs::Needs;
use crate::kube::StaticChain;
use crate::ruleset::TableName;

pub(super) static CHECK: Check = Check {
    name: "no-masquerade",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "packets marked for masquerade leave KUBE-POSTROUTING as they came",
    page: include_str!("no_masquerade.md"),
    needs: Needs::IPTABLES_MODE.complete(&[TableName::Nat]),
    question: Question::Ruleset(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let (Some((table, _)), Some(marker)) = (cx.nat(), used_marker(cx)) else { return };
    let postrouting = fixed(table, StaticChain::Postrouting);
    let mark = marked(table, marker, 0).filter(|&mark| mark != 0);
    let (Some(chain), Some(mark)) = (postrouting, mark) else { return };
    let (span, label) = match fate(table, chain, mark) {
        Fate::Masqueraded | Fate::Unknown => return,
        Fate::Released(rule) => (table.rule(rule).span, "lets marked packets go as they are"),
        Fate::Passed => (table.chain(chain).span, "no rule in it masquerades them"),
    };
    found.push(
        Finding::new("KUBE-POSTROUTING", "`KUBE-POSTROUTING` does not masquerade what is marked for it", span)
            .label(label)
            .effect(
                "Packets that need masquerade keep their source: connections to node ports and external addresses \
                 whose pod is on another node, and of pods to themselves, get no answer.",
            ),
    );
}
