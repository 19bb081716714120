//! The same jump twice.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::{ChainName, StaticChain};
use crate::ruleset::{ChainId, Rule, Table};

pub(super) static CHECK: Check = Check {
    name: "duplicate-jump",
    level: Level::Warning,
    proof: Proof::Dump,
    summary: "a built-in chain has the same jump to a chain of kube-proxy twice",
    page: include_str!("duplicate_jump.md"),
    needs: Needs::NOTHING.interfaces(),
    question: Question::Ruleset(check),
};

/// Different jumps of one chain that are remembered; kube-proxy and kubelet write a handful.
const MOST: usize = 32;

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    for table in &cx.proxy.resolved.ruleset.tables {
        for id in cx.other_chains(table) {
            let chain = table.chain(id);
            if chain.is_built_in() || ChainName::of(chain.name).is(StaticChain::Firewall) {
                report(table, id, found);
            }
        }
    }
}

fn report(table: &Table<'_>, chain: ChainId, found: &mut Findings) {
    let is_firewall = !table.chain(chain).is_built_in();
    let mut seen: Vec<&Rule<'_>> = Vec::new();
    let rules = table.rules_of(chain).map(|(_, rule)| rule);
    for rule in rules.filter(|rule| is_firewall || leads_to_kube(rule)) {
        let is_same = |other: &&&Rule<'_>| other.target == rule.target && table.matches(other) == table.matches(rule);
        match seen.iter().find(is_same) {
            Some(first) => found.push(finding(table, chain, first, rule)),
            None if seen.len() < MOST => seen.push(rule),
            None => {}
        }
    }
}

fn leads_to_kube(rule: &Rule<'_>) -> bool {
    let name = rule.target.as_ref().and_then(crate::ruleset::Target::chain_name);
    name.is_some_and(|name| ChainName::of(name) != ChainName::Foreign)
}

fn finding(table: &Table<'_>, chain: ChainId, first: &Rule<'_>, rule: &Rule<'_>) -> Finding {
    let name = table.chain(chain).name;
    let message = match rule.target.as_ref().and_then(crate::ruleset::Target::chain_name) {
        Some(to) => format!("it jumps to `{to}` twice"),
        None => "it has the same rule twice".into(),
    };
    Finding::new(format!("{} {name}", table.name.name()), message, rule.span)
        .label("the same again")
        .line(first.span, "first here")
        .effect(
            "Harmless: packets ask the same rules twice. But kube-proxy and kubelet ask whether a rule is there before \
             they write it, so somebody's iptables does not see what another one wrote: different versions or backends \
             are at work on this node.",
        )
        .remedy(
            "Find out which iptables kube-proxy, kubelet and the network plugin use (iptables --version in each), and \
             bring them to one version and backend. The copies go away with a reboot.",
        )
}
