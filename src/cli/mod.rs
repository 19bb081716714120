//! What may be typed. Every value is turned into what it means right here, or refused with the right form; nothing
//! is read, answered or printed.

mod address_port;
mod command;
mod destination;
mod generate;
mod help;
mod service;
mod subject;
mod values;

pub use address_port::AddressPort;
pub use clap_complete::Shell;
pub use command::{
    CheckArgs, Command, ConvertArgs, DiffArgs, ExplainArgs, Input, ObjectArgs, ServicesArgs, TraceArgs, WhoArgs,
};
pub use destination::Destination;
pub use generate::{command_like, completion_file, completion_script, manual_page};
pub use service::ServiceName;
pub use subject::Subject;
pub use values::{Color, FailOn, Form, Output, Sender, Steps, check_names};

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Error, Parser};
use regex::Regex;
use std::ffi::OsString;
use std::path::Path;

/// A command line, read.
#[derive(Debug, Parser)]
#[command(name = "kubenat", bin_name = "kubenat", version, max_term_width = 100)]
#[command(about = help::ABOUT, after_help = help::OVERVIEW)]
#[command(override_usage = "kubenat [OPTIONS] [FILES]...\n       kubenat [OPTIONS] <COMMAND>")]
#[command(subcommand_help_heading = "Commands (without one: the overview)")]
pub struct Cli {
    /// What to answer; none is the overview.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Where to read from.
    #[command(flatten)]
    input: Input,
    /// What holds for every command.
    #[command(flatten)]
    pub common: Common,
}

/// The options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Common options")]
pub struct Common {
    /// Read a real dump that is built in
    #[arg(long, global = true)]
    pub demo: bool,
    /// Only services of this namespace
    #[arg(short, long, value_name = "NAMESPACE", global = true)]
    pub namespace: Option<String>,
    /// Only services whose NAMESPACE/NAME:PORT matches this regular expression
    #[arg(short = 'm', long = "match", value_name = "REGEX", value_parser = values::pattern, global = true)]
    pub pattern: Option<Regex>,
    /// The form of the answer: table, wide, json or name; for `check` also sarif or junit
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t, global = true, hide_possible_values = true)]
    pub output: Output,
    /// When to colour: auto, always or never
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, global = true, hide_possible_values = true)]
    pub color: Color,
    /// The answer alone: no notes about the input
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// More: every fault of the input, chain names, line numbers
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

impl Cli {
    /// Reads the words of a command line, of which the first is the program's name.
    ///
    /// # Errors
    /// A usage error, or the text of `--help` or `--version`.
    pub fn read<I, W>(words: I) -> Result<Self, Error>
    where
        I: IntoIterator<Item = W>,
        W: Into<OsString> + Clone,
    {
        let cli = Self::try_parse_from(words)?;
        match cli.contradiction() {
            Some(message) => Err(Self::command().error(ErrorKind::ArgumentConflict, message)),
            None => Ok(cli),
        }
    }

    /// The files named anywhere on the line, in the order FILES before `-f`, before and behind the command.
    #[must_use]
    pub fn files(&self) -> Vec<&Path> {
        let inputs = [Some(&self.input), self.command.as_ref().and_then(Command::input)];
        let files = inputs.into_iter().flatten().flat_map(|input| input.plain.iter().chain(&input.flagged));
        files.map(AsRef::as_ref).collect()
    }

    /// What the API says, if files of it were named.
    #[must_use]
    pub fn objects(&self) -> Option<&ObjectArgs> {
        self.command.as_ref().and_then(Command::objects).filter(|args| !args.objects.is_empty())
    }

    /// What cannot hold together, though each option alone is fine. Clap checks one command at a time and would miss
    /// `kubenat --demo check node.save`.
    fn contradiction(&self) -> Option<&'static str> {
        let is_check = matches!(self.command, Some(Command::Check(_)));
        let common = &self.common;
        match (&self.command, common.output) {
            _ if common.demo && !self.files().is_empty() => Some("--demo is a dump of its own: leave the files out"),
            _ if common.quiet && common.verbose => Some("--quiet and --verbose cannot be used together"),
            (_, Output::Sarif | Output::Junit) if !is_check => Some("-o sarif and -o junit are for `kubenat check`"),
            (Some(Command::Trace(args)), _) if args.mixes_families() => {
                Some("--src and --to are of different families: a packet is IPv4 or IPv6")
            }
            _ => None,
        }
    }
}

impl TraceArgs {
    fn mixes_families(&self) -> bool {
        let to = self.to.address();
        self.src.zip(to).is_some_and(|(src, to)| src.is_ipv4() != to.is_ipv4())
    }
}

#[cfg(test)]
mod tests;
