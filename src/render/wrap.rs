//! Breaks lines that are too wide: at blanks, else behind separators, else anywhere. Nothing but blanks is lost.

use super::line::{Line, char_width};
use crate::doc::Tone;
use std::ops::Range;

/// Separators behind which a word breaks, best first.
const SEPARATORS: [&str; 3] = [",;", "/:=|&", "-._"];

/// `line` in lines of at most `width` columns (at least one character each).
pub(super) fn wrapped<'a>(line: &Line<'a>, width: usize) -> Vec<Line<'a>> {
    if line.width() <= width {
        return vec![line.clone()];
    }
    let chars: Vec<(char, Tone)> = line.chars().collect();
    lines(&chars, width).into_iter().map(|range| Line::of_chars(&chars[range])).collect()
}

fn lines(chars: &[(char, Tone)], width: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    while start < chars.len() {
        let fits = fitting(&chars[start..], width);
        let end = if start + fits == chars.len() { chars.len() } else { start + break_within(&chars[start..], fits) };
        found.push(start..end);
        start = end + chars[end..].iter().take_while(|(char, _)| *char == ' ').count();
    }
    found
}

/// How many characters fit, at least one. Those without a width stay with the one before.
fn fitting(chars: &[(char, Tone)], width: usize) -> usize {
    let mut used = 0;
    let fits = chars.iter().take_while(|(char, _)| {
        used += char_width(*char);
        used <= width
    });
    fits.count().max(1)
}

/// Where to break a line of which `fits` characters fit and one more would not: at a blank, else at a separator that
/// leaves more than a quarter of the line, else at the edge.
fn break_within(chars: &[(char, Tone)], fits: usize) -> usize {
    if let Some(blank) = (1..=fits).rev().find(|&at| is_break(chars, at)) {
        return blank;
    }
    let behind = |separators: &str| {
        (fits / 4 + 1..=fits).rev().find(|&at| separators.contains(chars[at - 1].0) && char_width(chars[at].0) > 0)
    };
    SEPARATORS.into_iter().find_map(behind).unwrap_or(fits)
}

/// Whether a line may end before the blank at `at`. A number stays with its `%`, and with a unit of one letter.
fn is_break(chars: &[(char, Tone)], at: usize) -> bool {
    if chars[at].0 != ' ' || chars[at - 1].0 == ' ' {
        return false;
    }
    let mut next = chars[at..].iter().map(|(char, _)| *char).skip_while(|char| *char == ' ');
    match (next.next(), next.next()) {
        (None | Some('%'), _) => false,
        (Some(unit), after) => {
            let alone = after.is_none_or(|after| !after.is_alphanumeric());
            !(chars[at - 1].0.is_ascii_digit() && unit.is_ascii_lowercase() && alone)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::{bad, plain};

    #[track_caller]
    fn wraps(text: &str, width: usize, expected: &[&str]) {
        let lines: Vec<String> = wrapped(&Line::of(text, Tone::Plain), width).iter().map(ToString::to_string).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_line_breaks_at_blanks() {
        wraps("one pod gets most of it", 12, &["one pod gets", "most of it"]);
        wraps("one  two", 4, &["one", "two"]);
    }

    #[test]
    fn a_long_word_breaks_behind_separators() {
        wraps("kube-system/kube-dns:dns-tcp", 20, &["kube-system/", "kube-dns:dns-tcp"]);
        wraps("10.0.13.15:8443,10.0.48.15:8443", 16, &["10.0.13.15:8443,", "10.0.48.15:8443"]);
        wraps("KUBE-SVC-67NZLRHBNDSAWJRO", 12, &["KUBE-SVC-", "67NZLRHBNDSA", "WJRO"]);
    }

    #[test]
    fn a_word_without_separators_breaks_anywhere() {
        wraps("ABCDEFGHIJ", 4, &["ABCD", "EFGH", "IJ"]);
        wraps("東京東京", 5, &["東京", "東京"]);
    }

    #[test]
    fn a_number_stays_with_its_unit() {
        wraps("gets 33.33 % of all", 10, &["gets", "33.33 % of", "all"]);
        wraps("sticky for 3 h", 12, &["sticky for", "3 h"]);
        wraps("it has 3 pods", 9, &["it has 3", "pods"]);
    }

    #[test]
    fn a_width_of_nothing_still_shows_everything() {
        wraps("abc", 0, &["a", "b", "c"]);
    }

    #[test]
    fn leading_blanks_of_the_first_line_stay() {
        wraps("  ab cd", 5, &["  ab", "cd"]);
    }

    #[test]
    fn tones_survive_a_break() {
        let text = plain("ab ").and(bad("cd ef"));
        let lines = wrapped(&Line::new(&text), 5);
        assert_eq!(lines[0], Line::of("ab ", Tone::Plain).and(Line::of("cd", Tone::Bad)));
        assert_eq!(lines[1], Line::of("ef", Tone::Bad));
    }
}
