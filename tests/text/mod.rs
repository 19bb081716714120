//! What the tests of texts share: bytes → [`Input`], and rules in a form that can be compared.
#![expect(dead_code, clippy::unwrap_used, reason = "each test file uses a part of it, and a test may fail")]

use bstr::{BString, ByteSlice};
use kubenat::input::{Given, Input, read, read_bytes};
use kubenat::ruleset::{Match, Ruleset, Table, TableName, Target, Test, chain_line, rule_line, saved_table};
use kubenat::source::Sources;
use kubenat::syntax::parse;
use std::path::{Path, PathBuf};

/// The bytes as the program would read them from a file of that name's end.
pub(crate) fn input(bytes: &[u8]) -> Input {
    read_bytes("text".into(), bytes.to_vec()).unwrap()
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

/// The text with every table in it replaced by what is printed for it; only headers may stand between.
pub(crate) fn printed(tables: &[Table<'_>], sources: &Sources) -> Vec<u8> {
    let source = &sources.files()[0];
    let mut text = Vec::new();
    let mut at = 0;
    for table in tables {
        let (start, end) = (table.span.start as usize, table.span.end() as usize);
        let between = &source.text()[at..start];
        assert!(between.lines().all(|line| line.is_empty() || line.starts_with(b"# ")), "{}", between.as_bstr());
        text.extend_from_slice(between);
        text.extend_from_slice(saved_table(table, sources).trim_end());
        at = end;
    }
    text.extend_from_slice(&source.text()[at..]);
    text
}

/// A table printed from its parts alone, as `convert` would print a listing.
pub(crate) fn from_parts(table: &Table<'_>) -> Vec<u8> {
    let mut lines = vec![BString::from(format!("*{}", table.name.name()))];
    lines.extend(table.chains.iter().map(chain_line));
    lines.extend(table.rules.iter().map(|rule| rule_line(table, rule)));
    lines.push("COMMIT\n".into());
    bstr::join("\n", lines)
}

/// Asserts that printing a table from its parts and reading that gives the same parts.
#[track_caller]
pub(crate) fn prints_and_reads_back(table: &Table<'_>) {
    let mut sources = Sources::default();
    sources.add("printed".into(), from_parts(table), None).unwrap();
    let again = parse(&sources);
    assert_eq!(again.faults.iter().map(|fault| (fault.wanted, sources.place(fault.span))).collect::<Vec<_>>(), []);
    let again = &again.rulesets[0].tables[0];
    assert_eq!(again.rules.len(), table.rules.len());
    for (mine, theirs) in table.rules.iter().zip(&again.rules) {
        let line = rule_line(table, mine);
        assert_eq!(plain(table.matches(mine)), plain(again.matches(theirs)), "{line}");
        // The words of a listing are printed as options, which the line compares.
        if !is_listed(mine.target.as_ref()) {
            assert_eq!(mine.target, theirs.target, "{line}");
        }
        assert_eq!(rule_line(again, theirs), line);
    }
}

/// Whether the options of a target are the words of a listing.
fn is_listed(target: Option<&Target<'_>>) -> bool {
    match target {
        Some(Target::Log(words) | Target::Ct(words) | Target::Tproxy(words)) => !words.starts_with(b"-"),
        _ => false,
    }
}

/// The matches, with comments as the text they hold and the text of listings as the comment it is printed as.
pub(crate) fn plain(matches: &[Match<'_>]) -> Vec<String> {
    let plain = |each: &Match<'_>| match (each.comment(), each.test()) {
        (Some(text), _) => format!("comment {text:?}"),
        (None, Test::Listed(text)) => format!("comment {text:?}"),
        _ => format!("{each:?}"),
    };
    matches.iter().map(plain).collect()
}
