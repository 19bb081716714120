//! Standard output and standard error: whether they take colours, how wide they are, and what happens when the reader
//! goes away.

use super::terminal::{PIPED, Width};
use anstream::AutoStream;
use anstream::stream::{AsLockedWrite, RawStream};
use std::io::{self, BufWriter, IsTerminal, Write};

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// On a terminal that can show them, unless `NO_COLOR` is set; or wherever `CLICOLOR_FORCE` is.
    #[default]
    Auto,
    /// Everywhere. Also what JSON takes: it passes as it is.
    Always,
    /// Nowhere.
    Never,
}

/// How far the output came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// All of it was written.
    Whole,
    /// The reader closed the pipe before the end, which is its right.
    ClosedPipe,
}

/// Lets `write` write to standard output, locked and buffered.
///
/// # Errors
/// Those of the stream and of `write`, but for a closed pipe.
pub fn to_stdout(choice: ColorChoice, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<Delivery> {
    deliver(io::stdout().lock(), choice, write)
}

/// Lets `write` write to standard error, locked and buffered.
///
/// # Errors
/// Those of the stream and of `write`, but for a closed pipe.
pub fn to_stderr(choice: ColorChoice, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<Delivery> {
    deliver(io::stderr().lock(), choice, write)
}

/// The width of standard output: that of its terminal, else [`PIPED`].
#[must_use]
pub fn stdout_width() -> Width {
    if io::stdout().is_terminal() { terminal_width(terminal_size::terminal_size_of(io::stdout())) } else { PIPED }
}

/// The width of standard error: that of its terminal, else [`PIPED`].
#[must_use]
pub fn stderr_width() -> Width {
    if io::stderr().is_terminal() { terminal_width(terminal_size::terminal_size_of(io::stderr())) } else { PIPED }
}

/// A terminal may not know its size (serial lines say 0).
fn terminal_width(size: Option<(terminal_size::Width, terminal_size::Height)>) -> Width {
    size.filter(|(width, _)| width.0 > 0).map_or(PIPED, |(width, _)| Width::Columns(width.0))
}

fn deliver(
    raw: impl RawStream + AsLockedWrite,
    choice: ColorChoice,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<Delivery> {
    let choice = match choice {
        ColorChoice::Auto => AutoStream::choice(&raw),
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    };
    settled(buffered(&mut AutoStream::new(raw, choice), write))
}

fn buffered(stream: &mut dyn Write, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut buffer = BufWriter::with_capacity(1 << 16, stream);
    write(&mut buffer)?;
    buffer.flush()
}

fn settled(result: io::Result<()>) -> io::Result<Delivery> {
    match result {
        Ok(()) => Ok(Delivery::Whole),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Delivery::ClosedPipe),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_pipe_is_no_error() {
        let result = settled(buffered(&mut Closed, |out| out.write_all(b"x")));
        assert_eq!(result.unwrap(), Delivery::ClosedPipe);
    }

    #[test]
    fn other_errors_stay_errors() {
        let result = settled(buffered(&mut Vec::new(), |_| Err(io::ErrorKind::StorageFull.into())));
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn what_is_written_whole_is_delivered_whole() {
        let mut out = Vec::new();
        let result = settled(buffered(&mut out, |out| out.write_all(b"x")));
        assert_eq!((result.unwrap(), out), (Delivery::Whole, b"x".to_vec()));
    }

    #[test]
    fn a_terminal_without_a_size_is_as_wide_as_a_page() {
        assert_eq!(terminal_width(Some((terminal_size::Width(0), terminal_size::Height(0)))), PIPED);
        assert_eq!(terminal_width(Some((terminal_size::Width(80), terminal_size::Height(24)))), Width::Columns(80));
    }
}
