//! One rule of a chain.

use super::{ChainId, Target};
use crate::source::Span;
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
}
