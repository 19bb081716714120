//! What kube-proxy meant: from chains and rules to service ports, their captures, policies and endpoints.
//!
//! [`Proxy::new`] reads the templates of every kube-proxy release from 1.1 on out of one ruleset; nothing is decided
//! by a name alone where rules say more, and nothing is guessed: what the form cannot tell is `None`.
//! [`Proxy::verify`] then recomputes the chain names, which are checksums, and [`Proxy::solve`] asks what contradicted
//! ones were made for. No question about traffic is answered here: that needs a walk.

mod assembly;
mod build;
mod chain;
mod comment;
mod dialect;
mod endpoint;
mod endpoint_text;
mod filter;
mod ladder;
mod markers;
mod marks;
mod name;
mod policy;
mod proxy;
mod reading;
mod service;
mod service_name;
mod solve;
mod stray;
mod verify;

pub use chain::{Affinity, Balancing, EndpointId, Recheck, ServiceChain, ServiceChainId};
pub use comment::{Portal, Role};
pub use dialect::{Dialect, ProxyMode, Release};
pub use endpoint::{Dnat, EndpointChain, Hairpin};
pub(crate) use endpoint_text::EndpointText;
pub use ladder::{Rung, Writer, rung};
pub use name::{ChainHash, ChainName, Prefix, StaticChain, endpoint_hash, service_hash};
pub use proxy::{Detector, LocalTest, Marks, Proxy};
pub use service::{Block, BlockReason, Capture, CaptureKind, CaptureState, OwnChain, ServicePort, TrafficPolicy};
pub use service_name::ServicePortName;
pub use solve::{MadeFor, Solution};
pub use verify::{Identity, Verification};

#[cfg(test)]
mod tests;
