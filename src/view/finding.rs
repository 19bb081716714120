//! A finding in full: what is wrong, the lines that prove it, what it does to traffic, what to do.

use super::findings::sign;
use super::words::counted;
use super::{Detail, Node};
use crate::checks::{Evidence, Finding};
use crate::doc::{Doc, Excerpt, Phrase, Snippet, Text, code, dim, plain, strong};
use crate::drift::ObjectPlace;

/// So many subjects of a folded finding are named before the rest is only counted.
const NAMED: usize = 8;

/// So many lines of the dump are shown before the rest is only counted.
const PLACES: usize = 3;

/// The finding as a snippet.
pub(super) fn finding(node: &Node<'_, '_>, finding: &Finding, detail: Detail) -> Doc {
    let tone = sign(finding.level).tone;
    let title = Phrase::new(finding.level.to_string(), tone)
        .and(plain(": "))
        .and(strong(finding.subject.clone()))
        .and(plain(format!(": {}", finding.message)))
        .and(dim(format!(" [{}]", finding.check)));
    let mut snippet = Snippet::new(title);
    let shown = if detail == Detail::Wide { usize::MAX } else { PLACES };
    for evidence in finding.evidence.iter().take(shown) {
        snippet.excerpts.extend(excerpt(node, evidence));
    }
    let rest = finding.evidence.len().saturating_sub(shown);
    if rest > 0 {
        let more = counted(rest, "more line", "more lines");
        snippet = snippet.note(dim(format!("and {more}: ")).and(code("-o wide")));
    }
    for place in &finding.objects {
        snippet = snippet.note(object(place));
    }
    for (word, text) in [("effect: ", &finding.effect), ("what to do: ", &finding.remedy)] {
        if !text.is_empty() {
            snippet = snippet.note(strong(word).and(quoted(text)));
        }
    }
    if !finding.also.is_empty() {
        snippet = snippet.note(also(finding, detail));
    }
    let mut doc = Doc::new();
    doc.snippet(snippet);
    doc
}

/// `Service shop/web: items[3].spec.ports[0] in cluster.json`.
fn object(place: &ObjectPlace) -> Text {
    let owner = if place.namespace.is_empty() { String::new() } else { format!("{}/", place.namespace) };
    let label = if place.label.is_empty() { String::new() } else { format!(" {}", place.label) };
    let name = format!("{} {owner}{}", place.kind, place.name);
    plain(name).and(format!("{label}: ")).and(code(place.path.clone())).and(format!(" in {}", place.file))
}

/// What a finding about many says of one of them; the whole of it if it is about something else.
pub(super) fn about(finding: &Finding, subject: &str) -> Finding {
    if finding.subject == subject {
        return finding.clone().alone(None);
    }
    match finding.also.iter().position(|more| more.subject == subject) {
        Some(at) => finding.clone().alone(Some(at)),
        None => finding.clone(),
    }
}

/// `and 37 more: a, b, … -o wide for all`.
fn also(finding: &Finding, detail: Detail) -> Text {
    let shown = if detail == Detail::Wide { usize::MAX } else { NAMED };
    let names: Vec<&str> = finding.also.iter().take(shown).map(|more| more.subject.as_str()).collect();
    let rest = finding.also.len() - names.len();
    let text = plain(format!("the same with {} more: {}", finding.also.len(), names.join(", ")));
    if rest == 0 { text.into() } else { text.and(" … ").and(code("-o wide")).and(" shows all") }
}

fn excerpt(node: &Node<'_, '_>, evidence: &Evidence) -> Option<Excerpt> {
    let place = node.sources.place(evidence.span)?;
    let excerpt = Excerpt::new(place.file, place.line, place.column, place.whole_line, place.text.len());
    Some(excerpt.label(&*evidence.label))
}

/// Text with the things in backticks set off.
pub(super) fn quoted(text: &str) -> Text {
    let phrases = text.split('`').enumerate().filter(|(_, part)| !part.is_empty());
    phrases.map(|(at, part)| if at % 2 == 1 { code(part) } else { plain(part) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_in_backticks_are_set_off() {
        let text = quoted("the chain `KUBE-SVC-X` is empty");
        assert_eq!(text, plain("the chain ").and(code("KUBE-SVC-X")).and(plain(" is empty")));
    }
}
