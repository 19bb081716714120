//! Rules in use that no one release of kube-proxy writes together.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::{CaptureKind, Prefix, ServiceChain};
use crate::source::Span;

pub(super) static CHECK: Check = Check {
    name: "mixed-dialects",
    level: Level::Warning,
    proof: Proof::Dump,
    summary: "rules of two releases of kube-proxy that exclude each other are in use",
    page: include_str!("mixed_dialects.md"),
    needs: Needs::IPTABLES_MODE,
    question: Question::Ruleset(check),
};

/// A form in use: where it stands, and which releases write it.
struct Marker {
    span: Span,
    what: &'static str,
}

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let pairs = [
        (
            in_use(cx, Prefix::Xlb, "a KUBE-XLB chain: up to 1.23"),
            in_use(cx, Prefix::Ext, "a KUBE-EXT chain: 1.24 and later"),
        ),
        (masquerade_in_services(cx), masquerade_in_chain(cx)),
    ];
    for (old, new) in pairs.into_iter().filter_map(|(old, new)| old.zip(new)) {
        let finding = Finding::new("nat", "rules of two releases of kube-proxy are in use at once", old.span)
            .label(old.what)
            .line(new.span, new.what)
            .effect(
                "Part of the rules was written by another kube-proxy: an upgrade that did not finish, two kube-proxies \
                 on one node, or a dump put together from two. The older part is not updated any more.",
            );
        found.push(finding);
    }
}

fn in_use(cx: &Context<'_, '_>, prefix: Prefix, what: &'static str) -> Option<Marker> {
    let chain = chains(cx).find(|chain| chain.prefix == prefix)?;
    Some(Marker { span: cx.declaration(chain.chain), what })
}

fn masquerade_in_services(cx: &Context<'_, '_>) -> Option<Marker> {
    let captures = cx.proxy.services.iter().flat_map(|service| &service.captures);
    let mut rules =
        captures.filter(|capture| capture.kind == CaptureKind::ClusterIp).flat_map(|capture| &capture.masquerade);
    let span = cx.line(*rules.next()?);
    Some(Marker { span, what: "the masquerade rule of a cluster IP in KUBE-SERVICES: up to 1.21" })
}

fn masquerade_in_chain(cx: &Context<'_, '_>) -> Option<Marker> {
    let chain = chains(cx).find(|chain| chain.prefix == Prefix::Svc && !chain.masquerade.is_empty())?;
    let span = cx.line(*chain.masquerade.first()?);
    Some(Marker { span, what: "a masquerade rule in KUBE-SVC: 1.22 and later" })
}

fn chains<'a, 'src>(cx: &Context<'a, 'src>) -> impl Iterator<Item = &'a ServiceChain<'src>> {
    cx.proxy.chains.iter().filter(|chain| !chain.services.is_empty())
}
