//! The pods of a service.

use super::convert::{Text, identity};
use super::evidence::{Evidence, at, of_rules, spans};
use super::field::Field;
use super::service::{MadeForText, made_for};
use crate::kube::{Balancing, EndpointChain, EndpointId};
use crate::ruleset::{RuleId, TableName, Threshold};
use crate::shares::{ChainShare, EndpointShare};
use crate::view::{Item, Node};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::net::IpAddr;

/// A pod that the service sends connections to.
#[derive(Debug)]
pub(super) struct Endpoint<'n> {
    /// Its address; null where the dump does not show it.
    address: Option<IpAddr>,
    /// Its port.
    port: Option<u16>,
    /// The chain that leads to it.
    chain: Text<'n>,
    /// Whether that chain's name is the checksum of service, protocol and endpoint.
    identity: &'static str,
    /// What a contradicted name was made for, where that was found.
    made_for: Option<MadeForText>,
    /// The probability of its rule as iptables prints it; null without `statistic`.
    rule_probability: Option<f64>,
    /// What the kernel keeps of it: of 2³¹.
    threshold: Option<u32>,
    /// What the balancing rules alone would give it.
    intended_share: Option<f64>,
    /// What really arrives of new connections from outside.
    share: Option<f64>,
    /// Whether a connection of the pod to itself is masqueraded.
    hairpin: Option<bool>,
    /// The rules that lead to it.
    evidence: Vec<Evidence<'n>>,
}

impl Serialize for Endpoint<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(None)?;
        fields.serialize_entry(&Field::Address, &self.address)?;
        fields.serialize_entry(&Field::Port, &self.port)?;
        fields.serialize_entry(&Field::Chain, &self.chain)?;
        fields.serialize_entry(&Field::Identity, self.identity)?;
        fields.serialize_entry(&Field::MadeFor, &self.made_for)?;
        fields.serialize_entry(&Field::RuleProbability, &self.rule_probability)?;
        fields.serialize_entry(&Field::Threshold, &self.threshold)?;
        fields.serialize_entry(&Field::IntendedShare, &self.intended_share)?;
        fields.serialize_entry(&Field::Share, &self.share)?;
        fields.serialize_entry(&Field::Hairpin, &self.hairpin)?;
        fields.serialize_entry(&Field::Evidence, &self.evidence)?;
        fields.end()
    }
}

/// So many rules lead to an endpoint.
const USUAL: usize = 3;

/// The endpoints of one policy. What is known of one pod lies far from what is known of the next one: the same is asked
/// of all of them in a row, so that the memory answers many questions at a time.
pub(super) fn endpoints<'n>(node: &'n Node<'n, '_>, item: &Item<'n, '_>, local: bool) -> Vec<Endpoint<'n>> {
    let (balancing, share) = (item.balancing(local), item.share(local));
    let mut rules = Vec::with_capacity(balancing.len() * USUAL);
    for rule in balancing {
        rules_to(item, rule).for_each(|id| rules.push(id));
    }
    let spans = spans(node, item.source, TableName::Nat, rules);
    let mut lines = spans.into_iter().filter_map(|span| at(node, span));
    let of = |(place, rule)| endpoint(item, rule, share_at(share.as_deref(), place), &mut lines);
    balancing.iter().enumerate().map(of).collect()
}

fn share_at(share: Option<&ChainShare>, at: usize) -> Option<EndpointShare> {
    share.and_then(|share| share.endpoints.get(at).copied())
}

/// The rules that lead to an endpoint: one to its chain, two in it, as kube-proxy writes them.
fn rules_to(item: &Item<'_, '_>, rule: &Balancing) -> impl Iterator<Item = RuleId> {
    let chain = rule.endpoint.map(|id| item.proxy.endpoint(id));
    std::iter::once(rule.rule).chain(chain.into_iter().flat_map(rules_of))
}

/// `lines` gives the lines of the rules that lead to it.
fn endpoint<'n>(
    item: &Item<'n, '_>,
    rule: &'n Balancing,
    share: Option<EndpointShare>,
    lines: &mut impl Iterator<Item = Evidence<'n>>,
) -> Endpoint<'n> {
    let chain = rule.endpoint.map(|id| item.proxy.endpoint(id));
    Endpoint {
        chain: Text(item.proxy.chain_name(rule)),
        rule_probability: rule.threshold.map(printed),
        threshold: rule.threshold.map(|threshold| threshold.0),
        intended_share: share.map(|share| share.intended),
        share: share.and_then(|share| share.share).map(unsigned),
        evidence: lines.take(rules_to(item, rule).count()).collect(),
        ..of_chain(chain)
    }
}

/// Endpoint chains of a partial dump that no balancing rule leads to.
pub(super) fn loose<'n>(node: &'n Node<'n, '_>, item: &Item<'n, '_>) -> Vec<Endpoint<'n>> {
    let of = |id: EndpointId| {
        let chain = item.proxy.endpoint(id);
        let evidence = of_rules(node, item.source, TableName::Nat, rules_of(chain));
        Endpoint { chain: Text(item.proxy.name_of(chain)), evidence, ..of_chain(Some(chain)) }
    };
    item.service.loose_endpoints.iter().copied().map(of).collect()
}

/// What the endpoint chain alone tells.
fn of_chain<'n>(chain: Option<&EndpointChain<'_>>) -> Endpoint<'n> {
    let dnat = chain.and_then(EndpointChain::dnat);
    Endpoint {
        address: dnat.and_then(|dnat| dnat.address),
        port: dnat.and_then(|dnat| dnat.port),
        chain: Text("".into()),
        identity: identity(chain.map(|chain| chain.identity).unwrap_or_default()),
        made_for: chain.and_then(EndpointChain::made_for).map(made_for),
        rule_probability: None,
        threshold: None,
        intended_share: None,
        share: None,
        hairpin: chain.and_then(EndpointChain::has_own_hairpin),
        evidence: Vec::new(),
    }
}

fn rules_of<'c>(chain: &'c EndpointChain<'_>) -> impl Iterator<Item = RuleId> + 'c {
    let hairpins = chain.hairpins().map(|hairpin| hairpin.rule);
    hairpins.chain(chain.dnats().map(|dnat| dnat.rule))
}

/// A sum of nothing is -0.
pub(super) fn unsigned(share: f64) -> f64 {
    share + 0.0
}

/// The probability in the eleven digits that iptables prints, a half rounded to the even digit.
fn printed(threshold: Threshold) -> f64 {
    // Of 2³¹ parts into 10¹¹ is 5¹¹ for each 2²⁰.
    let parts = u64::from(threshold.0) * 5_u64.pow(11);
    let (whole, rest, half) = (parts >> 20, parts & ((1 << 20) - 1), 1 << 19);
    let digits = whole + u64::from(rest > half || (rest == half && whole % 2 == 1));
    #[expect(clippy::cast_precision_loss, reason = "no more than 10¹¹, or 2·10¹¹ for what is no probability")]
    let digits = digits as f64;
    // Both numbers are exact, so that their quotient is what reading the digits gives.
    digits / 1e11
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probability_is_what_iptables_prints_for_its_threshold() {
        let halves = (0..1 << 12).map(|at| at << 19);
        let some = (0..=1 << 31).step_by(19_973).chain(halves).chain([1, 715_827_883, (1 << 31) - 1]).map(Threshold);
        for threshold in some {
            assert_eq!(Ok(printed(threshold)), threshold.to_string().parse(), "{threshold:?}");
        }
    }
}
