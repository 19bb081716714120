//! What the dump shows of the node and the client though nobody said it. Whatever is used is named in the answer.

use super::atom::range_of;
use super::state::State;
use super::walk::Walk;
use super::{Origin, TableKey};
use crate::facts::{AddressKind, is_loopback};
use crate::ruleset::{AddressTypes, Net, Side, TableName};
use bstr::ByteSlice;
use std::net::IpAddr;

/// Something taken for granted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Inference {
    /// The source is none of the addresses that rules name one by one.
    NoNamedSource,
    /// The source of a pod is in this net.
    PodIn(Net),
    /// The source of the node, or of somebody outside, is not in this net.
    NotPod(Net),
    /// An address of a service is not one of the node.
    Service(IpAddr),
    /// An endpoint in the pods' net is not the node.
    Endpoint(IpAddr),
    /// A process sends with an address of its node.
    OwnSource,
    /// What comes in from elsewhere does not bear an address of the node.
    ForeignSource,
    /// The routes say which source the node takes.
    SourceByRoute(IpAddr),
    /// The routes say over which interface the client's packets come.
    IncomingByRoute(String),
    /// A chain that sets a mark is not in the dump.
    MarkChain(String, u32),
    /// The built-in chain is not in the dump, so kube-proxy's own chain is walked instead.
    Hook(String, String),
    /// A policy that is not shown is ACCEPT.
    Policy,
}

impl Inference {
    /// As a sentence.
    pub(super) fn sentence(&self) -> String {
        match self {
            Self::NoNamedSource => {
                "no source was given: it is taken to be none of the single addresses rules name".into()
            }
            Self::PodIn(net) => {
                format!("no source was given: a pod's address is taken to be in {net}, the pods' net of these rules")
            }
            Self::NotPod(net) => {
                format!("no source was given: it is taken to be outside of {net}, the pods' net of these rules")
            }
            Self::Service(address) => format!("{address} is the address of a service, not of this node"),
            Self::Endpoint(address) => format!("{address} is a pod's address, not one of this node"),
            Self::OwnSource => "a process of the node sends with an address of the node".into(),
            Self::ForeignSource => "a packet from elsewhere does not bear a source address of this node".into(),
            Self::SourceByRoute(address) => format!("the node takes the source address {address}, as its routes say"),
            Self::IncomingByRoute(name) => format!("the packet comes in on {name}, as the routes of the node say"),
            Self::MarkChain(name, mark) => {
                format!("{name} is not in the dump: it is taken to set the mark {mark:#x} and return")
            }
            Self::Hook(hook, chain) => {
                format!("{hook} is not in the dump: it is taken to jump to {chain}, as kube-proxy has it")
            }
            Self::Policy => "a policy that the dump does not show is taken to be ACCEPT".into(),
        }
    }
}

