//! Chain names are checksums: whether each is the one that its service, protocol and endpoint give.

use super::name::{endpoint_hash_after, finished, service_digest};
use super::proxy::{name_in, named_in};
use super::{ChainHash, ChainName, EndpointChain, Prefix, Proxy, ServiceChain, ServicePort, ServicePortName};
use crate::ruleset::{Protocol, Table};
use crate::threads::by_parts;
use bstr::BStr;
use sha2::Sha256;

/// Whether a chain's name is the checksum of what the rules say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// It is: proof that name, protocol (and endpoint) belong to the chain.
    Verified,
    /// It is not.
    Contradicted,
    /// The dump does not say what it should be the checksum of.
    #[default]
    Unknown,
}

impl Identity {
    fn of(is_verified: bool) -> Self {
        if is_verified { Self::Verified } else { Self::Contradicted }
    }

    /// One contradiction is enough; otherwise one proof is.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Contradicted, _) | (_, Self::Contradicted) => Self::Contradicted,
            (Self::Verified, _) | (_, Self::Verified) => Self::Verified,
            (Self::Unknown, Self::Unknown) => Self::Unknown,
        }
    }
}

/// How many chain names are what they should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// Chains that verify.
    pub verified: u32,
    /// Chains that are contradicted.
    pub contradicted: u32,
    /// Chains about which the dump does not tell enough.
    pub unknown: u32,
    /// Those of `contradicted` that [`Proxy::solve`] found the text of.
    pub solved: u32,
}

impl Verification {
    /// Whether names can serve as witnesses: where fewer than half of those that can be recomputed are the checksum of
    /// something known, the dump was anonymised or written by something else.
    #[must_use]
    pub fn is_trustworthy(self) -> bool {
        let known = self.verified + self.solved;
        known > 0 && known >= self.contradicted.saturating_sub(self.solved)
    }

    fn of(&mut self, identity: Identity) -> &mut u32 {
        match identity {
            Identity::Verified => &mut self.verified,
            Identity::Contradicted => &mut self.contradicted,
            Identity::Unknown => &mut self.unknown,
        }
    }

    fn count(&mut self, identity: Identity) {
        *self.of(identity) += 1;
    }

    fn add(&mut self, other: Self) {
        self.verified += other.verified;
        self.contradicted += other.contradicted;
        self.unknown += other.unknown;
    }

    /// Judges a chain anew that was counted before.
    pub(super) fn change(&mut self, identity: &mut Identity, to: Identity) {
        let before = self.of(*identity);
        *before = before.saturating_sub(1);
        *identity = to;
        self.count(to);
    }
}

impl<'src> Proxy<'_, 'src> {
    /// Recomputes the names of the chains of these services and of the endpoint chains they lead to, and no others;
    /// [`Proxy::verification`] stays as it was. Whether that is all there is to know of them: each name that could be
    /// recomputed is the checksum it should be, and no chain was made for another service.
    pub fn verify_only(&mut self, services: &[u32]) -> bool {
        let mut verification = Verification::default();
        let mut ends: Vec<(u32, ServicePortName<'_>)> = Vec::new();
        for &at in services {
            let Some(service) = self.services.get_mut(at as usize) else { continue };
            let Some(name) = service.name else { return false };
            verify_service(service, &self.chains, &mut verification);
            let chains = service.chains.iter().map(|own| &self.chains[own.id.0 as usize]);
            let led_to = chains.flat_map(|chain| {
                let rechecks = chain.rechecks.iter().map(|recheck| recheck.endpoint);
                chain.balancing.iter().map(|rule| rule.endpoint).chain(rechecks)
            });
            ends.extend(led_to.flatten().chain(service.loose_endpoints.iter().copied()).map(|end| (end.0, name)));
        }
        let nat = self.nat().map(|(table, _)| table);
        let mut last = None;
        let mut is_own = true;
        for (at, name) in ends {
            let endpoint = &mut self.endpoints[at as usize];
            let service = endpoint.service().map(|at| &self.services[at as usize]);
            verify_endpoint(endpoint, nat, service, &mut last);
            verification.count(endpoint.identity);
            is_own &= named_in(nat, endpoint).is_none_or(|named| named.modern().text() == name.modern().text());
        }
        is_own && verification.contradicted == 0
    }

    /// Recomputes the names of all service and endpoint chains, one hash each, and names services by hash that no
    /// comment names. Leftovers are judged by their own comments.
    pub fn verify(&mut self) {
        let mut verification = Verification::default();
        for service in &mut self.services {
            verify_service(service, &self.chains, &mut verification);
        }
        let (services, nat) = (&self.services, self.nat().map(|(table, _)| table));
        let of_part = |part: &mut [EndpointChain<'src>]| {
            let mut counted = Verification::default();
            let mut last = None;
            for endpoint in part {
                let service = endpoint.service().map(|at| &services[at as usize]);
                verify_endpoint(endpoint, nat, service, &mut last);
                counted.count(endpoint.identity);
            }
            counted
        };
        for counted in by_parts(&mut self.endpoints, of_part) {
            verification.add(counted);
        }
        self.verification = verification;
    }
}

