//! Chains in which nothing but chance decides: each rule gets just what its probability says of what is left, and no
//! walk can come to anything else.
//!
//! What is asked here is enough and not more than needed: a chain that fails is walked. Tests hold the formula against
//! the walk on every dump there is.

use super::{ChainShare, EndpointShare};
use crate::kube::{Balancing, Dnat, EndpointChain, EndpointId, Proxy, Recheck, ServiceChain};
use crate::ruleset::{
    ChainGraph, ChainId, Match, Protocol, RecentAction, Rule, RuleId, Table, Target, Test, Threshold,
};
use crate::trace::{Flag, Machine};
use std::sync::atomic::Ordering;

/// KUBE-MARK-MASQ has one rule; a chain with more than that is walked.
const MARKER_RULES: usize = 8;

/// Service chains that are looked at one by one.
const FEW: u32 = 32;

/// Whether the parts of the balancing rules are those their probabilities say, for new connections of that protocol.
#[must_use]
pub fn is_plain(
    machine: &Machine<'_, '_>,
    proxy: &Proxy<'_, '_>,
    chain: &ServiceChain<'_>,
    protocol: Option<Protocol>,
) -> bool {
    let Some(nat) = proxy.nat().filter(|_| is_bare(chain) && protocol.is_some()) else { return false };
    let first = chain.balancing.first().map(|rule| rule.rule);
    let is_early =
        |recheck: &Recheck| first.is_some_and(|first| recheck.rule < first) && is_recheck(nat.0, recheck.rule);
    let all = all_takes(machine, proxy, nat);
    let takes = |id: EndpointId| match all {
        Some(all) => all.get(id.0 as usize).copied().flatten(),
        None => takes(nat, proxy.endpoint(id)),
    };
    let is_fair = |rule: &Balancing| rule.endpoint.map(takes) == Some(protocol) && asks_only_chance(nat.0, rule.rule);
    // Rules that only count are in none of the lists; whatever they ask, a walk tells.
    let known = chain.masquerade.len() + chain.rechecks.len() + chain.balancing.len();
    nat.0.chain(chain.chain).rules.len() == known
        && chain.masquerade.iter().all(|&rule| is_quiet_marker(nat, rule))
        && chain.rechecks.iter().all(is_early)
        && chain.balancing.iter().all(is_fair)
}

/// What all endpoint chains take, unless only a few service chains were asked about. In the order of the table it is
/// soon told; one by one it would be asked all over the memory.
fn all_takes<'m>(
    machine: &'m Machine<'_, '_>,
    proxy: &Proxy<'_, '_>,
    nat: (&Table<'_>, &ChainGraph),
) -> Option<&'m Vec<Option<Protocol>>> {
    let is_one_of_few = || machine.asked.fetch_add(1, Ordering::Relaxed) < FEW;
    if machine.takes.get().is_none() && is_one_of_few() {
        return None;
    }
    Some(machine.takes.get_or_init(|| proxy.endpoints.iter().map(|endpoint| takes(nat, endpoint)).collect()))
}

