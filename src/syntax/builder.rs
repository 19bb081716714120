//! A table under construction: chains as they are met, rules in the order of the text, grouped by chain at the end.

use super::jumps::JumpFinder;
use crate::ruleset::{
    Chain, ChainId, ChainKind, ChainNames, Counters, Form, FoundChain, Match, Policy, Rule, Table, TableName, Target,
};
use crate::source::Span;
use crate::threads::by_parts;
use bstr::BStr;
use std::collections::{HashMap, VecDeque};

/// Chains the kernel calls at a hook.
const BUILT_IN: [&str; 5] = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];

/// Whether a chain of that name is built in.
pub(super) fn is_built_in(name: &[u8]) -> bool {
    BUILT_IN.iter().any(|known| known.as_bytes() == name)
}

/// A table that more lines may be added to.
#[derive(Debug)]
pub(super) struct TableBuilder<'src> {
    pub(super) table: Table<'src>,
    pub(super) names: ChainNames,
    /// The chain of the last rule: the next one mostly stands in the same or in the one declared behind it.
    pub(super) last: u32,
    /// So many of the first rules already know the chains they jump to.
    pub(super) found: usize,
    /// Rules of each chain, once a command other than an append came.
    pub(super) orders: Option<Vec<Order>>,
    /// How often `-F` emptied all chains: an order of an earlier time is empty.
    flushes: u32,
    /// User-defined chains that were declared since the last `-X`.
    deletable: Vec<ChainId>,
    has_deleted: bool,
    /// How many of the first rules `-Z` set to 0, of all chains and of single ones.
    zeroed: u32,
    zeroed_chains: HashMap<ChainId, u32>,
    /// How many rules `-D` may still look at: a file of deletions must not take for ever.
    searches: usize,
}

/// Rules of a chain in their order, as it was after so many flushes of all chains.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    rules: VecDeque<u32>,
    flushes: u32,
}

/// The chain of that name, if it is the last one or the one declared behind it.
pub(super) fn near(chains: &[Chain<'_>], last: u32, name: &BStr) -> Option<ChainId> {
    let is_it = |&at: &u32| chains.get(at as usize).is_some_and(|chain| chain.name == name);
    [last, last + 1].into_iter().find(is_it).map(ChainId)
}

/// Adds a rule at the end, with the matches pushed since `mark`; its number.
pub(super) fn push<'src>(
    table: &mut Table<'src>,
    chain: ChainId,
    mark: usize,
    target: Option<Target<'src>>,
    counters: Option<Counters>,
    span: Span,
) -> u32 {
    let rule = offset(table.rules.len());
    let matches = offset(mark)..offset(table.matches.len());
    table.rules.push(Rule::new(chain, span, matches, target));
    if counters.is_some() || !table.counters.is_empty() {
        table.counters.resize(rule as usize, Counters::default());
        table.counters.push(counters.unwrap_or_default());
    }
    rule
}

/// An index that fits: there are no more of anything than bytes of text, whose offsets have 32 bits.
pub(super) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Enough to delete each of 2000 rules by its text.
const SEARCHES: usize = 4_000_000;

impl<'src> TableBuilder<'src> {
    pub(super) fn new(name: Option<TableName<'src>>, form: Form, span: Span) -> Self {
        let mut table = Table::new(name.unwrap_or(TableName::Nat), form, span);
        table.is_named = name.is_some();
        Self {
            table,
            names: ChainNames::default(),
            last: 0,
            found: 0,
            orders: None,
            flushes: 0,
            deletable: Vec::new(),
            has_deleted: false,
            zeroed: 0,
            zeroed_chains: HashMap::new(),
            searches: SEARCHES,
        }
    }

    /// Makes room for so many more chains.
    pub(super) fn expect_chains(&mut self, chains: usize) {
        self.names.reserve(chains);
        self.table.chains.reserve(chains);
    }

    /// Whether a line of its own declared that chain already.
    pub(super) fn has_declared(&self, name: &BStr) -> bool {
        self.names.get(name, &self.table.chains).is_some_and(|id| self.table.chain(id).is_declared)
    }

    /// Whether a built-in chain of that name cannot be of this table, since its own are all there: raw's and filter's
    /// are told apart from those of nat and mangle by where they stand.
    pub(super) fn is_full_before(&self, name: &BStr) -> bool {
        let has = |name: &str| self.has_declared(name.into());
        let (pre, forward) = (has("PREROUTING"), has("FORWARD"));
        let is_raw = pre && has("OUTPUT") && !has("POSTROUTING") && !has("INPUT") && !forward;
        let is_filter = !pre && has("INPUT") && forward && has("OUTPUT");
        is_raw && (name == "INPUT" || name == "FORWARD") || is_filter && (name == "PREROUTING" || name == "POSTROUTING")
    }