/// What a service chain's name ends in, if it is one.
fn hash_in(name: &BStr) -> Option<&[u8]> {
    match ChainName::of(name) {
        ChainName::Hashed(prefix, tail) if prefix.is_service() || prefix == Prefix::Sep => Some(tail),
        _ => None,
    }
}

fn verify_service(service: &mut ServicePort<'_>, chains: &[ServiceChain<'_>], verification: &mut Verification) {
    let expected = service_hash_of(service.name, service.protocol);
    let mut whole = Identity::Unknown;
    for own in &mut service.chains {
        let tail = hash_in(chains[own.id.0 as usize].name);
        own.identity = expected.zip(tail).map_or(Identity::Unknown, |(hash, tail)| Identity::of(hash.is(tail)));
        verification.count(own.identity);
        whole = whole.and(own.identity);
    }
    service.identity = whole;
}

fn service_hash_of(name: Option<ServicePortName<'_>>, protocol: Option<Protocol>) -> Option<ChainHash> {
    Some(finished(service_digest(name?.text(), protocol?)))
}

/// The name, protocol and digest of the service whose pods were verified last: chains of one often follow each other.
type Last<'src> = Option<(&'src BStr, Protocol, Sha256)>;

/// By the name its own comments give, else by the service that leads to it; by the protocol of its DNAT rule.
fn verify_endpoint<'src>(
    endpoint: &mut EndpointChain<'src>,
    nat: Option<&Table<'src>>,
    service: Option<&ServicePort<'src>>,
    last: &mut Last<'src>,
) {
    let named = named_in(nat, endpoint);
    let own = service.and_then(|service| service.name);
    let is_same = named.zip(own).is_some_and(|(named, own)| named.modern().text() == own.modern().text());
    let identity = endpoint_identity(endpoint, named.or(own), nat, service, last);
    endpoint.judged(identity, is_same);
}

fn endpoint_identity<'src>(
    endpoint: &EndpointChain<'src>,
    name: Option<ServicePortName<'src>>,
    nat: Option<&Table<'src>>,
    service: Option<&ServicePort<'src>>,
    last: &mut Last<'src>,
) -> Identity {
    let (Some(name), Some(dnat), Some(tail)) = (name, endpoint.dnat(), hash_in(name_in(nat, endpoint))) else {
        return Identity::Unknown;
    };
    let protocol = dnat.protocol.or_else(|| service.and_then(|service| service.protocol));
    let (Some(protocol), Some(target)) = (protocol, dnat.target()) else { return Identity::Unknown };
    let digest = match last {
        Some((text, its, digest)) if *text == name.text() && *its == protocol => digest.clone(),
        _ => service_digest(name.text(), protocol),
    };
    let hash = endpoint_hash_after(digest.clone(), target);
    *last = Some((name.text(), protocol, digest));
    Identity::of(hash.is(tail))
}
