//! The last step of every answer: onto standard output, in the form that was asked for.

use super::Exit;
use crate::cli::{Cli, Color, Output};
use crate::doc::Doc;
use crate::render::escape::escaped;
use crate::render::stream::{self, ColorChoice};
use crate::render::terminal::{self, Width};
use crate::view::Detail;
use anyhow::Result;
use std::io::{self, Write};

pub(super) fn colors(cli: &Cli) -> ColorChoice {
    match cli.common.color {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    }
}

/// How much to tell.
pub(super) fn detail(cli: &Cli) -> Detail {
    if cli.common.output == Output::Wide || cli.common.verbose { Detail::Wide } else { Detail::Normal }
}

/// A document.
pub(super) fn doc(cli: &Cli, doc: &Doc) -> Result<Exit> {
    let width = if cli.common.output == Output::Wide { Width::Unlimited } else { stream::stdout_width() };
    stream::to_stdout(colors(cli), |out| terminal::write(doc, width, out))?;
    Ok(Exit::Answered)
}

/// Names, one a line.
pub(super) fn names(names: impl IntoIterator<Item = String>) -> Result<Exit> {
    raw(|out| names.into_iter().try_for_each(|name| writeln!(out, "{}", escaped(name.as_bytes()))))
}

/// What is no text for terminals: JSON, XML, rules. It passes as it is.
pub(super) fn raw(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Exit> {
    stream::to_stdout(ColorChoice::Always, write)?;
    Ok(Exit::Answered)
}
