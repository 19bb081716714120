//! Whether a rule of somebody else can take packets to an address of a service: what its own matches say of it.

use crate::ruleset::{Match, Protocol, Side, Test};
use std::net::IpAddr;

/// An address of a service.
#[derive(Clone, Copy)]
pub(super) struct Aim {
    pub(super) address: Option<IpAddr>,
    pub(super) port: Option<u16>,
    pub(super) protocol: Option<Protocol>,
}

impl Aim {
    /// Whether no match rules these packets out.
    pub(super) fn may_meet(self, matches: &[Match<'_>]) -> bool {
        matches.iter().all(|each| self.agrees(each.test()) != Some(each.inverted()))
    }

    /// Whether the test holds of packets to this address; `None` if that is not known.
    fn agrees(self, test: &Test<'_>) -> Option<bool> {
        match test {
            Test::Address { side: Side::Destination, net } => Some(net.contains(self.address?)),
            Test::AddressRange { side: Side::Destination, range } => Some((range.0..=range.1).contains(&self.address?)),
            Test::Protocol(protocol) | Test::Module(protocol) => {
                Some(*protocol == Protocol::ALL || *protocol == self.protocol?)
            }
            Test::Port { module, side, .. } if self.protocol.is_some_and(|own| own != *module) => {
                (*side != Side::Source).then_some(false)
            }
            Test::Port { side: Side::Destination, ports, .. } => Some(ports.contains(self.port?)),
            Test::Multiport { side: Side::Destination, ports } => {
                let port = self.port?;
                Some(ports.iter().any(|range| range.contains(port)))
            }
            _ => None,
        }
    }
}

/// Whether all that the matches ask is known: nothing in them is an unknown option or the content of a set.
pub(super) fn is_understood(matches: &[Match<'_>]) -> bool {
    !matches.iter().any(|each| {
        matches!(
            *each.test(),
            Test::Set(_) | Test::Other(_) | Test::Listed(_) | Test::Limit(_) | Test::Recent(_) | Test::ProtocolName(_)
        )
    })
}

/// Whether it asks for an address of the node as destination.
pub(super) fn is_for_node(matches: &[Match<'_>]) -> bool {
    let asks = |each: &Match<'_>| match *each.test() {
        Test::AddressType { side: Side::Destination, types, .. } => types.is_local() && !each.inverted(),
        _ => false,
    };
    matches.iter().any(asks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruleset::{Net, PortRange};

    fn to(port: u16) -> Match<'static> {
        let ports = PortRange::single(port);
        Match::of(Test::Port { module: Protocol::TCP, side: Side::Destination, ports })
    }

    #[test]
    fn another_address_port_or_protocol_rules_a_packet_out() {
        let aim = Aim { address: Some([10, 96, 0, 1].into()), port: Some(443), protocol: Some(Protocol::TCP) };
        let net = Net::new([10, 96, 0, 0].into(), 12).unwrap();
        let inside = Match::of(Test::Address { side: Side::Destination, net });
        assert!(aim.may_meet(&[inside.clone(), to(443)]));
        assert!(!aim.may_meet(&[inside.clone(), to(80)]));
        assert!(!aim.may_meet(&[Match::not(inside.test().clone())]));
        assert!(!aim.may_meet(&[Match::of(Test::Protocol(Protocol::UDP))]));
        assert!(aim.may_meet(&[Match::of(Test::Protocol(Protocol::ALL))]));
    }
}
