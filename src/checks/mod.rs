//! What `check` looks for: one file and one page a check, all of them in [`CATALOGUE`].
//!
//! [`run`] asks every check that the evidence can answer, folds what is the same fault on many services, drops what
//! another finding causes, and lists what could not be asked. Nothing here prints; pages are what `explain NAME` shows.

mod catalogue;
mod cause;
mod check;
mod context;
mod finding;
mod fold;
mod needs;
mod owners;
#[cfg(test)]
mod pages;
mod run;

mod dangling_jump;
mod empty_service_chain;
mod services_not_hooked;

pub use catalogue::{CATALOGUE, check_named, names};
pub use check::{Check, Level, Proof};
pub use context::{Context, Input};
pub use finding::{Evidence, Finding, Folded, NotEvaluated, Report, Summary};
pub use run::{Selection, run};
