//! The subcommands, and what each of them may be told.

use super::address_port::AddressPort;
use super::destination::Destination;
use super::help;
use super::subject::{Subject, SubjectParser};
use super::values::{CheckName, FailOn, Form, Sender, Steps, interface, mark, seconds};
use clap::{Args, Subcommand};
use clap_complete::Shell;
use std::net::IpAddr;
use std::path::PathBuf;

/// What to answer; no command is the overview.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the services: addresses, pods, and the share each pod gets
    #[command(after_help = help::SERVICES)]
    Services(ServicesArgs),
    /// Explain one thing: a service, an address, a port, a chain or a check
    #[command(after_help = help::EXPLAIN)]
    Explain(ExplainArgs),
    /// Show everything that can send to a pod, with shares
    #[command(after_help = help::WHO)]
    Who(WhoArgs),
    /// Follow one packet through the tables, every branch weighted
    #[command(after_help = help::TRACE)]
    Trace(Box<TraceArgs>),
    /// Look for what is wrong
    #[command(after_help = help::CHECK)]
    Check(CheckArgs),
    /// List what `check` looks for
    #[command(after_help = help::CHECKS)]
    Checks,
    /// Write the same rules in another form
    #[command(after_help = help::CONVERT)]
    Convert(ConvertArgs),
    /// Compare two dumps by meaning: what is new, gone, or different
    #[command(after_help = help::DIFF)]
    Diff(DiffArgs),
    /// Print the completions for a shell
    #[command(after_help = help::COMPLETIONS)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    #[command(after_help = help::MAN)]
    Man {
        /// The command whose page to print, instead of the main page
        command: Option<String>,
    },
}

/// The files to read. All of them are pieces of evidence about one node.
#[derive(Debug, Default, Args)]
pub struct Input {
    /// Dumps to read, plain or gzip; `-` is standard input
    #[arg(value_name = "FILES", value_hint = clap::ValueHint::FilePath)]
    pub plain: Vec<PathBuf>,
    /// The same as FILES, anywhere on the line; may be repeated
    #[arg(short = 'f', long = "file", value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    #[arg(help_heading = "Common options")]
    pub flagged: Vec<PathBuf>,
}

/// What the API says, to compare the rules with.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "The cluster")]
pub struct ObjectArgs {
    /// Output of `kubectl get services,endpointslices,nodes -A -o json`, or a directory of it; may be repeated
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::AnyPath)]
    pub objects: Vec<PathBuf>,
    /// The node the dump is of; without it, it is found by its addresses, pod net or local endpoints
    #[arg(long, value_name = "NAME", requires = "objects")]
    pub node: Option<String>,
    /// What changed so shortly before the dump is no error yet: 30s, 5m, 2h
    #[arg(long, value_name = "DURATION", value_parser = seconds, default_value = "0s", requires = "objects")]
    pub grace: i64,
}

/// What `services` is told.
#[derive(Debug, Args)]
pub struct ServicesArgs {
    /// What the API says.
    #[command(flatten)]
    pub objects: ObjectArgs,
    /// Where to read from.
    #[command(flatten)]
    pub input: Input,
}

/// What `diff` is told.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The earlier dump, plain or gzip; `-` is standard input
    #[arg(value_name = "OLD", value_hint = clap::ValueHint::FilePath)]
    pub old: PathBuf,
    /// The later dump, or that of another node
    #[arg(value_name = "NEW", value_hint = clap::ValueHint::FilePath)]
    pub new: PathBuf,
}

/// What `explain` is told.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A service, an address, a port of any address, a chain, or a check.
    #[arg(help = "NAMESPACE/NAME[:PORT], ADDRESS[:PORT[/PROTO]], :PORT[/PROTO], a chain, or a check")]
    #[arg(value_name = "SUBJECT", value_parser = SubjectParser, hide_possible_values = true)]
    pub subject: Subject,
    /// What the API says.
    #[command(flatten)]
    pub objects: ObjectArgs,
    /// Where to read from.
    #[command(flatten)]
    pub input: Input,
}

/// What `who` is told.
#[derive(Debug, Args)]
pub struct WhoArgs {
    /// The pod's address, with one of its ports if only that one matters
    #[arg(value_name = "ADDRESS[:PORT]")]
    pub address: AddressPort,
    /// Where to read from.
    #[command(flatten)]
    pub input: Input,
}