    /// Declares a chain. A chain declared again, as in input of iptables-restore, starts anew without its rules; whether
    /// it lost some.
    pub(super) fn declare(&mut self, name: &'src BStr, kind: ChainKind, span: Span) -> bool {
        let id = self.chain(name, span);
        let loses = self.table.chain(id).is_declared && self.flush(id);
        if matches!(kind, ChainKind::UserDefined { .. }) {
            self.deletable.push(id);
        }
        let chain = &mut self.table.chains[id.0 as usize];
        (chain.kind, chain.is_declared, chain.span) = (kind, true, span);
        self.last = id.0;
        loses
    }

    /// Sets a policy, as `-P` does.
    pub(super) fn set_policy(&mut self, name: &'src BStr, policy: Policy, counters: Option<Counters>, span: Span) {
        let id = self.chain(name, span);
        let chain = &mut self.table.chains[id.0 as usize];
        chain.kind = ChainKind::BuiltIn { policy: Some(policy), counters: counters.map(Box::new) };
        chain.is_declared = true;
    }

    /// The chain of that name, made from what is known if no line declared it.
    pub(super) fn chain(&mut self, name: &'src BStr, span: Span) -> ChainId {
        if let Some(near) = near(&self.table.chains, self.last, name) {
            return near;
        }
        let next = ChainId(u32::try_from(self.table.chains.len()).unwrap_or(u32::MAX));
        let id = self.names.get_or_insert(name, next, &self.table.chains);
        if id == next {
            let kind = if is_built_in(name) {
                ChainKind::BuiltIn { policy: None, counters: None }
            } else {
                ChainKind::UserDefined { references: None }
            };
            self.table.chains.push(Chain { name, kind, is_declared: false, span, rules: 0..0 });
            if let Some(orders) = &mut self.orders {
                orders.push(Order { flushes: self.flushes, ..Order::default() });
            }
        }
        id
    }

