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

#[cfg(test)]
mod tests {
    use super::super::fixture::{expected_by, node, objects, service, slice};
    use super::super::{Era, Version, expected, fixture::given};
    use super::*;
    use serde_json::{Value, json};

    /// An endpoint 10.0.0.`last` on `node` in the state its letters tell: `r`eady, `s`erving, `t`erminating.
    fn endpoint(last: u8, node: &str, state: &str) -> Value {
        json!({
            "addresses": [format!("10.0.0.{last}")],
            "nodeName": node,
            "conditions": {
                "ready": state.contains('r'), "serving": state.contains('s'), "terminating": state.contains('t'),
            },
        })
    }

    fn hinted(last: u8, zones: &[&str]) -> Value {
        let mut endpoint = endpoint(last, "n2", "rs");
        endpoint["hints"] = json!({"forZones": zones.iter().map(|zone| json!({"name": zone})).collect::<Vec<_>>()});
        endpoint
    }

    fn with_annotation(name: &str, value: &str) -> Value {
        let mut service = service(&json!({}));
        service["metadata"]["annotations"] = json!({ name: value });
        service
    }

    /// The last bytes of the addresses in KUBE-SVC and in the local chain, `None` where the chain is not used.
    type Sets = (Option<Vec<u8>>, Option<Vec<u8>>);

    fn sets(view: &View) -> Sets {
        let last = |members: &Members| match members {
            Members::Exactly(addresses) => Some(addresses.iter().map(last_byte).collect()),
            Members::NotUsed => None,
            Members::Unknown => Some(vec![255]),
        };
        (last(&view.cluster), last(&view.local))
    }

    fn last_byte(address: &SocketAddr) -> u8 {
        match address.ip() {
            IpAddr::V4(ip) => ip.octets()[3],
            IpAddr::V6(ip) => ip.octets()[15],
        }
    }

    #[track_caller]
    fn selects(service: &Value, endpoints: &Value, minor: u16, cluster: Option<&[u8]>, local: Option<&[u8]>) {
        let objects = objects(&[service.clone(), slice("a", endpoints), node("n1", "z1"), node("n2", "z2")]);
        let expected = expected_by(&objects, minor);
        let wanted: Sets = (cluster.map(<[u8]>::to_vec), local.map(<[u8]>::to_vec));
        assert_eq!(sets(&expected.ports[0].views[0]), wanted, "1.{minor}");
    }

    #[test]
    fn ready_endpoints_are_used_and_absent_conditions_mean_ready() {
        let endpoints = json!([
            {"addresses": ["10.0.0.1"]},
            {"addresses": ["10.0.0.2"], "conditions": {"ready": null}},
            endpoint(3, "n1", "rs"),
            endpoint(4, "n1", "s"),
            endpoint(5, "n1", "st"),
        ]);
        for minor in [14, 19, 22, 24, 28, 34] {
            selects(&service(&json!({})), &endpoints, minor, Some(&[1, 2, 3]), None);
        }
    }

    #[test]
    fn without_ready_endpoints_serving_ones_that_terminate_are_used_from_1_26() {
        let endpoints = json!([endpoint(1, "n1", "st"), endpoint(2, "n2", "t"), endpoint(3, "n2", "s")]);
        selects(&service(&json!({})), &endpoints, 25, Some(&[]), None);
        selects(&service(&json!({})), &endpoints, 26, Some(&[1]), None);
        let absent = json!([{"addresses": ["10.0.0.1"], "conditions": {"ready": false, "terminating": true}}]);
        selects(&service(&json!({})), &absent, 28, Some(&[1]), None);
    }

    #[test]
    fn local_endpoints_fall_back_by_themselves() {
        let service = service(&json!({"type": "NodePort", "externalTrafficPolicy": "Local"}));
        let mut service = service;
        service["spec"]["ports"][0]["nodePort"] = json!(30080);
        let endpoints = json!([endpoint(1, "n1", "st"), endpoint(2, "n2", "rs"), endpoint(3, "n1", "")]);
        selects(&service, &endpoints, 25, Some(&[2]), Some(&[]));
        selects(&service, &endpoints, 28, Some(&[2]), Some(&[1]));
        selects(&service, &endpoints, 19, Some(&[2]), Some(&[]));
    }

