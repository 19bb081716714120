//! Small values of options, as they may be typed.

use super::address_port::Refused;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, Error, ValueEnum};
use regex::Regex;
use std::ffi::OsStr;

/// The form of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people, within the width of the terminal
    #[default]
    Table,
    /// For people, with chain names and line numbers, as wide as it takes
    Wide,
    /// For programs
    Json,
    /// Names alone, one a line
    Name,
    /// SARIF 2.1.0, for code scanning (`check` only)
    Sarif,
    /// The XML of test runners, for CI (`check` only)
    Junit,
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set; anywhere if `CLICOLOR_FORCE` is
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Where a traced packet starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Sender {
    /// A pod on this node
    #[default]
    Pod,
    /// A process on the node itself, or a pod in its network
    Node,
    /// Another machine
    External,
}

/// Which rules of a trace to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Steps {
    /// Those that matched, or may have
    #[default]
    Matched,
    /// Every rule that was looked at
    All,
}

/// The level from which on a finding makes `check` fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors
    #[default]
    Error,
    /// Errors and warnings
    Warning,
    /// Any finding
    Info,
    /// No finding
    Never,
}

/// The form `convert` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// What iptables-save prints and iptables-restore reads
    Save,
    /// Rules as JSON, options told apart
    Json,
}

/// The names of all checks, in order.
#[must_use]
pub fn check_names() -> &'static [&'static str] {
    crate::checks::names()
}

/// Reads the name of a check; a near miss is told the right one.
#[derive(Clone)]
pub(super) struct CheckName;

impl TypedValueParser for CheckName {
    type Value = &'static str;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<&'static str, Error> {
        match check_names().iter().copied().find(|&known| known == value) {
            Some(known) => Ok(known),
            None => Err(unknown_check(command, arg, value)),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(check_names().iter().map(PossibleValue::new)))
    }
}

/// Clap's own refusal, which knows the nearest name, without the list of all of them.
fn unknown_check(command: &Command, arg: Option<&Arg>, value: &OsStr) -> Error {
    let refused = PossibleValuesParser::new(check_names()).parse_ref(command, arg, value).err();
    let mut error = refused.unwrap_or_else(|| Error::new(ErrorKind::InvalidValue).with_cmd(command));
    error.remove(ContextKind::ValidValue);
    if error.get(ContextKind::SuggestedValue).is_none() {
        let tip = ContextValue::StyledStrs(vec!["`kubenat checks` lists them".into()]);
        error.insert(ContextKind::Suggested, tip);
    }
    error
}

/// The mark of a packet: `0x4000` or `16384`.
pub(super) fn mark(text: &str) -> Result<u32, Refused> {
    if text.contains('/') {
        return Err("a packet's mark has no mask: write the value alone, as in 0x4000".into());
    }
    let read = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) if !digits.starts_with('+') => u32::from_str_radix(digits, 16).ok(),
        _ => text.parse().ok().filter(|_| !text.starts_with('+')),
    };
    read.ok_or_else(|| "not a mark: a number of 32 bits, as in 0x4000 or 16384".into())
}

/// An interface name, as long as the kernel allows (`IFNAMSIZ`, 15 letters).
pub(super) fn interface(text: &str) -> Result<String, Refused> {
    if text.is_empty() || text.len() > 15 || text.contains(|letter: char| letter == '/' || letter.is_whitespace()) {
        return Err("not an interface: one to fifteen letters without spaces, as in eth0".into());
    }
    if text.ends_with('+') {
        return Err("a packet comes in by one interface: write its whole name, without `+`".into());
    }
    Ok(text.into())
}

/// A regular expression that service names are searched with.
pub(super) fn pattern(text: &str) -> Result<Regex, Refused> {
    Regex::new(text).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "the expression is too large".into(),
        error => error.to_string(),
    })
}

/// `30s`, `5m`, `2h`, or seconds without a unit.
pub(super) fn seconds(text: &str) -> Result<i64, String> {
    let (number, factor) = match text.char_indices().next_back() {
        Some((at, 's')) => (&text[..at], 1),
        Some((at, 'm')) => (&text[..at], 60),
        Some((at, 'h')) => (&text[..at], 3600),
        _ => (text, 1),
    };
    let number: u32 = number.parse().map_err(|_| "a time is wanted: 30s, 5m, 2h".to_owned())?;
    Ok(i64::from(number) * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_hexadecimal_or_decimal_and_has_no_mask() {
        for (text, value) in [("0x4000", 0x4000), ("0X4000", 0x4000), ("16384", 16384), ("0xffffffff", u32::MAX)] {
            assert_eq!(mark(text), Ok(value));
        }
        assert!(mark("0x4000/0x4000").unwrap_err().contains("has no mask"));
        for text in ["", "0x", "0x1ffffffff", "4294967296", "-1", "+1", "0x+1", "4000h"] {
            assert!(mark(text).unwrap_err().contains("not a mark"), "{text}");
        }
    }

    #[test]
    fn an_interface_has_the_name_the_kernel_would_allow() {
        assert_eq!(interface("eth0"), Ok("eth0".into()));
        assert_eq!(interface("veth0123456789a"), Ok("veth0123456789a".into()));
        for text in ["", "veth0123456789ab", "eth 0", "a/b"] {
            assert!(interface(text).unwrap_err().contains("not an interface"), "{text}");
        }
        assert!(interface("cali+").unwrap_err().contains("without `+`"));
    }

    #[test]
    fn a_broken_pattern_is_shown_where_it_breaks() {
        assert!(pattern("^shop/.*:http$").is_ok());
        assert!(pattern("shop/(web").unwrap_err().contains("unclosed group"));
    }

    #[test]
    fn checks_are_named_in_order() {
        assert!(check_names().is_sorted());
    }
}
