//! All that was read of a node, as views and renderers ask for it: rulesets, what kube-proxy meant, shares, findings.

use crate::checks::{Finding, Report};
use crate::drift::{Located, ServiceFacts};
use crate::facts::Facts;
use crate::kube::{Balancing, Capture, CaptureKind, CaptureState, Proxy, ServicePort, TrafficPolicy};
use crate::ruleset::Table;
use crate::shares::{self, ChainShare, ServiceShares};
use crate::source::{Note, Sources, Span};
use crate::syntax::Parsed;
use crate::trace::{Machine, TableKey};
use std::borrow::Cow;
use std::sync::OnceLock;
use thin_vec::ThinVec;

/// The evidence about one node and what was worked out of it. Lists with one entry a ruleset have the order of
/// [`Parsed::rulesets`].
pub struct Node<'a, 'src> {
    /// The texts.
    pub sources: &'a Sources,
    /// What they were read as.
    pub parsed: &'a Parsed<'src>,
    /// What was done to the texts to read them, and what they say of themselves.
    pub notes: Vec<Note>,
    /// What kube-proxy meant, by ruleset.
    pub proxies: &'a [Proxy<'a, 'src>],
    /// The walkers, by ruleset.
    pub machines: &'a [Machine<'a, 'src>],
    /// The shares of each service, by ruleset and by index of its services; walked when somebody asks for them.
    pub shares: Vec<Vec<Walked>>,
    /// What is known of the node besides its rules.
    pub facts: Facts,
    /// What the checks found about the services asked for.
    pub report: Report,
    /// Which of them are about which service.
    pub found: Found,
    /// How many findings are about others.
    pub left_out: usize,
    /// What the API says, if it was given.
    pub cluster: Option<Cluster>,
}

/// What the API says of the node and of its services.
pub struct Cluster {
    /// Which node this is.
    pub located: Located,
    /// By ruleset and by index of its services; `None` for a service the API does not have.
    pub facts: Vec<Vec<Option<ServiceFacts>>>,
}

/// What was worked out of one service, once somebody asked.
#[derive(Clone, Debug, Default)]
pub struct Walked {
    /// The shares, if a walk was needed: what is told at any time is not kept.
    shares: OnceLock<Option<Box<ServiceShares>>>,
    captures: OnceLock<ThinVec<CaptureState>>,
}

impl Walked {
    /// Nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { shares: OnceLock::new(), captures: OnceLock::new() }
    }

    /// Whether somebody asked for the shares.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.shares.get().is_some()
    }
}

/// Which findings of a report are about which service, once somebody asked.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Ruleset, service and finding, each by index, in order.
    places: OnceLock<Vec<(usize, u32, usize)>>,
}

impl Found {
    fn places(&self, report: &Report) -> &[(usize, u32, usize)] {
        self.places.get_or_init(|| {
            let findings = report.findings.iter().enumerate();
            let of_finding = |(at, finding)| {
                let Finding { source, services, .. }: &Finding = finding;
                services.iter().filter_map(move |&service| Some(((*source)?, service, at)))
            };
            let mut places: Vec<_> = findings.flat_map(of_finding).collect();
            places.sort_unstable();
            places.dedup();
            places
        })
    }
}

/// One service port with what was worked out for it.
#[derive(Clone, Copy)]
pub struct Item<'n, 'src> {
    /// Its ruleset, by index.
    pub source: usize,
    /// Its index among the services of that ruleset.
    pub index: usize,
    /// What kube-proxy meant by the ruleset.
    pub proxy: &'n Proxy<'n, 'src>,
    /// The service port.
    pub service: &'n ServicePort<'src>,
    walked: &'n Walked,
    machine: &'n Machine<'n, 'src>,
    facts: &'n Facts,
}

