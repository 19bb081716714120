//! One function a subcommand: read, ask, show. Everything above meets here and nowhere else.
//!
//! Answers go to standard output; what went wrong goes to standard error, and the exit status says so. A reader who
//! closes the pipe has seen enough: that is no error.

mod check;
mod complain;
mod convert;
mod diff;
mod exit;
mod explain;
mod hopeless;
mod load;
mod lookup;
mod near;
mod objects;
mod pick;
mod progress;
mod show;
mod trace;
mod who;

pub use exit::Exit;

use self::load::{Wanted, with_node};
use self::pick::picked;
use crate::checks::Selection;
use crate::cli::{Cli, Command, Output};
use crate::cli::{Shell, command_like, completion_script, manual_page};
use crate::render::escape::escaped;
use crate::render::json;
use crate::view::{self, Item};
use anyhow::{Error, Result, bail};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Does what was asked for; what could not be done is said on standard error.
#[must_use]
pub fn run(cli: &Cli) -> Exit {
    answer(cli).unwrap_or_else(|error| failed(&error))
}

fn answer(cli: &Cli) -> Result<Exit> {
    match &cli.command {
        None => overview(cli),
        Some(Command::Services(_)) => services(cli),
        Some(Command::Explain(args)) => explain::explain(cli, args),
        Some(Command::Who(args)) => who::who(cli, args),
        Some(Command::Trace(args)) => trace::trace(cli, args),
        Some(Command::Check(args)) => check::check(cli, args),
        Some(Command::Checks) => check::checks(cli),
        Some(Command::Convert(args)) => convert::convert(cli, args),
        Some(Command::Diff(args)) => diff::diff(cli, args),
        Some(Command::Completions { shell }) => completions(*shell),
        Some(Command::Man { command }) => man(command.as_deref()),
    }
}

fn failed(error: &Error) -> Exit {
    if is_closed_pipe(error) {
        return Exit::Answered;
    }
    // Standard error may be closed too; the status still tells.
    let _ = writeln!(io::stderr(), "kubenat: {}", escaped_lines(&format!("{error:#}")));
    Exit::Failed
}

/// The text with everything spelled out that a terminal would obey, if there is any such thing in it.
#[must_use]
pub fn harmless(text: &str) -> Option<String> {
    Some(escaped_lines(text)).filter(|lines| lines != text)
}

/// Errors may quote names of files; each line of a message passes the escaper.
fn escaped_lines(text: &str) -> String {
    text.split('\n').map(|line| escaped(line.as_bytes()).into_owned()).collect::<Vec<_>>().join("\n")
}

fn is_closed_pipe(error: &Error) -> bool {
    let mut causes = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.any(|cause| cause.kind() == ErrorKind::BrokenPipe)
}

fn overview(cli: &Cli) -> Result<Exit> {
    refuse_mistyped_command(cli)?;
    with_node(cli, unless_names(cli), |node| {
        let items: Vec<Item<'_, '_>> = picked(cli, node).collect();
        match cli.common.output {
            Output::Name => show::names(items.iter().map(Item::name)),
            Output::Json => show::raw(|out| json::write("Overview", json::overview(node, items), out)),
            _ => show::doc(cli, &view::overview(node, &items, show::detail(cli))),
        }
    })
}

/// All checks, but none where only names are asked for.
fn unless_names(cli: &Cli) -> Wanted<'static> {
    Wanted { checks: (cli.common.output != Output::Name).then(Selection::default), ..Wanted::default() }
}

/// `kubenat chekc node.save` and `kubenat node.save check` read as two files, of which one is none.
fn refuse_mistyped_command(cli: &Cli) -> Result<()> {
    let missing = cli.files().into_iter().filter(|file| !file.exists()).filter_map(Path::to_str);
    for word in missing {
        match command_like(word) {
            Some(command) if command == word => bail!("the command comes first: `kubenat {command} FILES`"),
            Some(command) => bail!("there is no file and no command `{word}`: did you mean `kubenat {command}`?"),
            None => {}
        }
    }
    Ok(())
}

fn services(cli: &Cli) -> Result<Exit> {
    with_node(cli, unless_names(cli), |node| {
        let items = picked(cli, node);
        match cli.common.output {
            Output::Name => show::names(items.map(|item| item.name())),
            Output::Json => show::raw(|out| json::write("ServiceList", json::service_list(node, items.collect()), out)),
            _ => show::doc(cli, &view::services(node, items, show::detail(cli))),
        }
    })
}

fn completions(shell: Shell) -> Result<Exit> {
    written(&completion_script(shell))
}

fn man(command: Option<&str>) -> Result<Exit> {
    written(&manual_page(command)?)
}

fn written(text: &[u8]) -> Result<Exit> {
    let mut out = io::stdout().lock();
    out.write_all(text)?;
    out.flush()?;
    Ok(Exit::Answered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn a_closed_pipe_is_no_failure_however_deep_it_lies() {
        let closed = Err::<(), _>(io::Error::from(ErrorKind::BrokenPipe)).context("cannot write the answer");
        assert_eq!(failed(&closed.unwrap_err()), Exit::Answered);
        assert!(!is_closed_pipe(&io::Error::from(ErrorKind::NotFound).into()));
    }
}
