//! Text we could not read: what was wanted, and where.

use crate::source::Span;
use nom::error::{ContextError, ErrorKind, ParseError};

/// A piece of text that is no rule, no declaration, no comment and no known noise, or a rule with a part that makes no
/// sense. Reading went on behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// From where it went wrong to the end of the line.
    pub span: Span,
    /// What was wanted there, as a noun: `a port from 0 to 65535`.
    pub wanted: &'static str,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "wanted {}", self.wanted)
    }
}

/// The error of the grammar: what was wanted, and the rest of the line where it was wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted<'a> {
    pub(crate) what: &'static str,
    pub(crate) rest: &'a [u8],
}

impl<'a> ParseError<&'a [u8]> for Wanted<'a> {
    fn from_error_kind(rest: &'a [u8], _: ErrorKind) -> Self {
        Self { what: "something else", rest }
    }

    fn append(_: &'a [u8], _: ErrorKind, other: Self) -> Self {
        other
    }

    /// Of two branches the one that got further tells what was wanted.
    fn or(self, other: Self) -> Self {
        if other.rest.len() < self.rest.len() { other } else { self }
    }
}

impl<'a> ContextError<&'a [u8]> for Wanted<'a> {
    /// The innermost clause that failed at its very start is the one whose words help most.
    fn add_context(input: &'a [u8], what: &'static str, other: Self) -> Self {
        if input.len() == other.rest.len() { Self { what, rest: input } } else { other }
    }
}

/// What a clause of the grammar gives: the rest of the line and a value.
pub(crate) type Read<'a, T> = nom::IResult<&'a [u8], T, Wanted<'a>>;
