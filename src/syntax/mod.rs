//! Text → rulesets and faults. Reading never fails: each line becomes a rule, a declaration, a comment, known noise or
//! a [`Fault`].

mod fault;
#[cfg_attr(not(test), expect(dead_code, unused_imports, reason = "the reader of whole listings is on its way"))]
mod list;
mod module;
mod recent;
mod rule;
mod target;
mod word;

pub use fault::Fault;
