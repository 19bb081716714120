//! Balancing rules that are not in the order kube-proxy writes them.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::{Balancing, Release, ServiceChain};
use std::fmt::{self, Write as _};
use std::net::SocketAddr;

pub(super) static CHECK: Check = Check {
    name: "reordered-endpoints",
    level: Level::Warning,
    proof: Proof::Dump,
    summary: "the rules of a service's pods are not in kube-proxy's order: somebody moved or added one",
    page: include_str!("reordered_endpoints.md"),
    needs: Needs::IPTABLES_MODE.since(20),
    question: Question::Ruleset(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    // 1.19 sorted only where EndpointSlices were used.
    if cx.proxy.dialect.from < Some(Release(19)) {
        return;
    }
    for chain in cx.proxy.chains.iter().filter(|chain| !chain.services.is_empty()) {
        if let Some((before, after)) = disorder(cx, chain) {
            found.push(finding(cx, chain, before, after));
        }
    }
}

/// The first two neighbours in the wrong order.
fn disorder<'a, 'src>(
    cx: &Context<'_, '_>,
    chain: &'a ServiceChain<'src>,
) -> Option<(&'a Balancing<'src>, &'a Balancing<'src>)> {
    let target = |rule: &Balancing<'_>| cx.proxy.endpoint(rule.endpoint?).dnat?.target();
    let mut last: Option<(&Balancing<'_>, Text)> = None;
    for rule in &chain.balancing {
        let Some(text) = target(rule).map(Text::of) else { continue };
        match last {
            Some((before, known)) if known.bytes() > text.bytes() => return Some((before, rule)),
            _ => last = Some((rule, text)),
        }
    }
    None
}

/// `ip:port` as kube-proxy compares it, byte by byte, without an allocation.
#[derive(Clone, Copy)]
struct Text {
    bytes: [u8; 64],
    len: usize,
}

impl Text {
    fn of(target: SocketAddr) -> Self {
        let mut text = Self { bytes: [0; 64], len: 0 };
        // It fits: an IPv6 address with port has at most 47 characters.
        let _ = write!(text, "{target}");
        text
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let end = self.len + part.len();
        self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?.copy_from_slice(part.as_bytes());
        self.len = end;
        Ok(())
    }
}

fn finding(cx: &Context<'_, '_>, chain: &ServiceChain<'_>, before: &Balancing<'_>, after: &Balancing<'_>) -> Finding {
    Finding::new(
        cx.subject(&chain.services, chain.chain),
        format!("the pods of `{}` are not in order", chain.name),
        cx.line(after.rule),
    )
    .label("should come before the other")
    .line(cx.line(before.rule), "stands before it")
    .effect("kube-proxy sorts them by address and port, as text. The order alone costs nothing, but somebody moved or added a rule, and then its probability is likely to be wrong.")
    .services(chain.services.iter().copied())
    .several("the pods of these services are not in order")
}
