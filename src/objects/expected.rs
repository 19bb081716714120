//! What the rules of a node should say, service port by service port.

use super::candidates::{Candidate, SliceIndex};
use super::era::{Behaviour, Era};
use super::model::{Objects, PortName, Service, ServiceKind, ServicePort, TrafficPolicy, family_of};
use super::node::NodeIdentity;
use super::select::{Question, ThisNode, View, Zone, view};
use crate::ruleset::{Family, Net};
use std::net::IpAddr;

/// How many endpoints are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Ready.
    pub ready: usize,
    /// Not ready, but serving and terminating.
    pub terminating: usize,
    /// Neither.
    pub unready: usize,
}

/// A service port as the API describes it, in one family.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedPort<'a> {
    /// `ns/name:port` and protocol.
    pub name: PortName,
    /// The service it belongs to.
    pub service: &'a Service,
    /// Its entry in the service.
    pub port: &'a ServicePort,
    /// The place of that entry in `spec.ports`.
    pub index: usize,
    /// The service's cluster IP of the family.
    pub cluster_ip: IpAddr,
    /// The external IPs of the family.
    pub external_ips: Vec<IpAddr>,
    /// The load balancer source ranges of the family.
    pub source_ranges: Vec<Net>,
    /// The port of the health check, where kube-proxy opens one (load balancers with external policy Local).
    pub health_check_node_port: Option<u16>,
    /// All endpoints known, in order of address, whatever their state.
    pub candidates: Vec<Candidate<'a>>,
    /// How many of them are in which state.
    pub counts: Counts,
    /// What the versions of the era make of it, each outcome once; never empty. The first one is what the newest
    /// version does by default; any of them is right.
    pub views: Vec<View>,
}

/// All service ports kube-proxy should have rules for.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected<'a> {
    /// In the order of the objects.
    pub ports: Vec<ExpectedPort<'a>>,
    /// Services of which kube-proxy writes nothing in this family: see [`Service::skip`], or no cluster IP of it.
    pub skipped: Vec<&'a Service>,
}

/// The rules of `family` that kube-proxy of that era should have written on that node.
#[must_use]
pub fn expected<'a>(objects: &'a Objects, node: &NodeIdentity, family: Family, era: Era) -> Expected<'a> {
    let asked = Asked {
        slices: SliceIndex::new(objects),
        node: this_node(objects, node),
        family,
        behaviours: era.behaviours(),
    };
    let mut expected = Expected { ports: Vec::new(), skipped: Vec::new() };
    for service in &objects.services {
        let cluster_ip = service.cluster_ips.iter().find(|&&address| family_of(address) == family);
        match (service.skip, cluster_ip) {
            (None, Some(&cluster_ip)) => expected.ports.extend(asked.ports(service, cluster_ip)),
            _ => expected.skipped.push(service),
        }
    }
    expected
}

fn this_node<'a>(objects: &'a Objects, node: &'a NodeIdentity) -> ThisNode<'a> {
    let name = node.name.as_deref();
    let zone = match name.and_then(|name| objects.node(name)) {
        None => Zone::Unknown,
        Some(node) => node.zone.as_deref().map_or(Zone::None, Zone::Named),
    };
    ThisNode { name, zone }
}

/// What stays the same from port to port.
struct Asked<'a, 'n> {
    slices: SliceIndex<'a>,
    node: ThisNode<'n>,
    family: Family,
    behaviours: Vec<Behaviour>,
}

impl<'a> Asked<'a, '_> {
    fn ports(&self, service: &'a Service, cluster_ip: IpAddr) -> impl Iterator<Item = ExpectedPort<'a>> {
        service.ports.iter().enumerate().map(move |(index, port)| self.port(service, port, index, cluster_ip))
    }

    fn port(&self, service: &'a Service, port: &'a ServicePort, index: usize, cluster_ip: IpAddr) -> ExpectedPort<'a> {
        let name = PortName {
            namespace: service.object.namespace.clone(),
            name: service.object.name.clone(),
            port: port.name.clone(),
            protocol: port.protocol,
        };
        let is_ours = |address: IpAddr| family_of(address) == self.family;
        let external_ips: Vec<IpAddr> = service.external_ips.iter().copied().filter(|&ip| is_ours(ip)).collect();
        let reads_slices = self.behaviours.first().is_none_or(|newest| newest.reads_slices);
        let candidates = self.slices.candidates(&name, self.family, reads_slices);
        ExpectedPort {
            views: self.views(service, port, &name, &external_ips, &candidates),
            source_ranges: service.source_ranges.iter().filter(|net| is_ours(net.addr())).cloned().collect(),
            health_check_node_port: health_check(service),
            counts: counts(&candidates),
            name,
            service,
            port,
            index,
            cluster_ip,
            external_ips,
            candidates,
        }
    }

    fn views(
        &self,
        service: &Service,
        port: &ServicePort,
        name: &PortName,
        external_ips: &[IpAddr],
        candidates: &[Candidate<'_>],
    ) -> Vec<View> {
        let mut views = Vec::with_capacity(1);
        for &behaviour in &self.behaviours {
            // Only where Endpoints objects stand beside the slices do old versions see other candidates.
            let other =
                self.slices.has_both().then(|| self.slices.candidates(name, self.family, behaviour.reads_slices));
            let candidates = other.as_deref().unwrap_or(candidates);
            let question = Question { service, port, external_ips, candidates, node: self.node, behaviour };
            let view = view(&question, self.family);
            if !views.contains(&view) {
                views.push(view);
            }
        }
        views
    }
}

