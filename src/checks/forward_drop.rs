//! A FORWARD chain that drops by default, without kube-proxy's rules for what it may not drop.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::filter_hooks::drops_by_default;
use super::finding::{Finding, Findings};
use super::hooks::{built_in, fixed, is_unconditional, jumps};
use super::needs::Needs;
use crate::kube::StaticChain;
use crate::ruleset::TableName;

pub(super) static CHECK: Check = Check {
    name: "forward-drop",
    level: Level::Warning,
    proof: Proof::Dump,
    summary: "forwarded packets are dropped by default, and KUBE-FORWARD is not asked",
    page: include_str!("forward_drop.md"),
    // Older releases have no KUBE-FORWARD.
    needs: Needs::IPTABLES_MODE.complete(&[TableName::Filter]).since(9),
    question: Question::Ruleset(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((table, graph)) = cx.filter() else { return };
    let Some(hook) = built_in(table, "FORWARD") else { return };
    let forward = fixed(table, StaticChain::Forward);
    let is_asked =
        forward.is_some_and(|chain| jumps(table, graph, hook, chain).any(|rule| is_unconditional(table, rule)));
    if !drops_by_default(table, hook) || is_asked {
        return;
    }
    found.push(
        Finding::new(
            "FORWARD",
            "`FORWARD` drops by default and does not lead to `KUBE-FORWARD`",
            table.chain(hook).span,
        )
        .label("drops what no rule accepts")
        .effect(
            "Unless another rule accepts them, packets that this node passes on are dropped: connections from \
                 outside to node ports and external addresses whose pod is on another node time out.",
        ),
    );
}
