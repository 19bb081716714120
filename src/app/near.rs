//! What may have been meant by a name that nothing has.

use crate::view::Node;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// The names nearest to what was typed, the nearest first.
pub(super) fn near(node: &Node<'_, '_>, text: &str) -> Vec<String> {
    const MOST: usize = 3;
    let names: BTreeSet<String> = node.items().map(|item| item.name()).collect();
    let wanted = text.to_lowercase();
    let mut rated: Vec<(usize, String)> = names
        .into_iter()
        .map(|name| (distance_to_name(&wanted, &name), name))
        .filter(|(far, _)| *far <= wanted.len() / 2)
        .collect();
    rated.sort();
    rated.into_iter().take(MOST).map(|(_, name)| name).collect()
}

/// Captured addresses with the same beginning.
pub(super) fn near_address(node: &Node<'_, '_>, address: IpAddr) -> Vec<String> {
    near_texts(
        &address.to_string(),
        node.items().flat_map(|item| {
            item.service
                .captures
                .iter()
                .filter_map(|capture| capture.address)
                .map(|own| own.to_string())
                .collect::<Vec<_>>()
        }),
    )
}

fn near_texts(wanted: &str, texts: impl Iterator<Item = String>) -> Vec<String> {
    let unique: BTreeSet<String> = texts.collect();
    let mut rated: Vec<(usize, String)> = unique.into_iter().map(|text| (distance(wanted, &text), text)).collect();
    rated.retain(|(far, _)| *far <= 2);
    rated.sort();
    rated.into_iter().take(3).map(|(_, text)| text).collect()
}

/// The distance to a name with or without its port.
fn distance_to_name(wanted: &str, name: &str) -> usize {
    let without_port = name.split_once(':').map_or(name, |(service, _)| service);
    distance(wanted, name).min(distance(wanted, without_port))
}

/// How many letters must change, come or go (Levenshtein); a word left out at either end costs one.
fn distance(one: &str, other: &str) -> usize {
    if other.contains(one) {
        return 1;
    }
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, target) in other.iter().enumerate() {
            let change = diagonal + usize::from(letter != *target);
            diagonal = row[column + 1];
            row[column + 1] = change.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_letters_that_differ() {
        for (one, other, far) in
            [("shop/wbe", "shop/web", 2), ("web", "shop/web:http", 1), ("abc", "abc", 1), ("", "ab", 1)]
        {
            assert_eq!(distance(one, other), far, "{one} {other}");
        }
    }
}
