//! What a check is.

use super::context::{Context, Input};
use super::finding::Findings;
use super::needs::Needs;
use std::fmt;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Traffic is broken, or kube-proxy cannot have written this.
    Error,
    /// Suspicious, or harmful later.
    Warning,
    /// A state worth knowing.
    Info,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        })
    }
}

/// What a check draws its conclusions from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Proof {
    /// The dump alone.
    Dump,
    /// The counters in a dump.
    Counters,
    /// A dump and the API objects.
    Objects,
    /// Several dumps of one node or of several.
    Dumps,
}

impl Proof {
    /// Its letter in the catalogue.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Dump => 'D',
            Self::Counters => 'C',
            Self::Objects => 'K',
            Self::Dumps => 'M',
        }
    }
}

/// What a check asks, and of what.
#[derive(Clone, Copy)]
pub(super) enum Question {
    /// Asked of each ruleset for itself, which it judges as a whole: what it finds is about no single service.
    Ruleset(fn(&Context<'_, '_>, &mut Findings)),
    /// Asked of each ruleset for itself; what it finds may be about services. Those that the context is about are
    /// enough, whatever else it looks at.
    Services(fn(&Context<'_, '_>, &mut Findings)),
    /// Asked once, of all that was read.
    Input(fn(&Input<'_, '_>, &mut Findings)),
}

/// One check. It is known by its name alone, which never changes.
pub struct Check {
    /// Its name, in kebab-case.
    pub name: &'static str,
    /// The level of its findings, unless one says otherwise.
    pub level: Level,
    /// What it draws its conclusions from.
    pub proof: Proof,
    /// What it found if it fires, as a lowercase fragment.
    pub summary: &'static str,
    /// Its page, in Markdown.
    pub page: &'static str,
    /// Without what it cannot be asked.
    pub(super) needs: Needs,
    /// The question.
    pub(super) question: Question,
}
