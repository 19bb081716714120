//! The chains kube-proxy makes for one service port, rule by rule. Those of its pods: [`EndpointChain`](super::EndpointChain).

use super::{Prefix, ServicePortName};
use crate::ruleset::{ChainId, RuleId, Threshold};
use bstr::BStr;
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

impl ServiceChain<'_> {
    /// Whether its name is of the two prefixes (and XLB) that hold balancing rules.
    #[must_use]
    pub fn balances(&self) -> bool {
        matches!(self.prefix, Prefix::Svc | Prefix::Svl | Prefix::Xlb)
    }
}
