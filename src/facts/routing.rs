//! The questions the kernel's routing answers, asked of the facts: is an address local, which way out, which source.

use super::{Facts, NodeAddress, Route};
use bstr::{BStr, ByteSlice};
use std::net::IpAddr;

/// The kind of an address as the routing tables see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressKind {
    /// An address of this node.
    Local,
    /// The broadcast address of one of its subnets.
    Broadcast,
    /// Multicast.
    Multicast,
    /// Any other.
    Unicast,
}

/// Where a destination leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way<'a> {
    /// To the node itself.
    Local,
    /// Out over an interface, to a next hop if there is one.
    Out {
        /// The interface.
        interface: &'a BStr,
        /// The next hop.
        gateway: Option<IpAddr>,
        /// The source address the route prefers.
        source: Option<IpAddr>,
    },
    /// Nowhere.
    NoRoute,
}

impl Facts {
    /// What `address` is; `None` where the facts do not tell.
    #[must_use]
    pub fn kind(&self, address: IpAddr) -> Option<AddressKind> {
        if self.is_surely_local(address) {
            return Some(AddressKind::Local);
        }
        if is_multicast(address) {
            return Some(AddressKind::Multicast);
        }
        if self.is_broadcast(address) {
            return Some(AddressKind::Broadcast);
        }
        self.addresses_complete.then_some(AddressKind::Unicast)
    }

    /// Whether `address` is one of the node; `None` where the facts do not tell.
    #[must_use]
    pub fn is_local(&self, address: IpAddr) -> Option<bool> {
        self.kind(address).map(|kind| kind == AddressKind::Local)
    }

    fn is_surely_local(&self, address: IpAddr) -> bool {
        is_loopback(address)
            || self.addresses.iter().any(|own| own.address == address || own.is_in_subnet_of_lo(address))
    }

    fn is_broadcast(&self, address: IpAddr) -> bool {
        address == IpAddr::from([255, 255, 255, 255])
            || self.addresses.iter().any(|own| own.broadcast == Some(address))
            || self.addresses.iter().any(|own| own.prefix < 31 && own.subnet_broadcast() == Some(address))
    }

    /// Whether the interface bears the address; `None` where interfaces are not known.
    #[must_use]
    pub fn is_on(&self, interface: &BStr, address: IpAddr) -> Option<bool> {
        let found = || self.addresses.iter().any(|own| own.address == address && own.interface == interface);
        self.interfaces_known.then(found)
    }

    /// Whether all routes of the family of `address` are known.
    #[must_use]
    pub fn knows_routes(&self, address: IpAddr) -> bool {
        if address.is_ipv4() { self.routes_v4_complete } else { self.routes_v6_complete }
    }

    /// Where `destination` leads; `None` where the facts do not tell.
    #[must_use]
    pub fn way(&self, destination: IpAddr) -> Option<Way<'_>> {
        match self.is_local(destination) {
            Some(true) => return Some(Way::Local),
            Some(false) => {}
            None => return None,
        }
        if !self.knows_routes(destination) {
            return None;
        }
        let way = self.best_route(destination).map_or(Way::NoRoute, |route| Way::Out {
            interface: route.interface.as_bstr(),
            gateway: route.gateway,
            source: route.source,
        });
        Some(way)
    }

    /// The route of the longest prefix, of those the one of the lowest metric; `None` also for one that refuses.
    fn best_route(&self, destination: IpAddr) -> Option<&Route> {
        let fitting = self.routes.iter().filter(|route| route.net.contains(destination));
        let best = fitting.min_by_key(|route| (std::cmp::Reverse(route.net.prefix()), route.metric))?;
        (!best.interface.is_empty()).then_some(best)
    }

    /// The interface a packet from `source` comes in over, if the routes say so: they lead back the same way.
    #[must_use]
    pub fn interface_towards(&self, source: IpAddr) -> Option<&BStr> {
        match self.way(source)? {
            Way::Out { interface, .. } => Some(interface),
            Way::Local | Way::NoRoute => None,
        }
    }

    /// The source address MASQUERADE takes for packets that leave over `interface` towards `hop`
    /// (`inet_select_addr`): the first in the subnet of the next hop, else the first; never one of host scope.
    #[must_use]
    pub fn own_address(&self, interface: &BStr, hop: IpAddr) -> Option<IpAddr> {
        if !self.interfaces_known {
            return None;
        }
        if interface == "lo" && hop.is_ipv6() {
            return Some(IpAddr::V6(std::net::Ipv6Addr::LOCALHOST));
        }
        let fits = |own: &&NodeAddress| own.address.is_ipv4() == hop.is_ipv4() && own.is_global && !own.is_secondary;
        let on_it = || self.addresses.iter().filter(|own| own.interface == interface).filter(fits);
        let best = on_it().find(|own| own.holds(hop)).or_else(|| on_it().next());
        best.or_else(|| self.addresses.iter().find(fits)).map(|own| own.address)
    }

    /// The address REDIRECT sends packets to that came in over `interface`: its first one.
    #[must_use]
    pub fn first_address(&self, interface: &BStr, is_ipv4: bool) -> Option<IpAddr> {
        let own = self.addresses.iter().find(|own| own.interface == interface && own.address.is_ipv4() == is_ipv4);
        own.filter(|_| self.interfaces_known).map(|own| own.address)
    }

    /// The source address `connect()` takes towards `destination`.
    #[must_use]
    pub fn source_towards(&self, destination: IpAddr) -> Option<IpAddr> {
        match self.way(destination)? {
            Way::Local => Some(destination),
            Way::Out { source: Some(source), .. } => Some(source),
            Way::Out { interface, gateway, .. } => self.own_address(interface, gateway.unwrap_or(destination)),
            Way::NoRoute => None,
        }
    }
}