/// The protocol of which an endpoint chain takes everything, if what comes before its DNAT only marks.
fn takes((table, graph): (&Table<'_>, &ChainGraph), endpoint: &EndpointChain<'_>) -> Option<Protocol> {
    let dnat = endpoint.dnat().filter(|dnat| dnat.address.is_some())?;
    let protocol = dnat.protocol.filter(|_| is_sound(table, endpoint, dnat.protocol))?;
    let mut hairpins = endpoint.hairpins();
    hairpins.all(|own| is_quiet_marker((table, graph), own.rule)).then_some(protocol)
}

/// No rule but those that choose a pod, those that mark, and re-checks.
fn is_bare(chain: &ServiceChain<'_>) -> bool {
    chain.others.is_empty() && chain.drops.is_empty() && chain.jumps.is_empty()
}

/// Whether nothing but chance decides in the chain, and every pod's chain is sound. That each mark chain only marks is
/// not asked.
#[must_use]
pub fn draws_only(proxy: &Proxy<'_, '_>, chain: &ServiceChain<'_>, protocol: Option<Protocol>) -> bool {
    let Some((table, _)) = proxy.nat() else { return false };
    let is_sound = |rule: &Balancing| rule.endpoint.is_some_and(|id| is_sound(table, proxy.endpoint(id), protocol));
    is_bare(chain) && chain.balancing.iter().all(|rule| is_sound(rule) && asks_only_chance(table, rule.rule))
}

/// For each balancing rule its own probability times what the rules before it leave, and what is left at the end.
#[must_use]
pub fn intended(balancing: &[Balancing]) -> (Vec<f64>, f64) {
    let mut left = 1.0;
    let of_rule = |rule: &Balancing| {
        let share = left * rule.threshold.map_or(1.0, Threshold::probability);
        left -= share;
        share
    };
    let shares = balancing.iter().map(of_rule).collect();
    (shares, left)
}

/// What a plain chain gives.
pub(super) fn by_chance(chain: &ServiceChain<'_>) -> ChainShare {
    let (shares, left) = intended(&chain.balancing);
    let is_sticky = !chain.rechecks.is_empty() && shares.iter().any(|share| *share > 0.0);
    let of_rule = |intended: f64| EndpointShare { intended, share: Some(intended) };
    ChainShare {
        endpoints: shares.into_iter().map(of_rule).collect(),
        unrouted: Some(left),
        flags: if is_sticky { vec![Flag::Affinity] } else { Vec::new() },
    }
}

/// No other test than one drawing of lots.
fn asks_only_chance(table: &Table<'_>, rule: RuleId) -> bool {
    let mut draws = 0;
    let mut is_known = |each: &Match<'_>| {
        draws += u32::from(matches!(*each.test(), Test::Random(_)));
        matches!(*each.test(), Test::Comment { .. } | Test::Random(_)) && !each.inverted()
    };
    table.matches(table.rule(rule)).iter().all(&mut is_known) && draws <= 1
}

/// Whether everything of that protocol that enters the chain of a pod is translated to it.
#[must_use]
pub fn is_sound(table: &Table<'_>, endpoint: &EndpointChain<'_>, protocol: Option<Protocol>) -> bool {
    let is_known = |each: &Match<'_>| {
        let is_known = match each.test() {
            Test::Comment { .. } => true,
            Test::Protocol(own) | Test::Module(own) => Some(*own) == protocol,
            Test::Recent(recent) => recent.action == RecentAction::Set,
            _ => false,
        };
        is_known && !each.inverted()
    };
    let takes_all = |dnat: Dnat| table.matches(table.rule(dnat.rule)).iter().all(is_known);
    endpoint.others().is_empty() && endpoint.more_dnats().is_empty() && endpoint.dnat().is_some_and(takes_all)
}

/// A rule that sets a mark, or does not, and says nothing of clients or of chance.
fn is_quiet_marker((table, graph): (&Table<'_>, &ChainGraph), rule: RuleId) -> bool {
    let own = table.rule(rule);
    is_quiet(table, own)
        && match &own.target {
            Some(Target::Mark(_)) => true,
            Some(Target::Jump(_)) => graph.leads_to(table, rule).is_some_and(|chain| is_marker(table, chain)),
            _ => false,
        }
}

fn is_quiet(table: &Table<'_>, rule: &Rule<'_>) -> bool {
    let is_loud = |test: &Test<'_>| matches!(test, Test::Random(_) | Test::Nth { .. } | Test::Recent(_));
    !table.matches(rule).iter().any(|each| is_loud(each.test()))
}

/// A chain that marks and comes back.
fn is_marker(table: &Table<'_>, chain: ChainId) -> bool {
    let marks = |rule: &Rule<'_>| matches!(rule.target, Some(Target::Mark(_)) | None) && is_quiet(table, rule);
    let rules = table.rules_of(chain);
    (1..=MARKER_RULES).contains(&rules.len()) && rules.map(|(_, rule)| rule).all(marks)
}

/// `-m recent --rcheck` and no other test: no new client takes it.
fn is_recheck(table: &Table<'_>, rule: RuleId) -> bool {
    let mut asks = false;
    let mut is_known = |each: &Match<'_>| match each.test() {
        Test::Comment { .. } => true,
        Test::Recent(recent) => {
            asks = true;
            recent.action != RecentAction::Set && !each.inverted()
        }
        _ => false,
    };
    table.matches(table.rule(rule)).iter().all(&mut is_known) && asks
}
