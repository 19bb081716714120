//! Saves in the shape kube-proxy 1.28 gives them, of any size, the same for the same numbers. The real
//! `iptables-restore` loads them, and every chain name is the checksum it should be.

use data_encoding::BASE32;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// How large a dump to write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Services, each with a cluster IP and a node port.
    pub(crate) services: u32,
    /// Endpoints of each service.
    pub(crate) endpoints: u32,
    /// Whether every rule has its comment; kube-proxy leaves them out from 1,000 endpoints on.
    pub(crate) with_comments: bool,
    /// Shuffles addresses and the order of services.
    pub(crate) seed: u64,
}

/// The dump: mangle, filter and nat, as `iptables-save` prints them.
#[must_use]
pub(crate) fn save(size: Size) -> String {
    let mut services: Vec<Service> = (0..size.services).map(|at| Service::new(at, size)).collect();
    let mut chains: Vec<String> = services.iter().flat_map(Service::chains).collect();
    chains.sort_unstable();
    let mut out = String::with_capacity(services.len() * (size.endpoints as usize * 430 + 1200) + 4096);
    out.push_str(HEAD);
    for chain in &chains {
        let _ = writeln!(out, ":{chain} - [0:0]");
    }
    out.push_str(HOOKS);
    shuffle(&mut services, size.seed);
    let mut rules: Vec<(String, String)> = services.iter().flat_map(Service::rules).collect();
    for service in &services {
        out.push_str(&service.node_port_rule());
    }
    for service in &services {
        out.push_str(&service.capture_rule());
    }
    out.push_str(NODE_PORTS);
    rules.sort_unstable();
    for (_, text) in rules {
        out.push_str(&text);
    }
    out.push_str("COMMIT\n# Completed on Sun Nov 22 08:34:35 2026\n");
    out
}

struct Endpoint {
    address: String,
    chain: String,
}

struct Service {
    name: String,
    hash: String,
    cluster_ip: String,
    node_port: u32,
    endpoints: Vec<Endpoint>,
    with_comments: bool,
}

impl Service {
    fn new(at: u32, size: Size) -> Self {
        let name = format!("team-{}/service-{at}:http", at % 97);
        let mut endpoints: Vec<Endpoint> = (0..size.endpoints)
            .map(|nth| {
                let number = u64::from(at) * u64::from(size.endpoints) + u64::from(nth);
                let address = format!("10.{}.{}.{}:8080", 128 + (number >> 16) % 64, (number >> 8) % 256, number % 256);
                let chain = hash(&format!("{name}tcp{address}"));
                Endpoint { address, chain }
            })
            .collect();
        endpoints.sort_by(|one, other| one.address.cmp(&other.address));
        let [_, b, c, d] = (at + 10).to_be_bytes();
        Self {
            hash: hash(&format!("{name}tcp")),
            cluster_ip: format!("10.{}.{c}.{d}", 96 + u32::from(b) % 16),
            node_port: 30000 + at % 32768,
            name,
            endpoints,
            with_comments: size.with_comments,
        }
    }

    fn chains(&self) -> Vec<String> {
        let own = [format!("KUBE-EXT-{}", self.hash), format!("KUBE-SVC-{}", self.hash)];
        own.into_iter().chain(self.endpoints.iter().map(|endpoint| format!("KUBE-SEP-{}", endpoint.chain))).collect()
    }

    fn node_port_rule(&self) -> String {
        format!(
            "-A KUBE-NODEPORTS -p tcp -m comment --comment \"{}\" -m tcp --dport {} -j KUBE-EXT-{}\n",
            self.name, self.node_port, self.hash
        )
    }

    fn capture_rule(&self) -> String {
        format!(
            "-A KUBE-SERVICES -d {}/32 -p tcp -m comment --comment \"{} cluster IP\" -m tcp --dport 80 -j KUBE-SVC-{}\n",
            self.cluster_ip, self.name, self.hash
        )
    }

    /// The rules of its own chains, each chain's as one text with the chain's name to sort by.
    fn rules(&self) -> Vec<(String, String)> {
        let mut rules = vec![self.external(), self.balancing()];
        rules.extend(self.endpoints.iter().map(|endpoint| self.endpoint(endpoint)));
        rules
    }

    fn external(&self) -> (String, String) {
        let (name, hash) = (&self.name, &self.hash);
        let text = format!(
            "-A KUBE-EXT-{hash} -m comment --comment \"masquerade traffic for {name} external destinations\" -j KUBE-MARK-MASQ\n\
             -A KUBE-EXT-{hash} -j KUBE-SVC-{hash}\n"
        );
        (format!("KUBE-EXT-{hash}"), text)
    }

