//! Rules of somebody else that take packets to services before kube-proxy's rules do.
//!
//! Only candidates are walked: a rule that no service address can match is no interceptor, whatever it does.

use super::balance::percent;
use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::hooks::{built_in, fixed, jumps};
use super::meets::{Aim, is_for_node, is_understood};
use super::needs::Needs;
use crate::facts::Facts;
use crate::kube::{Capture, ChainName, ServicePort, StaticChain};
use crate::ruleset::{ChainId, RuleId, Table, TableName, Target};
use crate::trace::{ChainBranch, Machine, Origin, Packet};

pub(super) static CHECK: Check = Check {
    name: "interceptor",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "a rule of somebody else takes packets to services before kube-proxy's rules see them",
    page: include_str!("interceptor.md"),
    needs: Needs::IPTABLES_MODE.numeric().interfaces(),
    question: Question::Services(check),
};

/// Candidates looked at, rules behind each, and service addresses walked for each: what a person would look at.
const CANDIDATES: usize = 64;
const RULES: usize = 256;
const WALKED: usize = 16;

/// A rule before kube-proxy's, and the rules behind it that end the walk.
struct Candidate {
    rule: RuleId,
    ends: Vec<RuleId>,
    /// The chain the walk begins in.
    root: ChainId,
    origin: Origin,
    is_for_node: bool,
}

/// What a candidate does to one captured address.
struct Hit {
    service: u32,
    lost: f64,
    is_certain: bool,
    to: Option<String>,
    end: RuleId,
}

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((table, _)) = cx.nat() else { return };
    let candidates = candidates(cx);
    if candidates.is_empty() {
        return;
    }
    let mut seen: Vec<RuleId> = Vec::new();
    for candidate in &candidates {
        let hits = hits(cx, cx.machine(), table, candidate);
        let Some(first) = hits.first() else { continue };
        if seen.contains(&first.end) {
            continue;
        }
        seen.push(first.end);
        let is_certain = !candidate.is_for_node && hits.iter().any(|hit| hit.is_certain);
        let level = if is_certain { Level::Error } else { Level::Warning };
        found.push_at(level, finding(cx, table, candidate, &hits));
    }
}

/// Whether that rule of KUBE-SERVICES is one that this check reports.
pub(super) fn is_reported(cx: &Context<'_, '_>, rule: RuleId) -> bool {
    let Some((table, _)) = cx.nat() else { return false };
    let chain = table.rule(rule).chain;
    if !ends_walk(table, rule) || !ChainName::of(table.chain(chain).name).is(StaticChain::Services) {
        return false;
    }
    let Some(candidate) = in_services(cx, rule) else { return false };
    !hits(cx, cx.machine(), table, &candidate).is_empty()
}

fn candidates(cx: &Context<'_, '_>) -> Vec<Candidate> {
    let Some((table, graph)) = cx.nat() else { return Vec::new() };
    let mut candidates = Vec::new();
    let services = fixed(table, StaticChain::Services);
    for (hook, origin) in [("PREROUTING", Origin::Pod), ("OUTPUT", Origin::Node)] {
        let (Some(root), Some(services)) = (built_in(table, hook), services) else { continue };
        let Some(jump) = jumps(table, graph, root, services).next() else { continue };
        let before = table.rules_of(root).map(|(id, _)| id).take_while(|&id| id < jump);
        candidates.extend(before.take(CANDIDATES).filter_map(|rule| candidate(cx, rule, root, origin)));
    }
    let foreign = cx.proxy.foreign.iter().copied().take(CANDIDATES);
    candidates.extend(foreign.filter_map(|rule| in_services(cx, rule)));
    candidates
}

fn in_services(cx: &Context<'_, '_>, rule: RuleId) -> Option<Candidate> {
    let (table, _) = cx.nat()?;
    let root = table.rule(rule).chain;
    ChainName::of(table.chain(root).name).is(StaticChain::Services).then_some(())?;
    candidate(cx, rule, root, Origin::Pod)
}

