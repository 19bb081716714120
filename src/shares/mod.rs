//! Each endpoint's part of the new connections, found by walking the rules as they are: [`shares`] for what the chains
//! of a service give, [`paths`] for every way in, [`reaches`] for one endpoint seen from behind.
//!
//! A number here is never a formula over the probabilities alone, except [`EndpointShare::intended`], which says what
//! the balancing rules were meant to give.

mod capture;
mod chain;
mod path;
mod reach;
#[cfg(test)]
mod tests;

pub use chain::{ChainShare, EndpointShare, ServiceShares, shares};
pub use path::{Path, Way, paths};
pub use reach::{Reach, reaches};
