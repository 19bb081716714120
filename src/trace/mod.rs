//! What netfilter does with the first packet of a new connection: every table at every hook in the kernel's order,
//! all branches at once, each with its probability.
//!
//! A [`Machine`] holds the tables of one ruleset; [`Machine::trace`] walks one [`Packet`] through all of them,
//! [`Machine::chain_shares`] through one chain. Truth has three values: what neither dump nor [`Facts`](crate::facts)
//! decide is taken both ways, and the answer names the condition.

mod answer;
mod packet;

pub use answer::{
    ChainBranch, ChainShare, ChainShares, Flag, Hit, Hook, Outcome, Pass, Place, SourceSeen, Step, TableKey, Trace,
    Verdict, Visit,
};
pub use packet::{Origin, Packet};
