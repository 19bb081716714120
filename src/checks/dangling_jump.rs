//! A jump to a chain that is not in its table.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::{Needs, is_complete};
use crate::ruleset::{Rule, RuleId, Table, TableName};

pub(super) static CHECK: Check = Check {
    name: "dangling-jump",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "a rule jumps to a chain that does not exist",
    page: include_str!("dangling_jump.md"),
    needs: Needs::NOTHING.complete(&[TableName::Nat]),
    question: Question::Services(check),
};

/// Targets of common add-ons to iptables (xtables-addons and others), which a dump does not tell from chains.
const ADD_ONS: [&str; 22] = [
    "ACCOUNT",
    "CHAOS",
    "DELUDE",
    "DHCPMAC",
    "DNETMAP",
    "ECHO",
    "FULLCONENAT",
    "IPMARK",
    "IPTV",
    "LOGMARK",
    "LSCAN",
    "NAT64",
    "NATCAP",
    "NDPI",
    "NETFLOW",
    "PROTO",
    "RAWDNAT",
    "RAWSNAT",
    "RTPENGINE",
    "STEAL",
    "SYSRQ",
    "TARPIT",
];

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let tables = &cx.proxy.resolved.ruleset.tables;
    for (table, graph) in tables.iter().zip(&cx.proxy.resolved.graphs).filter(|(table, _)| is_complete(table)) {
        if cx.scope.is_none() {
            graph.dangling(table).for_each(|id| report(cx, table, id, found));
        } else if table.name == TableName::Nat {
            let dangles = |rule: &RuleId| jumps(table, *rule) && graph.leads_to(table, *rule).is_none();
            cx.own_rules(table).into_iter().filter(dangles).for_each(|id| report(cx, table, id, found));
        }
    }
}

fn jumps(table: &Table<'_>, rule: RuleId) -> bool {
    table.rule(rule).target.as_ref().is_some_and(|target| target.chain_name().is_some())
}

fn report(cx: &Context<'_, '_>, table: &Table<'_>, id: RuleId, found: &mut Findings) {
    let rule: &Rule<'_> = table.rule(id);
    let Some(name) = rule.target.as_ref().and_then(crate::ruleset::Target::chain_name) else { return };
    if ADD_ONS.iter().any(|known| name == known) {
        return;
    }
    let services = if table.name == TableName::Nat { cx.services_of_rule(id) } else { &[] };
    let subject = if services.is_empty() { table.chain(rule.chain).name.to_string() } else { cx.name_at(services[0]) };
    let finding = Finding::new(subject, format!("`{name}` does not exist, but a rule jumps to it"), rule.span)
        .label(format!("there is no chain of that name in the {} table", table.name.name()))
        .effect(
            "The kernel holds no such rule, so this is not what was loaded: the dump was edited or is a mixture, \
             or iptables cannot show this chain. Packets that match this rule go nowhere one could name.",
        )
        .remedy(
            "Take a new dump with iptables-save as root. If it shows the same, restart kube-proxy on this node: \
             it then writes all its rules anew.",
        )
        .services(services.iter().copied())
        .several("chains do not exist, but rules jump to them");
    found.push(finding);
}
