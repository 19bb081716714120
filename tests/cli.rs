//! The program, run as people run it: every transcript under `testdata/cli/` and in README.md, byte for byte.
//!
//! A transcript is Markdown. Its ```` ```console ```` blocks hold commands behind `$ ` and what they print below;
//! everything else is for people. The format is described in CONTRIBUTING.md; `UPDATE=1` writes what was printed.

mod transcript;

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_transcript_is_what_the_program_prints() {
    let folder = root().join("testdata/cli");
    let entries = fs::read_dir(&folder).expect("testdata/cli is there").map(|entry| entry.expect("readable").path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    files.sort();
    assert!(!files.is_empty(), "no transcript was found");
    let differing: Vec<String> = files.iter().filter_map(|file| transcript::difference(file)).collect();
    assert!(differing.is_empty(), "\n{}\nIf that is meant: UPDATE=1 cargo test", differing.join("\n"));
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let differing = transcript::difference(&root().join("README.md"));
    assert!(differing.is_none(), "\n{}", differing.unwrap_or_default());
}
