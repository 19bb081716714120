//! The kubenat program: reads its words, answers, and says by its exit status how that went.

use kubenat::app::{self, Exit};
use kubenat::cli::Cli;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match Cli::read(std::env::args_os()) {
        Ok(cli) => app::run(&cli).into(),
        Err(refusal) => {
            // Help and usage errors alike; when nobody reads them any more there is nobody to tell.
            let _ = match app::harmless(&refusal.to_string()) {
                None => refusal.print(),
                Some(text) => std::io::stderr().write_all(text.as_bytes()),
            };
            if refusal.use_stderr() { Exit::Failed.into() } else { Exit::Answered.into() }
        }
    }
}
