//! The whole way from sources to rulesets.

use super::fault::Fault;
use super::reader::Reader;
use super::remark::{Remark, Tally};
use super::rulesets::rulesets;
use super::run::Parting;
use crate::ruleset::Ruleset;
use crate::source::{Note, Sources};

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed<'src> {
    /// One for each family and backend, and for each further capture of the same; in the order of the text.
    pub rulesets: Vec<Ruleset<'src>>,
    /// What could not be read, in the order of the text.
    pub faults: Vec<Fault>,
    /// What the text says besides rules.
    pub remarks: Vec<Remark<'src>>,
    /// What was done to the text to read it, a sentence each.
    pub notes: Vec<Note>,
    /// What each line was.
    pub tally: Tally,
}

/// Reads all sources, which are evidence about one node.
#[must_use]
pub fn parse(sources: &Sources) -> Parsed<'_> {
    parse_by(sources, Parting::default())
}

/// The same, the rules of large tables in such parts.
pub(super) fn parse_by(sources: &Sources, parting: Parting) -> Parsed<'_> {
    let mut reader = Reader::by(parting);
    for source in sources.files() {
        reader.read(source);
    }
    let Reader { tables, faults, remarks, prose, tally, list, redeclared, .. } = reader;
    let mut notes = Vec::new();
    if list.has_services {
        let text = "names of services were taken for their usual port numbers (iptables -n prints numbers)";
        notes.push(Note { text: text.into(), span: None });
    }
    if let [first, others @ ..] = prose.as_slice() {
        let what = if others.is_empty() {
            "one line of other text was".into()
        } else {
            format!("{} lines of other text were", prose.len())
        };
        notes.push(Note { text: format!("{what} passed over"), span: Some(*first) });
    }
    if let [first, others @ ..] = redeclared.as_slice() {
        let what = if others.is_empty() { "a chain is".into() } else { format!("{} chains are", redeclared.len()) };
        let text =
            format!("{what} declared again within a table and lost the rules before that, as in iptables-restore");
        notes.push(Note { text, span: Some(*first) });
    }
    Parsed { rulesets: rulesets(tables, &mut notes), faults, remarks, notes, tally }
}
