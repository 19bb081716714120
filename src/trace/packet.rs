//! The packet that is asked about.

use crate::ruleset::Protocol;
use bstr::BString;
use std::net::IpAddr;

/// Where a connection begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A pod of this node with an address of its own: the packet comes in over an interface.
    Pod,
    /// A process of the node itself: the packet begins at OUTPUT.
    Node,
    /// Anywhere outside of the node and its pods.
    External,
}

/// The first packet of a new connection. What is `None` was not given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Where it begins.
    pub origin: Origin,
    /// Its source address.
    pub source: Option<IpAddr>,
    /// Its source port.
    pub source_port: Option<u16>,
    /// Where it is sent to.
    pub destination: IpAddr,
    /// TCP, UDP, SCTP; ICMP and `ICMPv6` stand for an echo request, a ping.
    pub protocol: Protocol,
    /// The port it is sent to; `None` for protocols without ports.
    pub destination_port: Option<u16>,
    /// The interface it comes in on; never for [`Origin::Node`].
    pub in_interface: Option<BString>,
    /// Its mark at the first hook.
    pub mark: u32,
}

impl Packet {
    /// A packet of which only the end points are known.
    #[must_use]
    pub fn new(origin: Origin, protocol: Protocol, destination: IpAddr, destination_port: Option<u16>) -> Self {
        Self {
            origin,
            source: None,
            source_port: None,
            destination,
            protocol,
            destination_port,
            in_interface: None,
            mark: 0,
        }
    }
}
