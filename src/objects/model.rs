//! The objects as far as kube-proxy looks at them.

use crate::ruleset::{Family, Net, Protocol};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::net::IpAddr;

/// The kinds that are read; others are counted and left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `v1 Service`.
    Service,
    /// `discovery.k8s.io/v1` (and `v1beta1`) `EndpointSlice`.
    EndpointSlice,
    /// `v1 Endpoints`, which kube-proxy read before 1.19.
    Endpoints,
    /// `v1 Node`.
    Node,
    /// `v1 Pod`.
    Pod,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Where an object stands in what was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file: its place in [`Objects::files`].
    pub file: u32,
    /// The document within the file, from 0.
    pub document: u32,
    /// The place in the document's `items`; `None` where the document is the object.
    pub item: Option<u32>,
}

/// The JSON path of the object, e.g. `items[3]`; `$` where the document is the object.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.item {
            Some(item) => write!(f, "items[{item}]"),
            None => f.write_str("$"),
        }
    }
}

/// An object's name, and where it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRef {
    /// What it is.
    pub kind: Kind,
    /// Its namespace; empty for nodes.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// The newest change the object itself tells of, in seconds since 1970: creation, deletion, `managedFields`, the
    /// endpoints controller's trigger time.
    pub changed: Option<i64>,
}

impl ObjectRef {
    /// The JSON path of one of its fields: `field("spec.ports[0]")` is `items[3].spec.ports[0]`.
    #[must_use]
    pub fn field(&self, path: &str) -> String {
        format!("{}.{path}", self.place)
    }
}

/// `Service shop/web`, `Node worker-1`.
impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_str() {
            "" => write!(f, "{} {}", self.kind, self.name),
            namespace => write!(f, "{} {namespace}/{}", self.kind, self.name),
        }
    }
}

/// What `spec.type` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceKind {
    /// Inside the cluster only (external IPs aside).
    ClusterIp,
    /// A port on every node.
    NodePort,
    /// A load balancer outside.
    LoadBalancer,
    /// A DNS alias.
    ExternalName,
}

/// Why kube-proxy leaves a service or slice alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// No cluster IP (`None`, or not given yet), or labelled `service.kubernetes.io/headless`.
    Headless,
    /// `type: ExternalName`.
    ExternalName,
    /// Labelled `service.kubernetes.io/service-proxy-name`: somebody else's.
    OtherProxy,
}

/// Which endpoints may get the traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrafficPolicy {
    /// All of them.
    Cluster,
    /// Those of the node.
    Local,
}

/// One entry of `spec.ports`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePort {
    /// Its name, empty if it has none.
    pub name: String,
    /// tcp, udp or sctp.
    pub protocol: Protocol,
    /// The port of the cluster IP.
    pub port: u16,
    /// The node port, where there is one.
    pub node_port: Option<u16>,
}

/// One entry of `status.loadBalancer.ingress` that has an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadBalancerIp {
    /// The address.
    pub address: IpAddr,
    /// Whether its `ipMode` is `Proxy`: the balancer sends to node ports, and nodes should not capture the address.
    pub is_proxied: bool,
}

/// A Service.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Its name and place.
    pub object: ObjectRef,
    /// Its type.
    pub kind: ServiceKind,
    /// Why kube-proxy leaves it alone, if it does.
    pub skip: Option<Skip>,
    /// Its cluster IPs, one a family.
    pub cluster_ips: Vec<IpAddr>,
    /// Its ports, in the order of `spec.ports`.
    pub ports: Vec<ServicePort>,
    /// `spec.externalIPs`.
    pub external_ips: Vec<IpAddr>,
    /// The addresses of its load balancer.
    pub load_balancer_ips: Vec<LoadBalancerIp>,
    /// `spec.loadBalancerSourceRanges`.
    pub source_ranges: Vec<Net>,
    /// `spec.internalTrafficPolicy`.
    pub internal_policy: TrafficPolicy,
    /// `spec.externalTrafficPolicy`.
    pub external_policy: TrafficPolicy,
    /// Seconds of client IP affinity, where it is asked for.
    pub affinity_timeout: Option<u32>,
    /// `spec.healthCheckNodePort`.
    pub health_check_node_port: Option<u16>,
    /// The value of the annotation `service.kubernetes.io/topology-aware-hints`.
    pub topology_hints: Option<String>,
    /// The value of the annotation `service.kubernetes.io/topology-mode`.
    pub topology_mode: Option<String>,
    /// `spec.selector`.
    pub selector: BTreeMap<String, String>,
}

/// One port of a slice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlicePort {
    /// Its name, empty if it has none.
    pub name: String,
    /// tcp, udp or sctp.
    pub protocol: Protocol,
    /// The port of the pods.
    pub port: u16,
}

/// One endpoint of a slice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its first address, the only one kube-proxy takes.
    pub address: IpAddr,
    /// Whether it takes new connections; true if absent.
    pub is_ready: bool,
    /// Whether it answers, terminating or not; true if absent.
    pub is_serving: bool,
    /// Whether it is about to end; false if absent.
    pub is_terminating: bool,
    /// The node it runs on.
    pub node: Option<String>,
    /// `hints.forZones`.
    pub zone_hints: Vec<String>,
    /// `hints.forNodes`.
    pub node_hints: Vec<String>,
    /// `ns/name` of the pod behind it.
    pub pod: Option<String>,
    /// Its place in the list that holds it.
    pub index: u32,
}