    #[test]
    fn an_external_policy_means_nothing_where_nothing_outside_reaches_the_port() {
        let endpoints = json!([endpoint(1, "n1", "rs"), endpoint(2, "n2", "rs")]);
        let pending = service(&json!({"type": "LoadBalancer", "externalTrafficPolicy": "Local"}));
        selects(&pending, &endpoints, 28, Some(&[1, 2]), None);
        let by_external_ip = service(&json!({"externalIPs": ["192.0.2.1"], "externalTrafficPolicy": "Local"}));
        selects(&by_external_ip, &endpoints, 28, Some(&[1, 2]), Some(&[1]));
        selects(&by_external_ip, &endpoints, 24, Some(&[1, 2]), None);
    }

    #[test]
    fn the_internal_policy_counts_from_1_22_and_has_its_own_chain_from_1_24() {
        let service = service(&json!({"internalTrafficPolicy": "Local"}));
        let endpoints = json!([endpoint(1, "n1", "rs"), endpoint(2, "n2", "rs")]);
        selects(&service, &endpoints, 21, Some(&[1, 2]), None);
        selects(&service, &endpoints, 22, Some(&[1]), None);
        selects(&service, &endpoints, 23, Some(&[1]), None);
        selects(&service, &endpoints, 24, None, Some(&[1]));
    }

    #[test]
    fn both_policies_local_before_1_24_leave_the_service_chain_whole() {
        let mut service =
            service(&json!({"type": "NodePort", "internalTrafficPolicy": "Local", "externalTrafficPolicy": "Local"}));
        service["spec"]["ports"][0]["nodePort"] = json!(30080);
        let endpoints = json!([endpoint(1, "n1", "rs"), endpoint(2, "n2", "rs")]);
        selects(&service, &endpoints, 23, Some(&[1, 2]), Some(&[1]));
        selects(&service, &endpoints, 28, Some(&[1, 2]), Some(&[1]));
    }

    #[test]
    fn hints_for_the_zone_count_where_the_annotation_asks_in_the_words_of_its_time() {
        let endpoints = json!([hinted(1, &["z1"]), hinted(2, &["z2"]), hinted(3, &["z2", "z1"])]);
        let (here, all): (&[u8], &[u8]) = (&[1, 3], &[1, 2, 3]);
        let old = |value| with_annotation("service.kubernetes.io/topology-aware-hints", value);
        let new = |value| with_annotation("service.kubernetes.io/topology-mode", value);
        for (service, minor, set) in [
            (old("Auto"), 23, all),
            (old("Auto"), 24, here),
            (old("auto"), 26, here),
            (old("PreferZone"), 26, all),
            (new("Auto"), 26, all),
            (new("Auto"), 27, here),
            (new("PreferZone"), 27, here),
            (new("Disabled"), 30, all),
            (service(&json!({})), 30, all),
            (service(&json!({})), 31, here),
        ] {
            selects(&service, &endpoints, minor, Some(set), None);
        }
    }

    #[test]
    fn hints_are_off_where_a_ready_endpoint_has_none_or_none_is_for_this_zone() {
        let service = service(&json!({}));
        selects(&service, &json!([hinted(1, &["z1"]), hinted(2, &[])]), 31, Some(&[1, 2]), None);
        selects(&service, &json!([hinted(1, &["z2"]), hinted(2, &["z3"])]), 31, Some(&[1, 2]), None);
        let unready = json!([hinted(1, &["z1"]), hinted(2, &["z2"]), endpoint(3, "n1", "s")]);
        selects(&service, &unready, 31, Some(&[1]), None);
    }

