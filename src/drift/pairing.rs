//! Which service port of the rules is which of the objects: by name and protocol, else by cluster IP and port.

use super::node::port_name;
use crate::kube::{CaptureKind, Proxy};
use crate::objects::{Expected, ExpectedPort, PortName};
use crate::ruleset::Protocol;
use std::collections::HashMap;
use std::net::IpAddr;

/// Who is who.
pub(super) struct Pairing {
    /// By expected port: the service of the rules, by index.
    pub(super) found: Vec<Option<u32>>,
    /// Services of the rules that are none of the objects'.
    pub(super) ghosts: Vec<u32>,
}

impl Pairing {
    pub(super) fn new(proxy: &Proxy<'_, '_>, expected: &Expected<'_>) -> Self {
        let mut by_name: HashMap<PortName, u32> = HashMap::with_capacity(proxy.services.len());
        let mut nameless: HashMap<(IpAddr, u16, Protocol), u32> = HashMap::new();
        for (at, service) in (0..).zip(&proxy.services) {
            if let Some(name) = port_name(service) {
                by_name.entry(name).or_insert(at);
            } else if service.name.is_none() {
                let captures = service.captures.iter().filter(|capture| capture.kind == CaptureKind::ClusterIp);
                let keys = captures.filter_map(|capture| Some((capture.address?, capture.port?, service.protocol?)));
                keys.for_each(|key| _ = nameless.entry(key).or_insert(at));
            }
        }
        let find = |port: &ExpectedPort<'_>| {
            let address = (port.cluster_ip, port.port.port, port.name.protocol);
            by_name.get(&port.name).or_else(|| nameless.get(&address)).copied()
        };
        let found: Vec<_> = expected.ports.iter().map(find).collect();
        let mut is_known = vec![false; proxy.services.len()];
        found.iter().flatten().for_each(|&at| is_known[at as usize] = true);
        let is_ghost = |at: &u32| {
            let service = &proxy.services[*at as usize];
            // Without a protocol it may be any of its name; and what nothing captures is a leftover, no service.
            let can_tell = service.protocol.is_some() && !service.captures.is_empty();
            !is_known[*at as usize] && can_tell && (service.name.is_none() || by_name_is(&by_name, proxy, *at))
        };
        let count = u32::try_from(proxy.services.len()).unwrap_or(u32::MAX);
        Self { ghosts: (0..count).filter(is_ghost).collect(), found }
    }
}

/// Whether it is the first of its name; a second one is no service of its own.
fn by_name_is(by_name: &HashMap<PortName, u32>, proxy: &Proxy<'_, '_>, at: u32) -> bool {
    port_name(&proxy.services[at as usize]).and_then(|name| by_name.get(&name).copied()) == Some(at)
}
