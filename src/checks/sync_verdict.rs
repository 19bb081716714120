//! The verdict: is the node in step, and if not, what does the pattern mean?

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::drifting::NEEDS;
use super::finding::{Finding, Findings};
use crate::drift::{Drift, What};

pub(super) static CHECK: Check = Check {
    name: "sync-verdict",
    level: Level::Warning,
    proof: Proof::Objects,
    summary: "whether this node is in step with the API, and what the pattern of differences means",
    page: include_str!("sync_verdict.md"),
    needs: NEEDS,
    question: Question::Ruleset(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let drift = cx.drift();
    let is_wrong_node = cx.input.api.is_some_and(|api| api.located.wrong.is_some());
    let is_young = drift.differences.iter().all(|difference| difference.is_young);
    let in_step = drift.differences.is_empty() && !is_wrong_node;
    let (level, message) = if in_step {
        (Level::Info, format!("in step with the API: {} service ports are as they should be", drift.expected))
    } else if is_young && !is_wrong_node {
        let (drifting, all) = (drift.drifting, drift.expected);
        (Level::Info, format!("in step but for what is newer than the dump: {drifting} of {all} service ports differ"))
    } else {
        let pattern = pattern(drift, is_wrong_node);
        (Level::Warning, format!("{} of {} service ports are not in step: {pattern}", drift.drifting, drift.expected))
    };
    let finding = Finding::new("this node", message, cx.services_line());
    let effect = if in_step { "What the rules do is what the API asks for." } else { "See the findings one by one." };
    found.push_at(level, finding.effect(effect).remedy(remedy(in_step)));
}

fn remedy(in_step: bool) -> &'static str {
    if in_step {
        "Nothing."
    } else {
        "Make sure that dump and objects are of one cluster and of about one time. Then look at kube-proxy: is it \
         running, does its log show errors of iptables-restore or of the API?"
    }
}

/// What the differences have in common.
fn pattern(drift: &Drift, is_wrong_node: bool) -> &'static str {
    let count = |which: fn(&What) -> bool| drift.differences.iter().filter(|each| which(&each.what)).count();
    let missing = count(|what| matches!(what, What::MissingService { .. }));
    let ghosts = count(|what| matches!(what, What::GhostService { .. }));
    let has_newer = drift.dump_time.zip(drift.newest_change).is_some_and(|(dump, newest)| newest > dump);
    if is_wrong_node {
        "the rules are those of another node"
    } else if drift.drifting * 10 >= drift.expected.max(drift.found) * 9 && missing > 0 && ghosts > 0 {
        "hardly any service agrees, so dump and objects are of different clusters or far apart in time"
    } else if has_newer {
        "the objects are newer than the dump, so the capture may simply be older; take both at one time"
    } else if drift.drifting == 1 {
        "a single one, as after a lost update"
    } else if drift.drifting * 10 >= drift.expected {
        "many, as on a node whose kube-proxy has stopped or cannot write its rules"
    } else {
        "a few, as after lost updates or since kube-proxy stopped"
    }
}
