//! What is known of the node besides its rules: addresses, routes, a sysctl.
//!
//! Plain values and the questions the kernel's routing would answer from them. What was not given stays unknown: a
//! question then answers `None`, never a guess.

mod json;
mod routing;

use crate::ruleset::Net;
use bstr::BString;
use std::net::IpAddr;

pub use json::FactsFault;
pub use routing::{AddressKind, Way, is_loopback};

/// What the user told us of the node. Empty where nothing was given.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each says of one list on its own whether it is all there is")]
pub struct Facts {
    /// Addresses of the node: `--node-ip`, and those of `ip -j addr`.
    pub addresses: Vec<NodeAddress>,
    /// Whether `addresses` is all of them, so that any other address is not the node's.
    pub addresses_complete: bool,
    /// Whether `addresses` came with their interfaces, in the kernel's order (`ip -j addr`).
    pub interfaces_known: bool,
    /// The main routing table: `ip -j route`.
    pub routes: Vec<Route>,
    /// Whether `routes` is all of the IPv4 table.
    pub routes_v4_complete: bool,
    /// Whether `routes` is all of the IPv6 table.
    pub routes_v6_complete: bool,
    /// `net.ipv4.conf.all.route_localnet`, where known.
    pub route_localnet: Option<bool>,
}

/// An address of the node.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeAddress {
    /// The address.
    pub address: IpAddr,
    /// Bits of its subnet.
    pub prefix: u32,
    /// The interface that bears it; empty where it is not known.
    pub interface: BString,
    /// Whether it has global scope: those of scope host and link are not taken as source for others.
    pub is_global: bool,
    /// Whether the kernel marks it secondary (a later address of the same subnet).
    pub is_secondary: bool,
    /// The broadcast address of its subnet, if it has one.
    pub broadcast: Option<IpAddr>,
}

/// A route of the main table.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// The destinations; all of them for the default route.
    pub net: Net,
    /// The next hop, if there is one.
    pub gateway: Option<IpAddr>,
    /// The interface it leads to; empty for a route that refuses (blackhole, unreachable, prohibit).
    pub interface: BString,
    /// The source address it prefers.
    pub source: Option<IpAddr>,
    /// Lower is preferred among routes of one length.
    pub metric: u32,
}

impl Facts {
    /// Takes in an address given with `--node-ip`. What was given this way counts as all of them, unless
    /// `ip -j addr` says more.
    pub fn add_node_ip(&mut self, address: IpAddr) {
        let prefix = if address.is_ipv4() { 32 } else { 128 };
        self.addresses.push(NodeAddress {
            address,
            prefix,
            interface: BString::default(),
            is_global: true,
            is_secondary: false,
            broadcast: None,
        });
        self.addresses_complete = true;
    }
}
