//! What `check` looks for: one file and one page a check, all of them in [`CATALOGUE`].
//!
//! [`run`] asks every check that the evidence can answer, folds what is the same fault on many services, drops what
//! another finding causes, and lists what could not be asked. Nothing here prints; pages are what `explain NAME` shows.

mod balance;
mod catalogue;
mod cause;
mod check;
mod context;
mod finding;
mod fold;
mod hooks;
mod meets;
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
mod flushed_nat_table;
mod foreign_endpoint;
mod foreign_rule;
mod hidden_interfaces;
mod hollow_drop_mark;
mod interceptor;
mod leaking_service;
mod missing_table;
mod mixed_dialects;
mod mode_leftovers;
mod nft_native_table;
mod no_endpoints;
mod no_hairpin;
mod nodeports_not_last;
mod odd_endpoint_address;
mod old_proxy_leftovers;
mod orphan_chain;
mod other_owners;
mod outlier_endpoint;
mod port_collision;
mod postrouting_not_hooked;
mod protocol_mismatch;
mod reordered_endpoints;
mod resolved_names;
mod rounded_counters;
mod service_chain_mismatch;
mod services_not_hooked;
mod several_captures;
mod several_dnats;
mod shadowed_address;
mod starved_endpoint;
mod truncated_dump;
mod two_backends;
mod unconditional_firewall_drop;
mod uneven_shares;
mod unknown_dialect;
mod unparsed_lines;
mod unreachable_rule;
mod untracked_address;

pub use catalogue::{CATALOGUE, check_named, names};
pub use check::{Check, Level, Proof};
pub use context::{Context, Input};
pub use finding::{Evidence, Finding, Folded, NotEvaluated, Report, Summary};
pub use run::{Selection, run};
