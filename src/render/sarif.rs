//! Findings → SARIF 2.1.0, for code scanning.

use crate::checks::{CATALOGUE, Evidence, Finding, Level};
use crate::view::Node;
use serde::Serialize;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Text as SARIF wraps it.
#[derive(Serialize)]
struct Message {
    text: String,
}

/// The document.
#[derive(Serialize)]
struct Log<'n> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'n>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'n> {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<Outcome<'n>>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Message,
    help: Message,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome<'n> {
    rule_id: &'static str,
    level: &'static str,
    message: Message,
    locations: Vec<Location<'n>>,
    related_locations: Vec<Location<'n>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'n> {
    physical_location: Physical<'n>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical<'n> {
    artifact_location: Artifact,
    region: Region<'n>,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region<'n> {
    start_line: u32,
    start_column: u32,
    snippet: Snippet<'n>,
}

#[derive(Serialize)]
struct Snippet<'n> {
    text: std::borrow::Cow<'n, str>,
}

/// Writes what the checks found.
///
/// # Errors
/// Those of `out`.
pub fn write(node: &Node<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    let driver = Driver { name: "kubenat", version: env!("CARGO_PKG_VERSION"), rules: rules() };
    let results = node.report.findings.iter().flat_map(|finding| outcomes(node, finding)).collect();
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results }],
    };
    super::json::indented(&log, out)
}

fn rules() -> Vec<Rule> {
    let rule = |check: &&'static crate::checks::Check| Rule {
        id: check.name,
        short_description: plain(check.summary),
        help: plain(prose(check.page)),
        default_configuration: Configuration { level: level(check.level) },
    };
    CATALOGUE.iter().map(rule).collect()
}

/// A page without its dumps.
fn prose(page: &str) -> String {
    let parts = page.split("```").step_by(2);
    parts.collect::<Vec<_>>().join("").replace("\n\n\n\n", "\n\n")
}

/// One result a subject: what was folded for people is told apart again.
fn outcomes<'n>(node: &'n Node<'_, '_>, finding: &'n Finding) -> Vec<Outcome<'n>> {
    let first = (&finding.subject, &finding.message, &finding.evidence, (&*finding.effect, &*finding.remedy));
    let also = finding.also.iter().map(|more| {
        let advice = (finding.effect_of(more), finding.remedy_of(more));
        (&more.subject, &more.message, &more.evidence, advice)
    });
    let all = std::iter::once(first).chain(also);
    all.map(|(subject, message, evidence, (effect, remedy))| {
        let mut locations = evidence.iter().filter_map(|each| location(node, each));
        Outcome {
            rule_id: finding.check,
            level: level(finding.level),
            message: plain(format!("{subject}: {message}. {effect} {remedy}")),
            locations: locations.next().into_iter().collect(),
            related_locations: locations.collect(),
        }
    })
    .collect()
}

fn location<'n>(node: &'n Node<'_, '_>, evidence: &'n Evidence) -> Option<Location<'n>> {
    let place = node.sources.place(evidence.span)?;
    let column = String::from_utf8_lossy(place.whole_line.get(..place.column as usize - 1)?).chars().count() + 1;
    let physical_location = Physical {
        artifact_location: Artifact { uri: uri(place.file) },
        region: Region {
            start_line: place.line,
            start_column: u32::try_from(column).unwrap_or(u32::MAX),
            snippet: Snippet { text: String::from_utf8_lossy(place.text) },
        },
    };
    Some(Location { physical_location, message: Some(plain(&*evidence.label)).filter(|label| !label.text.is_empty()) })
}

fn plain(text: impl Into<String>) -> Message {
    Message { text: text.into() }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "note",
    }
}

/// The name of a file as a relative reference; standard input has a name, too.
fn uri(file: &str) -> String {
    if file == "-" {
        return "stdin".into();
    }
    let mut uri = String::with_capacity(file.len());
    for byte in file.bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}
