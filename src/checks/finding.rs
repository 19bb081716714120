//! What checks answer.

use super::check::{Check, Level};
use crate::drift::ObjectPlace;
use crate::source::Span;
use std::borrow::Cow;
use thin_vec::ThinVec;

/// A line that proves a finding, and what to see in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The place.
    pub span: Span,
    /// What stands there, as a lowercase fragment; may be empty.
    pub label: Cow<'static, str>,
}

/// A check fired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The name of the check; empty until [`run`](super::run()) puts it in.
    pub check: &'static str,
    /// How bad it is.
    pub level: Level,
    /// The ruleset it is about, by index of [`Parsed::rulesets`](crate::syntax::Parsed::rulesets); `None` for what
    /// concerns all that was read.
    pub source: Option<usize>,
    /// What it is about, in the reader's words: a service, else a chain or a table.
    pub subject: String,
    /// What is wrong, as a lowercase fragment with names in backticks. It does not repeat the subject.
    pub message: Cow<'static, str>,
    /// What it does to traffic: sentences.
    pub effect: Cow<'static, str>,
    /// What to do: sentences.
    pub remedy: Cow<'static, str>,
    /// The lines that prove it. The first is where the fault is.
    pub evidence: Vec<Evidence>,
    /// The places in the API objects that prove it; only where objects were given.
    pub objects: Vec<ObjectPlace>,
    /// Further subjects with the same fault.
    pub also: Vec<Folded>,
    /// The service ports concerned, by index of [`Proxy::services`](crate::kube::Proxy::services), those of `also`
    /// included.
    pub services: Vec<u32>,
    /// What to say of many like it; findings with the same text here fold into one.
    pub(super) several: Option<&'static str>,
}

/// A subject with the same fault as the finding it is folded into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded {
    /// What it is about.
    pub subject: String,
    /// What is wrong with it.
    pub message: Cow<'static, str>,
    /// The lines that prove it.
    pub evidence: Vec<Evidence>,
    /// The places in the API objects that prove it.
    pub objects: ThinVec<ObjectPlace>,
    /// What it does and what to do, where that is not what the finding says.
    pub(super) advice: Option<Box<Advice>>,
}

/// What a fault does to traffic, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Advice {
    pub(super) effect: Cow<'static, str>,
    pub(super) remedy: Cow<'static, str>,
}

/// The remedy for what only kube-proxy may repair.
pub(super) const RESTART: &str =
    "Restart kube-proxy on this node: it then writes all its rules anew. Then take a new dump and check again.";

impl Finding {
    /// A finding about `subject`, at the line of `span`.
    pub(super) fn new(subject: impl Into<String>, message: impl Into<Cow<'static, str>>, span: Span) -> Self {
        Self {
            check: "",
            level: Level::Info,
            source: None,
            subject: subject.into(),
            message: message.into(),
            effect: Cow::Borrowed(""),
            remedy: RESTART.into(),
            evidence: vec![Evidence { span, label: Cow::Borrowed("") }],
            objects: Vec::new(),
            also: Vec::new(),
            services: Vec::new(),
            several: None,
        }
    }

    /// Says what to see in the line given last.
    pub(super) fn label(mut self, label: impl Into<Cow<'static, str>>) -> Self {
        if let Some(last) = self.evidence.last_mut() {
            last.label = label.into();
        }
        self
    }

    /// One more line.
    pub(super) fn line(mut self, span: Span, label: impl Into<Cow<'static, str>>) -> Self {
        self.evidence.push(Evidence { span, label: label.into() });
        self
    }

    /// What it does to traffic.
    pub(super) fn effect(self, effect: impl Into<Cow<'static, str>>) -> Self {
        Self { effect: effect.into(), ..self }
    }

    /// What to do, where that is not to restart kube-proxy.
    pub(super) fn remedy(self, remedy: impl Into<Cow<'static, str>>) -> Self {
        Self { remedy: remedy.into(), ..self }
    }

    /// The service ports concerned.
    pub(super) fn services(mut self, services: impl IntoIterator<Item = u32>) -> Self {
        self.services.extend(services);
        self
    }

    /// The message for several of them in one; without it only equal messages fold.
    pub(super) fn several(self, message: &'static str) -> Self {
        Self { several: Some(message), ..self }
    }

    /// What is wrong in one line: of many with messages of their own, what they have in common.
    #[must_use]
    pub fn headline(&self) -> &str {
        let differs = self.also.iter().any(|more| more.message != self.message);
        self.several.filter(|_| differs).unwrap_or(&self.message)
    }

    /// The line it is sorted by.
    pub(super) fn place(&self) -> Span {
        self.evidence.first().map(|first| first.span).unwrap_or_default()
    }
}

/// Where a check puts what it finds.
pub(super) struct Findings {
    check: &'static Check,
    source: Option<usize>,
    pub(super) list: Vec<Finding>,
}

impl Findings {
    pub(super) fn new(check: &'static Check, source: Option<usize>) -> Self {
        Self { check, source, list: Vec::new() }
    }

    /// Takes a finding at the level of the check.
    pub(super) fn push(&mut self, finding: Finding) {
        self.push_at(self.check.level, finding);
    }

    /// Takes a finding at a level of its own.
    pub(super) fn push_at(&mut self, level: Level, finding: Finding) {
        self.list.push(Finding { check: self.check.name, level, source: self.source, ..finding });
    }
}

/// A check that could not be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotEvaluated {
    /// Its name.
    pub check: &'static str,
    /// The ruleset it could not be asked of; `None`: of none.
    pub source: Option<usize>,
    /// Why, as a sentence without its full stop.
    pub reason: String,
}

/// How many findings there are of each level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Notes.
    pub infos: usize,
}

/// What all checks together say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// By level, then in the order of the catalogue, then of the dump.
    pub findings: Vec<Finding>,
    /// In the order of the catalogue.
    pub not_evaluated: Vec<NotEvaluated>,
}

impl Report {
    /// How many findings there are.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let count = |level| self.findings.iter().filter(|finding| finding.level == level).count();
        Summary { errors: count(Level::Error), warnings: count(Level::Warning), infos: count(Level::Info) }
    }
}