/// An `EndpointSlice`, or one subset of an Endpoints object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Its name and place.
    pub object: ObjectRef,
    /// The name of its service, in the same namespace.
    pub service: String,
    /// The place in `subsets`, for an Endpoints object.
    pub subset: Option<u32>,
    /// Why kube-proxy leaves it alone, if it does.
    pub skip: Option<Skip>,
    /// Its ports.
    pub ports: Vec<SlicePort>,
    /// Its endpoints that have an address of the slice's family.
    pub endpoints: Vec<Endpoint>,
}

impl Slice {
    /// The JSON path of one of its endpoints.
    #[must_use]
    pub fn path(&self, endpoint: &Endpoint) -> String {
        let list = if endpoint.is_ready { "addresses" } else { "notReadyAddresses" };
        self.object.field(&match self.subset {
            Some(subset) => format!("subsets[{subset}].{list}[{}]", endpoint.index),
            None => format!("endpoints[{}]", endpoint.index),
        })
    }
}

/// A Node.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its name and place.
    pub object: ObjectRef,
    /// `status.addresses` that are addresses.
    pub addresses: Vec<IpAddr>,
    /// `spec.podCIDRs`.
    pub pod_cidrs: Vec<Net>,
    /// Its label `topology.kubernetes.io/zone`.
    pub zone: Option<String>,
    /// `status.nodeInfo.kubeProxyVersion` or else `kubeletVersion`, as written.
    pub kubelet_version: Option<String>,
}

/// A Pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// Its name and place.
    pub object: ObjectRef,
    /// `status.podIPs`.
    pub addresses: Vec<IpAddr>,
    /// The node it runs on.
    pub node: Option<String>,
    /// Whether its phase is Succeeded or Failed: it owns its addresses no more.
    pub has_ended: bool,
    /// Whether it shares its node's addresses.
    pub is_host_network: bool,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

/// `ns/name:port` with its protocol; what kube-proxy keeps a set of rules for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortName {
    /// The service's namespace.
    pub namespace: String,
    /// The service's name.
    pub name: String,
    /// The port's name, empty if it has none.
    pub port: String,
    /// tcp, udp or sctp.
    pub protocol: Protocol,
}

/// `ns/name:port`, or `ns/name` for an unnamed port.
impl fmt::Display for PortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)?;
        if self.port.is_empty() { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

/// All that was read, in the order it stood.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Objects {
    /// The names of the files.
    pub files: Vec<String>,
    /// Services.
    pub services: Vec<Service>,
    /// `EndpointSlices`, and the subsets of Endpoints objects.
    pub slices: Vec<Slice>,
    /// Nodes.
    pub nodes: Vec<Node>,
    /// Pods.
    pub pods: Vec<Pod>,
    /// How many objects of other kinds there were.
    pub others: usize,
}

impl Objects {
    /// The node of that name; kube-proxy compares names in lower case.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.object.name.eq_ignore_ascii_case(name))
    }

    /// Adds what another file says. Of an object that both have, the later one counts.
    pub fn add(&mut self, mut later: Self) {
        let offset = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        later.refs_mut().for_each(|object| object.place.file = object.place.file.saturating_add(offset));
        self.files.append(&mut later.files);
        self.services.append(&mut later.services);
        self.slices.append(&mut later.slices);
        self.nodes.append(&mut later.nodes);
        self.pods.append(&mut later.pods);
        self.others += later.others;
        self.keep_the_last();
    }

    /// Drops all but the last of objects that have kind, namespace and name in common.
    pub(super) fn keep_the_last(&mut self) {
        keep_last(&mut self.services, |service| &service.object);
        keep_last(&mut self.slices, |slice| &slice.object);
        keep_last(&mut self.nodes, |node| &node.object);
        keep_last(&mut self.pods, |pod| &pod.object);
    }

    fn refs_mut(&mut self) -> impl Iterator<Item = &mut ObjectRef> {
        let services = self.services.iter_mut().map(|service| &mut service.object);
        let slices = self.slices.iter_mut().map(|slice| &mut slice.object);
        let nodes = self.nodes.iter_mut().map(|node| &mut node.object);
        let pods = self.pods.iter_mut().map(|pod| &mut pod.object);
        services.chain(slices).chain(nodes).chain(pods)
    }
}

/// Two subsets of one Endpoints object stand at one place and stay together.
fn keep_last<T>(items: &mut Vec<T>, object: impl Fn(&T) -> &ObjectRef) {
    let mut last: HashMap<(Kind, &str, &str), Place> = HashMap::with_capacity(items.len());
    for item in items.iter() {
        let object = object(item);
        last.insert((object.kind, &object.namespace, &object.name), object.place);
    }
    let is_last = |item: &T| {
        let object = object(item);
        last.get(&(object.kind, object.namespace.as_str(), object.name.as_str())) == Some(&object.place)
    };
    let mut keep = items.iter().map(is_last).collect::<Vec<_>>().into_iter();
    items.retain(|_| keep.next().unwrap_or(true));
}

/// The family of an address.
pub(super) fn family_of(address: IpAddr) -> Family {
    if address.is_ipv4() { Family::Ipv4 } else { Family::Ipv6 }
}
