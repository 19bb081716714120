//! Each endpoint's part of the new connections: [`shares`] for what the chains of a service give, [`captures`] for what
//! becomes of a connection to each of its addresses, [`paths`] for every way in, [`reaches`] for one endpoint seen from
//! behind.
//!
//! The rules are walked as they are. A formula over the probabilities stands for a walk only where nothing but chance
//! decides ([`is_plain`]); [`EndpointShare::intended`] says what the balancing rules were meant to give.

mod capture;
mod chain;
mod path;
mod plain;
mod reach;
#[cfg(test)]
mod tests;

pub use capture::captures;
pub use chain::{
    ChainShare, EndpointShare, ServiceShares, by_chance, chain_by_chance, chain_share, needs_walk, shares,
};
pub use path::{Path, Way, paths};
pub use plain::{draws_only, intended, is_plain, is_sound};
pub use reach::{Reach, reaches};
