//! The chains kube-proxy makes for one service port, rule by rule: service chains and endpoint chains.

use super::{Identity, MadeFor, Prefix, ServicePortName};
use crate::ruleset::{ChainId, Protocol, RuleId, Threshold};
use bstr::BStr;
use std::net::{IpAddr, SocketAddr};
use thin_vec::ThinVec;

/// The place of a chain in [`Proxy::chains`](super::Proxy::chains).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceChainId(pub u32);

/// The place of a chain in [`Proxy::endpoints`](super::Proxy::endpoints).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointId(pub u32);

/// A `KUBE-SVC-`, `SVL-`, `XLB-`, `EXT-` or `FW-` chain of the nat table, its rules sorted by what they are for.
/// All rule lists are in the order of the chain.
#[derive(Clone, Debug)]
pub struct ServiceChain<'src> {
    /// Where it stands in the nat table.
    pub chain: ChainId,
    /// Its name.
    pub name: &'src BStr,
    /// Which of the five it is.
    pub prefix: Prefix,
    /// The service named by the first comment in it that names one.
    pub named: Option<ServicePortName<'src>>,
    /// Rules that set the masquerade mark.
    pub masquerade: ThinVec<RuleId>,
    /// Affinity re-checks: clients that were here lately go where they went.
    pub rechecks: ThinVec<Recheck>,
    /// The balancing rules: those that choose an endpoint, affinity aside.
    pub balancing: ThinVec<Balancing>,
    /// Jumps to other service chains (`EXT` → `SVC`, `FW` → `EXT`, `XLB` → `SVC` …).
    pub jumps: ThinVec<(RuleId, ServiceChainId)>,
    /// Rules that set the drop mark (`KUBE-MARK-DROP`).
    pub drops: ThinVec<RuleId>,
    /// Rules kube-proxy does not write in such a chain, jumps to missing service chains among them.
    pub others: ThinVec<RuleId>,
    /// Its services, by index of [`Proxy::services`](super::Proxy::services): one, none for a leftover, more only
    /// after hand edits.
    pub services: ThinVec<u32>,
}

/// A rule of a service chain that chooses an endpoint. The name of the chain it jumps to and its comment stay with the
/// rule: [`Proxy::chain_name`](super::Proxy::chain_name) and [`Proxy::comment`](super::Proxy::comment).
#[derive(Clone, Debug, PartialEq)]
pub struct Balancing {
    /// The rule.
    pub rule: RuleId,
    /// The chain it jumps to; `None` if the table does not have it.
    pub endpoint: Option<EndpointId>,
    /// What `-m statistic` draws against; `None` without one.
    pub threshold: Option<Threshold>,
}

/// An affinity re-check: `-m recent --rcheck` before the balancing rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recheck {
    /// The rule.
    pub rule: RuleId,
    /// The chain it jumps to; `None` if the table does not have it.
    pub endpoint: Option<EndpointId>,
    /// For how many seconds a client is remembered.
    pub seconds: Option<u32>,
}

/// What the service chains say of session affinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Affinity {
    /// No chain with balancing rules is in the dump.
    Unknown,
    /// Balancing rules without re-checks.
    None,
    /// `ClientIP`, with its timeout; `None` only where the rule does not say it.
    ClientIp {
        /// Seconds since the client's last connection.
        seconds: Option<u32>,
    },
}

/// A `KUBE-SEP-` chain (or another chain that balancing rules jump to): what it does with the packets it gets. A large
/// node has a hundred thousand, so what is rare takes one word each.
#[derive(Clone, Debug)]
pub struct EndpointChain<'src> {
    /// Where it stands in the nat table; [`Proxy::name_of`](super::Proxy::name_of) tells its name.
    pub chain: ChainId,
    /// The service its own comments name.
    pub named: Option<ServicePortName<'src>>,
    /// The service whose balancing rules come here first, by index of [`Proxy::services`](super::Proxy::services).
    pub service: Option<u32>,
    /// Its first DNAT rule.
    pub dnat: Option<Dnat>,
    /// Its first rule that sets the masquerade mark: for the pod that connects to itself.
    pub hairpin: Option<Hairpin>,
    /// The rule that remembers the client (`-m recent --set`): the DNAT rule itself, as a rule.
    pub remembers: Option<RuleId>,
    /// Whether its name is the checksum of service, protocol and DNAT target; `Unknown` before
    /// [`Proxy::verify`](super::Proxy::verify).
    pub identity: Identity,
    pub(super) rare: Option<Box<Rare<'src>>>,
}

/// What few endpoint chains have.
#[derive(Clone, Debug, Default)]
pub(super) struct Rare<'src> {
    pub(super) more_dnats: Vec<Dnat>,
    pub(super) more_hairpins: Vec<Hairpin>,
    pub(super) others: Vec<RuleId>,
    pub(super) made_for: Option<MadeFor<'src>>,
}

/// A DNAT rule of an endpoint chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dnat {
    /// The rule.
    pub rule: RuleId,
    /// Whom it asks for (`-p`); `None` without one.
    pub protocol: Option<Protocol>,
    /// The address it leads to, if it is just one.
    pub address: Option<IpAddr>,
    /// The port it leads to, if it is just one.
    pub port: Option<u16>,
}

/// A rule of an endpoint chain that sets the masquerade mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hairpin {
    /// The rule.
    pub rule: RuleId,
    /// Its `-s`, if that is one address.
    pub source: Option<IpAddr>,
}

impl Dnat {
    /// Where it leads, if that is one address and one port.
    #[must_use]
    pub fn target(&self) -> Option<SocketAddr> {
        Some(SocketAddr::new(self.address?, self.port?))
    }
}

impl ServiceChain<'_> {
    /// Whether its name is of the two prefixes (and XLB) that hold balancing rules.
    #[must_use]
    pub fn balances(&self) -> bool {
        matches!(self.prefix, Prefix::Svc | Prefix::Svl | Prefix::Xlb)
    }
}

impl<'src> EndpointChain<'src> {
    /// What a contradicted chain was made for, once [`Proxy::solve`](super::Proxy::solve) found it.
    #[must_use]
    pub fn made_for(&self) -> Option<MadeFor<'src>> {
        self.rare.as_ref()?.made_for
    }

    /// Its DNAT rules behind the first one.
    #[must_use]
    pub fn more_dnats(&self) -> &[Dnat] {
        self.rare.as_ref().map_or(&[], |rare| &rare.more_dnats)
    }

    /// All its DNAT rules.
    pub fn dnats(&self) -> impl Iterator<Item = &Dnat> {
        self.dnat.iter().chain(self.more_dnats())
    }

    /// All its rules that set the masquerade mark.
    pub fn hairpins(&self) -> impl Iterator<Item = &Hairpin> {
        self.hairpin.iter().chain(self.rare.iter().flat_map(|rare| &rare.more_hairpins))
    }

    /// Its rules that kube-proxy does not write in such a chain.
    #[must_use]
    pub fn others(&self) -> &[RuleId] {
        self.rare.as_ref().map_or(&[], |rare| &rare.others)
    }

    pub(super) fn rare(&mut self) -> &mut Rare<'src> {
        self.rare.get_or_insert_default()
    }

    /// Whether a connection of the pod to itself is masqueraded; `None` where the dump does not tell which pod it is.
    #[must_use]
    pub fn has_own_hairpin(&self) -> Option<bool> {
        let own = self.dnat?.address?;
        Some(self.hairpins().any(|hairpin| hairpin.source == Some(own)))
    }
}
