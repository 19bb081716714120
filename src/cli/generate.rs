//! What clap knows about the command line: completions for the shells, manual pages, the nearest command.

use super::Cli;
use clap::error::{ContextKind, ContextValue};
use clap::{Command, CommandFactory};
use clap_complete::{Generator, Shell, generate};
use clap_mangen::Man;
use std::io;

/// The completions for `shell`.
#[must_use]
pub fn completion_script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "kubenat", &mut script);
    script
}

/// The file name under which `shell` looks for them.
#[must_use]
pub fn completion_file(shell: Shell) -> String {
    shell.file_name("kubenat")
}

/// The manual page of `kubenat`, or of one of its commands.
///
/// # Errors
/// There is no such command.
pub fn manual_page(command: Option<&str>) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(described(command)?).render(&mut page)?;
    Ok(page)
}

fn described(name: Option<&str>) -> io::Result<Command> {
    let mut main = Cli::command();
    main.build();
    let Some(name) = name else { return Ok(main) };
    let command = main.find_subcommand(name).cloned();
    let command =
        command.ok_or_else(|| io::Error::other(format!("there is no command `{name}`: see `kubenat --help`")))?;
    Ok(command.version(env!("CARGO_PKG_VERSION")))
}

/// The command that `word` is, or was meant to be if it is one mistyped.
#[must_use]
pub fn command_like(word: &str) -> Option<String> {
    let main = Cli::command();
    if main.find_subcommand(word).is_some() {
        return Some(word.into());
    }
    let commands = Command::new("kubenat").subcommands(main.get_subcommands().cloned());
    match commands.try_get_matches_from(["kubenat", word]).err()?.get(ContextKind::SuggestedSubcommand)? {
        ContextValue::Strings(names) => names.last().cloned(),
        ContextValue::String(name) => Some(name.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bstr::ByteSlice;

    #[test]
    fn every_command_has_a_manual_page_with_examples() {
        let main = Cli::command();
        for name in main.get_subcommands().map(Command::get_name) {
            let page = manual_page(Some(name)).unwrap();
            let title = format!("kubenat\\-{name}");
            assert!(page.contains_str(&title) && page.contains_str("Examples:"), "{name}");
        }
        assert!(manual_page(None).unwrap().contains_str("Exit status"));
    }

    #[test]
    fn a_mistyped_command_is_recognised() {
        assert_eq!(command_like("chekc").as_deref(), Some("check"));
        assert_eq!(command_like("service").as_deref(), Some("services"));
        assert_eq!(command_like("check").as_deref(), Some("check"));
        assert_eq!(command_like("node-1.save"), None);
    }

    #[test]
    fn a_page_of_an_unknown_command_is_refused() {
        assert!(manual_page(Some("chekc")).unwrap_err().to_string().contains("no command `chekc`"));
    }
}
