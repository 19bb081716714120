//! What `check` looks for: one file and one page a check, all of them in [`CATALOGUE`].
//!
//! [`run`] asks every check that the evidence can answer, folds what is the same fault on many services, drops what
//! another finding causes, and lists what could not be asked. Nothing here prints; pages are what `explain NAME` shows.

mod balance;
mod catalogue;
mod cause;
mod check;
mod context;
mod drifting;
mod finding;
mod fold;
mod hooks;
mod misfit;
mod needs;
mod owners;
#[cfg(test)]
mod pages;
mod run;

mod blocking_reference;
mod canary_missing;
mod dangling_jump;
mod dnat_target_mismatch;
mod dnat_to_service_address;
mod duplicate_endpoint;
mod duplicate_jump;
mod empty_service_chain;
mod endpoint_in_two_namespaces;
mod endpoint_without_dnat;
mod field_mismatch;
mod flushed_nat_table;
mod foreign_endpoint;
mod foreign_rule;
mod ghost_service;
mod leaking_service;
mod missing_endpoint;
mod missing_service;
mod mixed_dialects;
mod no_endpoints;
mod no_hairpin;
mod nodeports_not_last;
mod odd_endpoint_address;
mod orphan_chain;
mod outlier_endpoint;
mod postrouting_not_hooked;
mod protocol_mismatch;
mod reordered_endpoints;
mod service_chain_mismatch;
mod services_not_hooked;
mod several_dnats;
mod shadowed_address;
mod stale_endpoint;
mod starved_endpoint;
mod sync_verdict;
mod uneven_shares;
mod unknown_dialect;
mod unreachable_rule;
mod wrong_node_identity;

pub use catalogue::{CATALOGUE, check_named, names};
pub use check::{Check, Level, Proof};
pub use context::{Api, Context, Input};
pub use finding::{Evidence, Finding, Folded, NotEvaluated, Report, Summary};
pub use run::{Selection, run};
