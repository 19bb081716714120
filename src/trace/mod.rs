//! What netfilter does with the first packet of a new connection: every table at every hook in the kernel's order,
//! all branches at once, each with its probability.
//!
//! A [`Machine`] holds the tables of one ruleset; [`Machine::trace`] walks one [`Packet`] through all of them,
//! [`Machine::chain_shares`] through one chain. Truth has three values: what neither dump nor [`Facts`](crate::facts)
//! decide is taken both ways, and the answer names the condition.

mod alone;
mod answer;
mod atom;
mod because;
mod dist;
mod effect;
mod hooks;
mod index;
mod infer;
mod intern;
mod machine;
mod matching;
mod packet;
mod refine;
mod report;
mod state;
#[cfg(test)]
mod tests;
mod walk;
mod words;

pub use answer::{
    ChainBranch, ChainShare, ChainShares, Flag, Hit, Hook, Outcome, Pass, Place, SourceSeen, Step, TableKey, Trace,
    Verdict, Visit,
};
pub use machine::Machine;
pub use packet::{Origin, Packet};
