//! What the tests of texts share: bytes → [`Input`], and rules in a form that can be compared.
#![expect(dead_code, reason = "each test file uses a part of it")]

use bstr::{BString, ByteSlice};
use kubenat::input::{Given, Input, read};
use kubenat::ruleset::{Ruleset, Table, TableName, rule_line};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The bytes as the program would read them from a file of that name's end.
pub(crate) fn input(bytes: &[u8]) -> Input {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("kubenat-text-{}-{count}", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    let input = read(&[Given::File(path.clone())]);
    std::fs::remove_file(&path).unwrap();
    input.unwrap()
}

/// A file of `testdata`, unpacked, as the program reads it.
pub(crate) fn file(path: impl AsRef<Path>) -> Input {
    read(&[Given::File(path.as_ref().to_path_buf())]).unwrap_or_else(|error| panic!("{error:#}"))
}

/// `testdata/…` of this repository.
pub(crate) fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}

/// The files of a folder of `testdata`, in order of their names.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.is_file());
    files.sort();
    files
}

/// Every dump in `testdata/dumps`.
pub(crate) fn dumps() -> Vec<PathBuf> {
    let mut files = files(&testdata("dumps"));
    files.retain(|path| path.to_string_lossy().ends_with(".save.gz"));
    assert!(files.len() >= 30, "{}", files.len());
    files
}

/// How many lines the text has that is parsed.
pub(crate) fn lines(input: &Input) -> usize {
    input.sources.files().iter().map(|file| file.text().lines().count()).sum()
}

/// The one table of that name in a ruleset.
#[track_caller]
pub(crate) fn table<'a, 'src>(ruleset: &'a Ruleset<'src>, name: &'a str) -> &'a Table<'src> {
    ruleset.table(TableName::from_name(name.as_bytes())).unwrap_or_else(|| panic!("no table {name}"))
}

/// The rules of a table, each printed from its parts.
pub(crate) fn rules(table: &Table<'_>) -> Vec<String> {
    let mut lines: Vec<BString> = table.rules.iter().map(|rule| rule_line(table, rule)).collect();
    lines.drain(..).map(|line| line.to_str_lossy().into_owned()).collect()
}
