//! Rules in kube-proxy's chains that no known kube-proxy writes there.

use super::context::Context;
use super::hooks::fixed;
use crate::kube::{EndpointChain, StaticChain};
use crate::ruleset::{Rule, RuleId, Table, Target, Test};

/// The rules that fit no template, and how many rules there are in kube-proxy's chains.
pub(super) struct Misfits {
    pub(super) rules: Vec<RuleId>,
    pub(super) of: usize,
}

impl Misfits {
    pub(super) fn of(cx: &Context<'_, '_>) -> Self {
        let Some((table, graph)) = cx.nat() else { return Self { rules: Vec::new(), of: 0 } };
        let services = cx.proxy.chains.iter().filter(|chain| !chain.services.is_empty());
        let endpoints =
            cx.proxy.endpoints.iter().filter(|chain| chain.service().is_some() && cx.proxy.is_named_so(chain));
        let is_whole = |rule: RuleId| !is_dangling(table, rule) || graph.leads_to(table, rule).is_some();
        let others = services.flat_map(|chain| &chain.others).chain(endpoints.flat_map(EndpointChain::others));
        let mut rules: Vec<RuleId> = others.chain(&cx.proxy.foreign).copied().filter(|&rule| is_whole(rule)).collect();
        rules.extend(in_fixed(table, StaticChain::Postrouting, is_postrouting));
        rules.extend(in_fixed(table, StaticChain::MarkMasq, |_, rule| matches!(rule.target, Some(Target::Mark(_)))));
        rules.sort_unstable();
        rules.dedup();
        Self { rules, of: table.rules.len() }
    }

    /// Whether there is one in the chains of the services asked about.
    pub(super) fn is_any(cx: &Context<'_, '_>) -> bool {
        cx.chains().any(|(_, chain)| !chain.others.is_empty())
            || cx.endpoints().any(|(_, end)| !end.others().is_empty())
    }

    /// Whether they are so many that another program, or a release we do not know, wrote all of it.
    pub(super) fn is_dialect(&self) -> bool {
        self.rules.len() > 2 && self.rules.len() * 20 >= self.of
    }
}

/// A jump to a missing chain is another check's.
fn is_dangling(table: &Table<'_>, rule: RuleId) -> bool {
    table.rule(rule).target.as_ref().is_some_and(|target| target.chain_name().is_some())
}

fn in_fixed(table: &Table<'_>, which: StaticChain, fits: fn(&Table<'_>, &Rule<'_>) -> bool) -> Vec<RuleId> {
    let Some(chain) = fixed(table, which) else { return Vec::new() };
    table.rules_of(chain).filter(|(_, rule)| !fits(table, rule)).map(|(id, _)| id).collect()
}

/// The rules of the two forms of KUBE-POSTROUTING, and those of kubelet beside them.
fn is_postrouting(table: &Table<'_>, rule: &Rule<'_>) -> bool {
    let by_mark_only = || {
        let known = |test: &Test<'_>| matches!(test, Test::Mark(_) | Test::Comment { .. });
        table.matches(rule).iter().all(|each| known(each.test()))
    };
    match rule.target {
        Some(Target::Return | Target::Mark(_) | Target::Masquerade(_)) => by_mark_only(),
        _ => false,
    }
}
