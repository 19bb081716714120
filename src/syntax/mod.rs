//! Text → rulesets and faults. Reading never fails: each line becomes a rule, a declaration, a comment, known noise,
//! other text, or a [`Fault`]; [`Tally`] counts them.

mod builder;
mod family;
mod fault;
mod line;
mod lines;
mod list;
mod listing;
mod merge;
mod module;
mod naming;
mod noise;
mod parse;
mod reader;
mod recent;
mod rule;
mod rulesets;
mod target;
mod word;

pub use fault::Fault;
pub use parse::{Parsed, parse};
pub use reader::{Remark, RemarkKind, Tally};
