//! What checks are asked of: all that was read, and one ruleset of it.

use super::balance::{Walked, walked};
use super::needs::is_complete;
use super::owners::Owners;
use super::scope::{Places, Scope};
use crate::drift::{Drift, Located, drift};
use crate::kube::{EndpointChain, EndpointId, Proxy, ServiceChain, ServiceChainId, ServicePort};
use crate::objects::Objects;
use crate::ruleset::{ChainGraph, ChainId, RuleId, Table, TableName};
use crate::source::{Sources, Span};
use crate::syntax::Parsed;
use crate::trace::Machine;
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// All that was read: the evidence about one node.
#[derive(Clone, Copy)]
pub struct Input<'a, 'src> {
    /// The texts.
    pub sources: &'a Sources,
    /// What they were read as.
    pub parsed: &'a Parsed<'src>,
    /// What kube-proxy meant by each of [`Parsed::rulesets`], in the same order; verified and solved.
    pub proxies: &'a [Proxy<'a, 'src>],
    /// What the API says, if it was given.
    pub api: Option<Api<'a>>,
}

/// What the API says, and of which node.
#[derive(Clone, Copy)]
pub struct Api<'a> {
    /// The objects.
    pub objects: &'a Objects,
    /// The node the dump is of: [`locate`](crate::drift::locate).
    pub located: &'a Located,
    /// Seconds before the dump in which kube-proxy may have been behind.
    pub grace: i64,
}

/// One ruleset, and all around it. What several checks ask is worked out once, when the first one asks.
pub struct Context<'a, 'src> {
    /// All that was read.
    pub input: Input<'a, 'src>,
    /// Which of the rulesets this is.
    pub source: usize,
    /// What kube-proxy meant by it.
    pub proxy: &'a Proxy<'a, 'src>,
    /// What is asked about; `None`: all of it.
    pub(super) scope: Option<Scope>,
    complete: OnceLock<Vec<TableName<'src>>>,
    owners: OnceLock<Owners>,
    machine: OnceLock<Machine<'a, 'src>>,
    walked: OnceLock<Vec<Walked>>,
    drift: OnceLock<Drift>,
}

impl<'a, 'src> Context<'a, 'src> {
    /// The ruleset of that index.
    #[must_use]
    pub fn new(input: Input<'a, 'src>, source: usize, proxy: &'a Proxy<'a, 'src>) -> Self {
        Self {
            input,
            source,
            proxy,
            scope: None,
            complete: OnceLock::new(),
            owners: OnceLock::new(),
            machine: OnceLock::new(),
            walked: OnceLock::new(),
            drift: OnceLock::new(),
        }
    }

    /// The same, where only these of its services are asked about.
    #[must_use]
    pub fn about(input: Input<'a, 'src>, source: usize, proxy: &'a Proxy<'a, 'src>, services: &[u32]) -> Self {
        Self { scope: Some(Scope::of(proxy, services)), ..Self::new(input, source, proxy) }
    }

    /// The services to look at, with their indexes.
    pub(super) fn services(&self) -> impl Iterator<Item = (u32, &'a ServicePort<'src>)> + Clone {
        let proxy = self.proxy;
        let places = Places::new(self.scope.as_ref().map(|scope| &scope.services), proxy.services.len());
        places.map(|at| (at, &proxy.services[at as usize]))
    }

    /// The service chains to look at, with their places.
    pub(super) fn chains(&self) -> impl Iterator<Item = (ServiceChainId, &'a ServiceChain<'src>)> + Clone {
        let proxy = self.proxy;
        let places = Places::new(self.scope.as_ref().map(|scope| &scope.chains), proxy.chains.len());
        places.map(|at| (ServiceChainId(at), &proxy.chains[at as usize]))
    }

    /// The endpoint chains to look at, with their places. Some may belong to services that nobody asked about.
    pub(super) fn endpoints(&self) -> impl Iterator<Item = (EndpointId, &'a EndpointChain<'src>)> + Clone {
        let proxy = self.proxy;
        let places = Places::new(self.scope.as_ref().map(|scope| &scope.endpoints), proxy.endpoints.len());
        places.map(|at| (EndpointId(at), &proxy.endpoints[at as usize]))
    }

    /// The service chains that lead to the endpoint chains to look at, in order.
    pub(super) fn chains_to_endpoints(&self) -> Vec<&'a ServiceChain<'src>> {
        let chains = &self.proxy.chains;
        let (Some(_), Some((nat, graph))) = (&self.scope, self.nat()) else { return chains.iter().collect() };
        let from = leading_to(nat, graph, self.endpoints().map(|(_, end)| end.chain));
        let at = |id: ChainId| chains.binary_search_by_key(&id, |chain| chain.chain).ok();
        from.into_iter().filter_map(at).map(|at| &chains[at]).collect()
    }

    /// The chains of a table, save service chains and endpoint chains of the nat table: few of a hundred thousand.
    pub(super) fn other_chains(&self, table: &Table<'_>) -> Vec<ChainId> {
        if table.name == TableName::Nat {
            return self.proxy.others.clone();
        }
        table.chain_ids().map(|(id, _)| id).collect()
    }

    /// The chains of the nat table that lead to those of the services asked about, in order.
    pub(super) fn chains_that_lead_here(&self, nat: &Table<'_>, graph: &ChainGraph) -> Vec<ChainId> {
        leading_to(nat, graph, self.chain_ids()).into_iter().collect()
    }

    /// The chains of the nat table that hold rules of the services asked about, in order.
    pub(super) fn own_chains(&self, nat: &Table<'_>) -> Vec<ChainId> {
        let captures = self.captures().map(|rule| nat.rule(rule).chain);
        let own: BTreeSet<ChainId> = captures.chain(self.chain_ids()).collect();
        own.into_iter().collect()
    }