impl Walk<'_, '_, '_> {
    /// Takes something for granted. Where only one way is followed, nobody is told what.
    pub(super) fn infer(&mut self, inference: Inference) {
        if self.alone.is_none() {
            self.inferred.insert(inference);
        }
    }

    /// Completes the packet with what facts tell about it.
    pub(super) fn complete_packet(&mut self) {
        if self.packet.source.is_none() && self.packet.origin == Origin::Node {
            let destination = self.packet.destination;
            let source =
                self.facts.source_towards(destination).or_else(|| is_loopback(destination).then_some(destination));
            if let Some(source) = source {
                self.packet.source = Some(source);
                self.infer(Inference::SourceByRoute(source));
            }
        }
        if self.packet.in_interface.is_none() && self.packet.origin != Origin::Node {
            let way = self.packet.source.and_then(|source| self.facts.interface_towards(source));
            if let Some(name) = way {
                self.infer(Inference::IncomingByRoute(name.to_str_lossy().into_owned()));
                self.packet.in_interface = Some(name.into());
            }
        }
    }

    /// Whether a source that was not given lies in a range, as far as the dump shows.
    pub(super) fn source_in(&mut self, range: (IpAddr, IpAddr)) -> Option<bool> {
        if is_everything(range) {
            return Some(true);
        }
        if is_loopback(range.0) {
            return Some(false);
        }
        let machine = self.machine;
        let pods = machine.shown().pod_net.as_ref();
        let shown = pods.and_then(range_of).and_then(|pods| in_view_of_pods(self.packet.origin, range, pods));
        if let (Some(holds), Some(net)) = (shown, pods) {
            let is_pod = self.packet.origin == Origin::Pod;
            self.infer(if is_pod { Inference::PodIn(net.clone()) } else { Inference::NotPod(net.clone()) });
            return Some(holds);
        }
        (range.0 == range.1).then(|| {
            self.infer(Inference::NoNamedSource);
            false
        })
    }

    /// What kind of address one end has by now.
    pub(super) fn kind(&mut self, state: &State, side: Side, address: Option<IpAddr>) -> Option<AddressTypes> {
        let Some(address) = address else {
            return self.kind_of_unknown(state, side);
        };
        if let Some(kind) = self.facts.kind(address) {
            return Some(bits(kind));
        }
        if side == Side::Source {
            return Some(self.kind_of_sender());
        }
        self.is_foreign(address, state).then_some(bits(AddressKind::Unicast))
    }

    /// An address we do not know is one of the node if MASQUERADE or REDIRECT put it there.
    fn kind_of_unknown(&mut self, state: &State, side: Side) -> Option<AddressTypes> {
        if side == Side::Destination {
            // One of a range that DNAT hashes over may be anybody's.
            let is_of_range = state.flags & super::state::flags::HASHED != 0;
            return (!is_of_range).then_some(AddressTypes::LOCAL);
        }
        match state.source_change {
            super::state::SourceChange::Kept => Some(self.kind_of_sender()),
            super::state::SourceChange::Masqueraded => Some(AddressTypes::LOCAL),
            _ => None,
        }
    }

    fn kind_of_sender(&mut self) -> AddressTypes {
        if self.packet.origin == Origin::Node {
            self.infer(Inference::OwnSource);
            AddressTypes::LOCAL
        } else {
            self.infer(Inference::ForeignSource);
            bits(AddressKind::Unicast)
        }
    }

    /// Whether the dump shows that an address is not one of the node.
    pub(super) fn is_foreign(&mut self, address: IpAddr, state: &State) -> bool {
        let machine = self.machine;
        let is_service = !state.is_dnat && machine.is_cluster_ip(address);
        let in_pod_net = machine.shown().pod_net.as_ref().is_some_and(|net| net.contains(address));
        let is_pod = in_pod_net && machine.is_endpoint(address, state.dnat_rule);
        if is_service {
            self.infer(Inference::Service(address));
        } else if is_pod {
            self.infer(Inference::Endpoint(address));
        }
        is_service || is_pod
    }

    /// What a chain that is not in the dump would set as mark, if it is one that does that.
    pub(super) fn mark_chain(&mut self, table: TableKey, name: &[u8]) -> Option<u32> {
        if self.machine.table(table).is_complete || self.machine.table(table).name != TableName::Nat {
            return None;
        }
        let shown = self.machine.shown();
        let mark = match name {
            b"KUBE-MARK-MASQ" => shown.masquerade_mark.unwrap_or(0x4000),
            b"KUBE-MARK-DROP" => shown.drop_mark.unwrap_or(0x8000),
            _ => return None,
        };
        self.infer(Inference::MarkChain(name.to_str_lossy().into_owned(), mark));
        Some(mark)
    }
}

fn is_everything(range: (IpAddr, IpAddr)) -> bool {
    match range {
        (IpAddr::V4(first), IpAddr::V4(last)) => first.is_unspecified() && last.is_broadcast(),
        (IpAddr::V6(first), IpAddr::V6(last)) => first.is_unspecified() && u128::from(last) == u128::MAX,
        _ => false,
    }
}

/// Pods are in the pods' net, all others are not.
fn in_view_of_pods(origin: Origin, range: (IpAddr, IpAddr), pods: (IpAddr, IpAddr)) -> Option<bool> {
    let is_apart = range.1 < pods.0 || pods.1 < range.0;
    let is_around = range.0 <= pods.0 && pods.1 <= range.1;
    let is_within = pods.0 <= range.0 && range.1 <= pods.1;
    match origin {
        Origin::Pod if is_around => Some(true),
        Origin::Pod if is_apart => Some(false),
        Origin::Node | Origin::External if is_within => Some(false),
        _ => None,
    }
}

/// A kind as a bit of [`AddressTypes`].
fn bits(kind: AddressKind) -> AddressTypes {
    match kind {
        AddressKind::Unicast => AddressTypes(1 << 1),
        AddressKind::Local => AddressTypes::LOCAL,
        AddressKind::Broadcast => AddressTypes(1 << 3),
        AddressKind::Multicast => AddressTypes(1 << 5),
    }
}
