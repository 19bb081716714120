//! The page test: every dump on a check's page is read and checked, and `#~ name` under a line says what fires there.
//!
//! A dump without a marker of the page's own check is one where it does not fire. No other error or warning may fire
//! on an example unless it is marked, too.

use super::*;
use crate::drift::locate;
use crate::kube::Proxy;
use crate::objects;
use crate::ruleset::Resolved;
use crate::source::Sources;
use crate::syntax::parse;
use std::collections::BTreeSet;

const HEADINGS: [&str; 6] = [
    "## What it looks like",
    "## Why it matters",
    "## How it comes about",
    "## What is right",
    "## What to do",
    "## When to ignore it",
];

/// An example: its text without markers, and `(line, name)` of the markers.
struct Example {
    text: String,
    marked: BTreeSet<(u32, String)>,
    /// What the API says beside it: a `yaml` fence right behind the dump.
    objects: Option<String>,
}

/// Fences that hold dumps; `refused` behind one says that the kernel does not take it.
fn is_dump(fence: &str) -> bool {
    let language = fence.split(' ').next().unwrap_or_default();
    ["```iptables-save", "```ip6tables-save", "```iptables-list"].contains(&language)
}

fn examples(page: &str) -> Vec<Example> {
    let mut examples = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if is_dump(line.trim_end()) {
            examples.push(example(lines.by_ref().take_while(|line| !line.starts_with("```"))));
        } else if let ("```yaml", Some(last)) = (line.trim_end(), examples.last_mut()) {
            let objects = lines.by_ref().take_while(|line| !line.starts_with("```"));
            last.objects = Some(objects.collect::<Vec<_>>().join("\n"));
        }
    }
    examples
}

fn example<'a>(lines: impl Iterator<Item = &'a str>) -> Example {
    let mut example = Example { text: String::new(), marked: BTreeSet::new(), objects: None };
    let mut number = 0;
    for line in lines {
        if let Some(names) = line.strip_prefix("#~ ") {
            example.marked.extend(names.split_whitespace().map(|name| (number, name.to_owned())));
        } else {
            number += 1;
            example.text.push_str(line);
            example.text.push('\n');
        }
    }
    example
}

/// What all checks say of a dump.
pub(super) fn reported(text: &str) -> Report {
    let sources = sources(text);
    reported_of(&sources, None)
}

fn sources(text: &str) -> Sources {
    let mut sources = Sources::default();
    sources.add("example".into(), text.as_bytes().to_vec(), None).unwrap();
    sources
}

fn reported_of(sources: &Sources, objects: Option<&str>) -> Report {
    told(sources, objects, |input| run(input, Selection::default()))
}

/// The examples of all pages: the check, the dump, and the objects beside it.
pub(super) fn example_texts() -> Vec<(&'static str, String, Option<String>)> {
    let of = |check: &&'static Check| {
        let examples = examples(check.page).into_iter();
        examples.map(|example| (check.name, example.text, example.objects)).collect::<Vec<_>>()
    };
    CATALOGUE.iter().flat_map(of).collect()
}

/// What `ask` says of a dump and the objects beside it.
pub(super) fn told_of<T>(text: &str, objects: Option<&str>, ask: impl FnOnce(&Input<'_, '_>) -> T) -> T {
    told(&sources(text), objects, ask)
}

fn told<T>(sources: &Sources, objects: Option<&str>, ask: impl FnOnce(&Input<'_, '_>) -> T) -> T {
    let parsed = parse(sources);
    let resolved: Vec<_> = parsed.rulesets.iter().map(Resolved::new).collect();
    let proxies: Vec<_> = resolved.iter().map(proxy).collect();
    let objects = objects.map(|text| objects::read("objects.yaml", text.as_bytes()).unwrap());
    let located = objects.as_ref().map(|objects| locate(&proxies, objects, None));
    let api = objects.as_ref().zip(located.as_ref()).map(|(objects, located)| Api { objects, located, grace: 0 });
    ask(&Input { sources, parsed: &parsed, proxies: &proxies, api })
}

/// `(line, check, level)` of every finding, folded ones too.
fn fired(text: &str, objects: Option<&str>) -> Vec<(u32, &'static str, Level)> {
    let sources = sources(text);
    let line = |evidence: &[Evidence]| {
        evidence.first().and_then(|first| sources.place(first.span)).map(|place| place.line).unwrap_or_default()
    };
    let mut fired = Vec::new();
    for finding in reported_of(&sources, objects).findings {
        fired.push((line(&finding.evidence), finding.check, finding.level));
        fired.extend(finding.also.iter().map(|also| (line(&also.evidence), finding.check, finding.level)));
    }
    fired
}

fn proxy<'a, 'src>(resolved: &'a Resolved<'a, 'src>) -> Proxy<'a, 'src> {
    let mut proxy = Proxy::new(resolved);
    proxy.verify();
    let _ = proxy.solve();
    proxy
}

/// What is wrong with an example, if anything.
fn differences(check: &str, example: &Example) -> Option<String> {
    let counts = |&(line, name, level): &(u32, &'static str, Level)| {
        name == check || level != Level::Info || example.marked.contains(&(line, name.to_owned()))
    };
    let fired = fired(&example.text, example.objects.as_deref());
    let fired: BTreeSet<_> = fired.iter().filter(|each| counts(each)).map(|each| (each.0, each.1.to_owned())).collect();
    (fired != example.marked).then(|| {
        let too_many: Vec<_> = fired.difference(&example.marked).collect();
        let missing: Vec<_> = example.marked.difference(&fired).collect();
        format!("{check}: fires unmarked at {too_many:?}, not at {missing:?}, in\n{}", example.text)
    })
}

#[test]
fn every_page_has_its_headings_in_order() {
    for check in CATALOGUE {
        let headings: Vec<_> = check.page.lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(headings, HEADINGS, "{}", check.name);
        assert_eq!(check.page.lines().next(), Some(format!("# {}", check.name).as_str()));
    }
}

#[test]
fn every_page_shows_a_dump_that_fires_and_one_that_does_not() {
    for check in CATALOGUE {
        let examples = examples(check.page);
        let fires = |example: &&Example| example.marked.iter().any(|(_, name)| name == check.name);
        let firing = examples.iter().filter(fires).count();
        assert!(firing > 0 && firing < examples.len(), "{}: {firing} of {} fire", check.name, examples.len());
    }
}

#[test]
fn checks_fire_on_the_marked_lines_of_all_pages_and_nowhere_else() {
    let wrong: Vec<_> = CATALOGUE
        .iter()
        .flat_map(|check| examples(check.page).into_iter().filter_map(|example| differences(check.name, &example)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
