//! What the counters of a service chain say: connections counted against those expected.
//!
//! Only chains in which nothing but chance decides are counted, and one chain is never held against another:
//! kube-proxy sets the counters of what it rewrites to zero.

use super::context::Context;
use crate::kube::ServiceChain;
use crate::ruleset::Table;
use crate::shares::{draws_only, intended};

/// The balancing rules of one chain, counted.
pub(super) struct Counted<'a, 'src> {
    pub(super) chain: &'a ServiceChain<'src>,
    /// Its service, by index.
    pub(super) service: u32,
    /// By rule: connections.
    pub(super) hits: Vec<u64>,
    /// By rule: its part of what the chain hands out.
    pub(super) shares: Vec<f64>,
    /// All connections.
    pub(super) total: u64,
}

impl Counted<'_, '_> {
    /// By rule: connections that its share lets expect.
    #[expect(clippy::cast_precision_loss, reason = "counters beyond 2^52 need no last digit")]
    pub(super) fn expected(&self) -> impl Iterator<Item = f64> {
        self.shares.iter().map(|share| share * self.total as f64)
    }
}

/// The chains whose counters can be judged. Sticky ones cannot: there the first contact alone is drawn.
pub(super) fn counted<'a, 'src>(cx: &Context<'a, 'src>) -> impl Iterator<Item = Counted<'a, 'src>> {
    counted_of(cx, cx.chains().map(|(_, chain)| chain))
}

/// The same of these chains.
pub(super) fn counted_of<'a, 'src: 'a>(
    cx: &Context<'a, 'src>,
    chains: impl Iterator<Item = &'a ServiceChain<'src>>,
) -> impl Iterator<Item = Counted<'a, 'src>> {
    let proxy = cx.proxy;
    let table = cx.nat().map(|(table, _)| table);
    chains.filter_map(move |chain| {
        let table = table?;
        let &service = chain.services.first()?;
        let is_drawn = chain.balancing.len() > 1 && chain.rechecks.is_empty();
        let port = &proxy.services[service as usize];
        if is_drawn && draws_only(proxy, chain, port.protocol) { count(table, chain, service) } else { None }
    })
}

fn count<'a, 'src>(table: &Table<'_>, chain: &'a ServiceChain<'src>, service: u32) -> Option<Counted<'a, 'src>> {
    let hits = chain.balancing.iter().map(|rule| table.counters(rule.rule).map(|counters| counters.packets));
    let hits = hits.collect::<Option<Vec<u64>>>()?;
    let total = hits.iter().fold(0_u64, |sum, &hit| sum.saturating_add(hit));
    let (mut shares, left) = intended(&chain.balancing);
    // What passes all rules by is counted by none of them.
    let taken = 1.0 - left;
    for share in &mut shares {
        *share /= taken;
    }
    (taken > 0.0).then_some(Counted { chain, service, hits, shares, total })
}
