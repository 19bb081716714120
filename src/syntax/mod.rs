//! Text → rulesets and faults. Reading never fails: each line becomes a rule, a declaration, a comment, known noise or
//! a [`Fault`].

mod fault;
mod module;
mod recent;
mod rule;
mod target;
mod word;

pub use fault::Fault;
