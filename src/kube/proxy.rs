//! All that one ruleset says of kube-proxy.

use super::assembly::Assembly;
use super::build::Chains;
use super::marks::{detectors, marks};
use super::policy::{Delivered, settle};
use super::reading::{Nat, comment_of};
use super::{
    Balancing, ChainName, Dialect, EndpointChain, EndpointId, Prefix, ProxyMode, Role, ServiceChain, ServiceChainId,
    ServicePort, ServicePortName, StaticChain, Verification,
};
use crate::ruleset::{ChainGraph, ChainId, Form, Mark, Net, Resolved, RuleId, Table, TableName, Target};
use crate::source::Span;
use bstr::BStr;
use std::net::SocketAddr;

/// What kube-proxy meant by one ruleset. Rules and chains without another word are those of the nat table.
#[derive(Debug)]
pub struct Proxy<'a, 'src> {
    /// The tables it was read from.
    pub resolved: &'a Resolved<'a, 'src>,
    /// Mode and era.
    pub dialect: Dialect,
    /// The service ports, in the order of the rules that capture them.
    pub services: Vec<ServicePort<'src>>,
    /// Every service chain of the nat table, in order, leftovers included.
    pub chains: Vec<ServiceChain<'src>>,
    /// Every endpoint chain of the nat table, in order, leftovers included.
    pub endpoints: Vec<EndpointChain<'src>>,
    /// The chains of the nat table that are not called like a service chain or an endpoint chain, in order.
    pub others: Vec<ChainId>,
    /// Service and endpoint chains that no service leads to.
    pub leftovers: Vec<ChainId>,
    /// Rules of nat KUBE-SERVICES and KUBE-NODEPORTS that kube-proxy does not write there.
    pub foreign: Vec<RuleId>,
    /// The marks.
    pub marks: Marks,
    /// How pods of the node are told from other sources: each test found, the most frequent first.
    pub detectors: Vec<Detector<'src>>,
    /// The jumps from KUBE-SERVICES to KUBE-NODEPORTS.
    pub node_port_jumps: Vec<RuleId>,
    /// Whether lines of the nat table are missing, so that nothing can be said of what is absent.
    pub is_partial: bool,
    /// How many names are the checksums they should be; all zero before [`Proxy::verify`].
    pub verification: Verification,
}

/// The bits kube-proxy and kubelet mark packets with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// What KUBE-MARK-MASQ sets; `None` if it does not say.
    pub masquerade: Option<Mark>,
    /// What KUBE-MARK-DROP sets; `None` if it does not say.
    pub drop: Option<Mark>,
}

/// A test for "comes from a pod of this node", and how often it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detector<'src> {
    /// The test.
    pub test: LocalTest<'src>,
    /// The first rule that has it.
    pub rule: RuleId,
    /// How many rules have it.
    pub rules: u32,
}

/// How a pod of this node is told from others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LocalTest<'src> {
    /// By its address.
    Source(Net),
    /// By the interface it comes from (ends in `+` for a prefix).
    Interface(&'src BStr),
}

impl<'a, 'src> Proxy<'a, 'src> {
    /// Reads kube-proxy's templates out of the tables. Chain names are not recomputed: see [`Proxy::verify`].
    #[must_use]
    pub fn new(resolved: &'a Resolved<'a, 'src>) -> Self {
        let nothing = (Table::new(TableName::Nat, Form::Save, Span::default()), ChainGraph::default());
        let (table, graph) = resolved.table(TableName::Nat).unwrap_or((&nothing.0, &nothing.1));
        let mut chains = Chains::new(table, graph);
        let mut assembly = Assembly::new(&mut chains);
        if let Some((filter, _)) = resolved.table(TableName::Filter) {
            assembly.take_filter(filter);
        }
        let leftovers = assembly.take_strays(&mut chains);
        let Assembly { mut services, mut foreign, node_port_jumps, .. } = assembly;
        let dialect = Dialect::of(resolved, &chains, &services);
        if dialect.mode != ProxyMode::Iptables {
            foreign.clear();
        }
        let mut delivered = Delivered::new(&chains);
        for service in &mut services {
            settle(&chains, dialect, service, &mut delivered);
        }
        let (marks, detectors) = (marks(&chains.nat), detectors(&chains, &services));
        let is_partial = resolved.table(TableName::Nat).is_some() && is_partial(&chains.nat);
        let Chains { services: chains, endpoints, others, .. } = chains;
        Self {
            resolved,
            dialect,
            services,
            chains,
            endpoints,
            others,
            leftovers,
            foreign,
            marks,
            detectors,
            node_port_jumps,
            is_partial,
            verification: Verification::default(),
        }
    }

