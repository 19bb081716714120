//! The ways into a service in words: who connects to what, where that goes, whose address the pod sees.

use super::capture::{kind_word, short};
use super::words::{listed, percent};
use super::{Item, address};
use crate::doc::{Cell, Column, Table, Text, bad, plain, warn};
use crate::kube::{Capture, CaptureKind};
use crate::shares::{Path, Way};
use crate::trace::{Outcome, Place, SourceSeen, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// Who connects to what: `a pod connects to the cluster IP`.
#[must_use]
pub fn condition(item: &Item<'_, '_>, path: &Path) -> String {
    format!("{} connects to {}", who(path), to(item, path))
}

/// The table of the ways in; empty where the dump lacks the chains in which every way begins.
pub(super) fn table(item: &Item<'_, '_>, paths: &[Path]) -> Table {
    let mut table = Table::new([
        Column::left("where from"),
        Column::left("to").rank(3),
        Column::left("goes to"),
        Column::left("the pod sees"),
    ]);
    for path in paths {
        let groups = groups(&path.outcomes);
        let goes = all_goes(&groups);
        let sees: BTreeSet<String> = groups.iter().flat_map(|group| seen(group)).collect();
        let sees: Vec<String> = sees.into_iter().collect();
        table.row((plain(who(path)), plain(to(item, path)), Cell::lines(goes), plain(listed(&sees))));
    }
    table
}

fn who(path: &Path) -> String {
    match (path.way, path.source) {
        (Way::Pod, _) => "a pod".into(),
        (Way::Node, _) => "the node itself".into(),
        (Way::External, _) => "outside".into(),
        (Way::OwnPod, Some(address)) => format!("its own pod {address}"),
        (Way::OwnPod, None) => "its own pod".into(),
    }
}

/// The captures of a path: by kind where it means all of that kind, else by address.
fn to(item: &Item<'_, '_>, path: &Path) -> String {
    let captures: Vec<&Capture<'_>> = path.captures.iter().filter_map(|at| item.service.captures.get(*at)).collect();
    let kinds: BTreeSet<CaptureKind> = captures.iter().map(|capture| capture.kind).collect();
    let count = |kind| item.service.captures.iter().filter(|capture| capture.kind == kind).count();
    let mut words = Vec::new();
    for kind in kinds {
        let own: Vec<&&Capture<'_>> = captures.iter().filter(|capture| capture.kind == kind).collect();
        if own.len() == count(kind) {
            words.push(kind_word(kind).to_owned());
        } else {
            words.extend(own.into_iter().map(|capture| short(capture)));
        }
    }
    words.join(", ")
}

/// Outcomes of one list of conditions each.
fn groups(outcomes: &[Outcome]) -> Vec<&[Outcome]> {
    outcomes.chunk_by(|one, next| one.conditions == next.conditions).collect()
}

/// Where connections go, in lines; with the conditions where that depends on them.
fn all_goes(groups: &[&[Outcome]]) -> Vec<Text> {
    let lines: Vec<Vec<Text>> = groups.iter().map(|group| goes(group)).collect();
    if lines.windows(2).all(|pair| pair[0] == pair[1]) {
        return lines.into_iter().next().unwrap_or_default();
    }
    let told = groups.iter().zip(lines).flat_map(|(group, lines)| {
        let conditions = group.first().map(|first| first.conditions.join(", ")).unwrap_or_default();
        std::iter::once(warn(format!("{conditions}:")).into()).chain(lines)
    });
    told.collect()
}

/// Where connections go under one list of conditions, in lines.
fn goes(group: &[Outcome]) -> Vec<Text> {
    let mut lines: Vec<Text> = Vec::new();
    let pods: Vec<&Outcome> = group.iter().filter(|outcome| outcome.verdict == Verdict::Translated).collect();
    if !pods.is_empty() {
        lines.push(to_pods(&pods));
    }
    lines.extend(group.iter().filter(|outcome| outcome.verdict != Verdict::Translated).map(refused));
    lines
}

/// `3 pods, a third each`, `10.0.0.1:80`.
fn to_pods(pods: &[&Outcome]) -> Text {
    let total: f64 = pods.iter().map(|pod| pod.probability).sum();
    let mut shares: BTreeMap<Place, f64> = BTreeMap::new();
    for pod in pods {
        *shares.entry(pod.destination).or_default() += pod.probability;
    }
    if let (1, Some(only)) = (shares.len(), pods.first()) {
        let place = address::endpoint(only.destination.address, only.destination.port);
        return plain(if total > 0.999_999 { place } else { format!("{place} {}", percent(total)) }).into();
    }
    let (least, most) = shares.values().fold((1.0_f64, 0.0_f64), |(least, most), &one| (least.min(one), most.max(one)));
    let count = shares.len();
    if most - least <= most * 0.01 {
        return plain(format!("{count} pods, {} each", fraction(count, most))).into();
    }
    plain(format!("{count} pods, ")).and(bad(format!("{} to {}", percent(least), percent(most))))
}

/// `half`, `a third`, or percent where the share is not one of so many.
fn fraction(count: usize, share: f64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "fewer than 2^52")]
    let is_all = (share * count as f64 - 1.0).abs() < 0.001;
    match count {
        2 if is_all => "half".into(),
        3 if is_all => "a third".into(),
        4 if is_all => "a quarter".into(),
        _ => percent(share),
    }
}

fn refused(outcome: &Outcome) -> Text {
    let share =
        if outcome.probability > 0.999_999 { String::new() } else { format!(" {}", percent(outcome.probability)) };
    let place = address::endpoint(outcome.destination.address, outcome.destination.port);
    match outcome.verdict {
        Verdict::Translated => Text::default(),
        Verdict::Untouched => bad(format!("✗ not translated, on to {place}{share}")).into(),
        Verdict::Rejected => {
            let with = outcome.reject_with.as_deref().map(|with| format!(" ({with})")).unwrap_or_default();
            warn(format!("rejected{with}{share}")).into()
        }
        Verdict::Dropped => warn(format!("dropped{share}")).into(),
        Verdict::Unroutable => warn(format!("no route{share}")).into(),
        Verdict::Unknown => warn(format!("the dump does not tell{share}")).into(),
    }
}

/// Whose address the pods see.
fn seen(group: &[Outcome]) -> Vec<String> {
    let pods = group.iter().filter(|outcome| outcome.verdict == Verdict::Translated);
    let seen: BTreeSet<SourceSeen> = pods.map(|outcome| outcome.source).collect();
    seen.into_iter().map(source_words).collect()
}

/// An address the pod sees, in words.
pub(super) fn source_words(source: SourceSeen) -> String {
    match source {
        SourceSeen::Kept => "the client".into(),
        SourceSeen::Masqueraded { address: Some(address) } => format!("the node ({address})"),
        SourceSeen::Masqueraded { address: None } => "the node".into(),
        SourceSeen::Translated { address: Some(address) } => address.to_string(),
        SourceSeen::Translated { address: None } => "another address".into(),
        SourceSeen::Unknown => "unknown".into(),
    }
}
