//! KUBE-FIREWALL drops everything.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::hooks::{fixed, is_unconditional};
use super::needs::Needs;
use crate::kube::StaticChain;
use crate::ruleset::{TableName, Target};

pub(super) static CHECK: Check = Check {
    name: "unconditional-firewall-drop",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "KUBE-FIREWALL drops every packet",
    page: include_str!("unconditional_firewall_drop.md"),
    needs: Needs::NOTHING.tables(&[TableName::Filter]).interfaces(),
    question: Question::Ruleset(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((table, graph)) = cx.filter() else { return };
    let Some(chain) = fixed(table, StaticChain::Firewall) else { return };
    let drops = |target: &Option<Target<'_>>| matches!(target, Some(Target::Drop | Target::Reject(_)));
    let rule = table.rules_of(chain).find(|(id, rule)| drops(&rule.target) && is_unconditional(table, *id));
    let Some((_, rule)) = rule else { return };
    let mut finding =
        Finding::new("KUBE-FIREWALL", "it drops every packet", rule.span).label("asks nothing of the packet");
    if let Some(&jump) = graph.references(chain).first() {
        finding = finding.line(table.rule(jump).span, "leads there");
    }
    found.push(
        finding
            .effect("All that comes to this node, and all it sends, is dropped: it is cut off from the cluster.")
            .remedy(
                "The rule should ask for a mark (0x8000/0x8000). Two versions of iptables on one node, that of the node and \
                 that in a container, write such a rule when one rewrites what the other wrote (#112477): bring them to the \
                 same version, then restart kubelet and kube-proxy. If nft wrote the rule, iptables may fail to show its \
                 conditions: compare with nft list chain ip filter KUBE-FIREWALL.",
            ),
    );
}
