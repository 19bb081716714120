//! Forms that only some releases of kube-proxy write (the decision list of R§1).

use super::build::Chains;
use super::reading::{Facts, fixed_chain};
use super::{Prefix, Release, Role, ServiceChain, ServicePort, StaticChain, Writer, rung};
use crate::ruleset::{ChainGraph, ChainId, RuleId, Table, Target};
use bstr::BStr;

/// More endpoints than this make a large cluster, in which comments are left out (since 1.12).
const LARGE_CLUSTER: usize = 1000;

/// The releases that the forms seen so far allow.
#[derive(Default)]
pub(super) struct Bounds {
    from: Option<Release>,
    to: Vec<Release>,
}

impl Bounds {
    fn since(&mut self, minor: u8, seen: bool) {
        if seen {
            self.from = self.from.max(Some(Release(minor)));
        }
    }

    fn until(&mut self, minor: u8, seen: bool) {
        if seen {
            self.to.push(Release(minor));
        }
    }

    fn is_before(&self, minor: u8) -> bool {
        self.from < Some(Release(minor))
    }

    /// The oldest and the newest release; an upper bound below the lower one is a leftover.
    pub(super) fn release(&self) -> (Option<Release>, Option<Release>) {
        (self.from, self.to.iter().copied().filter(|&to| Some(to) >= self.from).min())
    }
}

/// Whether a built-in chain of that name jumps to `to`.
fn is_hooked(table: &Table<'_>, graph: &ChainGraph, from: &str, to: Option<ChainId>) -> bool {
    let Some(to) = to else { return false };
    graph.references(to).iter().any(|&rule| table.chain(table.rule(rule).chain).name == from)
}

pub(super) fn of_filter(table: &Table<'_>, graph: &ChainGraph, bounds: &mut Bounds) {
    let chain = |which| fixed_chain(table, which);
    let external = chain(StaticChain::ExternalServices);
    bounds.since(25, chain(StaticChain::ProxyFirewall).is_some());
    bounds.since(21, chain(StaticChain::NodePorts).is_some());
    // It came with 1.20 and was brought back to 1.19.
    bounds.since(19, is_hooked(table, graph, "FORWARD", external));
    bounds.since(17, chain(StaticChain::ProxyCanary).is_some());
    bounds.since(10, external.is_some());
    bounds.until(19, is_hooked(table, graph, "INPUT", chain(StaticChain::Services)));
    let Some(forward) = chain(StaticChain::Forward) else { return };
    bounds.since(9, true);
    for (_, rule) in table.rules_of(forward) {
        let facts = Facts::of(table.matches(rule));
        let role = facts.comment.map(|text| Role::of(text));
        bounds.since(23, role == Some(Role::ForwardingConntrack));
        bounds.until(22, role == Some(Role::ForwardingConntrackPod));
        bounds.since(31, is_accounted(facts.nfacct));
    }
}

/// The accounting objects that came with 1.31 and 1.32.
fn is_accounted(nfacct: Option<&BStr>) -> bool {
    nfacct.is_some_and(|name| name == "localhost_nps_accepted_pkts" || name == "ct_state_invalid_dropped_pkts")
}