fn candidate(cx: &Context<'_, '_>, rule: RuleId, root: ChainId, origin: Origin) -> Option<Candidate> {
    let (table, graph) = cx.nat()?;
    let mut ends = Vec::new();
    let mut is_node_only = is_for_node(table.matches(table.rule(rule)));
    let mut open: Vec<RuleId> = vec![rule];
    let mut chains: Vec<ChainId> = Vec::new();
    let mut looked_at = 0;
    while let Some(next) = open.pop().filter(|_| looked_at < RULES) {
        looked_at += 1;
        if ends_walk(table, next) {
            is_node_only |= is_for_node(table.matches(table.rule(next)));
            ends.push(next);
        }
        let into = graph
            .leads_to(table, next)
            .filter(|&chain| ChainName::of(table.chain(chain).name) == ChainName::Foreign && !chains.contains(&chain));
        if let Some(chain) = into {
            chains.push(chain);
            open.extend(table.rules_of(chain).map(|(id, _)| id).take(RULES));
        }
    }
    ends.sort_unstable();
    (!ends.is_empty()).then_some(Candidate { rule, ends, root, origin, is_for_node: is_node_only })
}

fn ends_walk(table: &Table<'_>, rule: RuleId) -> bool {
    let own = matches!(
        table.rule(rule).target,
        Some(Target::Accept | Target::Drop | Target::Dnat(_) | Target::Redirect(_) | Target::Netmap(_))
    );
    own && is_understood(table.matches(table.rule(rule)))
}

fn hits(cx: &Context<'_, '_>, machine: &Machine<'_, '_>, table: &Table<'_>, candidate: &Candidate) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    let facts = Facts::default();
    let mut walked = 0;
    for (at, service) in (0..).zip(&cx.proxy.services) {
        for capture in service.captures.iter().filter(|capture| capture.address.is_some()) {
            let Some(end) = end_for(table, candidate, service, capture) else { continue };
            if walked >= WALKED {
                // The first ones tell what happens; the rest only makes the list.
                hits.extend(hits.first().map(|first| Hit { service: at, to: first.to.clone(), ..*first }));
                continue;
            }
            walked += 1;
            hits.extend(walk(cx, machine, candidate, (at, service), capture, end, &facts));
        }
    }
    hits.dedup_by_key(|hit| hit.service);
    hits
}

/// The first rule behind the candidate that can take packets to this capture, if they come to the candidate at all.
fn end_for(
    table: &Table<'_>,
    candidate: &Candidate,
    service: &ServicePort<'_>,
    capture: &Capture<'_>,
) -> Option<RuleId> {
    let first = *capture.jumps.first()?;
    if table.rule(first).chain == candidate.root && first < candidate.rule {
        return None;
    }
    let aim = Aim { address: capture.address, port: capture.port, protocol: service.protocol };
    let meets = |rule: RuleId| aim.may_meet(table.matches(table.rule(rule)));
    if meets(candidate.rule) { candidate.ends.iter().copied().find(|&end| meets(end)) } else { None }
}

