//! Answers → documents: one file a question. A view decides what is said, in which order and in which words; it knows
//! no terminal, reads nothing and asks nothing that takes long.

mod address;
mod capture;
mod chain;
mod check;
mod choice;
mod diff;
mod explain;
mod finding;
mod findings;
mod header;
mod nft;
mod node;
mod overview;
mod paths;
mod services;
mod spread;
mod trace;
mod who;
pub mod words;

pub use capture::{kind_word, state_word};
pub use chain::chain;
pub use check::{check, checks, page};
pub use diff::diff;
pub use explain::explain_service;
pub use header::{limits, ruleset_name};
pub use nft::{NftListing, is_nftables_mode, nft_listings};
pub use node::{Cluster, Found, Item, Node, Walked};
pub use overview::overview;
pub use paths::condition;
pub use services::{Detail, services};
pub use spread::Spread;
pub use trace::{outcome_name, trace};
pub use who::who;