    #[test]
    fn hints_are_off_on_a_node_without_a_zone() {
        let endpoints = json!([hinted(1, &["z1"]), hinted(2, &["z2"])]);
        let objects = objects(&[service(&json!({})), slice("a", &endpoints), node("n1", "")]);
        assert_eq!(sets(&expected_by(&objects, 31).ports[0].views[0]), (Some(vec![1, 2]), None));
    }

    #[test]
    fn node_hints_go_before_zone_hints_from_1_34() {
        let for_node = |last, node: &str| {
            let mut endpoint = hinted(last, &["z1"]);
            endpoint["hints"]["forNodes"] = json!([{ "name": node }]);
            endpoint
        };
        let endpoints = json!([for_node(1, "n1"), for_node(2, "n2")]);
        selects(&service(&json!({})), &endpoints, 32, Some(&[1, 2]), None);
        selects(&service(&json!({})), &endpoints, 34, Some(&[1]), None);
        let elsewhere = json!([for_node(1, "n2"), for_node(2, "n3")]);
        selects(&service(&json!({})), &elsewhere, 34, Some(&[1, 2]), None);
    }

    #[test]
    fn load_balancer_addresses_in_proxy_mode_are_captured_before_1_30_only() {
        let mut service = service(&json!({"type": "LoadBalancer"}));
        service["status"] = json!({"loadBalancer": {"ingress": [
            {"ip": "192.0.2.1", "ipMode": "VIP"}, {"ip": "192.0.2.2", "ipMode": "Proxy"}, {"ip": "192.0.2.3"},
            {"hostname": "lb.example"}, {"ip": "fd00::9"},
        ]}});
        let objects = objects(&[service, node("n1", "")]);
        let last = |minor| -> Vec<Vec<String>> {
            let expected = expected_by(&objects, minor);
            let ips = |view: &View| view.load_balancer_ips.iter().map(ToString::to_string).collect();
            expected.ports[0].views.iter().map(ips).collect()
        };
        assert_eq!(last(28), [["192.0.2.1", "192.0.2.2", "192.0.2.3"]]);
        assert_eq!(last(29), [vec!["192.0.2.1", "192.0.2.2", "192.0.2.3"], vec!["192.0.2.1", "192.0.2.3"]]);
        assert_eq!(last(30), [["192.0.2.1", "192.0.2.3"]]);
    }

    #[test]
    fn an_era_of_several_ways_gives_all_of_them_the_newest_first() {
        let endpoints = json!([endpoint(1, "n1", "st")]);
        let objects = objects(&[service(&json!({})), slice("a", &endpoints), node("n1", "z1")]);
        let era = Era { from: Version::minor(24), to: Version::minor(28) };
        let expected = expected(&objects, &given(&objects, "n1"), Family::Ipv4, era);
        let views: Vec<Sets> = expected.ports[0].views.iter().map(sets).collect();
        assert_eq!(views, [(Some(vec![1]), None), (Some(vec![]), None)]);
        let has: Vec<_> = expected.ports[0].views.iter().map(|view| view.has_endpoints).collect();
        assert_eq!(has, [Some(true), Some(false)]);
    }

    #[test]
    fn on_an_unknown_node_nothing_is_said_that_depends_on_it() {
        let mut service = service(&json!({"type": "NodePort", "externalTrafficPolicy": "Local"}));
        service["spec"]["ports"][0]["nodePort"] = json!(30080);
        let endpoints = json!([endpoint(1, "n1", "rs"), endpoint(2, "n2", "rs")]);
        let objects = objects(&[service, slice("a", &endpoints)]);
        let view = |minor| {
            let era = Era::only(Version::minor(minor));
            expected(&objects, &given(&objects, ""), Family::Ipv4, era).ports[0].views[0].clone()
        };
        assert_eq!((sets(&view(28)).0, view(28).local), (Some(vec![1, 2]), Members::Unknown));
        assert_eq!(view(28).has_endpoints, Some(true));
    }
}
