//! Chain names: which of them are kube-proxy's, and the checksum in the names of per-service chains.
//!
//! `base32(sha256(text))`, cut after 16 characters, where `text` is the service port's name and its protocol, and for
//! endpoint chains the endpoint (kube-proxy's `portProtoHash` and `servicePortEndpointChainName`, the same since 1.1).

use super::{EndpointText, ServicePortName};
use crate::ruleset::Protocol;
use bstr::BStr;
use data_encoding::BASE32;
use sha2::{Digest, Sha256};
use std::fmt;
use std::net::SocketAddr;

/// The 16 characters behind the prefix of a per-service chain's name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainHash(pub [u8; 16]);

impl ChainHash {
    /// Whether they are the end of this name.
    #[must_use]
    pub fn is(self, tail: &[u8]) -> bool {
        self.0 == *tail
    }
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", BStr::new(&self.0))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What the names of a service port's SVC, SVL, EXT, FW and XLB chains end in.
#[must_use]
pub fn service_hash(service: ServicePortName<'_>, protocol: Protocol) -> ChainHash {
    finished(service_digest(service.text(), protocol))
}

/// What the name of an endpoint's chain ends in.
#[must_use]
pub fn endpoint_hash(service: ServicePortName<'_>, protocol: Protocol, endpoint: SocketAddr) -> ChainHash {
    endpoint_hash_after(service_digest(service.text(), protocol), endpoint)
}

/// The digest so far of a service port; any number of endpoints may follow it.
pub(super) fn service_digest(service: &[u8], protocol: Protocol) -> Sha256 {
    let digest = Sha256::new().chain_update(service);
    match protocol.name() {
        Some(name) => digest.chain_update(name),
        None => digest,
    }
}

/// What a chain's name ends in, of the digest of what it was made for.
pub(super) fn finished(digest: Sha256) -> ChainHash {
    let digest = digest.finalize();
    let mut hash = [0; 16];
    // Ten bytes are exactly sixteen characters, so there is no padding.
    BASE32.encode_mut(&digest[..10], &mut hash);
    ChainHash(hash)
}

/// What the name of an endpoint's chain ends in, of the digest of its service port.
pub(super) fn endpoint_hash_after(service: Sha256, endpoint: SocketAddr) -> ChainHash {
    finished(service.chain_update(EndpointText::of(endpoint).bytes()))
}

/// What the beginning of a per-service chain's name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Prefix {
    /// `KUBE-SVC-`: all endpoints.
    Svc,
    /// `KUBE-SVL-`: endpoints of this node (1.24 and later).
    Svl,
    /// `KUBE-XLB-`: the same and what comes before them (up to 1.23).
    Xlb,
    /// `KUBE-EXT-`: what comes from outside (1.24 and later).
    Ext,
    /// `KUBE-FW-`: load balancer addresses (up to 1.23), their source ranges (1.24 and later).
    Fw,
    /// `KUBE-SEP-`: one endpoint.
    Sep,
    /// `KUBE-HP-`: one host port (dockershim, CRI-O).
    HostPort,
}

impl Prefix {
    const ALL: [(&'static str, Self); 7] = [
        ("KUBE-SEP-", Self::Sep),
        ("KUBE-SVC-", Self::Svc),
        ("KUBE-SVL-", Self::Svl),
        ("KUBE-XLB-", Self::Xlb),
        ("KUBE-EXT-", Self::Ext),
        ("KUBE-FW-", Self::Fw),
        ("KUBE-HP-", Self::HostPort),
    ];

    /// Its text.
    #[must_use]
    pub fn text(self) -> &'static str {
        Self::ALL.iter().find(|(_, prefix)| *prefix == self).map_or("", |(text, _)| text)
    }

    /// Whether it begins the name of a service chain.
    #[must_use]
    pub fn is_service(self) -> bool {
        !matches!(self, Self::Sep | Self::HostPort)
    }
}

