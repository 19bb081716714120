//! Text → rulesets and faults. Reading never fails: each line becomes a rule, a declaration, a comment, known noise,
//! other text, or a [`Fault`]; [`Tally`] counts them.

mod builder;
mod command;
mod family;
mod fault;
mod jumps;
mod line;
mod lines;
mod list;
mod listing;
mod merge;
mod module;
mod naming;
mod noise;
mod parse;
mod program;
mod reader;
mod recent;
mod remark;
mod rule;
mod rulesets;
mod run;
mod target;
mod word;

pub use fault::Fault;
pub use parse::{Parsed, parse};
pub use remark::{Remark, RemarkKind, Tally};
