//! The rules themselves, options told apart.

use super::convert::{Text, backend, family};
use crate::ruleset::{self, Chain, ChainKind, Policy, RuleId, Ruleset, Table, match_line, rule_line, target_line};
use crate::view::Node;
use bstr::ByteSlice;
use serde::Serialize;

/// `Ruleset`: what `kubenat convert --to json` answers.
#[derive(Debug, Serialize)]
pub struct RulesetList<'n> {
    /// The tables of all families and backends.
    tables: Vec<TableText<'n>>,
}

/// A table.
#[derive(Debug, Serialize)]
pub(super) struct TableText<'n> {
    /// Its name.
    name: Text<'n>,
    /// `ipv4` or `ipv6`.
    family: &'static str,
    /// `nft`, `legacy` or `unknown`.
    backend: &'static str,
    /// Whether the text shows its end, so that what is absent is proven absent.
    complete: bool,
    /// Its chains, in the order of the text.
    chains: Vec<ChainText<'n>>,
}

/// A chain.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChainText<'n> {
    /// Its name.
    name: Text<'n>,
    /// Whether the kernel calls it at a hook.
    built_in: bool,
    /// `ACCEPT` or `DROP`; null for user-defined chains, and where the text does not show it.
    policy: Option<&'static str>,
    /// Its rules.
    rules: Vec<RuleText<'n>>,
}

/// A rule.
#[derive(Debug, Serialize)]
pub(super) struct RuleText<'n> {
    /// The file it stands in.
    file: &'n str,
    /// Its line.
    line: u32,
    /// The rule as iptables-save prints it.
    text: String,
    /// What it asks, an option each.
    matches: Vec<String>,
    /// What it does then, with its options; null if it only counts.
    target: Option<String>,
    /// How many packets it matched; null where the text has no counters.
    packets: Option<u64>,
    /// And how many bytes.
    bytes: Option<u64>,
}

/// The answer of `convert`.
#[must_use]
pub fn rulesets<'n>(node: &'n Node<'_, '_>) -> RulesetList<'n> {
    let of = |ruleset: &'n Ruleset<'_>| ruleset.tables.iter().map(|each| table(node, ruleset, each));
    RulesetList { tables: node.parsed.rulesets.iter().flat_map(of).collect() }
}

fn table<'n>(node: &'n Node<'_, '_>, ruleset: &Ruleset<'_>, table: &'n Table<'_>) -> TableText<'n> {
    TableText {
        name: Text(table.name.name()),
        family: family(ruleset.family),
        backend: backend(ruleset.backend),
        complete: table.is_complete,
        chains: table.chain_ids().map(|(id, each)| chain(node, table, id, each)).collect(),
    }
}

fn chain<'n>(
    node: &'n Node<'_, '_>,
    table: &'n Table<'_>,
    id: ruleset::ChainId,
    chain: &'n Chain<'_>,
) -> ChainText<'n> {
    let policy = match chain.kind {
        ChainKind::BuiltIn { policy, .. } => policy,
        ChainKind::UserDefined { .. } => None,
    };
    ChainText {
        name: Text(chain.name),
        built_in: chain.is_built_in(),
        policy: policy.map(|policy| if policy == Policy::Drop { "DROP" } else { "ACCEPT" }),
        rules: table.rules_of(id).map(|(id, each)| rule(node, table, id, each)).collect(),
    }
}

fn rule<'n>(node: &'n Node<'_, '_>, table: &Table<'_>, id: RuleId, rule: &ruleset::Rule<'_>) -> RuleText<'n> {
    let place = node.sources.place(rule.span);
    let counters = table.counters(id);
    RuleText {
        file: place.map_or("", |place| place.file),
        line: place.map_or(0, |place| place.line),
        text: rule_line(table, rule).to_str_lossy().into_owned(),
        matches: table.matches(rule).iter().map(|each| match_line(each).to_str_lossy().into_owned()).collect(),
        target: rule.target.as_ref().map(|target| target_line(target).to_str_lossy().into_owned()),
        packets: counters.map(|counters| counters.packets),
        bytes: counters.map(|counters| counters.bytes),
    }
}
