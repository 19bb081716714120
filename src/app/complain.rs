//! What standard error is told about the input: what was done to read it, and what could not be read.

use crate::cli::Cli;
use crate::doc::{Doc, Excerpt, Snippet, dim, warn};
use crate::input::Input;
use crate::render::{stream, terminal};
use crate::source::{Note, Sources};
use crate::syntax::{Fault, Parsed};

/// So many faults are shown before the rest is only counted.
const SHOWN: usize = 5;

/// Says it. That standard error is closed is no reason to stop.
pub(super) fn about(cli: &Cli, input: &Input, parsed: &Parsed<'_>) {
    let mut doc = Doc::new();
    if !cli.common.quiet {
        for note in input.notes.iter().chain(&parsed.notes) {
            doc.paragraph(line(&input.sources, note));
        }
    }
    let shown = if cli.common.verbose { usize::MAX } else { SHOWN };
    faults(&mut doc, &input.sources, &parsed.faults, shown);
    tell(cli, &doc);
}

/// Writes `doc` to standard error.
pub(super) fn tell(cli: &Cli, doc: &Doc) {
    if doc.blocks.is_empty() {
        return;
    }
    let _ = stream::to_stderr(super::show::colors(cli), |out| terminal::write(doc, stream::stderr_width(), out));
}

fn line(sources: &Sources, note: &Note) -> crate::doc::Text {
    let place = note.span.and_then(|span| sources.place(span));
    let place = place.map_or_else(String::new, |place| format!("{}:{}: ", place.file, place.line));
    dim("note: ").and(format!("{place}{}", note.text))
}

fn faults(doc: &mut Doc, sources: &Sources, faults: &[Fault], shown: usize) {
    for fault in faults.iter().take(shown) {
        doc.snippet(snippet(sources, fault));
    }
    let more = faults.len().saturating_sub(shown);
    if more > 0 {
        doc.paragraph(warn("warning").and(format!(": and {more} more lines that could not be read (-v shows all)")));
    }
}

fn snippet(sources: &Sources, fault: &Fault) -> Snippet {
    let title = warn("warning").and(": this line could not be read: ").and(fault.to_string());
    let Some(place) = sources.place(fault.span) else { return Snippet::new(title) };
    let excerpt = Excerpt::new(place.file, place.line, place.column, place.whole_line, place.text.len());
    Snippet::new(title).at(excerpt)
}
