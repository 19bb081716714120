//! Answers → JSON, `kubenat/v1`. Each structure here is a promise to programs: fields are added, never renamed.
//!
//! One document a run. Text is carried as it stands in the dump, what a terminal would obey as `\u…`; bytes that are not
//! UTF-8 become U+FFFD. Services are written one by one as they are worked out, so a large dump needs no large document
//! in memory.

mod cluster;
mod convert;
mod diff;
mod endpoint;
mod evidence;
mod explanation;
mod field;
mod finding;
mod layout;
mod outcome;
mod overview;
mod ruleset;
mod service;
mod source;

pub use diff::{DiffText, diff};
pub use explanation::{Entry, Explanation, explanation};
pub use finding::{CheckList, CheckPage, FindingList, check_list, check_page, finding_list};
pub use outcome::{Trace, trace};
pub use overview::{Overview, overview};
pub use ruleset::{RulesetList, rulesets};
pub use service::{ServiceList, service_list};

use layout::Layout;
use serde::Serialize;
use serde_json::Serializer;
use std::io::{self, BufWriter, Write};

/// The envelope of every answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<T> {
    /// `kubenat/v1`.
    api_version: &'static str,
    /// What the body is.
    kind: &'static str,
    /// The fields of the answer.
    #[serde(flatten)]
    body: T,
}

/// As much is gathered before it is passed on: more than [`stream`](super::stream) gathers, so that it is not copied
/// again.
const PIECE: usize = 1 << 17;

/// Writes an answer of that kind as one document, in one line more than it needs.
///
/// # Errors
/// Those of `out`.
pub fn write<T: Serialize>(kind: &'static str, body: T, out: &mut dyn Write) -> io::Result<()> {
    indented(&Document { api_version: "kubenat/v1", kind, body }, out)
}

/// Writes a value and a line end, so that a terminal may show it.
pub(super) fn indented(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(PIECE, out);
    value.serialize(&mut Serializer::with_formatter(&mut out, Layout::default()))?;
    writeln!(out)?;
    out.flush()
}
