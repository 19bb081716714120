//! Which of its endpoints a service port's rules use, as `pkg/proxy/topology.go` decides it (1.24 on:
//! `CategorizeEndpoints`; 1.21 to 1.23: `FilterEndpoints`).

use super::candidates::Candidate;
use super::era::{Behaviour, InternalPolicy, ZoneHints};
use super::model::{Service, ServiceKind, ServicePort, TrafficPolicy, family_of};
use crate::ruleset::Family;
use std::net::{IpAddr, SocketAddr};

/// The endpoints of one traffic policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Members {
    /// The service needs no chain of that policy.
    NotUsed,
    /// It depends on the node, and which one this is, or what zone it is in, is not known.
    Unknown,
    /// These, in order of address; none means that the traffic is rejected or dropped.
    Exactly(Vec<SocketAddr>),
}

impl Members {
    /// The endpoints; none where they are not used or not known.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        match self {
            Self::Exactly(addresses) => addresses,
            Self::NotUsed | Self::Unknown => &[],
        }
    }
}

/// What one way of doing it makes of a service port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The internal policy in force. Rules show it from 1.24 on only; 1.22 and 1.23 carry it out in KUBE-SVC.
    pub internal_policy: TrafficPolicy,
    /// The external policy in force; Cluster where nothing outside can reach the port.
    pub external_policy: TrafficPolicy,
    /// The load balancer addresses that are captured.
    pub load_balancer_ips: Vec<IpAddr>,
    /// What KUBE-SVC lists.
    pub cluster: Members,
    /// What KUBE-SVL (KUBE-XLB before 1.24) lists.
    pub local: Members,
    /// Whether there is an endpoint anywhere: without one, traffic is rejected, not dropped. `None` where it depends
    /// on the node and the node is not known.
    pub has_endpoints: Option<bool>,
}

/// The node whose rules are wanted, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct ThisNode<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) zone: Zone<'a>,
}

/// The node's zone label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone<'a> {
    /// The node, or its object, is not known.
    Unknown,
    /// It has none.
    None,
    /// It has this one.
    Named(&'a str),
}

/// One service port in one family, and how it is to be looked at.
pub(super) struct Question<'a> {
    pub(super) service: &'a Service,
    pub(super) port: &'a ServicePort,
    pub(super) external_ips: &'a [IpAddr],
    pub(super) candidates: &'a [Candidate<'a>],
    pub(super) node: ThisNode<'a>,
    pub(super) behaviour: Behaviour,
}

/// What that kube-proxy makes of the port.
pub(super) fn view(question: &Question<'_>, family: Family) -> View {
    let load_balancer_ips = question.load_balancer_ips(family);
    let is_reachable =
        question.port.node_port.is_some() || !load_balancer_ips.is_empty() || !question.external_ips.is_empty();
    let external_policy = question.external_policy();
    let internal_policy = match question.behaviour.internal_policy {
        InternalPolicy::Ignored => TrafficPolicy::Cluster,
        InternalPolicy::InServiceChain if external_policy == TrafficPolicy::Local => TrafficPolicy::Cluster,
        _ => question.service.internal_policy,
    };
    let is_local = |policy| policy == TrafficPolicy::Local;
    let (cluster, local) = match question.behaviour.internal_policy {
        InternalPolicy::InLocalChain => {
            let uses_cluster = !is_local(internal_policy) || is_reachable;
            let uses_local = is_local(internal_policy) || (is_local(external_policy) && is_reachable);
            let cluster = if uses_cluster { question.cluster() } else { Members::NotUsed };
            let local = if uses_local { question.local() } else { Members::NotUsed };
            (cluster, local)
        }
        _ if is_local(external_policy) => (question.ready(), question.local()),
        _ if is_local(internal_policy) => (question.local(), Members::NotUsed),
        _ => (question.cluster(), Members::NotUsed),
    };
    let external_policy = if is_reachable { external_policy } else { TrafficPolicy::Cluster };
    let has_endpoints = question.has_endpoints(&cluster, &local);
    View { internal_policy, external_policy, load_balancer_ips, cluster, local, has_endpoints }
}

impl<'a> Question<'a> {
    fn load_balancer_ips(&self, family: Family) -> Vec<IpAddr> {
        let ips = self.service.load_balancer_ips.iter();
        let captured = ips.filter(|ip| !(ip.is_proxied && self.behaviour.heeds_ip_mode));
        captured.map(|ip| ip.address).filter(|&address| family_of(address) == family).collect()
    }

    fn external_policy(&self) -> TrafficPolicy {
        let may_have_one = match self.service.kind {
            ServiceKind::NodePort | ServiceKind::LoadBalancer => true,
            ServiceKind::ClusterIp => self.behaviour.external_ips_have_policy && !self.service.external_ips.is_empty(),
            ServiceKind::ExternalName => false,
        };
        if may_have_one { self.service.external_policy } else { TrafficPolicy::Cluster }
    }

