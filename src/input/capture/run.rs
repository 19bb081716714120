//! Runs a program that only prints, and keeps all it says.

use std::path::Path;
use std::process::{Command, Stdio};

/// What a program said.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Output {
    /// Standard output.
    pub(super) text: Vec<u8>,
    /// Standard error.
    pub(super) warnings: Vec<u8>,
    /// Why it could not be run, or what it said as it failed.
    pub(super) failure: Option<String>,
}

/// Runs `program` in the C locale, with no input.
pub(super) fn run(program: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(program).args(arguments).env("LC_ALL", "C").stdin(Stdio::null()).output();
    match output {
        Err(error) => Output { failure: Some(error.to_string()), ..Output::default() },
        Ok(output) if output.status.success() => Output { text: output.stdout, warnings: output.stderr, failure: None },
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ");
            let failure = if said.is_empty() { output.status.to_string() } else { said };
            Output { text: output.stdout, warnings: output.stderr, failure: Some(failure) }
        }
    }
}
