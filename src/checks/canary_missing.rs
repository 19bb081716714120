//! The chain by which kube-proxy notices that tables were flushed is gone.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::hooks::fixed;
use super::needs::Needs;
use crate::kube::{Release, StaticChain};
use crate::ruleset::TableName;

pub(super) static CHECK: Check = Check {
    name: "canary-missing",
    level: Level::Warning,
    proof: Proof::Dump,
    summary: "KUBE-PROXY-CANARY is gone: somebody deleted all chains of the table at some time",
    page: include_str!("canary_missing.md"),
    needs: Needs::IPTABLES_MODE.complete(&[TableName::Nat]).since(17),
    question: Question::Ruleset(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((nat, _)) = cx.nat() else { return };
    let in_mangle = cx
        .proxy
        .resolved
        .table(TableName::Mangle)
        .and_then(|(mangle, _)| fixed(mangle, StaticChain::ProxyCanary).map(|canary| mangle.chain(canary).span));
    let is_of_its_time = cx.proxy.dialect.from >= Some(Release(17)) || in_mangle.is_some();
    let first = cx.proxy.chains.iter().find(|chain| !chain.services.is_empty());
    let Some(first) = first.filter(|_| is_of_its_time && fixed(nat, StaticChain::ProxyCanary).is_none()) else {
        return;
    };
    let span =
        fixed(nat, StaticChain::Services).map_or(cx.declaration(first.chain), |services| nat.chain(services).span);
    let mut finding =
        Finding::new("nat", "`KUBE-PROXY-CANARY` is missing", span).label("kube-proxy's chains without its canary");
    if let Some(span) = in_mangle {
        finding = finding.line(span, "still there in mangle, which is the only one kube-proxy watches");
    }
    found.push(finding.effect(
        "Somebody deleted all chains of this table at some time (iptables -t nat -F and -X). The rules here may have been \
         repaired since then; kube-proxy makes the canary anew only when it starts.",
    ));
}