impl NodeAddress {
    /// Whether `other` lies in the subnet of this address.
    fn holds(&self, other: IpAddr) -> bool {
        crate::ruleset::Net::new(self.address, self.prefix).is_some_and(|net| net.contains(other))
    }

    /// The kernel takes the whole subnet of an address on `lo` as its own.
    fn is_in_subnet_of_lo(&self, address: IpAddr) -> bool {
        self.interface == "lo" && self.address.is_ipv4() && self.holds(address)
    }

    fn subnet_broadcast(&self) -> Option<IpAddr> {
        let IpAddr::V4(own) = self.address else { return None };
        if self.interface.is_empty() || self.interface == "lo" {
            return None;
        }
        Some(IpAddr::from((u32::from(own) | u32::MAX.checked_shr(self.prefix).unwrap_or(0)).to_be_bytes()))
    }
}

/// `127.0.0.0/8`, `::1`.
#[must_use]
pub fn is_loopback(address: IpAddr) -> bool {
    address.is_loopback()
}

fn is_multicast(address: IpAddr) -> bool {
    address.is_multicast()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node() -> Facts {
        let mut facts = Facts::default();
        facts
            .read_addresses(
                br#"[{"ifname":"lo","addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8,"scope":"host"}]},
                {"ifname":"eth0","addr_info":[
                 {"family":"inet","local":"192.168.11.11","prefixlen":24,"broadcast":"192.168.11.255","scope":"global"},
                 {"family":"inet","local":"192.168.10.11","prefixlen":24,"scope":"global"},
                 {"family":"inet","local":"192.168.10.12","prefixlen":24,"scope":"global","secondary":true}]},
                {"ifname":"cni0","addr_info":[{"family":"inet","local":"10.244.1.1","prefixlen":24,"scope":"global"}]}]"#,
            )
            .unwrap();
        facts
            .read_routes(
                br#"[{"dst":"default","gateway":"192.168.10.1","dev":"eth0"},
                {"dst":"10.244.1.0/24","dev":"cni0","prefsrc":"10.244.1.1"},
                {"type":"blackhole","dst":"10.9.0.0/16"}]"#,
            )
            .unwrap();
        facts
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn addresses_of_the_node_are_local_and_others_are_not_once_all_are_known() {
        let facts = node();
        assert_eq!(facts.is_local(ip("10.244.1.1")), Some(true));
        assert_eq!(facts.is_local(ip("127.9.9.9")), Some(true));
        assert_eq!(facts.kind(ip("192.168.11.255")), Some(AddressKind::Broadcast));
        assert_eq!(facts.is_local(ip("10.96.0.1")), Some(false));
        assert_eq!(Facts::default().is_local(ip("10.96.0.1")), None);
    }

    #[test]
    fn the_longest_prefix_decides_the_way_and_a_blackhole_leads_nowhere() {
        let facts = node();
        let out =
            |interface: &'static str, gateway, source| Some(Way::Out { interface: interface.into(), gateway, source });
        assert_eq!(facts.way(ip("10.244.1.9")), out("cni0", None, Some(ip("10.244.1.1"))));
        assert_eq!(facts.way(ip("10.96.0.1")), out("eth0", Some(ip("192.168.10.1")), None));
        assert_eq!(facts.way(ip("10.9.1.1")), Some(Way::NoRoute));
        assert_eq!(facts.way(ip("192.168.10.11")), Some(Way::Local));
    }

    #[test]
    fn masquerade_takes_the_address_in_the_subnet_of_the_next_hop_not_the_first() {
        let facts = node();
        assert_eq!(facts.own_address("eth0".into(), ip("192.168.10.1")), Some(ip("192.168.10.11")));
        assert_eq!(facts.own_address("eth0".into(), ip("10.0.0.1")), Some(ip("192.168.11.11")));
        assert_eq!(facts.own_address("lo".into(), ip("192.168.10.11")), Some(ip("192.168.11.11")), "never 127.0.0.1");
    }
}