fn health_check(service: &Service) -> Option<u16> {
    let needs_one = service.kind == ServiceKind::LoadBalancer && service.external_policy == TrafficPolicy::Local;
    service.health_check_node_port.filter(|_| needs_one)
}

fn counts(candidates: &[Candidate<'_>]) -> Counts {
    let mut counts = Counts::default();
    for Candidate { endpoint, .. } in candidates {
        match endpoint {
            endpoint if endpoint.is_ready => counts.ready += 1,
            endpoint if endpoint.is_serving && endpoint.is_terminating => counts.terminating += 1,
            _ => counts.unready += 1,
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{expected_by, given, node, objects, service, slice};
    use super::super::{Skip, Version};
    use super::*;
    use serde_json::json;

    #[test]
    fn a_service_port_has_what_the_api_says() {
        let mut web = service(&json!({
            "type": "LoadBalancer", "externalTrafficPolicy": "Local", "healthCheckNodePort": 31000,
            "sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 60}},
            "externalIPs": ["192.0.2.7", "fd00::7"], "loadBalancerSourceRanges": ["198.51.100.9/24", "fd00::/8"],
            "ports": [{"port": 53, "protocol": "UDP", "nodePort": 30053}],
        }));
        web["status"] = json!({"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}});
        let objects = objects(&[web, node("n1", "")]);
        let expected = expected_by(&objects, 28);
        let port = &expected.ports[0];
        assert_eq!((port.name.to_string().as_str(), port.name.protocol.0), ("shop/web", 17));
        assert_eq!(
            (port.cluster_ip.to_string().as_str(), port.port.port, port.port.node_port),
            ("10.96.0.1", 53, Some(30053))
        );
        assert_eq!(port.external_ips, ["192.0.2.7".parse::<IpAddr>().unwrap()]);
        assert_eq!(port.source_ranges, [Net::new("198.51.100.0".parse().unwrap(), 24).unwrap()]);
        assert_eq!((port.health_check_node_port, port.service.affinity_timeout), (Some(31000), Some(60)));
        assert_eq!(port.views[0].external_policy, TrafficPolicy::Local);
        assert_eq!(port.service.object.field("spec.ports[0].nodePort"), "items[0].spec.ports[0].nodePort");
    }

    #[test]
    fn affinity_without_a_timeout_lasts_three_hours() {
        let objects = objects(&[service(&json!({"sessionAffinity": "ClientIP"}))]);
        assert_eq!(objects.services[0].affinity_timeout, Some(10_800));
    }

    #[test]
    fn a_health_check_port_is_for_load_balancers_with_local_policy() {
        let cluster = service(&json!({"type": "LoadBalancer", "healthCheckNodePort": 31000}));
        assert_eq!(expected_by(&objects(&[cluster]), 28).ports[0].health_check_node_port, None);
    }

    #[test]
    fn services_kube_proxy_leaves_alone_are_skipped() {
        let mut labelled = service(&json!({}));
        labelled["metadata"]["labels"] = json!({"service.kubernetes.io/service-proxy-name": ""});
        for (service, skip) in [
            (service(&json!({"clusterIP": "None"})), Skip::Headless),
            (service(&json!({"clusterIP": ""})), Skip::Headless),
            (service(&json!({"clusterIP": "", "type": "ExternalName", "externalName": "x"})), Skip::ExternalName),
            (labelled, Skip::OtherProxy),
        ] {
            let objects = objects(&[service]);
            let expected = expected_by(&objects, 28);
            assert_eq!((expected.ports.len(), expected.skipped[0].skip), (0, Some(skip)));
        }
    }

    #[test]
    fn a_dual_stack_service_has_rules_in_both_families() {
        let web = service(&json!({"clusterIPs": ["10.96.0.1", "fd00:96::1"]}));
        let mut v6 = slice("b", &json!([{"addresses": ["fd00::2"]}]));
        v6["addressType"] = json!("IPv6");
        let objects = objects(&[web, slice("a", &json!([{"addresses": ["10.0.0.2"]}])), v6]);
        let node = given(&objects, "n1");
        let in_family = |family| {
            let expected = expected(&objects, &node, family, Era::only(Version::NEWEST));
            let port = &expected.ports[0];
            (port.cluster_ip.to_string(), port.views[0].cluster.addresses()[0].to_string())
        };
        assert_eq!(in_family(Family::Ipv4), ("10.96.0.1".into(), "10.0.0.2:8080".into()));
        assert_eq!(in_family(Family::Ipv6), ("fd00:96::1".into(), "[fd00::2]:8080".into()));
    }

    #[test]
    fn a_service_of_the_other_family_alone_is_skipped_here() {
        let objects = objects(&[service(&json!({"clusterIP": "fd00:96::1"}))]);
        assert_eq!(expected_by(&objects, 28).skipped.len(), 1);
    }

    #[test]
    fn endpoints_are_counted_by_state() {
        let endpoints = json!([
            {"addresses": ["10.0.0.1"]},
            {"addresses": ["10.0.0.2"], "conditions": {"ready": false, "serving": true, "terminating": true}},
            {"addresses": ["10.0.0.3"], "conditions": {"ready": false, "serving": false, "terminating": true}},
            {"addresses": ["10.0.0.4"], "conditions": {"ready": false, "serving": false}},
        ]);
        let objects = objects(&[service(&json!({})), slice("a", &endpoints)]);
        let counts = expected_by(&objects, 28).ports[0].counts;
        assert_eq!(counts, Counts { ready: 1, terminating: 1, unready: 2 });
    }
}
