//! What `check` looks for: one file and one page a check, all of them in [`CATALOGUE`].
//!
//! [`run`] asks every check that the evidence can answer, folds what is the same fault on many services, drops what
//! another finding causes, and lists what could not be asked. Nothing here prints; pages are what `explain NAME` shows.

mod balance;
mod catalogue;
mod cause;
mod check;
mod cluster_masquerade;
mod context;
mod counts;
mod emptied;
mod filter_hooks;
mod finding;
mod fold;
mod gamma;
mod hooks;
mod marking;
mod misfit;
mod needs;
mod owners;
#[cfg(test)]
mod pages;
mod place;
mod run;
mod sources;

mod bad_local_cidr;
mod blocking_reference;
mod canary_missing;
mod cidr_without_pods;
mod client_address_hidden;
mod counter_verdict;
mod dangling_jump;
mod dnat_target_mismatch;
mod dnat_to_service_address;
mod duplicate_endpoint;
mod duplicate_jump;
mod empty_service_chain;
mod endpoint_in_two_namespaces;
mod endpoint_without_dnat;
mod every_local_service_empty;
mod filter_not_hooked;
mod flushed_nat_table;
mod foreign_endpoint;
mod foreign_rule;
mod forward_drop;
mod idle_endpoint;
mod incomplete_affinity;
mod ladder_of_another_size;
mod leaking_service;
mod localnet_guard_missing;
mod mark_not_wired;
mod masquerade_all;
mod mixed_dialects;
mod nat_filter_contradiction;
mod no_endpoints;
mod no_hairpin;
mod no_local_detection;
mod no_local_endpoints;
mod no_masquerade;
mod no_random_fully;
mod nodeports_not_last;
mod odd_endpoint_address;
mod orphan_chain;
mod outlier_endpoint;
mod policy_hole;
mod postrouting_not_hooked;
mod preempted_postrouting;
mod protocol_mismatch;
mod reordered_endpoints;
mod service_chain_mismatch;
mod services_not_hooked;
mod session_affinity;
mod several_dnats;
mod shadowed_address;
mod source_ranges_unenforced;
mod starved_endpoint;
mod uneven_shares;
mod unknown_dialect;
mod unreachable_rule;

pub use catalogue::{CATALOGUE, check_named, names};
pub use check::{Check, Level, Proof};
pub use context::{Context, Input};
pub use finding::{Evidence, Finding, Folded, NotEvaluated, Report, Summary};
pub use run::{Selection, run};