    /// The nat table, which most ids here belong to.
    #[must_use]
    pub fn nat(&self) -> Option<(&'a Table<'src>, &'a ChainGraph)> {
        self.resolved.table(TableName::Nat)
    }

    /// A service chain.
    #[must_use]
    pub fn chain(&self, id: ServiceChainId) -> &ServiceChain<'src> {
        &self.chains[id.0 as usize]
    }

    /// An endpoint chain.
    #[must_use]
    pub fn endpoint(&self, id: EndpointId) -> &EndpointChain<'src> {
        &self.endpoints[id.0 as usize]
    }

    /// The name of the chain that a balancing rule jumps to.
    #[must_use]
    pub fn chain_name(&self, rule: &Balancing) -> &'src BStr {
        let target = self.nat().and_then(|(table, _)| table.rule(rule.rule).target.as_ref());
        target.and_then(Target::chain_name).unwrap_or_default()
    }

    /// The name of an endpoint chain.
    #[must_use]
    pub fn name_of(&self, endpoint: &EndpointChain<'_>) -> &'src BStr {
        name_in(self.nat().map(|(table, _)| table), endpoint)
    }

    /// The service that an endpoint chain's own comments name.
    #[must_use]
    pub fn named(&self, endpoint: &EndpointChain<'src>) -> Option<ServicePortName<'src>> {
        named_in(self.nat().map(|(table, _)| table), endpoint)
    }

    /// Whether it is called like an endpoint chain, and not some other chain somebody jumps to.
    #[must_use]
    pub fn is_named_so(&self, endpoint: &EndpointChain<'_>) -> bool {
        matches!(ChainName::of(self.name_of(endpoint)), ChainName::Hashed(Prefix::Sep, _))
    }

    /// The text of a rule's comment, without the quotes.
    #[must_use]
    pub fn comment(&self, rule: RuleId) -> Option<&'src BStr> {
        self.nat().and_then(|(table, _)| comment_of(table.matches(table.rule(rule))))
    }

    /// The `ip:port` that the comment of a balancing rule claims (`ns/name:port -> ip:port`, since 1.24).
    #[must_use]
    pub fn claimed_by(&self, rule: &Balancing) -> Option<SocketAddr> {
        match Role::of(self.comment(rule.rule)?) {
            Role::Endpoint { endpoint, .. } => std::str::from_utf8(endpoint).ok()?.parse().ok(),
            _ => None,
        }
    }

    /// The balancing rules of the cluster policy: those of KUBE-SVC.
    #[must_use]
    pub fn cluster_endpoints(&self, service: &ServicePort<'src>) -> &[Balancing] {
        service.chain(Prefix::Svc).map_or(&[], |own| &self.chain(own.id).balancing)
    }

    /// The balancing rules of the local policy: those of KUBE-SVL, or of KUBE-XLB up to 1.23.
    #[must_use]
    pub fn local_endpoints(&self, service: &ServicePort<'src>) -> &[Balancing] {
        let own = service.chain(Prefix::Svl).or_else(|| service.chain(Prefix::Xlb));
        own.map_or(&[], |own| &self.chain(own.id).balancing)
    }
}

/// The name of an endpoint chain of that nat table.
pub(super) fn name_in<'src>(nat: Option<&Table<'src>>, endpoint: &EndpointChain<'_>) -> &'src BStr {
    nat.map_or_else(|| BStr::new(""), |table| table.chain(endpoint.chain).name)
}

/// The service that the comments of an endpoint chain of that nat table name.
pub(super) fn named_in<'src>(
    nat: Option<&Table<'src>>,
    endpoint: &EndpointChain<'src>,
) -> Option<ServicePortName<'src>> {
    let table = nat?;
    endpoint.named(|rule| comment_of(table.matches(table.rule(rule))))
}

fn is_partial(nat: &Nat<'_, '_>) -> bool {
    !nat.table.is_complete || nat.fixed(StaticChain::Services).is_none()
}
