//! A rule that no packet comes to, because an earlier one takes them all.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::hooks::is_always_true;
use super::needs::Needs;
use crate::kube::ChainName;
use crate::ruleset::{ChainId, Match, Net, Rule, RuleId, Table, Target, Test};

pub(super) static CHECK: Check = Check {
    name: "unreachable-rule",
    level: Level::Warning,
    proof: Proof::Dump,
    summary: "an earlier rule takes every packet that this one could match",
    page: include_str!("unreachable_rule.md"),
    needs: Needs::IPTABLES_MODE.interfaces(),
    question: Question::Services(check),
};

/// Rules of one chain that end the walk and are remembered; kube-proxy's own chains have one or two.
const MOST: usize = 16;

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((table, _)) = cx.nat() else { return };
    let is_ours = |chain: ChainId| ChainName::of(table.chain(chain).name) != ChainName::Foreign;
    if cx.scope.is_none() {
        table.chain_ids().filter(|(id, _)| is_ours(*id)).for_each(|(id, _)| report(cx, table, id, found));
    } else {
        cx.own_chains(table).into_iter().filter(|id| is_ours(*id)).for_each(|id| report(cx, table, id, found));
    }
}

fn report(cx: &Context<'_, '_>, table: &Table<'_>, chain: ChainId, found: &mut Findings) {
    let mut ends: Vec<(RuleId, &Rule<'_>)> = Vec::new();
    let last = table.chain(chain).rules.end;
    for (id, rule) in table.rules_of(chain) {
        if let Some(&(earlier, by)) = ends.iter().find(|(_, end)| covers(table, end, rule)) {
            found.push(finding(cx, table, earlier, id));
            if table.matches(by).iter().all(is_always_true) {
                return;
            }
        } else if ends.len() < MOST && id.0 + 1 < last && rule.target.as_ref().is_some_and(ends_walk) {
            ends.push((id, rule));
        }
    }
}

/// Whether what matches goes on with no later rule of this chain.
fn ends_walk(target: &Target<'_>) -> bool {
    matches!(
        target,
        Target::Accept
            | Target::Drop
            | Target::Return
            | Target::Reject(_)
            | Target::Dnat(_)
            | Target::Snat(_)
            | Target::Masquerade(_)
            | Target::Redirect(_)
            | Target::Netmap(_)
            | Target::Goto(_)
    )
}

/// Whether every packet that `later` matches is matched by `earlier`; never where a test is not understood.
fn covers(table: &Table<'_>, earlier: &Rule<'_>, later: &Rule<'_>) -> bool {
    let asked = table.matches(later);
    table.matches(earlier).iter().filter(|each| !is_always_true(each)).all(|test| is_implied(test, asked))
}

/// Whether one of `asked` makes `test` true.
fn is_implied(test: &Match<'_>, asked: &[Match<'_>]) -> bool {
    asked.iter().any(|own| match (test.test(), own.test()) {
        (Test::Address { side, net }, Test::Address { side: own_side, net: own_net }) => {
            side == own_side && test.inverted() == own.inverted() && contains(net, own_net, test.inverted())
        }
        (Test::Port { module, side, ports }, Test::Port { module: own_module, side: own_side, ports: own_ports }) => {
            let is_within = ports.contains(own_ports.first) && ports.contains(own_ports.last);
            (module, side) == (own_module, own_side)
                && if test.inverted() || own.inverted() { test == own } else { is_within }
        }
        (Test::Module(module), Test::Port { module: own, .. } | Test::Protocol(own)) => {
            !test.inverted() && module == own
        }
        (Test::Protocol(_) | Test::Module(_) | Test::Interface { .. } | Test::AddressType { .. }, _) => test == own,
        _ => false,
    })
}

/// Whether all of `inner` lies in `outer`; for the opposite tests the other way round.
fn contains(outer: &Net, inner: &Net, inverted: bool) -> bool {
    let (outer, inner) = if inverted { (inner, outer) } else { (outer, inner) };
    let is_narrower = outer.prefix().zip(inner.prefix()).is_some_and(|(outer, inner)| outer <= inner);
    outer == inner || is_narrower && outer.contains(inner.addr())
}

fn finding(cx: &Context<'_, '_>, table: &Table<'_>, earlier: RuleId, rule: RuleId) -> Finding {
    let chain = table.rule(rule).chain;
    let services = cx.services_of_rule(rule);
    let name = table.chain(chain).name;
    Finding::new(cx.subject(services, chain), format!("a rule of `{name}` is never reached"), cx.line(rule))
        .label("no packet comes here")
        .line(cx.line(earlier), "takes every packet that the other could match")
        .effect("The rule does nothing: what it was written for happens to no connection.")
        .services(services.iter().copied())
        .several("rules are never reached")
}