impl<'src> Node<'_, 'src> {
    /// What the API says of a service port.
    #[must_use]
    pub fn facts_of(&self, item: &Item<'_, '_>) -> Option<&ServiceFacts> {
        self.cluster.as_ref()?.facts.get(item.source)?.get(item.index)?.as_ref()
    }

    /// All service ports, ruleset by ruleset.
    pub fn items(&self) -> impl Iterator<Item = Item<'_, 'src>> {
        let rulesets = self.proxies.iter().zip(self.machines).zip(&self.shares).enumerate();
        let facts = &self.facts;
        rulesets.flat_map(move |(source, ((proxy, machine), walked))| {
            let services = proxy.services.iter().zip(walked).enumerate();
            let item = move |(index, (service, walked))| Item { source, index, proxy, service, walked, machine, facts };
            services.map(item)
        })
    }

    /// The table of that place in the ruleset `source`.
    #[must_use]
    pub fn table(&self, source: usize, key: TableKey) -> Option<&Table<'src>> {
        self.parsed.rulesets.get(source)?.tables.get(key.0 as usize)
    }

    /// `node.save:12`, or `:12` where there is only one text.
    #[must_use]
    pub fn place(&self, span: Span) -> String {
        match (self.sources.place(span), self.sources.files().len()) {
            (Some(place), 1) => format!(":{}", place.line),
            (Some(place), _) => format!("{}:{}", place.file, place.line),
            (None, _) => String::new(),
        }
    }

    /// The number of the line of `span`.
    #[must_use]
    pub fn line_number(&self, span: Span) -> u32 {
        self.sources.place(span).map(|place| place.line).unwrap_or_default()
    }

    /// What the checks found about a service port.
    pub fn findings_of<'n>(&'n self, item: &Item<'_, '_>) -> impl Iterator<Item = &'n Finding> + use<'n, 'src> {
        let service = (item.source, u32::try_from(item.index).unwrap_or(u32::MAX));
        let places = self.found.places(&self.report);
        let start = places.partition_point(|&(source, index, _)| (source, index) < service);
        let own = places[start..].iter().take_while(move |&&(source, index, _)| (source, index) == service);
        own.map(|&(.., at)| &self.report.findings[at])
    }
}

impl<'n> Item<'n, '_> {
    /// As people call it: its name, else that of its first chain, else its address.
    #[must_use]
    pub fn name(&self) -> String {
        match (self.service.name, self.service.chains.first()) {
            (Some(name), _) => name.modern().to_string(),
            (None, Some(own)) => self.proxy.chain(own.id).name.to_string(),
            (None, None) => {
                let known = self.service.captures.iter().find_map(|capture| capture.address);
                known.map_or_else(|| "a service without a name".into(), |address| format!("the service at {address}"))
            }
        }
    }

    /// Its shares if a walk is needed to tell them, which is done once.
    fn walked(&self) -> Option<&'n ServiceShares> {
        let walk = || Box::new(shares::shares(self.machine, self.proxy, self.service, self.facts));
        let needs_walk = || shares::needs_walk(self.machine, self.proxy, self.service);
        self.walked.shares.get_or_init(|| needs_walk().then(walk)).as_deref()
    }

    /// Its shares, walked when first asked for.
    #[must_use]
    pub fn shares(&self) -> Cow<'n, ServiceShares> {
        let by_chance = || Cow::Owned(shares::by_chance(self.proxy, self.service));
        self.walked().map_or_else(by_chance, Cow::Borrowed)
    }

    /// What becomes of a new connection from outside to that capture.
    #[must_use]
    pub fn state(&self, capture: usize) -> CaptureState {
        let states = || shares::captures(self.machine, self.proxy, self.service, self.facts).into();
        let walked = self.walked.captures.get_or_init(states).get(capture).copied();
        walked.unwrap_or_else(|| self.service.captures.get(capture).map_or(CaptureState::Routed, |own| own.state))
    }

    /// Whether connections from outside to that capture stay on this node.
    #[must_use]
    pub fn is_local(&self, capture: &Capture<'_>) -> bool {
        let policy = match capture.kind {
            CaptureKind::ClusterIp => self.service.internal_policy,
            _ => self.service.external_policy,
        };
        policy == Some(TrafficPolicy::Local)
    }

    /// The balancing rules of the local or the cluster policy.
    #[must_use]
    pub fn balancing(&self, local: bool) -> &'n [Balancing] {
        if local { self.proxy.local_endpoints(self.service) } else { self.proxy.cluster_endpoints(self.service) }
    }

    /// What those rules give; `None` without their chain.
    #[must_use]
    pub fn share(&self, local: bool) -> Option<Cow<'n, ChainShare>> {
        match self.walked() {
            Some(walked) => if local { &walked.local } else { &walked.cluster }.as_ref().map(Cow::Borrowed),
            None => shares::chain_by_chance(self.proxy, self.service, local).map(Cow::Owned),
        }
    }
}