fn walk(
    cx: &Context<'_, '_>,
    machine: &Machine<'_, '_>,
    candidate: &Candidate,
    (at, service): (u32, &ServicePort<'_>),
    capture: &Capture<'_>,
    end: RuleId,
    facts: &Facts,
) -> Option<Hit> {
    let packet = Packet::new(candidate.origin, service.protocol?, capture.address?, capture.port);
    let shares = machine.chain_shares(TableName::Nat, candidate.root, &packet, facts)?;
    let mut best: Option<(f64, &ChainBranch)> = None;
    for branch in &shares.branches {
        let lost = lost(cx, candidate, branch);
        if lost > best.map_or(0.0, |(most, _)| most) {
            best = Some((lost, branch));
        }
    }
    let (lost, branch) = best?;
    let theirs = branch.shares.iter().find(|share| is_theirs(cx, candidate, share.rule));
    let to = theirs.map(|share| match (share.destination.address, share.destination.port) {
        (Some(address), Some(port)) => std::net::SocketAddr::new(address, port).to_string(),
        (Some(address), None) => address.to_string(),
        (None, Some(port)) => format!("port {port} of this node"),
        (None, None) => "this node".into(),
    });
    let end = theirs.map_or(end, |share| share.rule);
    Some(Hit { service: at, lost, is_certain: branch.conditions.is_empty(), to, end })
}

/// What does not come to the service's own rules.
fn lost(cx: &Context<'_, '_>, candidate: &Candidate, branch: &ChainBranch) -> f64 {
    let theirs = branch.shares.iter().filter(|share| is_theirs(cx, candidate, share.rule));
    theirs.map(|share| share.probability).sum::<f64>() + branch.accepted + branch.refused
}

fn is_theirs(cx: &Context<'_, '_>, candidate: &Candidate, rule: RuleId) -> bool {
    candidate.ends.binary_search(&rule).is_ok()
        && cx.nat().is_some_and(|(table, _)| {
            !matches!(ChainName::of(table.chain(table.rule(rule).chain).name), ChainName::Hashed(..))
        })
}

fn finding(cx: &Context<'_, '_>, table: &Table<'_>, candidate: &Candidate, hits: &[Hit]) -> Finding {
    let first = &hits[0];
    let root = table.chain(candidate.root).name;
    let names: Vec<_> = hits.iter().take(5).map(|hit| format!("`{}`", cx.name_at(hit.service))).collect();
    let more = if hits.len() > 5 { format!(" and {} more", hits.len() - 5) } else { String::new() };
    let subject = if hits.len() == 1 { cx.name_at(first.service) } else { root.to_string() };
    let message = format!("a rule that is not kube-proxy's takes packets to {}{more} first", names.join(", "));
    let mut finding = Finding::new(subject, message, cx.line(first.end)).label("takes them");
    if candidate.rule != first.end {
        finding = finding.line(cx.line(candidate.rule), format!("leads there, before the services' rules in `{root}`"));
    }
    let capture = cx.proxy.services[first.service as usize].captures.iter().find_map(|capture| capture.jumps.first());
    if let Some(&rule) = capture {
        finding = finding.line(cx.line(rule), "kube-proxy's own rule, which comes too late");
    }
    let share = if first.is_certain {
        percent(first.lost)
    } else {
        format!("Where its conditions hold, {}", percent(first.lost))
    };
    let way = if candidate.origin == Origin::Node && root == "OUTPUT" { "from this node" } else { "that come here" };
    let goes = first.to.as_ref().map_or("are not translated by the service's rules".into(), |to| format!("go to {to}"));
    finding
        .effect(format!("{share} of the new connections {way} {goes}, not to the service's pods."))
        .remedy(
            "Find out what writes this rule and make it ask for less, or put it behind the jump to KUBE-SERVICES. kube-proxy \
             never moves its jump to the front again while it is there.",
        )
        .services(hits.iter().map(|hit| hit.service))
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::super::pages::reported;

    /// The clean dump of the page with a rule before the jump to KUBE-SERVICES.
    #[track_caller]
    fn level(rule: &str) -> Option<Level> {
        let page = include_str!("shadowed_address.md");
        let (_, dump) = page.split_once("```iptables-save\n").unwrap();
        let (dump, _) = dump.split_once("```").unwrap();
        let dump = dump.replacen("-A PREROUTING", &format!("{rule}\n-A PREROUTING"), 1);
        let report = reported(&dump.replace("#~ shadowed-address\n", ""));
        report.findings.iter().find(|finding| finding.check == "interceptor").map(|finding| finding.level)
    }

    #[test]
    fn an_accept_before_the_services_keeps_packets_from_them() {
        assert_eq!(level("-A PREROUTING -d 10.96.0.0/12 -j ACCEPT"), Some(Level::Error));
    }

    #[test]
    fn a_rule_for_addresses_of_the_node_is_a_warning_where_a_service_has_one() {
        let rule = "-A PREROUTING -p tcp -m tcp --dport 80 -m addrtype --dst-type LOCAL -j REDIRECT --to-ports 8080";
        assert_eq!(level(rule), Some(Level::Warning));
    }

    #[test]
    fn other_ports_and_unknown_conditions_are_no_proof() {
        assert_eq!(level("-A PREROUTING -p tcp -m tcp --dport 8088 -j DNAT --to-destination 172.17.0.2:80"), None);
        assert_eq!(level("-A PREROUTING -m set --match-set mine dst -j ACCEPT"), None);
    }
}