/// What `trace` is told: the packet, and facts about the node.
#[derive(Debug, Args)]
pub struct TraceArgs {
    /// Where it goes.
    #[arg(help = "Where it goes: ADDR:PORT[/PROTO], [ADDR6]:PORT[/PROTO], ADDR/icmp or NAMESPACE/NAME:PORT")]
    #[arg(long, value_name = "DESTINATION", help_heading = "The packet")]
    pub to: Destination,
    /// Where it starts: pod, node (a process on it) or external (another machine)
    #[arg(long, value_name = "WHERE", value_enum, default_value_t, hide_possible_values = true)]
    #[arg(help_heading = "The packet")]
    pub from: Sender,
    /// Its source address
    #[arg(long, value_name = "ADDR", help_heading = "The packet")]
    pub src: Option<IpAddr>,
    /// Its source port
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..), help_heading = "The packet")]
    pub sport: Option<u16>,
    /// The interface it comes in by
    #[arg(short, long, value_name = "IFACE", value_parser = interface, help_heading = "The packet")]
    pub in_interface: Option<String>,
    /// Its mark when it arrives, hexadecimal (0x4000) or decimal
    #[arg(long, value_name = "MARK", value_parser = mark, help_heading = "The packet")]
    pub mark: Option<u32>,
    /// An address of the node itself; may be repeated
    #[arg(long, value_name = "ADDR", help_heading = "The node")]
    pub node_ip: Vec<IpAddr>,
    /// Output of `ip -j addr` on the node; may be repeated
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, help_heading = "The node")]
    pub addresses: Vec<PathBuf>,
    /// Output of `ip -j route` or `ip -6 -j route` on the node; may be repeated
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, help_heading = "The node")]
    pub routes: Vec<PathBuf>,
    /// Which rules to show: matched (or possibly so), or all that were looked at
    #[arg(long, value_enum, default_value_t, value_name = "WHICH", hide_possible_values = true)]
    pub steps: Steps,
    /// Where to read from.
    #[command(flatten)]
    pub input: Input,
}

/// What `check` is told.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Make these checks alone; comma separated, may be repeated
    #[arg(long, value_name = "CHECKS", value_delimiter = ',', value_parser = CheckName, hide_possible_values = true)]
    pub only: Vec<&'static str>,
    /// Leave these checks out; comma separated, may be repeated
    #[arg(long, value_name = "CHECKS", value_delimiter = ',', value_parser = CheckName, hide_possible_values = true)]
    pub skip: Vec<&'static str>,
    /// Exit with status 1 on findings of this level or above: error, warning, info, or never
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t, hide_possible_values = true)]
    pub fail_on: FailOn,
    /// What the API says.
    #[command(flatten)]
    pub objects: ObjectArgs,
    /// Where to read from.
    #[command(flatten)]
    pub input: Input,
}

/// What `convert` is told.
#[derive(Debug, Args)]
pub struct ConvertArgs {
    /// The form to write: save (what iptables-restore reads) or json
    #[arg(long, value_name = "FORM", value_enum, hide_possible_values = true)]
    pub to: Form,
    /// Where to read from.
    #[command(flatten)]
    pub input: Input,
}

impl Command {
    /// Where this command reads from, if it reads at all.
    pub(super) fn input(&self) -> Option<&Input> {
        match self {
            Self::Services(args) => Some(&args.input),
            Self::Explain(args) => Some(&args.input),
            Self::Who(args) => Some(&args.input),
            Self::Trace(args) => Some(&args.input),
            Self::Check(args) => Some(&args.input),
            Self::Convert(args) => Some(&args.input),
            Self::Checks | Self::Diff(_) | Self::Completions { .. } | Self::Man { .. } => None,
        }
    }
    /// What the API says, for the commands that may be told.
    pub(super) fn objects(&self) -> Option<&ObjectArgs> {
        match self {
            Self::Services(args) => Some(&args.objects),
            Self::Explain(args) => Some(&args.objects),
            Self::Check(args) => Some(&args.objects),
            _ => None,
        }
    }
}
