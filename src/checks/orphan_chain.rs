//! Chains of kube-proxy that nobody jumps to.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::{ChainName, Dialect, Prefix, Release};
use crate::ruleset::{ChainId, TableName};

pub(super) static CHECK: Check = Check {
    name: "orphan-chain",
    level: Level::Warning,
    proof: Proof::Dump,
    summary: "nobody jumps to a chain that kube-proxy makes for a service or a pod",
    page: include_str!("orphan_chain.md"),
    needs: Needs::IPTABLES_MODE.complete(&[TableName::Nat]),
    question: Question::Ruleset(check),
};

/// More endpoints than this and kube-proxy puts off the deletion of old chains (since 1.12).
const LARGE_CLUSTER: usize = 1000;

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((table, graph)) = cx.nat() else { return };
    let orphans = cx.proxy.leftovers.iter().copied().filter(|&chain| graph.references(chain).is_empty());
    for chain in orphans {
        let name = table.chain(chain).name;
        let Some(level) = level(cx, chain) else { continue };
        let finding = Finding::new(name.to_string(), format!("nobody jumps to `{name}`"), table.chain(chain).span)
            .label("no rule leads here")
            .effect("It costs no traffic by itself. But a rule that should lead here may have been deleted, and then its pods get nothing.")
            .several("nobody jumps to these chains");
        found.push_at(level, finding);
    }
}

/// `None` where such a chain is usual or another check's.
fn level(cx: &Context<'_, '_>, chain: ChainId) -> Option<Level> {
    let (table, _) = cx.nat()?;
    let Dialect { from, to, .. } = cx.proxy.dialect;
    let can_be = |minor| from.is_none_or(|from| from <= Release(minor)) && to.is_none_or(|to| to >= Release(minor));
    let is_empty = table.chain(chain).rules.is_empty();
    match ChainName::of(table.chain(chain).name) {
        // Declared even for a Local service without endpoints; later a leftover of the release before.
        ChainName::Hashed(Prefix::Xlb, _) if is_empty || from >= Some(Release(24)) => None,
        _ if cx.proxy.endpoints.len() > LARGE_CLUSTER => Some(Level::Info),
        // 1.22 wrote chains for pods that are not ready.
        ChainName::Hashed(Prefix::Sep, _) if to.is_some() && can_be(22) => Some(Level::Info),
        // 1.24 left those of services whose pods are all terminating.
        ChainName::Hashed(Prefix::Svc, _) if is_empty && to.is_some() && can_be(24) => Some(Level::Info),
        _ => Some(CHECK.level),
    }
}