    fn balancing(&self) -> (String, String) {
        let (name, hash) = (&self.name, &self.hash);
        let mut text = format!(
            "-A KUBE-SVC-{hash} ! -s 10.128.0.0/10 -d {}/32 -p tcp -m comment --comment \"{name} cluster IP\" -m tcp --dport 80 -j KUBE-MARK-MASQ\n",
            self.cluster_ip
        );
        for (at, endpoint) in self.endpoints.iter().enumerate() {
            let comment = self.comment(&format!("{name} -> {}", endpoint.address));
            let left = self.endpoints.len() - at;
            let probability = if left > 1 {
                format!(" -m statistic --mode random --probability {}", probability(left))
            } else {
                String::new()
            };
            let _ = writeln!(text, "-A KUBE-SVC-{hash}{comment}{probability} -j KUBE-SEP-{}", endpoint.chain);
        }
        (format!("KUBE-SVC-{hash}"), text)
    }

    fn endpoint(&self, endpoint: &Endpoint) -> (String, String) {
        let (chain, address, comment) = (&endpoint.chain, &endpoint.address, self.comment(&self.name));
        let (host, _) = address.split_once(':').unwrap_or((address, ""));
        let text = format!(
            "-A KUBE-SEP-{chain} -s {host}/32{comment} -j KUBE-MARK-MASQ\n\
             -A KUBE-SEP-{chain} -p tcp{comment} -m tcp -j DNAT --to-destination {address}\n"
        );
        (format!("KUBE-SEP-{chain}"), text)
    }

    fn comment(&self, text: &str) -> String {
        if self.with_comments { format!(" -m comment --comment \"{text}\"") } else { String::new() }
    }
}

/// 16 characters of base32(sha256), as in the names of kube-proxy's chains.
fn hash(text: &str) -> String {
    BASE32.encode(&Sha256::digest(text)[..10])
}

/// What iptables-save prints of kube-proxy's `1/left` with ten digits.
fn probability(left: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "nobody has 2^52 endpoints")]
    let written: f64 = format!("{:.10}", 1.0 / left as f64).parse().unwrap_or_default();
    let kept = (written * 2_147_483_648.0).round() / 2_147_483_648.0;
    format!("{kept:.11}")
}

/// Fisher and Yates, with splitmix64 for the numbers.
fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed;
    for last in (1..items.len()).rev() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let place = usize::try_from(mixed % (last as u64 + 1)).unwrap_or(0);
        items.swap(last, place);
    }
}

const HEAD: &str = "\
# Generated by iptables-save v1.8.9 (nf_tables) on Sun Nov 22 08:34:35 2026
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-PROXY-CANARY - [0:0]
COMMIT
# Completed on Sun Nov 22 08:34:35 2026
# Generated by iptables-save v1.8.9 (nf_tables) on Sun Nov 22 08:34:35 2026
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-EXTERNAL-SERVICES - [0:0]
:KUBE-FIREWALL - [0:0]
:KUBE-FORWARD - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-PROXY-CANARY - [0:0]
:KUBE-PROXY-FIREWALL - [0:0]
:KUBE-SERVICES - [0:0]
-A INPUT -j KUBE-FIREWALL
-A INPUT -m conntrack --ctstate NEW -m comment --comment \"kubernetes load balancer firewall\" -j KUBE-PROXY-FIREWALL
-A INPUT -m comment --comment \"kubernetes health check service ports\" -j KUBE-NODEPORTS
-A INPUT -m conntrack --ctstate NEW -m comment --comment \"kubernetes externally-visible service portals\" -j KUBE-EXTERNAL-SERVICES
-A FORWARD -m conntrack --ctstate NEW -m comment --comment \"kubernetes load balancer firewall\" -j KUBE-PROXY-FIREWALL
-A FORWARD -m comment --comment \"kubernetes forwarding rules\" -j KUBE-FORWARD
-A FORWARD -m conntrack --ctstate NEW -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES
-A FORWARD -m conntrack --ctstate NEW -m comment --comment \"kubernetes externally-visible service portals\" -j KUBE-EXTERNAL-SERVICES
-A OUTPUT -j KUBE-FIREWALL
-A OUTPUT -m conntrack --ctstate NEW -m comment --comment \"kubernetes load balancer firewall\" -j KUBE-PROXY-FIREWALL
-A OUTPUT -m conntrack --ctstate NEW -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES
-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment \"block incoming localnet connections\" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
-A KUBE-FORWARD -m comment --comment \"kubernetes forwarding rules\" -m mark --mark 0x4000/0x4000 -j ACCEPT
-A KUBE-FORWARD -m comment --comment \"kubernetes forwarding conntrack rule\" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
COMMIT
# Completed on Sun Nov 22 08:34:35 2026
# Generated by iptables-save v1.8.9 (nf_tables) on Sun Nov 22 08:34:35 2026
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-PROXY-CANARY - [0:0]
:KUBE-SERVICES - [0:0]
";

const HOOKS: &str = "\
-A PREROUTING -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES
-A OUTPUT -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment \"kubernetes postrouting rules\" -j KUBE-POSTROUTING
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -m comment --comment \"kubernetes service traffic requiring SNAT\" -j MASQUERADE --random-fully
";

const NODE_PORTS: &str = "\
-A KUBE-SERVICES -m comment --comment \"kubernetes service nodeports; NOTE: this must be the last rule in this chain\" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
";
