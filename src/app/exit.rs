//! How a run ended, for the shell.

use std::process::ExitCode;

/// What the exit status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: answered, and nothing was found that the user asked to fail on.
    Answered,
    /// 1: `check` found something, or there is no such subject.
    Found,
    /// 2: wrong usage, or nothing could be read.
    Failed,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Answered => 0,
            Exit::Found => 1,
            Exit::Failed => 2,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_zero_one_or_two() {
        for (exit, status) in [(Exit::Answered, 0), (Exit::Found, 1), (Exit::Failed, 2)] {
            assert_eq!(ExitCode::from(exit), ExitCode::from(status), "{exit:?}");
        }
    }
}
