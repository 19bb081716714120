//! How a chain chooses its endpoint, rule by rule, in the words of a classroom: of what is left, one of so many.

use super::words::{duration, percent};
use super::{Item, Node, address};
use crate::doc::{Column, Doc, Table, Text, bad, dim, plain, warn};
use crate::kube::{Balancing, Identity, ServiceChain};
use crate::shares::ChainShare;

/// The balancing rules of one chain with what each was meant to give and what it gives.
pub(super) fn choice(node: &Node<'_, '_>, item: &Item<'_, '_>, local: bool) -> Doc {
    let mut doc = Doc::new();
    let (rules, share) = (item.balancing(local), item.share(local));
    let chain = item.proxy.chains.iter().find(|chain| std::ptr::eq(chain.balancing.as_slice(), rules));
    let (Some(chain), false) = (chain, rules.is_empty()) else { return doc };
    let title = match (local, item.balancing(!local).is_empty()) {
        (true, _) => "how the choice is made among the pods of this node",
        (false, true) => "how the choice is made",
        (false, false) => "how the choice is made among all pods",
    };
    doc.blank().heading_with(title, dim(where_it_stands(node, item, chain)));
    doc.table(table(item, rules, share.as_deref()));
    if let Some(recheck) = chain.rechecks.first() {
        let time =
            recheck.seconds.map_or_else(|| "lately".into(), |seconds| format!("in the last {}", duration(seconds)));
        doc.paragraph(format!("    Before this choice, a client seen {time} goes back to the pod it had."));
    }
    doc
}

/// `KUBE-SVC-…, lines 372–377`.
fn where_it_stands(node: &Node<'_, '_>, item: &Item<'_, '_>, chain: &ServiceChain<'_>) -> String {
    let Some((table, _)) = item.proxy.nat() else { return String::new() };
    let line = |rule: &Balancing| node.line_number(table.rule(rule.rule).span);
    match (chain.balancing.first().map(line), chain.balancing.last().map(line)) {
        (Some(first), Some(last)) if first != last => format!("{}, lines {first}–{last}", chain.name),
        (Some(first), _) => format!("{}, line {first}", chain.name),
        (None, _) => chain.name.to_string(),
    }
}

fn table(item: &Item<'_, '_>, rules: &[Balancing], share: Option<&ChainShare>) -> Table {
    let differs = differs(share);
    let mut columns = vec![
        Column::right(""),
        Column::left("pod").rank(3),
        Column::left("rule"),
        Column::left("in words"),
        Column::right(if differs { "meant" } else { "share" }),
    ];
    if differs {
        columns.push(Column::right("really"));
    }
    let mut table = Table::new(columns);
    let words = words_of(rules);
    for (at, (rule, words)) in rules.iter().zip(words).enumerate() {
        let own = share.and_then(|share| share.endpoints.get(at));
        let meant = own.map_or_else(|| "–".into(), |own| percent(own.intended));
        let mut cells = vec![
            dim((at + 1).to_string()).into(),
            pod(item, rule).into(),
            condition(rule).into(),
            plain(words).into(),
            plain(meant).into(),
        ];
        if differs {
            cells.push(really(own.and_then(|own| own.share), own.map(|own| own.intended)).into());
        }
        table.row(cells);
    }
    if let Some(lost) = share.and_then(|share| share.unrouted).filter(|lost| *lost > 1e-6) {
        table.row((plain(""), bad("not translated"), plain(""), plain(""), plain("–"), bad(percent(lost))));
    }
    table
}

/// Whether what really arrives is not what the rules were meant to give.
fn differs(share: Option<&ChainShare>) -> bool {
    let Some(share) = share else { return false };
    let is_off = |own: &crate::shares::EndpointShare| own.share.is_none_or(|real| (real - own.intended).abs() > 1e-6);
    share.unrouted.is_none_or(|lost| lost > 1e-6) || share.endpoints.iter().any(is_off)
}

fn really(share: Option<f64>, meant: Option<f64>) -> Text {
    match (share, meant) {
        (Some(share), Some(meant)) if (share - meant).abs() <= 1e-6 => plain(percent(share)).into(),
        (Some(share), _) => bad(percent(share)).into(),
        (None, _) => warn("unknown").into(),
    }
}

fn pod(item: &Item<'_, '_>, rule: &Balancing) -> Text {
    let Some(id) = rule.endpoint else {
        return bad(format!("{} is missing", item.proxy.chain_name(rule))).into();
    };
    let endpoint = item.proxy.endpoint(id);
    let text = endpoint
        .dnat()
        .map_or_else(|| item.proxy.name_of(endpoint).to_string(), |dnat| address::endpoint(dnat.address, dnat.port));
    if endpoint.identity == Identity::Contradicted { warn(text).into() } else { plain(text).into() }
}

fn condition(rule: &Balancing) -> String {
    rule.threshold.map_or_else(|| "no condition".into(), |threshold| format!("probability {threshold}"))
}

/// What each rule does in words: `three choices remain: 1/3`, `of the other 2/3, one of two: 1/2`, `all that is left`.
fn words_of(rules: &[Balancing]) -> Vec<String> {
    let total = rules.len();
    let mut healthy = true;
    let word = |(at, rule): (usize, &Balancing)| {
        let left = total - at;
        let Some(threshold) = rule.threshold else {
            return if left == 1 {
                last_words(total)
            } else {
                "takes all that is left: nothing comes to the rules below".into()
            };
        };
        let expected = 1.0 / f64::from(u32::try_from(left).unwrap_or(u32::MAX));
        let fits = (threshold.probability() - expected).abs() <= expected * 0.01;
        healthy &= fits;
        if !fits && left == 1 {
            return "the last one should take all that is left".into();
        }
        if !fits {
            return format!("{}: 1/{left} would be even", percent(threshold.probability()));
        }
        match (at, healthy) {
            (0, _) => format!("{} remain: 1/{left}", number_of_choices(left)),
            (_, true) => format!("of the other {left}/{total}, one of {}: 1/{left}", small(left)),
            (_, false) => format!("one of {}: 1/{left}", small(left)),
        }
    };
    rules.iter().enumerate().map(word).collect()
}

fn last_words(total: usize) -> String {
    if total == 1 { "the only pod: all of them".into() } else { "all that is left".into() }
}

fn number_of_choices(count: usize) -> String {
    format!("{} choices", small(count))
}

/// Small numbers in letters.
fn small(count: usize) -> String {
    const WORDS: [&str; 11] = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    WORDS.get(count).map_or_else(|| super::words::grouped(count), |word| (*word).to_owned())
}
