//! The addresses and ports that lead to a service, found and wanted.

use super::fields::Field;
use super::wanted::Wanted;
use crate::kube::{Capture, CaptureKind, ServicePort};
use std::collections::BTreeSet;
use std::fmt::Display;
use std::net::IpAddr;

/// The captures of one service port on both sides.
pub(super) struct Captures<'c> {
    pub(super) found: &'c [Capture<'c>],
    pub(super) wanted: &'c [Wanted],
    /// Whether what is not routed may be absent: without a filter table, and in the oldest releases.
    pub(super) may_hide: bool,
    /// The place of the port in `spec.ports`.
    pub(super) index: usize,
}

impl Captures<'_> {
    /// The fields that differ, each once.
    pub(super) fn fields(&self) -> Vec<Field> {
        let all = [self.cluster_ip(), self.port(), self.node_port(), self.external_ips(), self.load_balancers()];
        all.into_iter().flatten().collect()
    }

    fn must_show(&self, wanted: &Wanted) -> bool {
        wanted.is_routed() || !(self.may_hide || wanted.states.is_empty())
    }

    fn of(&self, kind: CaptureKind) -> impl Iterator<Item = &Capture<'_>> {
        self.found.iter().filter(move |capture| capture.kind == kind)
    }

    fn wanted_of(&self, kind: CaptureKind) -> impl Iterator<Item = &Wanted> {
        self.wanted.iter().filter(move |wanted| wanted.kind == kind)
    }

    fn cluster_ip(&self) -> Option<Field> {
        let found: BTreeSet<IpAddr> = self.of(CaptureKind::ClusterIp).filter_map(|capture| capture.address).collect();
        let wanted = self.wanted_of(CaptureKind::ClusterIp).next()?;
        let address = wanted.address?;
        let is_hidden = found.is_empty() && !self.must_show(wanted);
        let is_right = is_hidden || (found.len() == 1 && found.contains(&address));
        let has_host = self.of(CaptureKind::ClusterIp).any(|capture| capture.host.is_some());
        (!is_right && !has_host)
            .then(|| field("clusterIP", "spec.clusterIP", &[address], &found, self.of(CaptureKind::ClusterIp)))
    }

    fn port(&self) -> Option<Field> {
        let wanted = self.wanted.first()?.port;
        let at_address = || self.found.iter().filter(|capture| capture.kind != CaptureKind::NodePort);
        let found: BTreeSet<u16> = at_address().filter_map(|capture| capture.port).collect();
        let is_right = found.iter().all(|port| *port == wanted);
        let (path, expected) = (format!("spec.ports[{}].port", self.index), [wanted]);
        (!is_right).then(|| field("port", &path, &expected, &found, at_address()))
    }

    fn node_port(&self) -> Option<Field> {
        let found: BTreeSet<u16> = self.of(CaptureKind::NodePort).filter_map(|capture| capture.port).collect();
        let wanted: Vec<&Wanted> = self.wanted_of(CaptureKind::NodePort).collect();
        let ports: BTreeSet<u16> = wanted.iter().map(|wanted| wanted.port).collect();
        let is_hidden = found.is_empty() && !wanted.iter().any(|wanted| self.must_show(wanted));
        let path = format!("spec.ports[{}].nodePort", self.index);
        (found != ports && !is_hidden).then(|| field("nodePort", &path, &ports, &found, self.of(CaptureKind::NodePort)))
    }

    fn external_ips(&self) -> Option<Field> {
        self.addresses(CaptureKind::ExternalIp, CaptureKind::LoadBalancerIp, "externalIPs", "spec.externalIPs")
    }

    fn load_balancers(&self) -> Option<Field> {
        let path = "status.loadBalancer.ingress";
        self.addresses(CaptureKind::LoadBalancerIp, CaptureKind::ExternalIp, "loadBalancerIPs", path)
    }

    /// The filter table does not tell which of the two kinds an address is, so one found as either kind is found.
    fn addresses(&self, kind: CaptureKind, other: CaptureKind, name: &'static str, path: &str) -> Option<Field> {
        let set = |kind| self.of(kind).filter_map(|capture| capture.address).collect::<BTreeSet<IpAddr>>();
        let wanted_of = |kind| self.wanted_of(kind).filter_map(|wanted| wanted.address).collect::<BTreeSet<IpAddr>>();
        let (own, others) = (set(kind), set(other));
        let (wanted, wanted_others) = (wanted_of(kind), wanted_of(other));
        let is_missing = |each: &Wanted| {
            let is_found = |address: IpAddr| own.contains(&address) || others.contains(&address);
            self.must_show(each) && each.address.is_some_and(|address| !is_found(address))
        };
        let is_wrong = self.wanted_of(kind).any(is_missing)
            || own.iter().any(|address| !wanted.contains(address) && !wanted_others.contains(address));
        let found: BTreeSet<IpAddr> = own
            .iter()
            .filter(|address| !wanted_others.contains(*address))
            .chain(others.iter().filter(|address| wanted.contains(*address)))
            .copied()
            .collect();
        is_wrong.then(|| field(name, path, &wanted, &found, self.of(kind)))
    }
}

fn field<'c, T: Display + 'c>(
    name: &'static str,
    path: &str,
    expected: impl IntoIterator<Item = &'c T>,
    found: impl IntoIterator<Item = &'c T>,
    captures: impl Iterator<Item = &'c Capture<'c>>,
) -> Field {
    let rules = captures.filter_map(|capture| capture.jumps.first()).copied().collect();
    Field { name, path: path.to_owned(), expected: list(expected), found: list(found), rules }
}

/// Values in a row; `none` for none.
pub(super) fn list<'v, T: Display + 'v>(values: impl IntoIterator<Item = &'v T>) -> String {
    let values: Vec<String> = values.into_iter().map(ToString::to_string).collect();
    if values.is_empty() { "none".to_owned() } else { values.join(", ") }
}

/// Whether a service has a capture at all.
pub(super) fn is_captured(service: &ServicePort<'_>) -> bool {
    !service.captures.is_empty()
}
