//! The committed completions are those the program prints, and their shells can read them.

use kubenat::cli::{Shell, completion_file, completion_script};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SHELLS: [Shell; 5] = [Shell::Bash, Shell::Elvish, Shell::Fish, Shell::PowerShell, Shell::Zsh];

fn file(shell: Shell) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(completion_file(shell))
}

#[test]
fn the_committed_completions_are_current() {
    for shell in SHELLS {
        let (path, script) = (file(shell), completion_script(shell));
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &script).expect("completions/ can be written");
        }
        let committed = fs::read(&path).unwrap_or_default();
        assert!(committed == script, "completions for {shell} are old: run `UPDATE=1 cargo test`");
    }
}

#[test]
fn every_shell_that_is_here_reads_its_completions() {
    for (shell, program) in [(Shell::Bash, "bash"), (Shell::Zsh, "zsh"), (Shell::Fish, "fish")] {
        let script = Path::new(env!("CARGO_TARGET_TMPDIR")).join(completion_file(shell));
        fs::write(&script, completion_script(shell)).expect("the folder for tests can be written");
        match Command::new(program).arg("-n").arg(&script).output() {
            Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
            Err(_) => eprintln!("SKIPPED: {program} is not installed, its completions were not tried"),
        }
    }
}

#[test]
fn bash_completes_the_names_of_checks() {
    let script = String::from_utf8(completion_script(Shell::Bash)).expect("scripts are text");
    assert!(script.contains("leaking-service"));
}