/// The chains whose name is fixed: those of kube-proxy in any mode, of kubelet, and of host ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StaticChain {
    /// `KUBE-SERVICES`.
    Services,
    /// `KUBE-NODEPORTS`.
    NodePorts,
    /// `KUBE-EXTERNAL-SERVICES`.
    ExternalServices,
    /// `KUBE-FORWARD`.
    Forward,
    /// `KUBE-POSTROUTING`.
    Postrouting,
    /// `KUBE-MARK-MASQ`.
    MarkMasq,
    /// `KUBE-MARK-DROP`.
    MarkDrop,
    /// `KUBE-FIREWALL`.
    Firewall,
    /// `KUBE-PROXY-FIREWALL`.
    ProxyFirewall,
    /// `KUBE-PROXY-CANARY`.
    ProxyCanary,
    /// `KUBE-KUBELET-CANARY`.
    KubeletCanary,
    /// `KUBE-IPTABLES-HINT`.
    IptablesHint,
    /// `KUBE-HOSTPORTS`.
    Hostports,
    /// `KUBE-LOAD-BALANCER` (IPVS).
    IpvsLoadBalancer,
    /// `KUBE-NODE-PORT` (IPVS).
    IpvsNodePort,
    /// `KUBE-SOURCE-RANGES-FIREWALL` (IPVS).
    IpvsSourceRanges,
    /// `KUBE-IPVS-FILTER` (IPVS).
    IpvsFilter,
    /// `KUBE-IPVS-OUT-FILTER` (IPVS).
    IpvsOutFilter,
    /// `KUBE-PORTALS-CONTAINER` (userspace).
    PortalsContainer,
    /// `KUBE-PORTALS-HOST` (userspace).
    PortalsHost,
    /// `KUBE-NODEPORT-CONTAINER` (userspace).
    NodePortContainer,
    /// `KUBE-NODEPORT-HOST` (userspace).
    NodePortHost,
    /// `KUBE-NODEPORT-NON-LOCAL` (userspace).
    NodePortNonLocal,
}

impl StaticChain {
    const ALL: [(&'static str, Self); 23] = [
        ("SERVICES", Self::Services),
        ("NODEPORTS", Self::NodePorts),
        ("EXTERNAL-SERVICES", Self::ExternalServices),
        ("FORWARD", Self::Forward),
        ("POSTROUTING", Self::Postrouting),
        ("MARK-MASQ", Self::MarkMasq),
        ("MARK-DROP", Self::MarkDrop),
        ("FIREWALL", Self::Firewall),
        ("PROXY-FIREWALL", Self::ProxyFirewall),
        ("PROXY-CANARY", Self::ProxyCanary),
        ("KUBELET-CANARY", Self::KubeletCanary),
        ("IPTABLES-HINT", Self::IptablesHint),
        ("HOSTPORTS", Self::Hostports),
        ("LOAD-BALANCER", Self::IpvsLoadBalancer),
        ("NODE-PORT", Self::IpvsNodePort),
        ("SOURCE-RANGES-FIREWALL", Self::IpvsSourceRanges),
        ("IPVS-FILTER", Self::IpvsFilter),
        ("IPVS-OUT-FILTER", Self::IpvsOutFilter),
        ("PORTALS-CONTAINER", Self::PortalsContainer),
        ("PORTALS-HOST", Self::PortalsHost),
        ("NODEPORT-CONTAINER", Self::NodePortContainer),
        ("NODEPORT-HOST", Self::NodePortHost),
        ("NODEPORT-NON-LOCAL", Self::NodePortNonLocal),
    ];

    /// Whether that is the name of this chain: sooner told than what a name says in general.
    #[must_use]
    pub fn is_named(self, name: &[u8]) -> bool {
        let text = Self::ALL.iter().find(|(_, chain)| *chain == self).map_or("", |(text, _)| text);
        name.len() == text.len() + PREFIX.len() && name.starts_with(PREFIX) && name.ends_with(text.as_bytes())
    }
}

/// What all of kube-proxy's names begin with.
const PREFIX: &[u8] = b"KUBE-";

/// What a chain's name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainName<'a> {
    /// Made for one service port, endpoint or host port: the prefix, and what stands behind it.
    Hashed(Prefix, &'a [u8]),
    /// One of the fixed names.
    Static(StaticChain),
    /// Somebody else's.
    Foreign,
}

impl<'a> ChainName<'a> {
    /// Reads a name. The part behind a prefix may be anything: whether it is a checksum is for
    /// [`Proxy::verify`](super::Proxy::verify) to say.
    #[must_use]
    pub fn of(name: &'a [u8]) -> Self {
        let Some(rest) = name.strip_prefix(PREFIX) else { return Self::Foreign };
        let hashed = Prefix::ALL.iter().find_map(|(text, prefix)| {
            let tail = name.strip_prefix(text.as_bytes()).filter(|tail| !tail.is_empty())?;
            Some(Self::Hashed(*prefix, tail))
        });
        let fixed = || StaticChain::ALL.iter().find(|(text, _)| text.as_bytes() == rest);
        hashed.or_else(|| fixed().map(|&(_, chain)| Self::Static(chain))).unwrap_or(Self::Foreign)
    }

