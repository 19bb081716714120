//! What real iptables prints for its own extension suite, where that lies beside the repository
//! (`../shared/iptables-suite`): every line is read, everything prints back, and the forms agree.

mod text;

use bstr::ByteSlice;
use kubenat::ruleset::{Form, Table, saved_table};
use kubenat::source::Sources;
use kubenat::syntax::parse;
use std::path::{Path, PathBuf};

/// The folder, or a loud word that it is missing.
fn suite() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/iptables-suite");
    let found = Some(folder).filter(|folder| folder.is_dir());
    if found.is_none() {
        eprintln!("SKIPPED: ../shared/iptables-suite is not at hand");
    }
    found
}

/// All files of the suite whose names end so.
fn named(end: &str) -> Vec<PathBuf> {
    let Some(folder) = suite() else { return Vec::new() };
    let versions = std::fs::read_dir(folder.join("versions")).unwrap().map(|entry| entry.unwrap().path());
    let folders = std::iter::once(folder.clone()).chain(versions);
    let mut files: Vec<_> = folders.flat_map(|folder| text::files(&folder)).collect();
    files.retain(|path| path.to_string_lossy().ends_with(end) && !path.ends_with("README.md"));
    files.sort();
    files
}

#[test]
fn every_line_of_every_form_is_read() {
    for path in named("") {
        let input = text::file(&path);
        let parsed = parse(&input.sources);
        let name = path.display();
        assert_eq!(input.notes, [], "{name}");
        let faults = parsed.faults.iter().map(|fault| (fault.wanted, input.sources.place(fault.span)));
        assert_eq!(faults.collect::<Vec<_>>(), [], "{name}");
        assert_eq!(parsed.tally.prose, 0, "{name}: {:?}", parsed.notes);
        assert_eq!(parsed.tally.lines(), text::lines(&input), "{name}");
        eprintln!("{name}: {} rulesets, {:?}, {:?}", parsed.rulesets.len(), parsed.tally, parsed.notes);
        for ruleset in &parsed.rulesets {
            eprintln!(
                "   {:?} {:?} {:?}",
                ruleset.family,
                ruleset.backend,
                ruleset.tables.iter().map(|t| (t.name, t.rules.len(), t.form)).collect::<Vec<_>>()
            );
        }
    }
}

/// The text with every table in it replaced by what is printed for it.
fn printed(tables: &[Table<'_>], sources: &Sources) -> Vec<u8> {
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

#[test]
fn every_save_prints_back_byte_for_byte() {
    for path in named("save").into_iter().chain(named("save.txt")).chain(named("save-c.txt")) {
        let input = text::file(&path);
        let parsed = parse(&input.sources);
        assert_eq!(parsed.rulesets.len(), 1, "{}", path.display());
        let ruleset = &parsed.rulesets[0];
        assert!(ruleset.tables.iter().all(|table| table.form == Form::Save && table.is_complete));
        let printed = printed(&ruleset.tables, &input.sources);
        assert!(printed == **input.sources.files()[0].original(), "{}", path.display());
    }
}
