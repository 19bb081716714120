//! Which rule leads to which chain, by id. Names are looked up here once and never again.

use super::{ChainId, ChainNames, RuleId, Ruleset, Table, TableName};
use bstr::BStr;
use std::sync::OnceLock;

/// A rule that jumps (or goes) to a chain.
pub type Reference = RuleId;

/// The jumps of one table: from rules to chains, and back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainGraph {
    /// Jumps whose chain the reader did not find, and the chains that are there after all, in the order of the rules.
    late: Vec<(RuleId, ChainId)>,
    /// By chain: where its references begin in `references`; one more at the end.
    starts: Vec<u32>,
    /// The rules that lead to a chain, by chain, in the order of the table's rules.
    references: Vec<RuleId>,
    /// By chain: whether a walk from a built-in chain can come to it. Only some questions need it.
    reachable: OnceLock<Vec<bool>>,
}

impl ChainGraph {
    /// Resolves the jumps of `table`. Of two chains with one name the first counts.
    #[must_use]
    pub fn new(table: &Table<'_>) -> Self {
        let mut graph = Self { late: late(table), ..Self::default() };
        (graph.starts, graph.references) = graph.back_references(table);
        graph
    }

    /// The chain a rule of `table`, whose graph this is, jumps or goes to, if it is there.
    #[must_use]
    pub fn leads_to(&self, table: &Table<'_>, rule: RuleId) -> Option<ChainId> {
        let found = table.rules.get(rule.0 as usize)?.found.0.chain();
        found.or_else(|| Some(self.late[self.late.binary_search_by_key(&rule, |(late, _)| *late).ok()?].1))
    }

    /// Every jump to a chain that is there.
    fn jumps(&self, table: &Table<'_>) -> impl Iterator<Item = (RuleId, ChainId)> {
        let ids = (0..table.rules.len()).map(|at| RuleId(u32::try_from(at).unwrap_or(u32::MAX)));
        ids.filter_map(|rule| Some((rule, self.leads_to(table, rule)?)))
    }

    /// The rules that jump or go to a chain, in the order of the table's rules.
    #[must_use]
    pub fn references(&self, chain: ChainId) -> &[Reference] {
        let at = chain.0 as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(&start), Some(&end)) => &self.references[start as usize..end as usize],
            _ => &[],
        }
    }

    /// Whether a walk that begins in a built-in chain of `table`, whose graph this is, can come to this chain.
    #[must_use]
    pub fn is_reachable(&self, table: &Table<'_>, chain: ChainId) -> bool {
        let reachable = self.reachable.get_or_init(|| self.all_reachable(table));
        reachable.get(chain.0 as usize).copied().unwrap_or_default()
    }

    /// The rules that lead to a chain that is not in the table.
    pub fn dangling<'a>(&'a self, table: &'a Table<'_>) -> impl Iterator<Item = RuleId> + 'a {
        let ids = (0u32..).map(RuleId);
        ids.zip(&table.rules).filter_map(|(id, rule)| {
            let jumps = rule.target.as_ref().is_some_and(|target| target.chain_name().is_some());
            (jumps && self.leads_to(table, id).is_none()).then_some(id)
        })
    }

    /// By chain: the rules that lead to it, as one vector and where each chain's part of it begins.
    fn back_references(&self, table: &Table<'_>) -> (Vec<u32>, Vec<RuleId>) {
        let mut starts = vec![0_u32; table.chains.len() + 1];
        for (_, chain) in self.jumps(table) {
            starts[chain.0 as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut references = vec![RuleId(0); starts.last().copied().unwrap_or_default() as usize];
        for (rule, chain) in self.jumps(table) {
            let slot = &mut next[chain.0 as usize];
            references[*slot as usize] = rule;
            *slot += 1;
        }
        (starts, references)
    }

    /// By chain: whether a walk from a built-in chain can come to it.
    fn all_reachable(&self, table: &Table<'_>) -> Vec<bool> {
        let mut seen = vec![false; table.chains.len()];
        let built_in = table.chain_ids().filter(|(_, chain)| chain.is_built_in());
        let mut open: Vec<ChainId> = built_in.map(|(id, _)| id).collect();
        while let Some(chain) = open.pop() {
            if !std::mem::replace(&mut seen[chain.0 as usize], true) {
                open.extend(table.rules_of(chain).filter_map(|(rule, _)| self.leads_to(table, rule)));
            }
        }
        seen
    }
}

/// The jumps whose chain the reader did not find though it is there: tables that were put together from others, or were
/// never read.
fn late(table: &Table<'_>) -> Vec<(RuleId, ChainId)> {
    let mut names = None;
    let mut find = |name: &BStr| names.get_or_insert_with(|| ChainNames::of(&table.chains)).get(name, &table.chains);
    let open = (0u32..).map(RuleId).zip(&table.rules).filter(|(_, rule)| rule.found.0.chain().is_none());
    open.filter_map(|(id, rule)| Some((id, find(rule.target.as_ref()?.chain_name()?)?))).collect()
}

/// A ruleset with the jumps of each of its tables resolved: what every later question is asked of.
#[derive(Clone, Debug)]
pub struct Resolved<'a, 'src> {
    /// The tables.
    pub ruleset: &'a Ruleset<'src>,
    /// The jumps, by the index of [`Ruleset::tables`].
    pub graphs: Vec<ChainGraph>,
}

impl<'a, 'src> Resolved<'a, 'src> {
    /// Resolves all tables of `ruleset`.
    #[must_use]
    pub fn new(ruleset: &'a Ruleset<'src>) -> Self {
        Self { ruleset, graphs: ruleset.tables.iter().map(ChainGraph::new).collect() }
    }

    /// A table and its jumps, if the text has it.
    #[must_use]
    pub fn table(&self, name: TableName<'_>) -> Option<(&'a Table<'src>, &ChainGraph)> {
        let at = self.ruleset.tables.iter().position(|table| table.name == name)?;
        Some((&self.ruleset.tables[at], &self.graphs[at]))
    }
}
