//! What was read, in one line a ruleset.

use super::Node;
use super::words::{counted, listed};
use crate::doc::{Doc, Text, plain, strong, warn};
use crate::kube::{Dialect, Proxy, ProxyMode};
use crate::ruleset::{Backend, Form, Ruleset};
use crate::syntax::RemarkKind;

/// One line a ruleset, and what it means for the answers where kube-proxy does not work by these rules.
pub(super) fn header(node: &Node<'_, '_>) -> Doc {
    let mut doc = Doc::new();
    for (ruleset, proxy) in node.parsed.rulesets.iter().zip(node.proxies) {
        doc.paragraph(line(ruleset, proxy.dialect));
    }
    for text in limits(node) {
        doc.paragraph(warn("! ").and(text));
    }
    doc
}

fn line(ruleset: &Ruleset<'_>, dialect: Dialect) -> Text {
    let tables: Vec<String> = ruleset.tables.iter().map(|table| table.name.name().to_string()).collect();
    let rules = ruleset.tables.iter().map(|table| table.rules.len()).sum();
    let chains = ruleset.tables.iter().map(|table| table.chains.len()).sum();
    let parts = [
        ruleset.family.to_string(),
        tables.join(", "),
        format!("{} in {}", counted(rules, "rule", "rules"), counted(chains, "chain", "chains")),
        era(dialect),
    ];
    strong(tool(ruleset)).and(format!(" · {}", parts.join(" · ")))
}

/// `iptables-save 1.8.9 (nft)`, or the form where no header names the program.
fn tool(ruleset: &Ruleset<'_>) -> String {
    let backend = match ruleset.backend {
        Backend::Legacy => " (legacy)",
        Backend::Nft => " (nft)",
        Backend::Unknown => "",
    };
    let name = match (ruleset.tool, ruleset.tables.first().map(|table| table.form)) {
        (Some(tool), _) => format!("{} {}", tool.program, tool.version),
        (None, Some(Form::List { .. })) => "iptables -L".into(),
        (None, Some(Form::Commands)) => "iptables -S".into(),
        (None, _) => "iptables-save".into(),
    };
    format!("{name}{backend}")
}

/// Which kube-proxy wrote the rules.
pub(super) fn era(dialect: Dialect) -> String {
    match (dialect.mode, dialect.from, dialect.to) {
        (ProxyMode::Ipvs, ..) => "kube-proxy in IPVS mode".into(),
        (ProxyMode::Userspace, ..) => "kube-proxy in userspace mode".into(),
        (ProxyMode::Nftables, ..) => "kube-proxy in nftables mode".into(),
        (ProxyMode::None, ..) => "no rules of kube-proxy".into(),
        (ProxyMode::Iptables, Some(from), Some(to)) if from == to => format!("kube-proxy {from}"),
        (ProxyMode::Iptables, Some(from), Some(to)) => format!("kube-proxy {from} to {to}"),
        (ProxyMode::Iptables, Some(from), None) => format!("kube-proxy {from} or later"),
        (ProxyMode::Iptables, None, Some(to)) => format!("kube-proxy {to} or earlier"),
        (ProxyMode::Iptables, None, None) => "kube-proxy of any release".into(),
    }
}

/// What these tables cannot tell, a sentence each.
fn limits(node: &Node<'_, '_>) -> Vec<Text> {
    let mut limits: Vec<Text> = Vec::new();
    let of_kube_proxy = |kind: &RemarkKind<'_>| matches!(kind, RemarkKind::NftListing { of_kube_proxy: true });
    if node.parsed.remarks.iter().any(|remark| of_kube_proxy(&remark.kind)) {
        limits.push(NFTABLES.into());
    }
    if limits.is_empty() && node.proxies.is_empty() && !node.parsed.remarks.is_empty() {
        limits.push(NO_TABLES.into());
    }
    let families = |mode| families_of(node, |proxy| proxy.dialect.mode == mode);
    if !families(ProxyMode::Ipvs).is_empty() {
        limits.push(IPVS.into());
    }
    if !families(ProxyMode::Userspace).is_empty() {
        limits.push(USERSPACE.into());
    }
    let unserved = families(ProxyMode::None);
    if !unserved.is_empty() && limits.is_empty() {
        let all =
            if unserved.len() == node.proxies.len() { String::new() } else { format!(" for {}", listed(&unserved)) };
        limits.push(plain(format!("These tables hold no service{all}. {NOTHING}")).into());
    }
    if node.proxies.iter().any(|proxy| proxy.is_partial && proxy.dialect.mode == ProxyMode::Iptables) {
        limits.push(PARTIAL.into());
    }
    limits
}

fn families_of(node: &Node<'_, '_>, is_so: impl Fn(&Proxy<'_, '_>) -> bool) -> Vec<String> {
    node.proxies.iter().filter(|proxy| is_so(proxy)).map(|proxy| proxy.resolved.ruleset.family.to_string()).collect()
}

const NFTABLES: &str = "kube-proxy works in nftables mode here: its rules are in its own nft tables (`nft list table ip \
    kube-proxy`), which iptables does not show and this program does not read. What follows is of iptables alone.";
const IPVS: &str = "kube-proxy works in IPVS mode here: IPVS chooses the pods (`ipvsadm -Ln`), not these rules. They \
    tell only what is masqueraded and what is dropped; services and shares cannot be told from them.";
const USERSPACE: &str = "kube-proxy works in userspace mode here: a process of its own chooses the pods. The rules tell \
    which addresses lead to it; shares cannot be told from them.";
const NOTHING: &str = "kube-proxy may not run on this node, or work in nftables mode (its tables are then seen only by \
    `nft list ruleset`), or another program stands in for it.";
const NO_TABLES: &str = "No table of iptables is in this text. An `nft list ruleset` shows other rules, or these in \
    another syntax: give what iptables-save prints on the same node.";
const PARTIAL: &str = "Lines of the nat table are missing from this text: what is shown is right, what is absent may \
    still exist. A whole dump tells all: sudo iptables-save -c";
