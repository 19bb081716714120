//! Answers → documents: one file a question. A view decides what is said, in which order and in which words; it knows
//! no terminal, reads nothing and asks nothing that takes long.

mod address;
mod capture;
mod findings;
mod header;
mod node;
mod overview;
mod services;
mod spread;
pub mod words;

pub use capture::{kind_word, state_word};
pub use node::{Item, Node};
pub use overview::overview;
pub use services::{Detail, services};
pub use spread::Spread;
