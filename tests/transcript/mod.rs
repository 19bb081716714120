//! Reads, runs and rewrites one transcript.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What differs between the file and what its commands print now; nothing after a rewrite.
pub(crate) fn difference(file: &Path) -> Option<String> {
    let written = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let printed = replayed(&written, run);
    if printed == written {
        return None;
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(file, printed).expect("the transcript can be rewritten");
        return None;
    }
    Some(format!("{}:\n{}", file.display(), first_change(&written, &printed)))
}

/// The transcript with the output of every command replaced by what `run` gives.
fn replayed(text: &str, run: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let _ = writeln!(out, "{line}");
        if line != "```console" {
            continue;
        }
        while let Some(line) = lines.next_if(|line| *line != "```") {
            let Some(first) = line.strip_prefix("$ ") else { continue };
            let mut command = first.to_owned();
            let _ = writeln!(out, "{line}");
            while command.ends_with('\\') {
                let more = lines.next().unwrap_or_default();
                let _ = writeln!(out, "{more}");
                command = format!("{}\n{}", command, more.strip_prefix("> ").unwrap_or(more));
            }
            out.push_str(&run(&command));
        }
    }
    out
}

/// What a person would see: output, then complaints, each line of these marked, then the status unless it is 0.
fn run(command: &str) -> String {
    shown(&shell(command).output().expect("bash can be run"))
}

fn shell(command: &str) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_kubenat"));
    let folder = program.parent().expect("the program is in a folder").display();
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", &format!("set -o pipefail; {command}")]).stdin(Stdio::null());
    bash.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata"));
    bash.env_clear().env("PATH", format!("{folder}:/usr/local/bin:/usr/bin:/bin")).env("LC_ALL", "C.UTF-8");
    bash.env("COLUMNS", "100").env("TERM", "dumb");
    bash
}

fn shown(output: &Output) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push_str("⏎\n");
    }
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        let _ = writeln!(text, "{}", format!("! {line}").trim_end());
    }
    match output.status.code() {
        Some(0) => {}
        Some(status) => drop(writeln!(text, "[status {status}]")),
        None => text.push_str("[killed]\n"),
    }
    text
}

fn first_change(written: &str, printed: &str) -> String {
    let at = written.lines().zip(printed.lines()).take_while(|(old, new)| old == new).count();
    let mut text = String::new();
    for line in written.lines().skip(at).take(8) {
        let _ = writeln!(text, "  {:4} - {line}", at + 1);
    }
    for line in printed.lines().skip(at).take(8) {
        let _ = writeln!(text, "  {:4} + {line}", at + 1);
    }
    text
}

mod tests {
    use super::*;

    #[test]
    fn only_what_stands_below_a_command_is_replaced() {
        let text = "# A\n\n```console\n$ one\nold\n\n$ two \\\n> three\n```\n\n```\n$ not run\n```\n";
        let printed = replayed(text, |command| format!("<{}>\n", command.replace('\n', "|")));
        let expected =
            "# A\n\n```console\n$ one\n<one>\n$ two \\\n> three\n<two \\|three>\n```\n\n```\n$ not run\n```\n";
        assert_eq!(printed, expected);
    }

    #[test]
    fn complaints_and_status_are_told_from_answers() {
        assert_eq!(run("echo answer; echo complaint >&2; exit 3"), "answer\n! complaint\n[status 3]\n");
        assert_eq!(run("printf x"), "x⏎\n");
        assert_eq!(run("false | true"), "[status 1]\n");
    }

    #[test]
    fn a_change_is_shown_with_its_line() {
        assert_eq!(first_change("a\nb\n", "a\nc\n"), "     2 - b\n     2 + c\n");
    }
}