    /// Where the matches of the next rule go; [`Self::append`] takes what was pushed since.
    pub(super) fn matches(&mut self) -> &mut Vec<Match<'src>> {
        &mut self.table.matches
    }

    /// Number of matches so far: where those of the next rule begin.
    pub(super) fn mark(&self) -> usize {
        self.table.matches.len()
    }

    /// Adds a rule at the end of its chain, with the matches pushed since `mark`.
    pub(super) fn append(
        &mut self,
        chain: ChainId,
        mark: usize,
        target: Option<Target<'src>>,
        counters: Option<Counters>,
        span: Span,
    ) {
        let rule = push(&mut self.table, chain, mark, target, counters, span);
        if self.orders.is_some() {
            self.order(chain).push_back(rule);
        }
        self.last = chain.0;
    }

    /// Adds a rule before the one at `at` (from 1), as `-I` does; beyond the end it becomes the last one.
    pub(super) fn insert(
        &mut self,
        chain: ChainId,
        at: u32,
        mark: usize,
        target: Option<Target<'src>>,
        counters: Option<Counters>,
        span: Span,
    ) {
        // Made before the rule is there, or it would be in it already.
        self.order(chain);
        let rule = push(&mut self.table, chain, mark, target, counters, span);
        let order = self.order(chain);
        let at = (at.max(1) as usize - 1).min(order.len());
        order.insert(at, rule);
    }

    /// Takes the rule at `at` (from 1) out, as `-D CHAIN N` does; whether there was one.
    pub(super) fn delete_at(&mut self, chain: ChainId, at: u32) -> bool {
        let order = self.order(chain);
        let at = at as usize;
        let is_there = (1..=order.len()).contains(&at);
        if is_there {
            order.remove(at - 1);
        }
        is_there
    }

    /// Takes the first rule out that equals the matches pushed since `mark` and `target`; whether there was one, `None`
    /// when so many were looked for that no more will be.
    pub(super) fn delete(&mut self, chain: ChainId, mark: usize, target: Option<&Target<'src>>) -> Option<bool> {
        let most = self.searches;
        let wanted = self.table.matches.split_off(mark);
        let order = std::mem::take(self.order(chain));
        let equals = |&rule: &u32| {
            let rule = &self.table.rules[rule as usize];
            self.table.matches(rule) == wanted && rule.target.as_ref() == target
        };
        let at = order.iter().take(most).position(equals);
        self.searches -= at.map_or(order.len().min(most), |at| at + 1);
        *self.order(chain) = order;
        match at {
            Some(at) => Some(self.delete_at(chain, u32::try_from(at + 1).unwrap_or(u32::MAX))),
            None => (self.searches > 0).then_some(false),
        }
    }

    /// Empties a chain, as `-F CHAIN` does; whether it had rules.
    pub(super) fn flush(&mut self, chain: ChainId) -> bool {
        let order = self.order(chain);
        let had_rules = !order.is_empty();
        order.clear();
        had_rules
    }

    /// Empties all chains, as `-F` does.
    pub(super) fn flush_all(&mut self) {
        self.flushes += 1;
        let chains = self.table.chains.len();
        self.orders.get_or_insert_with(|| vec![Order::default(); chains]);
    }

    /// Takes a user-defined chain back, as `-X CHAIN` does: it is empty and no longer declared.
    pub(super) fn delete_chain(&mut self, chain: ChainId) {
        self.flush(chain);
        self.has_deleted = true;
        self.table.chains[chain.0 as usize].is_declared = false;
    }

    /// Takes all user-defined chains back, as `-X` does.
    pub(super) fn delete_chains(&mut self) {
        for chain in std::mem::take(&mut self.deletable) {
            self.delete_chain(chain);
        }
    }

    /// Sets the counters of all rules to 0, as `-Z` does, or those of one chain.
    pub(super) fn zero(&mut self, chain: Option<ChainId>) {
        let rules = offset(self.table.rules.len());
        match chain {
            None => self.zeroed = rules,
            Some(chain) => {
                self.zeroed_chains.insert(chain, rules);
            }
        }
    }

    /// The rules of a chain in their order, kept as a list from now on.
    fn order(&mut self, chain: ChainId) -> &mut VecDeque<u32> {
        let (rules, chains) = (&self.table.rules, self.table.chains.len());
        let orders = self.orders.get_or_insert_with(|| {
            let mut orders = vec![Order::default(); chains];
            for (at, rule) in (0u32..).zip(rules) {
                orders[rule.chain.0 as usize].rules.push_back(at);
            }
            orders
        });
        let order = &mut orders[chain.0 as usize];
        if order.flushes != self.flushes {
            *order = Order { flushes: self.flushes, ..Order::default() };
        }
        &mut order.rules
    }

    /// The finished table, its rules grouped by chain.
    pub(super) fn finish(mut self) -> Table<'src> {
        self.zero_counters();
        if !self.has_deleted {
            self.find_chains();
        }
        if let Some(orders) = self.orders.take() {
            let live = orders.into_iter().filter(|order| order.flushes == self.flushes);
            self.reorder(live.flat_map(|order| order.rules).collect());
        }
        if self.has_deleted {
            self.forget_deleted();
        }
        if !self.set_ranges() {
            let mut order: Vec<u32> = (0..offset(self.table.rules.len())).collect();
            order.sort_by_key(|&rule| self.table.rules[rule as usize].chain);
            self.reorder(order);
            self.set_ranges();
        }
        self.table.chains.shrink_to_fit();
        self.table.rules.shrink_to_fit();
        self.table
    }

    /// Notes where the chains of jumps are, as long as the names are at hand.
    fn find_chains(&mut self) {
        let (names, chains) = (&self.names, &self.table.chains);
        by_parts(&mut self.table.rules[self.found..], |rules| {
            let mut jumps = JumpFinder::default();
            for rule in rules {
                rule.found = jumps.find(rule.target.as_ref(), names, chains);
            }
        });
    }

    fn zero_counters(&mut self) {
        let first = self.table.counters.len().min(self.zeroed as usize);
        self.table.counters[..first].fill(Counters::default());
        if self.zeroed_chains.is_empty() {
            return;
        }
        for ((at, rule), counters) in (0u32..).zip(&self.table.rules).zip(&mut self.table.counters) {
            if self.zeroed_chains.get(&rule.chain).is_some_and(|&zeroed| at < zeroed) {
                *counters = Counters::default();
            }
        }
    }

    /// Drops the chains that `-X` took back, unless rules were put into them again.
    fn forget_deleted(&mut self) {
        let mut used = vec![false; self.table.chains.len()];
        self.table.rules.iter().for_each(|rule| used[rule.chain.0 as usize] = true);
        let keeps = |(chain, used): (&Chain<'_>, bool)| chain.is_declared || chain.is_built_in() || used;
        let kept: Vec<bool> = self.table.chains.iter().zip(used).map(keeps).collect();
        let mut next = 0;
        let ids: Vec<ChainId> = kept
            .iter()
            .map(|&kept| {
                next += u32::from(kept);
                ChainId(next.saturating_sub(1))
            })
            .collect();
        for rule in &mut self.table.rules {
            (rule.chain, rule.found) = (ids[rule.chain.0 as usize], FoundChain::default());
        }
        let mut kept = kept.into_iter();
        self.table.chains.retain(|_| kept.next() == Some(true));
    }

    fn reorder(&mut self, order: Vec<u32>) {
        if !self.table.counters.is_empty() {
            self.table.counters = order.iter().map(|&rule| self.table.counters[rule as usize]).collect();
        }
        let mut rules: Vec<Option<Rule<'src>>> = std::mem::take(&mut self.table.rules).into_iter().map(Some).collect();
        self.table.rules = order.into_iter().filter_map(|rule| rules[rule as usize].take()).collect();
    }

    /// Says which rules each chain has; `false` if those of one do not stand together.
    fn set_ranges(&mut self) -> bool {
        let Table { chains, rules, .. } = &mut self.table;
        for chain in chains.iter_mut() {
            chain.rules = 0..0;
        }
        let mut start = 0;
        rules.chunk_by(|one, next| one.chain == next.chain).all(|group| {
            let end = start + offset(group.len());
            let range = &mut chains[group[0].chain.0 as usize].rules;
            let is_first = range.start == range.end;
            *range = start..end;
            start = end;
            is_first
        })
    }
}
