//! Where jumps lead, found while the names of chains are at hand.

use crate::ruleset::{Chain, ChainNames, FoundChain, MaybeChain, Target};
use bstr::BStr;

/// Finds the chains that rules jump to. One jump after the other often leads to the same chain: KUBE-MARK-MASQ in every
/// endpoint's.
#[derive(Default)]
pub(super) struct JumpFinder<'src> {
    last: (&'src BStr, FoundChain),
    /// Whether it looked for a chain that is not there, or not yet.
    pub(super) has_missed: bool,
}

impl<'src> JumpFinder<'src> {
    /// Where the chain is that a target leads to.
    pub(super) fn find(
        &mut self,
        target: Option<&Target<'src>>,
        names: &ChainNames,
        chains: &[Chain<'_>],
    ) -> FoundChain {
        let Some(name) = target.and_then(Target::chain_name) else { return FoundChain::default() };
        if self.last.0 != name {
            let chain = names.get(name, chains);
            self.has_missed |= chain.is_none();
            self.last = (name, FoundChain(chain.map(MaybeChain::from).unwrap_or_default()));
        }
        self.last.1
    }
}