pub(super) fn of_nat(chains: &Chains<'_, '_>, services: &[ServicePort<'_>], bounds: &mut Bounds) {
    let chain = |which| chains.nat.fixed(which);
    bounds.since(17, chain(StaticChain::ProxyCanary).is_some());
    bounds.since(2, chain(StaticChain::MarkMasq).is_some());
    if let Some(chain) = chain(StaticChain::Postrouting) {
        of_postrouting(chains.nat.table, chain, bounds);
    }
    for chain in chains.services.iter().filter(|chain| !chain.services.is_empty()) {
        of_service_chain(chains, chain, bounds);
    }
    for service in services {
        of_captures(chains, service, bounds);
    }
    of_comments(chains, bounds);
}

fn of_postrouting(table: &Table<'_>, chain: ChainId, bounds: &mut Bounds) {
    let mut marks = false;
    for (_, rule) in table.rules_of(chain) {
        marks |= matches!(rule.target, Some(Target::Mark(_)));
        bounds.since(15, matches!(&rule.target, Some(Target::Masquerade(to)) if to.get().random_fully));
    }
    // The three rules came with 1.19 and were brought back to 1.16.
    bounds.since(16, marks);
    bounds.until(18, !marks && table.chain(chain).rules.len() == 1);
}

fn of_service_chain(chains: &Chains<'_, '_>, chain: &ServiceChain<'_>, bounds: &mut Bounds) {
    let nat = &chains.nat;
    let role = |rule: RuleId| nat.facts(nat.table.rule(rule)).comment.map(|text| Role::of(text));
    let leads_to = |prefix| chain.jumps.iter().any(|&(_, to)| chains.services[to.0 as usize].prefix == prefix);
    let first = chain.balancing.first();
    let first_role = first.and_then(|balancing| role(balancing.rule));
    match chain.prefix {
        Prefix::Ext => bounds.since(24, true),
        Prefix::Svl => {
            bounds.since(24, true);
            bounds.until(24, !chain.drops.is_empty());
        }
        Prefix::Svc => {
            let masquerade = chain.masquerade.first().and_then(|&rule| role(rule));
            bounds.since(22, masquerade.is_some_and(|role| matches!(role, Role::Portal(..) | Role::Service(_))));
        }
        Prefix::Xlb => {
            bounds.since(4, true);
            bounds.until(23, true);
            bounds.until(22, matches!(first_role, Some(Role::BalancingRule(_))));
            bounds.since(
                15,
                chain.masquerade.iter().any(|&rule| role(rule).is_some_and(|role| role.service().is_some())),
            );
        }
        Prefix::Fw => {
            bounds.since(4, true);
            bounds.until(23, leads_to(Prefix::Svc) || leads_to(Prefix::Xlb));
            bounds.until(24, leads_to(Prefix::Ext) && !chain.drops.is_empty());
            let last = nat.table.rules_of(chain.chain).next_back();
            let has_tail = last.and_then(|(id, _)| role(id)).is_some_and(|role| matches!(role, Role::OtherTraffic(_)));
            bounds.since(27, has_tail);
            bounds.until(26, leads_to(Prefix::Ext) && !has_tail && nat.table.is_complete);
        }
        Prefix::Sep | Prefix::HostPort => {}
    }
    bounds.since(24, matches!(first_role, Some(Role::Endpoint { .. })));
    let writer = first.and_then(|balancing| rung(balancing.threshold?)).map(|rung| rung.writer);
    bounds.since(17, writer == Some(Writer::TenDigits));
    bounds.until(16, writer == Some(Writer::FiveDigits));
}

fn of_captures(chains: &Chains<'_, '_>, service: &ServicePort<'_>, bounds: &mut Bounds) {
    use super::CaptureKind::ClusterIp;
    bounds.until(19, service.name.is_some_and(super::ServicePortName::has_old_colon));
    for capture in &service.captures {
        // Only KUBE-NODEPORTS has a masquerade rule of its own in 1.22 and 1.23: the one for the loopback net.
        bounds.until(21, !capture.masquerade.is_empty() && capture.kind == ClusterIp);
        let target = capture.target.map(|target| chains.services[target.0 as usize].prefix);
        bounds.until(23, capture.kind != ClusterIp && target == Some(Prefix::Svc));
        if capture.jumps.len() > 1 {
            let facts = |&rule: &RuleId| chains.nat.facts(chains.nat.table.rule(rule));
            bounds.until(20, capture.jumps.iter().any(|rule| facts(rule).physdev));
            bounds.since(31, capture.jumps.iter().any(|rule| is_accounted(facts(rule).nfacct)));
        }
    }
}

/// From about 1.12 to 1.17 the rules of SVC and SEP chains lost their comments; later only large clusters do without.
fn of_comments(chains: &Chains<'_, '_>, bounds: &mut Bounds) {
    let used = || chains.services.iter().filter(|chain| !chain.services.is_empty() && chain.prefix == Prefix::Svc);
    let mut rules = used().filter_map(|chain| chain.balancing.first()).peekable();
    // Of a cut dump nobody knows how large the cluster is.
    let is_small = chains.nat.table.is_complete && chains.endpoints.len() <= LARGE_CLUSTER;
    if rules.peek().is_none() || !bounds.is_before(22) || !is_small {
        return;
    }
    let (with, without): (Vec<_>, Vec<_>) =
        rules.partition(|balancing| chains.nat.facts(chains.nat.table.rule(balancing.rule)).comment.is_some());
    bounds.since(12, with.is_empty() && bounds.from >= Some(Release(10)));
    bounds.until(17, with.is_empty() && bounds.from >= Some(Release(10)));
    bounds.since(18, without.is_empty() && bounds.from >= Some(Release(15)));
}
