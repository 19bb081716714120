//! What was read.

use super::convert::{Text, backend, family, mode};
use crate::kube::{Dialect, Proxy, ProxyMode};
use crate::ruleset::{Backend, Ruleset};
use crate::view::{NftListing, Node, is_nftables_mode, nft_listings};
use serde::Serialize;

/// One ruleset: all tables of one family and backend.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Source<'n> {
    /// The files it was read from; `-` is standard input.
    files: Vec<&'n str>,
    /// The program that printed it, as its header names it; null without a header.
    tool: Option<String>,
    /// `nft`, `legacy` or `unknown`.
    backend: &'static str,
    /// `ipv4` or `ipv6`.
    family: &'static str,
    /// Names of its tables, in the order of the text.
    tables: Vec<Text<'n>>,
    /// How many chains they have.
    chains: usize,
    /// How many rules they have.
    rules: usize,
    /// Which releases of kube-proxy write such rules.
    dialect: Releases,
    /// How kube-proxy works on the node, as far as the text shows.
    proxy_mode: &'static str,
    /// Whether lines of the nat table are missing.
    partial: bool,
}

/// Releases from the oldest to the newest.
#[derive(Debug, Serialize)]
pub(super) struct Releases {
    /// The oldest, such as `1.24`; null if nothing tells.
    from: Option<String>,
    /// The newest; null if today's write so.
    to: Option<String>,
}

/// All rulesets that were read, or else what nft printed.
pub(super) fn sources<'n>(node: &'n Node<'_, '_>) -> Vec<Source<'n>> {
    let rulesets = node.parsed.rulesets.iter().zip(node.proxies);
    let rulesets = rulesets.map(|(ruleset, proxy)| source(node, ruleset, proxy));
    rulesets.chain(nft_listings(node).into_iter().map(of_nft)).collect()
}

/// Nothing of iptables is in it: no table, no chain, no rule.
fn of_nft(listing: NftListing<'_>) -> Source<'_> {
    Source {
        files: listing.files,
        tool: None,
        backend: backend(Backend::Nft),
        family: family(listing.family),
        tables: Vec::new(),
        chains: 0,
        rules: 0,
        dialect: Releases { from: None, to: None },
        proxy_mode: mode(if listing.of_kube_proxy { ProxyMode::Nftables } else { ProxyMode::None }),
        partial: false,
    }
}

fn source<'n>(node: &'n Node<'_, '_>, ruleset: &'n Ruleset<'_>, proxy: &Proxy<'_, '_>) -> Source<'n> {
    let mut files: Vec<&str> = Vec::new();
    for table in &ruleset.tables {
        if let Some(file) =
            node.sources.source(table.span).map(|file| file.name.as_str()).filter(|file| !files.contains(file))
        {
            files.push(file);
        }
    }
    Source {
        files,
        tool: ruleset.tool.map(|tool| format!("{} v{}", tool.program, tool.version)),
        backend: backend(ruleset.backend),
        family: family(ruleset.family),
        tables: ruleset.tables.iter().map(|table| Text(table.name.name())).collect(),
        chains: ruleset.tables.iter().map(|table| table.chains.len()).sum(),
        rules: ruleset.tables.iter().map(|table| table.rules.len()).sum(),
        dialect: releases(proxy.dialect),
        proxy_mode: mode(proxy_mode(node, proxy)),
        partial: proxy.is_partial,
    }
}

fn releases(dialect: Dialect) -> Releases {
    Releases { from: dialect.from.map(|from| from.to_string()), to: dialect.to.map(|to| to.to_string()) }
}

/// An `nft list ruleset` in the text proves nftables mode where iptables shows nothing.
fn proxy_mode(node: &Node<'_, '_>, proxy: &Proxy<'_, '_>) -> ProxyMode {
    if proxy.dialect.mode == ProxyMode::None && is_nftables_mode(node) {
        ProxyMode::Nftables
    } else {
        proxy.dialect.mode
    }
}
