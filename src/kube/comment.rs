//! The comments kube-proxy and kubelet write, and what a rule with such a comment is for.
//!
//! A comment of 255 bytes (`XT_MAX_COMMENT_LEN` without its NUL) may have been cut, so it tells nothing; kube-proxy's
//! are shorter.

use super::ServicePortName;
use bstr::{BStr, ByteSlice};

/// Which kind of address a comment names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Portal {
    /// `cluster IP`.
    ClusterIp,
    /// `external IP`.
    ExternalIp,
    /// `loadbalancer IP`.
    LoadBalancerIp,
}

/// What a rule is for, by its comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role<'src> {
    /// `kubernetes service portals`: the jump to KUBE-SERVICES.
    ServicePortals,
    /// `kubernetes externally-visible service portals`: the jump to KUBE-EXTERNAL-SERVICES.
    ExternalPortals,
    /// `kubernetes postrouting rules`: the jump to KUBE-POSTROUTING.
    PostroutingRules,
    /// `kubernetes forwarding rules`: the jump to KUBE-FORWARD, and the rule in it that accepts marked packets.
    ForwardingRules,
    /// `kubernetes forwarding conntrack rule` (1.23 and later).
    ForwardingConntrack,
    /// `kubernetes forwarding conntrack pod source rule`, `… pod destination rule` (1.9 to 1.22).
    ForwardingConntrackPod,
    /// `kubernetes health check service ports`: the jump to filter KUBE-NODEPORTS.
    HealthCheckPorts,
    /// `kubernetes load balancer firewall`: the jump to KUBE-PROXY-FIREWALL.
    LoadBalancerFirewall,
    /// `kubernetes service nodeports; …`: the jump to KUBE-NODEPORTS.
    ServiceNodePorts,
    /// `kubernetes service traffic requiring SNAT`: the MASQUERADE of KUBE-POSTROUTING.
    RequiringSnat,
    /// `kubernetes firewall for dropping marked packets` (kubelet up to 1.26).
    DropMarked,
    /// `block incoming localnet connections`.
    BlockLocalnet,
    /// `Redirect pods trying to reach external loadbalancer VIP to clusterIP` (XLB).
    RedirectPods,
    /// `local-with-fallback NAT` (XLB of `OpenShift`).
    LocalWithFallback,
    /// `<S> cluster IP` and the like: a capture, or a masquerade rule beside it or in its chain.
    Portal(ServicePortName<'src>, Portal),
    /// `<S>` alone.
    Service(ServicePortName<'src>),
    /// `<S> -> ip:port` (1.24 and later).
    Endpoint {
        /// The service port.
        service: ServicePortName<'src>,
        /// The endpoint, as text.
        endpoint: &'src BStr,
    },
    /// `Balancing rule <i> for <S>` (XLB up to 1.22).
    BalancingRule(ServicePortName<'src>),
    /// `masquerade traffic for <S> external destinations` (EXT, cluster policy).
    MasqueradeTraffic(ServicePortName<'src>),
    /// `pod traffic for <S> external destinations` (EXT, local policy).
    PodTraffic(ServicePortName<'src>),
    /// `masquerade LOCAL traffic for <S> external destinations`, `… LB IP` (local policy).
    MasqueradeLocalTraffic(ServicePortName<'src>),
    /// `route LOCAL traffic for <S> external destinations`, `… LB IP to service chain` (local policy).
    RouteLocalTraffic(ServicePortName<'src>),
    /// `other traffic to <S> will be dropped by KUBE-PROXY-FIREWALL` (FW, 1.27 and later).
    OtherTraffic(ServicePortName<'src>),
    /// `<S> traffic not accepted by KUBE-FW-<H>` (KUBE-PROXY-FIREWALL).
    NotAccepted {
        /// The service port.
        service: ServicePortName<'src>,
        /// The chain it names.
        chain: &'src BStr,
    },
    /// `<S> has no endpoints`.
    NoEndpoints(ServicePortName<'src>),
    /// `<S> has no local endpoints`.
    NoLocalEndpoints(ServicePortName<'src>),
    /// `<S> health check node port`.
    HealthCheckNodePort(ServicePortName<'src>),
    /// A comment of IPVS mode (`Kubernetes service …` with a capital K, and its jumps).
    Ipvs,
    /// A comment of userspace mode.
    Userspace,
    /// A comment of host ports.
    Hostport,
    /// None of these.
    Other,
}

/// Comments without a service's name.
const FIXED: [(&str, Role<'static>); 26] = [
    ("kubernetes service portals", Role::ServicePortals),
    ("kubernetes externally-visible service portals", Role::ExternalPortals),
    ("kubernetes postrouting rules", Role::PostroutingRules),
    ("kubernetes forwarding rules", Role::ForwardingRules),
    ("kubernetes forward rules", Role::ForwardingRules),
    ("kubernetes forwarding conntrack rule", Role::ForwardingConntrack),
    ("kubernetes forwarding conntrack pod source rule", Role::ForwardingConntrackPod),
    ("kubernetes forwarding conntrack pod destination rule", Role::ForwardingConntrackPod),
    ("kubernetes health check service ports", Role::HealthCheckPorts),
    ("kubernetes load balancer firewall", Role::LoadBalancerFirewall),
    ("kubernetes service nodeports; NOTE: this must be the last rule in this chain", Role::ServiceNodePorts),
    ("kubernetes service traffic requiring SNAT", Role::RequiringSnat),
    ("kubernetes firewall for dropping marked packets", Role::DropMarked),
    ("block incoming localnet connections", Role::BlockLocalnet),
    ("Redirect pods trying to reach external loadbalancer VIP to clusterIP", Role::RedirectPods),
    ("local-with-fallback NAT", Role::LocalWithFallback),
    ("kubernetes health check rules", Role::Ipvs),
    ("kube-proxy firewall rules", Role::Ipvs),
    ("kubernetes ipvs access filter", Role::Ipvs),
    ("handle ClusterIPs; NOTE: this must be before the NodePort rules", Role::Userspace),
    ("handle service NodePorts; NOTE: this must be the last rule in the chain", Role::Userspace),
    ("Ensure that non-local NodePort traffic can flow", Role::Userspace),
    ("kube hostport portals", Role::Hostport),
    ("SNAT for localhost access to hostports", Role::Hostport),
    ("Kubernetes service lb portal", Role::Ipvs),
    ("Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose", Role::Ipvs),
];

/// What follows a service's name, longest first where one ends in another.
fn with_suffix<'src>(service: ServicePortName<'src>, rest: &'src [u8]) -> Option<Role<'src>> {
    let role = match rest {
        b"" => Role::Service(service),
        b" cluster IP" => Role::Portal(service, Portal::ClusterIp),
        b" external IP" => Role::Portal(service, Portal::ExternalIp),
        b" loadbalancer IP" => Role::Portal(service, Portal::LoadBalancerIp),
        b" has no endpoints" => Role::NoEndpoints(service),
        b" has no local endpoints" => Role::NoLocalEndpoints(service),
        b" health check node port" => Role::HealthCheckNodePort(service),
        _ => {
            if let Some(endpoint) = rest.strip_prefix(b" -> ") {
                Role::Endpoint { service, endpoint: endpoint.as_bstr() }
            } else {
                let chain = rest.strip_prefix(b" traffic not accepted by ")?;
                Role::NotAccepted { service, chain: chain.as_bstr() }
            }
        }
    };
    Some(role)
}

/// What stands around a service's name.
fn around<'src>(text: &'src [u8]) -> Option<Role<'src>> {
    type Make<'src> = fn(ServicePortName<'src>) -> Role<'src>;
    let frames: [(&str, &str, Make<'src>); 7] = [
        ("masquerade traffic for ", " external destinations", Role::MasqueradeTraffic),
        ("pod traffic for ", " external destinations", Role::PodTraffic),
        ("masquerade LOCAL traffic for ", " external destinations", Role::MasqueradeLocalTraffic),
        ("route LOCAL traffic for ", " external destinations", Role::RouteLocalTraffic),
        ("masquerade LOCAL traffic for ", " LB IP", Role::MasqueradeLocalTraffic),
        ("route LOCAL traffic for ", " LB IP to service chain", Role::RouteLocalTraffic),
        ("other traffic to ", " will be dropped by KUBE-PROXY-FIREWALL", Role::OtherTraffic),
    ];
    frames.into_iter().find_map(|(before, after, make)| {
        let inner = text.strip_prefix(before.as_bytes())?.strip_suffix(after.as_bytes())?;
        ServicePortName::parse(inner).map(make)
    })
}

/// `Balancing rule <i> for <S>`.
fn balancing_rule(text: &[u8]) -> Option<Role<'_>> {
    let (number, service) = text.strip_prefix(b"Balancing rule ")?.split_once_str(" for ")?;
    let service = ServicePortName::parse(service)?;
    (!number.is_empty() && number.iter().all(u8::is_ascii_digit)).then_some(Role::BalancingRule(service))
}

/// The kernel keeps no more of a comment than this.
const LONGEST: usize = 255;

impl<'src> Role<'src> {
    /// Reads a comment without its quotes.
    #[must_use]
    pub fn of(text: &'src [u8]) -> Self {
        if text.len() >= LONGEST {
            return Self::Other;
        }
        let end = memchr::memchr(b' ', text).unwrap_or(text.len());
        if let Some(service) = ServicePortName::parse(&text[..end]) {
            return with_suffix(service, &text[end..]).unwrap_or(Self::Other);
        }
        let fixed = || FIXED.iter().find(|(known, _)| known.as_bytes() == text).map(|&(_, role)| role);
        around(text).or_else(|| balancing_rule(text)).or_else(fixed).unwrap_or_else(|| loose(text))
    }

    /// The service port it names.
    #[must_use]
    pub fn service(&self) -> Option<ServicePortName<'src>> {
        match *self {
            Self::Portal(service, _)
            | Self::Service(service)
            | Self::Endpoint { service, .. }
            | Self::BalancingRule(service)
            | Self::MasqueradeTraffic(service)
            | Self::PodTraffic(service)
            | Self::MasqueradeLocalTraffic(service)
            | Self::RouteLocalTraffic(service)
            | Self::OtherTraffic(service)
            | Self::NotAccepted { service, .. }
            | Self::NoEndpoints(service)
            | Self::NoLocalEndpoints(service)
            | Self::HealthCheckNodePort(service) => Some(service),
            Self::ServicePortals
            | Self::ExternalPortals
            | Self::PostroutingRules
            | Self::ForwardingRules
            | Self::ForwardingConntrack
            | Self::ForwardingConntrackPod
            | Self::HealthCheckPorts
            | Self::LoadBalancerFirewall
            | Self::ServiceNodePorts
            | Self::RequiringSnat
            | Self::DropMarked
            | Self::BlockLocalnet
            | Self::RedirectPods
            | Self::LocalWithFallback
            | Self::Ipvs
            | Self::Userspace
            | Self::Hostport
            | Self::Other => None,
        }
    }
}

/// Comments known by their beginning or end only.
fn loose(text: &[u8]) -> Role<'_> {
    let ipvs: [&[u8]; 2] = [b"Kubernetes service ", b"Kubernetes nodeport "];
    if ipvs.iter().any(|start| text.starts_with(start)) {
        Role::Ipvs
    } else if text.rsplit_once_str(" hostport ").is_some_and(|(_, port)| port.iter().all(u8::is_ascii_digit)) {
        Role::Hostport
    } else {
        Role::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(text: &str) -> ServicePortName<'_> {
        ServicePortName::parse(text.as_bytes()).unwrap()
    }

    #[track_caller]
    fn reads(text: &str, role: Role<'_>) {
        assert_eq!(Role::of(text.as_bytes()), role, "{text}");
    }

    #[test]
    fn captures_name_their_service_and_the_kind_of_address() {
        reads("shop/web:http cluster IP", Role::Portal(service("shop/web:http"), Portal::ClusterIp));
        reads("shop/web: external IP", Role::Portal(service("shop/web:"), Portal::ExternalIp));
        reads("shop/web loadbalancer IP", Role::Portal(service("shop/web"), Portal::LoadBalancerIp));
        reads("shop/web:http", Role::Service(service("shop/web:http")));
    }

    #[test]
    fn balancing_rules_name_their_endpoint_or_their_place() {
        reads(
            "shop/web:http -> [fd00::1]:80",
            Role::Endpoint { service: service("shop/web:http"), endpoint: "[fd00::1]:80".into() },
        );
        reads("Balancing rule 12 for shop/web:http", Role::BalancingRule(service("shop/web:http")));
    }

    #[test]
    fn external_chains_name_their_service_in_the_middle() {
        let web = service("shop/web:http");
        reads("masquerade traffic for shop/web:http external destinations", Role::MasqueradeTraffic(web));
        reads("pod traffic for shop/web:http external destinations", Role::PodTraffic(web));
        reads("masquerade LOCAL traffic for shop/web:http LB IP", Role::MasqueradeLocalTraffic(web));
        reads("route LOCAL traffic for shop/web:http external destinations", Role::RouteLocalTraffic(web));
        reads("route LOCAL traffic for shop/web:http LB IP to service chain", Role::RouteLocalTraffic(web));
        reads("other traffic to shop/web:http will be dropped by KUBE-PROXY-FIREWALL", Role::OtherTraffic(web));
    }

    #[test]
    fn the_filter_table_says_why_it_refuses() {
        let web = service("shop/web:http");
        reads("shop/web:http has no endpoints", Role::NoEndpoints(web));
        reads("shop/web:http has no local endpoints", Role::NoLocalEndpoints(web));
        reads("shop/web:http health check node port", Role::HealthCheckNodePort(web));
        reads(
            "shop/web:http traffic not accepted by KUBE-FW-ABC",
            Role::NotAccepted { service: web, chain: "KUBE-FW-ABC".into() },
        );
    }

    #[test]
    fn fixed_comments_are_known() {
        for (text, role) in FIXED {
            reads(text, role);
        }
        reads("Kubernetes service cluster ip + port for masquerade purpose", Role::Ipvs);
        reads("web_shop hostport 8080", Role::Hostport);
    }

    #[test]
    fn a_comment_that_may_be_cut_tells_nothing() {
        let name = format!("shop/{}", "w".repeat(249));
        reads(&name, Role::Service(service(&name)));
        reads(&format!("{name}w"), Role::Other);
    }

    #[test]
    fn other_comments_stay_other() {
        for text in
            ["", "debug: bypass coredns", "shop/web:http to the moon", "Balancing rule x for a/b", "CNI portfwd"]
        {
            reads(text, Role::Other);
        }
    }
}
