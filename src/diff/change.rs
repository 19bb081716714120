//! What a comparison says.

use super::counters::Counted;
use crate::source::Span;

/// All that differs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diff {
    /// The changes, service by service in the order of the old dump; new services last.
    pub changes: Vec<Change>,
    /// What the counters tell. They alone make no difference.
    pub counters: Counted,
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Whether it came, went or is another.
    pub kind: ChangeKind,
    /// What it is about.
    pub what: ChangedThing,
    /// The service; `None` for an order.
    pub subject: Option<String>,
    /// The chain it shows in.
    pub chain: Option<String>,
    /// Which field of the thing.
    pub field: Option<&'static str>,
    /// As it was.
    pub old: Option<Value>,
    /// As it is.
    pub new: Option<Value>,
    /// Lines of the old dump.
    pub old_evidence: Vec<Span>,
    /// Lines of the new dump.
    pub new_evidence: Vec<Span>,
}

/// How it changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// Only the new dump has it.
    Added,
    /// Only the old dump has it.
    Removed,
    /// Both have it, differently.
    Changed,
}

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangedThing {
    /// A whole service port.
    Service,
    /// An address that leads to it.
    Capture,
    /// A pod it leads to.
    Endpoint,
    /// A traffic policy.
    Policy,
    /// Session affinity.
    Affinity,
    /// The source ranges of its load balancer.
    SourceRanges,
    /// The part of the connections a pod gets, or that reaches none.
    Share,
    /// What stands before KUBE-SERVICES in a built-in chain.
    Order,
}

/// A value, before or after.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Words.
    Text(String),
    /// A number: seconds, or a share from 0 to 1.
    Number(f64),
    /// A list.
    List(Vec<String>),
}

impl Diff {
    /// Whether both mean the same, counters aside.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.changes.is_empty()
    }

    /// How many changes there are of a kind.
    #[must_use]
    pub fn count(&self, kind: ChangeKind) -> usize {
        self.changes.iter().filter(|change| change.kind == kind).count()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
