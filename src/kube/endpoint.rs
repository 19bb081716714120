//! The chains of pods, each in 56 bytes: a large node has a hundred thousand.
//!
//! An address is kept once, since the hairpin rule nearly always asks for the one that the DNAT leads to. What is rare
//! takes one word; what lies with the rules anyway is not kept: [`Proxy::name_of`] and [`Proxy::named`] tell it.
//!
//! [`Proxy::name_of`]: super::Proxy::name_of
//! [`Proxy::named`]: super::Proxy::named

use super::{Identity, MadeFor, Role, ServicePortName};
use crate::ruleset::{ChainId, Protocol, RuleId};
use bstr::BStr;
use std::net::{IpAddr, SocketAddr};

/// A `KUBE-SEP-` chain (or another chain that balancing rules jump to): what it does with the packets it gets.
#[derive(Clone, Debug)]
pub struct EndpointChain<'src> {
    /// Where it stands in the nat table; [`Proxy::name_of`](super::Proxy::name_of) tells its name.
    pub chain: ChainId,
    /// Whether its name is the checksum of service, protocol and DNAT target; `Unknown` before
    /// [`Proxy::verify`](super::Proxy::verify).
    pub identity: Identity,
    named_by: Maybe,
    /// The comment of that rule is the name and nothing else.
    is_name_alone: bool,
    /// That name is the one of `service`.
    is_named_for_service: bool,
    service: Maybe,
    dnat: Maybe,
    hairpin: Maybe,
    /// That of the DNAT; without one that of the hairpin rule, if that [`Asks::Here`].
    address: Option<IpAddr>,
    port: Option<u16>,
    protocol: Option<Protocol>,
    asks: Asks,
    /// The DNAT rule remembers clients.
    dnat_remembers: bool,
    rare: Option<Box<Rare<'src>>>,
}

/// What few endpoint chains have.
#[derive(Clone, Debug, Default)]
struct Rare<'src> {
    more_dnats: Vec<Dnat>,
    more_hairpins: Vec<Hairpin>,
    others: Vec<RuleId>,
    /// The source of a hairpin rule that [`Asks::Elsewhere`].
    source: Option<IpAddr>,
    /// The first rule that remembers clients, if it is not the first DNAT rule.
    remembers: Option<RuleId>,
    made_for: Option<MadeFor<'src>>,
}

/// Which source the hairpin rule asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asks {
    /// None, or more than one.
    Nothing,
    /// The address of the chain.
    Here,
    /// Another one, [`Rare::source`].
    Elsewhere,
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

/// An index in four bytes: [`Maybe::MISSING`] is none, since no list is that long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Maybe(u32);

impl Maybe {
    const MISSING: Self = Self(u32::MAX);

    fn of(rule: RuleId) -> Self {
        Self(rule.0)
    }

    fn as_slice(&self) -> &[u32] {
        if *self == Self::MISSING { &[] } else { std::slice::from_ref(&self.0) }
    }

    fn rule(self) -> Option<RuleId> {
        self.as_slice().first().copied().map(RuleId)
    }
}

impl Dnat {
    /// Where it leads, if that is one address and one port.
    #[must_use]
    pub fn target(&self) -> Option<SocketAddr> {
        Some(SocketAddr::new(self.address?, self.port?))
    }
}

impl<'src> EndpointChain<'src> {
    /// A chain of which nothing is known yet.
    pub(super) fn new(chain: ChainId) -> Self {
        Self {
            chain,
            identity: Identity::Unknown,
            named_by: Maybe::MISSING,
            is_name_alone: false,
            is_named_for_service: false,
            service: Maybe::MISSING,
            dnat: Maybe::MISSING,
            hairpin: Maybe::MISSING,
            address: None,
            port: None,
            protocol: None,
            asks: Asks::Nothing,
            dnat_remembers: false,
            rare: None,
        }
    }

    /// The service whose balancing rules come here first, by index of [`Proxy::services`](super::Proxy::services).
    #[must_use]
    pub fn service(&self) -> Option<u32> {
        self.services().first().copied()
    }

    /// Whether its own comments name that service; `false` before [`Proxy::verify`](super::Proxy::verify). It is told
    /// without a look at the comments, which lie far away.
    #[must_use]
    pub fn is_named_for_service(&self) -> bool {
        self.is_named_for_service
    }

    /// [`Self::service`] as a list.
    #[must_use]
    pub fn services(&self) -> &[u32] {
        self.service.as_slice()
    }