    /// Whether it is this fixed one.
    #[must_use]
    pub fn is(self, chain: StaticChain) -> bool {
        self == Self::Static(chain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ServicePortName<'_> {
        ServicePortName::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_service_chain_is_named_after_its_service_and_protocol() {
        for (service, protocol, hash) in [
            ("ns1/svc1:p80", Protocol::TCP, "XPGD46QRK7WJZT7O"),
            ("ns2/svc2:p80", Protocol::TCP, "GNZBNJ2PO5MGZ6GT"),
            ("ns3/svc3:p80", Protocol::TCP, "X27LE4BHSL4DOUIK"),
            ("ns4/svc4:p80", Protocol::TCP, "4SW47YFZTEDKD3PK"),
            ("ns5/svc5:p80", Protocol::TCP, "NUKIZ6OKUXPJNT4C"),
            ("default/kubernetes:https", Protocol::TCP, "NPX46M4PTMTKRN6Y"),
            ("kube-system/kube-dns:dns", Protocol::UDP, "TCOU7JCQXEZGVUNU"),
            ("kube-system/kube-dns:dns-tcp", Protocol::TCP, "ERIFXISQEP7F7OF4"),
            ("kube-system/kube-dns:metrics", Protocol::TCP, "JD5MR3NA4I4DYORP"),
            ("default/nginx:", Protocol::TCP, "4N57TFCL4MD7ZTDA"),
            ("default/nginx", Protocol::TCP, "2CMXP7HKUVJN7L6M"),
        ] {
            assert_eq!(service_hash(name(service), protocol).to_string(), hash, "{service}");
        }
    }

    #[test]
    fn an_endpoint_chain_is_named_after_its_endpoint_too() {
        for (service, endpoint, hash) in [
            ("ns1/svc1:p80", "10.180.0.1:80", "SXIVWICOYRO3J4NJ"),
            ("ns1/svc1:p80", "10.180.2.1:80", "ZX7GRIZKSNUQ3LAJ"),
            ("ns2/svc2:p80", "10.180.0.2:80", "RS4RBKLTHTF2IUXJ"),
            ("ns3/svc3:p80", "10.180.0.3:80", "OYPFS5VJICHGATKP"),
            ("ns5/svc5:p80", "10.180.0.3:80", "I77PXRDZVX7PMWMN"),
            ("ns4/svc4:p80", "10.180.0.4:80", "UKSFD7AGPMPPLUHC"),
            ("ns4/svc4:p80", "10.180.0.5:80", "C6EBXVWJJZMIWKLZ"),
            ("ns1/svc1:p80", "[fd00::1]:80", "T5UNFIPVCZXM3U7X"),
        ] {
            let found = endpoint_hash(name(service), Protocol::TCP, endpoint.parse().unwrap());
            assert_eq!(found.to_string(), hash, "{service} {endpoint}");
        }
    }

    #[test]
    fn names_are_told_apart_by_their_beginning() {
        for (text, expected) in [
            ("KUBE-SVC-NPX46M4PTMTKRN6Y", ChainName::Hashed(Prefix::Svc, b"NPX46M4PTMTKRN6Y")),
            ("KUBE-FW-X", ChainName::Hashed(Prefix::Fw, b"X")),
            ("KUBE-FIREWALL", ChainName::Static(StaticChain::Firewall)),
            ("KUBE-EXTERNAL-SERVICES", ChainName::Static(StaticChain::ExternalServices)),
            ("KUBE-NODE-PORT", ChainName::Static(StaticChain::IpvsNodePort)),
            ("KUBE-SVC-", ChainName::Foreign),
            ("KUBE-POD-FW-ABC", ChainName::Foreign),
            ("DOCKER", ChainName::Foreign),
        ] {
            assert_eq!(ChainName::of(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn every_prefix_and_every_fixed_name_is_found_again() {
        for (text, prefix) in Prefix::ALL {
            assert_eq!(
                (prefix.text(), ChainName::of(format!("{text}A").as_bytes())),
                (text, ChainName::Hashed(prefix, b"A"))
            );
        }
        for (text, chain) in StaticChain::ALL {
            assert!(ChainName::of(format!("KUBE-{text}").as_bytes()).is(chain), "{text}");
        }
    }
}
