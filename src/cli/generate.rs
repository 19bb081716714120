//! What clap knows about the command line: completions for the shells, manual pages, the nearest command.

use super::{Cli, help};
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
    let command = described(command)?;
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let has_commands = command.has_subcommands();
    let man = Man::new(command).source(concat!("kubenat ", env!("CARGO_PKG_VERSION"))).manual("kubenat");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if has_commands {
        man.render_subcommands_section(&mut page)?;
    }
    page.extend(example_section(&examples).bytes());
    Ok(page)
}

fn described(name: Option<&str>) -> io::Result<Command> {
    let mut main = Cli::command();
    main.build();
    let Some(name) = name else {
        let summary = help::ABOUT.lines().next().unwrap_or_default().trim_end_matches('.');
        return Ok(main.about(summary).long_about(help::ABOUT).subcommand_help_heading("COMMANDS"));
    };
    let command = main.find_subcommand(name).cloned();
    command.ok_or_else(|| io::Error::other(format!("there is no command `{name}`: see `kubenat --help`")))
}

/// The foot of a help text as roff, line by line as it stands (`groff_man(7)`).
fn example_section(text: &str) -> String {
    let lines = text.lines().skip_while(|line| *line == "Examples:").map(|line| {
        let line = line.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq").replace('`', "\\(ga");
        format!("\\&{line}\n")
    });
    format!(".SH EXAMPLES\n.nf\n{}.fi\n", lines.collect::<String>())
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
            assert!(page.contains_str(&title) && page.contains_str(".SH EXAMPLES"), "{name}");
        }
        assert!(manual_page(None).unwrap().contains_str("Exit status"));
    }

    #[test]
    fn examples_reach_the_manual_page_as_they_stand() {
        assert_eq!(
            example_section("Examples:\n  kubenat -m '\\.x'"),
            ".SH EXAMPLES\n.nf\n\\&  kubenat \\-m \\(aq\\e.x\\(aq\n.fi\n"
        );
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