    /// Ready endpoints, those hinted for here where hints count; if there are none, serving ones that terminate.
    fn cluster(&self) -> Members {
        let ready = match self.hinted() {
            Hinted::Unknown => return Members::Unknown,
            Hinted::No => self.those(|candidate| candidate.endpoint.is_ready),
            Hinted::Node(name) => {
                self.those(|candidate| candidate.endpoint.is_ready && has(&candidate.endpoint.node_hints, name))
            }
            Hinted::Zone(zone) => {
                self.those(|candidate| candidate.endpoint.is_ready && has(&candidate.endpoint.zone_hints, zone))
            }
        };
        Members::Exactly(self.or_terminating(ready, |_| true))
    }

    /// All ready endpoints, hints or not: what 1.21 to 1.23 use beside an external policy of Local.
    fn ready(&self) -> Members {
        Members::Exactly(self.those(|candidate| candidate.endpoint.is_ready))
    }

    /// The same among the node's own.
    fn local(&self) -> Members {
        let Some(node) = self.node.name else {
            let is_usable = |candidate: &Candidate<'_>| candidate.endpoint.is_ready || self.may_fall_back_to(candidate);
            let is_empty = self.those(is_usable).is_empty();
            return if is_empty { Members::Exactly(Vec::new()) } else { Members::Unknown };
        };
        let ready = self.those(|candidate| candidate.endpoint.is_ready && candidate.is_on(node));
        Members::Exactly(self.or_terminating(ready, |candidate| candidate.is_on(node)))
    }

    fn or_terminating(&self, ready: Vec<SocketAddr>, also: impl Fn(&Candidate<'_>) -> bool) -> Vec<SocketAddr> {
        if ready.is_empty() {
            self.those(|candidate| self.may_fall_back_to(candidate) && also(candidate))
        } else {
            ready
        }
    }

    fn may_fall_back_to(&self, candidate: &Candidate<'_>) -> bool {
        let Candidate { endpoint, .. } = candidate;
        self.behaviour.falls_back_to_terminating && endpoint.is_serving && endpoint.is_terminating
    }

    fn those(&self, which: impl Fn(&Candidate<'_>) -> bool) -> Vec<SocketAddr> {
        self.candidates.iter().filter(|candidate| which(candidate)).map(|candidate| candidate.address).collect()
    }

    fn has_endpoints(&self, cluster: &Members, local: &Members) -> Option<bool> {
        let is_usable = |candidate: &Candidate<'_>| candidate.endpoint.is_ready || self.may_fall_back_to(candidate);
        match (cluster, local) {
            // 1.22 and 1.23 know no more than what the internal policy left over.
            (Members::Exactly(cluster), Members::NotUsed) => Some(!cluster.is_empty()),
            (Members::Unknown, Members::NotUsed)
                if self.behaviour.internal_policy == InternalPolicy::InServiceChain
                    && self.service.internal_policy == TrafficPolicy::Local =>
            {
                None
            }
            _ => Some(self.candidates.iter().any(is_usable)),
        }
    }

    /// Whether hints count: where every ready endpoint has one and one of them is for here.
    fn hinted(&self) -> Hinted<'a> {
        let ready = || self.candidates.iter().map(|candidate| candidate.endpoint).filter(|endpoint| endpoint.is_ready);
        let mut all = (ready().next().is_some(), ready().next().is_some());
        for endpoint in ready() {
            all = (all.0 && !endpoint.node_hints.is_empty(), all.1 && !endpoint.zone_hints.is_empty());
        }
        if self.behaviour.node_hints && all.0 {
            match self.node.name {
                None => return Hinted::Unknown,
                Some(name) if ready().any(|endpoint| has(&endpoint.node_hints, name)) => return Hinted::Node(name),
                Some(_) => {}
            }
        }
        match self.node.zone {
            _ if !self.heeds_zones() || !all.1 => Hinted::No,
            Zone::Unknown => Hinted::Unknown,
            Zone::Named(zone) if ready().any(|endpoint| has(&endpoint.zone_hints, zone)) => Hinted::Zone(zone),
            Zone::Named(_) | Zone::None => Hinted::No,
        }
    }

    /// Whether the service asks for it in the way this era wants to be asked.
    fn heeds_zones(&self) -> bool {
        let old = self.service.topology_hints.as_deref();
        match self.behaviour.zone_hints {
            ZoneHints::Ignored => false,
            ZoneHints::Auto => matches!(old, Some("Auto" | "auto")),
            ZoneHints::Annotated => {
                let annotation = old.or(self.service.topology_mode.as_deref());
                !matches!(annotation, None | Some("" | "disabled" | "Disabled"))
            }
            ZoneHints::Always => true,
        }
    }
}

/// Which hints count.
enum Hinted<'a> {
    No,
    Node(&'a str),
    Zone(&'a str),
    Unknown,
}

fn has(hints: &[String], name: &str) -> bool {
    hints.iter().any(|hint| hint == name)
}
