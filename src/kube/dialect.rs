//! Which kube-proxy wrote this: its mode, and the releases its forms belong to.

use std::fmt;

/// A minor release of Kubernetes 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(pub u8);

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

/// How kube-proxy directs traffic on this node, as far as these tables show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyMode {
    /// By the rules read here.
    Iptables,
    /// By IPVS: the rules only guide packets there.
    Ipvs,
    /// By a process of its own (up to 1.25).
    Userspace,
    /// By nft tables of its own that iptables does not show: only kubelet's chains and canaries are here.
    Nftables,
    /// Nothing of kube-proxy is here.
    None,
}

/// The mode, and between which releases the forms in the tables were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The mode whose chains a packet meets.
    pub mode: ProxyMode,
    /// The oldest release that writes so; `None` if nothing tells.
    pub from: Option<Release>,
    /// The newest release that writes so; `None`: today's do.
    pub to: Option<Release>,
}