    /// Its first DNAT rule.
    #[must_use]
    pub fn dnat(&self) -> Option<Dnat> {
        let Self { address, port, protocol, .. } = *self;
        self.dnat.rule().map(|rule| Dnat { rule, protocol, address, port })
    }

    /// Its first rule that sets the masquerade mark: for the pod that connects to itself.
    #[must_use]
    pub fn hairpin(&self) -> Option<Hairpin> {
        let source = match self.asks {
            Asks::Nothing => None,
            Asks::Here => self.address,
            Asks::Elsewhere => self.rare.as_ref().and_then(|rare| rare.source),
        };
        self.hairpin.rule().map(|rule| Hairpin { rule, source })
    }

    /// The rule that remembers the client (`-m recent --set`): the DNAT rule itself, as a rule.
    #[must_use]
    pub fn remembers(&self) -> Option<RuleId> {
        let other = || self.rare.as_ref().and_then(|rare| rare.remembers);
        if self.dnat_remembers { self.dnat.rule() } else { other() }
    }

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
    pub fn dnats(&self) -> impl Iterator<Item = Dnat> {
        self.dnat().into_iter().chain(self.more_dnats().iter().copied())
    }

    /// All its rules that set the masquerade mark.
    pub fn hairpins(&self) -> impl Iterator<Item = Hairpin> {
        let more = self.rare.iter().flat_map(|rare| &rare.more_hairpins);
        self.hairpin().into_iter().chain(more.copied())
    }

    /// Its rules that kube-proxy does not write in such a chain.
    #[must_use]
    pub fn others(&self) -> &[RuleId] {
        self.rare.as_ref().map_or(&[], |rare| &rare.others)
    }

    /// Whether a connection of the pod to itself is masqueraded; `None` where the dump does not tell which pod it is.
    #[must_use]
    pub fn has_own_hairpin(&self) -> Option<bool> {
        let own = self.dnat()?.address?;
        Some(self.hairpins().any(|hairpin| hairpin.source == Some(own)))
    }

