//! What the API says: Services, `EndpointSlices`, Nodes and Pods as `kubectl get … -o json` or `-o yaml` prints them,
//! and the state kube-proxy of a given era would make of them on a given node.
//!
//! [`read()`] turns text into [`Objects`]; [`identify`] finds the node a dump came from; [`expected()`] says which service
//! ports, addresses and endpoints that node's rules should hold. Nothing here looks at rules: the caller compares.

mod candidates;
mod era;
mod expected;
#[cfg(test)]
mod fixture;
mod lower;
mod lower_slices;
mod model;
mod node;
mod outline;
mod read;
mod select;
#[cfg(test)]
mod select_tests;
mod values;

pub use candidates::Candidate;
pub use era::{Era, Version};
pub use expected::{Counts, Expected, ExpectedPort, expected};
pub use model::{
    Endpoint, Kind, LoadBalancerIp, Node, ObjectRef, Objects, Place, Pod, PortName, Service, ServiceKind, ServicePort,
    Skip, Slice, SlicePort, TrafficPolicy,
};
pub use node::{DumpEvidence, LocalSet, NodeFit, NodeIdentity, fits, identify};
pub use read::{Unreadable, read};
pub use select::{Members, View};
