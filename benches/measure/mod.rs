//! CPU time, wall time and peak memory of one run of a program, by a process of its own that does nothing else: what
//! the system says of its children is then of that run alone.

use nix::sys::resource::{UsageWho, getrusage};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// What one run cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// User and system time, in seconds.
    pub(crate) cpu: f64,
    /// From start to end, in seconds.
    pub(crate) wall: f64,
    /// Largest resident memory, in MiB.
    pub(crate) peak_mib: f64,
}

impl Cost {
    /// The lower of each.
    pub(crate) fn best(self, other: Self) -> Self {
        Self {
            cpu: self.cpu.min(other.cpu),
            wall: self.wall.min(other.wall),
            peak_mib: self.peak_mib.min(other.peak_mib),
        }
    }
}

/// The cost of a command; `None` if it did not end well.
pub(crate) fn measured(command: &[String]) -> Option<Cost> {
    let own = std::env::current_exe().ok()?;
    let output = Command::new(own).arg("--measure").args(command).output().ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    match numbers.as_slice() {
        [cpu, wall, peak_mib] => Some(Cost { cpu: *cpu, wall: *wall, peak_mib: *peak_mib }),
        _ => None,
    }
}

/// The measuring process: runs the command, prints its cost.
pub(crate) fn measuring(command: &[String]) -> ExitCode {
    let start = Instant::now();
    let who = match command {
        [flag, path] if flag == "--baseline" => {
            if !super::baseline_of_file(path) {
                return ExitCode::FAILURE;
            }
            UsageWho::RUSAGE_SELF
        }
        [program, words @ ..] => {
            let run = Command::new(program).args(words).stdin(Stdio::null()).stdout(Stdio::null()).status();
            if !run.is_ok_and(|status| status.success()) {
                return ExitCode::FAILURE;
            }
            UsageWho::RUSAGE_CHILDREN
        }
        [] => return ExitCode::FAILURE,
    };
    let wall = start.elapsed().as_secs_f64();
    let Ok(usage) = getrusage(who) else { return ExitCode::FAILURE };
    #[expect(clippy::cast_precision_loss, reason = "nobody runs for 2^52 microseconds")]
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    #[expect(clippy::cast_precision_loss, reason = "nobody has 2^52 KiB")]
    let peak_mib = usage.max_rss() as f64 / 1024.0;
    println!("{} {wall} {peak_mib}", seconds(usage.user_time()) + seconds(usage.system_time()));
    ExitCode::SUCCESS
}