    /// The rules of the nat table that belong to the services asked about, in order.
    pub(super) fn own_rules(&self, nat: &Table<'_>) -> Vec<RuleId> {
        let inside = self.chain_ids().flat_map(|chain| nat.rules_of(chain).map(|(id, _)| id));
        let own: BTreeSet<RuleId> = inside.chain(self.captures()).collect();
        own.into_iter().collect()
    }

    /// The service and endpoint chains to look at.
    fn chain_ids(&self) -> impl Iterator<Item = ChainId> {
        self.chains().map(|(_, chain)| chain.chain).chain(self.endpoints().map(|(_, end)| end.chain))
    }

    /// The rules of the nat table that capture addresses of the services asked about.
    fn captures(&self) -> impl Iterator<Item = RuleId> {
        let captures = self.services().flat_map(|(_, service)| &service.captures);
        captures.flat_map(|capture| capture.jumps.iter().chain(&capture.masquerade)).copied()
    }

    /// The nat table and its jumps.
    #[must_use]
    pub fn nat(&self) -> Option<(&'a Table<'src>, &'a ChainGraph)> {
        self.proxy.nat()
    }

    /// The filter table and its jumps.
    #[must_use]
    pub fn filter(&self) -> Option<(&'a Table<'src>, &'a ChainGraph)> {
        self.proxy.resolved.table(TableName::Filter)
    }

    /// The line of a rule of the nat table.
    #[must_use]
    pub fn line(&self, rule: RuleId) -> Span {
        self.nat().and_then(|(table, _)| table.rules.get(rule.0 as usize)).map(|rule| rule.span).unwrap_or_default()
    }

    /// The line that declares a chain of the nat table, else its first rule.
    #[must_use]
    pub fn declaration(&self, chain: ChainId) -> Span {
        self.nat().and_then(|(table, _)| table.chains.get(chain.0 as usize)).map(|chain| chain.span).unwrap_or_default()
    }

    /// A service port as people call it: its name, else the name of its first chain.
    #[must_use]
    pub fn service_name(&self, service: &ServicePort<'_>) -> String {
        match (service.name, service.chains.first()) {
            (Some(name), _) => name.modern().to_string(),
            (None, Some(own)) => self.proxy.chain(own.id).name.to_string(),
            (None, None) => service
                .captures
                .iter()
                .find_map(|capture| capture.address)
                .map_or_else(|| "a service without a name".into(), |address| format!("the service at {address}")),
        }
    }

    /// The name of the service of that index.
    #[must_use]
    pub fn name_at(&self, service: u32) -> String {
        self.proxy.services.get(service as usize).map_or_else(String::new, |service| self.service_name(service))
    }

    /// The services a chain of the nat table belongs to, by index. Endpoint chains belong to the service that leads
    /// to them first.
    #[must_use]
    pub fn services_of_chain(&self, chain: ChainId) -> &[u32] {
        self.owners().of_chain(self.proxy, chain)
    }

    /// The services a rule of the nat table belongs to: those of its chain, or the one it captures for.
    #[must_use]
    pub fn services_of_rule(&self, rule: RuleId) -> &[u32] {
        self.owners().of_rule(self.proxy, rule)
    }

    /// A subject for what concerns these services: their name, else that of the chain.
    #[must_use]
    pub fn subject(&self, services: &[u32], chain: ChainId) -> String {
        match (services.first(), self.nat()) {
            (Some(&service), _) => self.name_at(service),
            (None, Some((table, _))) => table.chain(chain).name.to_string(),
            (None, None) => String::new(),
        }
    }

    /// Whether what is not in the table of that name is not on the node either.
    pub(super) fn is_complete(&self, name: TableName<'_>) -> bool {
        let tables = || self.proxy.resolved.ruleset.tables.iter().filter(|table| is_complete(table));
        self.complete.get_or_init(|| tables().map(|table| table.name).collect()).contains(&name)
    }

    /// Walks packets through the ruleset.
    pub(super) fn machine(&self) -> &Machine<'a, 'src> {
        self.machine.get_or_init(|| Machine::new(self.proxy.resolved))
    }

    /// The service chains that are not as kube-proxy writes them, with what a walk through them comes to.
    pub(super) fn walked(&self) -> &[Walked] {
        self.walked.get_or_init(|| walked(self))
    }

    /// What leaves the chains of a service untranslated, where a walk was needed and the dump tells.
    pub(super) fn leak_of(&self, service: u32) -> Option<f64> {
        self.walked().iter().find(|walked| walked.service == service).map(|walked| walked.leaked)
    }

    /// How the ruleset differs from the objects; nothing without objects.
    pub(super) fn drift(&self) -> &Drift {
        self.drift.get_or_init(|| {
            let has_filter = self.is_complete(TableName::Filter);
            let ask = |api: Api<'_>| drift(self.proxy, api.objects, api.located, api.grace, has_filter);
            self.input.api.map(ask).unwrap_or_default()
        })
    }

    /// The line that declares KUBE-SERVICES, where what is said of all services belongs.
    pub(super) fn services_line(&self) -> Span {
        let nat = self.nat().and_then(|(nat, _)| nat.chains.iter().find(|chain| chain.name == "KUBE-SERVICES"));
        nat.map(|chain| chain.span).unwrap_or_default()
    }

    fn owners(&self) -> &Owners {
        self.owners.get_or_init(|| Owners::new(self.proxy))
    }
}

/// The chains with rules that lead to one of these.
fn leading_to(nat: &Table<'_>, graph: &ChainGraph, to: impl Iterator<Item = ChainId>) -> BTreeSet<ChainId> {
    to.flat_map(|chain| graph.references(chain)).map(|&rule| nat.rule(rule).chain).collect()
}