    /// The service that its own comments name, where `comment` tells the comment of a rule.
    pub(super) fn named(&self, comment: impl FnOnce(RuleId) -> Option<&'src BStr>) -> Option<ServicePortName<'src>> {
        let text = comment(self.named_by.rule()?)?;
        if self.is_name_alone { Some(ServicePortName::known(text)) } else { Role::of(text).service() }
    }

    /// A rule with a comment; the first one that names a service stays.
    pub(super) fn take_comment(&mut self, rule: RuleId, text: &BStr) {
        if self.named_by != Maybe::MISSING {
            return;
        }
        if let Some(name) = Role::of(text).service() {
            self.named_by = Maybe::of(rule);
            self.is_name_alone = name.text() == text;
        }
    }

    /// A service whose rules come here; the first one stays.
    pub(super) fn led_to_by(&mut self, service: u32) {
        if self.service == Maybe::MISSING {
            self.service = Maybe(service);
        }
    }

    pub(super) fn take_dnat(&mut self, dnat: Dnat) {
        if self.dnat != Maybe::MISSING {
            return self.rare().more_dnats.push(dnat);
        }
        if self.asks == Asks::Here && self.address != dnat.address {
            self.rare().source = self.address;
            self.asks = Asks::Elsewhere;
        }
        self.dnat = Maybe::of(dnat.rule);
        (self.address, self.port, self.protocol) = (dnat.address, dnat.port, dnat.protocol);
    }

    pub(super) fn take_hairpin(&mut self, hairpin: Hairpin) {
        if self.hairpin != Maybe::MISSING {
            return self.rare().more_hairpins.push(hairpin);
        }
        self.hairpin = Maybe::of(hairpin.rule);
        if hairpin.source.is_none() {
            return;
        }
        if self.dnat == Maybe::MISSING {
            self.address = hairpin.source;
        }
        self.asks = if self.address == hairpin.source { Asks::Here } else { Asks::Elsewhere };
        if self.asks == Asks::Elsewhere {
            self.rare().source = hairpin.source;
        }
    }

    pub(super) fn take_other(&mut self, rule: RuleId) {
        self.rare().others.push(rule);
    }

    /// A rule that remembers clients, after it was taken for what it is; the first one stays.
    pub(super) fn take_remembering(&mut self, rule: RuleId) {
        if self.remembers().is_some() {
            return;
        }
        if self.dnat.rule() == Some(rule) {
            self.dnat_remembers = true;
        } else {
            self.rare().remembers = Some(rule);
        }
    }

    pub(super) fn judged(&mut self, identity: Identity, is_named_for_service: bool) {
        (self.identity, self.is_named_for_service) = (identity, is_named_for_service);
    }

    pub(super) fn solved(&mut self, made_for: MadeFor<'src>) {
        self.rare().made_for = Some(made_for);
    }

    fn rare(&mut self) -> &mut Rare<'src> {
        self.rare.get_or_insert_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dnat(rule: u32, address: &str) -> Dnat {
        Dnat { rule: RuleId(rule), protocol: Some(Protocol::TCP), address: address.parse().ok(), port: Some(80) }
    }

    fn hairpin(rule: u32, source: &str) -> Hairpin {
        Hairpin { rule: RuleId(rule), source: source.parse().ok() }
    }

    #[track_caller]
    fn keeps(hairpin: Hairpin, dnat: Dnat) {
        let (mut one, mut other) = (EndpointChain::new(ChainId(0)), EndpointChain::new(ChainId(0)));
        one.take_hairpin(hairpin);
        assert_eq!((one.hairpin(), one.dnat()), (Some(hairpin), None));
        one.take_dnat(dnat);
        other.take_dnat(dnat);
        assert_eq!((other.hairpin(), other.dnat()), (None, Some(dnat)));
        other.take_hairpin(hairpin);
        for chain in [one, other] {
            assert_eq!((chain.hairpin(), chain.dnat()), (Some(hairpin), Some(dnat)));
        }
    }

    #[test]
    fn both_rules_are_told_as_they_were_whatever_their_addresses_and_order() {
        for (source, target) in [
            ("10.0.0.1", "10.0.0.1"),
            ("10.0.0.1", "10.0.0.2"),
            ("fd00::1", "fd00::1"),
            ("", "10.0.0.1"),
            ("10.0.0.1", ""),
            ("", ""),
        ] {
            keeps(hairpin(1, source), dnat(2, target));
        }
    }

    #[test]
    fn further_rules_stand_behind_the_first() {
        let mut chain = EndpointChain::new(ChainId(0));
        let (dnats, hairpins) =
            ([dnat(1, "10.0.0.1"), dnat(2, "10.0.0.2")], [hairpin(3, "10.0.0.3"), hairpin(4, "10.0.0.1")]);
        for (dnat, hairpin) in dnats.into_iter().zip(hairpins) {
            chain.take_dnat(dnat);
            chain.take_hairpin(hairpin);
        }
        assert_eq!(chain.dnats().collect::<Vec<_>>(), dnats);
        assert_eq!(chain.hairpins().collect::<Vec<_>>(), hairpins);
        assert_eq!((chain.more_dnats(), chain.has_own_hairpin()), (&dnats[1..], Some(true)));
    }

    #[test]
    fn the_first_rule_that_remembers_is_told() {
        for (rules, expected) in [([7, 5], 7), ([5, 7], 5)] {
            let mut chain = EndpointChain::new(ChainId(0));
            chain.take_dnat(dnat(7, "10.0.0.1"));
            for rule in rules {
                chain.take_remembering(RuleId(rule));
            }
            assert_eq!(chain.remembers(), Some(RuleId(expected)));
        }
    }

    #[test]
    fn the_first_comment_that_names_a_service_is_read_again_when_asked() {
        for (comment, expected) in [("a/b:c", "a/b:c"), ("a/b:c -> 10.0.0.1:80", "a/b:c"), ("a/b:", "a/b:")] {
            let mut chain = EndpointChain::new(ChainId(0));
            chain.take_comment(RuleId(3), "nobody".into());
            chain.take_comment(RuleId(4), comment.into());
            chain.take_comment(RuleId(5), "x/y".into());
            let name = chain.named(|rule| (rule == RuleId(4)).then_some(comment.into()));
            assert_eq!(name, ServicePortName::parse(expected.as_bytes()));
        }
    }

    #[test]
    fn a_chain_of_a_pod_is_small() {
        assert_eq!(size_of::<EndpointChain<'_>>(), 56);
    }

    #[test]
    fn an_index_may_be_missing() {
        assert_eq!([Maybe(0), Maybe(7), Maybe::MISSING].map(Maybe::rule), [Some(RuleId(0)), Some(RuleId(7)), None]);
    }
}
