//! What a chain whose name is contradicted was made for.

use super::ServicePortName;
use crate::ruleset::Protocol;
use std::net::SocketAddr;

/// What a chain's name is the checksum of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MadeFor<'src> {
    /// The service port, never in the form with the old colon.
    pub service: ServicePortName<'src>,
    /// Its protocol.
    pub protocol: Protocol,
    /// The endpoint; `None` for service chains.
    pub endpoint: Option<SocketAddr>,
}

/// How the search for contradicted names ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Solution {
    /// Chains looked for.
    pub asked: u32,
    /// Chains found.
    pub found: u32,
    /// Whether the search stopped before all candidates were tried.
    pub gave_up: bool,
}
