//! One rule of a chain.

use super::{ChainId, Target};
use crate::source::Span;
use std::num::NonZeroU32;
use std::ops::Range;

/// The place of a rule in [`Table::rules`](super::Table::rules).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub u32);

/// How often a rule or a policy was hit since somebody reset it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets. In the nat table that is new connections.
    pub packets: u64,
    /// Bytes of those packets.
    pub bytes: u64,
    /// Whether a listing rounded them (`1235K`).
    pub rounded: bool,
}

/// Its matches, all of which must hold, then its target. The matches lie in [`Table::matches`](super::Table::matches).
#[derive(Clone, Debug, PartialEq)]
pub struct Rule<'src> {
    /// The chain it stands in.
    pub chain: ChainId,
    /// The line it came from, without blanks around it.
    pub span: Span,
    /// Its matches: `start..end` in the table's `matches`.
    pub matches: Range<u32>,
    /// What happens when they hold; `None` only counts.
    pub target: Option<Target<'src>>,
    /// Where the reader found the chain it jumps to.
    pub(crate) found: FoundChain,
}

impl<'src> Rule<'src> {
    /// A rule of these parts.
    #[must_use]
    pub fn new(chain: ChainId, span: Span, matches: Range<u32>, target: Option<Target<'src>>) -> Self {
        Self { chain, span, matches, target, found: FoundChain::default() }
    }
}

/// A chain, or none, in four bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MaybeChain(Option<NonZeroU32>);

impl MaybeChain {
    /// The chain, if there is one.
    pub(crate) fn chain(self) -> Option<ChainId> {
        self.0.map(|next| ChainId(next.get() - 1))
    }
}

impl From<ChainId> for MaybeChain {
    fn from(chain: ChainId) -> Self {
        Self(chain.0.checked_add(1).and_then(NonZeroU32::new))
    }
}

/// Where the chain of a jump stands, as the reader knew by the way; it saves the graph of a large table from looking all
/// names up again. No part of what a rule says, so that any two are equal.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FoundChain(pub(crate) MaybeChain);

impl PartialEq for FoundChain {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
