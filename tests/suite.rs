//! What real iptables prints for its own extension suite, where that lies beside the repository
//! (`../shared/iptables-suite`): every line is read, everything prints back, and the forms agree.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail, and says what it skips")]

mod text;

use kubenat::ruleset::{Counters, Form, Ruleset};
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
    }
}

#[test]
fn every_save_prints_back_byte_for_byte() {
    for path in named("save").into_iter().chain(named("save.txt")).chain(named("save-c.txt")) {
        let input = text::file(&path);
        let parsed = parse(&input.sources);
        assert_eq!(parsed.rulesets.len(), 1, "{}", path.display());
        let ruleset = &parsed.rulesets[0];
        assert!(ruleset.tables.iter().all(|table| table.form == Form::Save && table.is_complete));
        let printed = text::printed(&ruleset.tables, &input.sources);
        assert!(printed == **input.sources.files()[0].original(), "{}", path.display());
    }
}

/// The rules of all tables in order of the tables' names, each printed from its parts, with its counters.
fn rules(ruleset: &Ruleset<'_>) -> Vec<(String, String, Option<Counters>)> {
    let mut tables: Vec<_> = ruleset.tables.iter().collect();
    tables.sort_by_key(|table| table.name);
    let of_table = |table: &&kubenat::ruleset::Table<'_>| {
        let name = table.name.name().to_string();
        let counters = (0..).map(|at| table.counters(kubenat::ruleset::RuleId(at)));
        let lines = text::rules(table).into_iter().zip(counters);
        lines.map(|(line, counters)| (name.clone(), line, counters)).collect::<Vec<_>>()
    };
    tables.iter().flat_map(of_table).collect()
}

#[test]
fn save_and_commands_of_one_node_are_the_same_rules() {
    let pairs = named(".list-S.txt").into_iter().map(|list| {
        let save = list.to_string_lossy().replace(".list-S.txt", ".save");
        (list, PathBuf::from(save))
    });
    let versions = named("/S.txt").into_iter().map(|list| {
        let save = list.with_file_name("save.txt");
        (list, save)
    });
    for (list, save) in pairs.chain(versions) {
        let (list, save) = (text::file(list), text::file(save));
        let (list, save) = (parse(&list.sources), parse(&save.sources));
        assert_eq!((list.rulesets.len(), save.rulesets.len()), (1, 1), "{:?}", list.notes);
        let (list, save) = (rules(&list.rulesets[0]), rules(&save.rulesets[0]));
        assert_eq!(list.len(), save.len());
        for (listed, saved) in list.iter().zip(&save) {
            assert_eq!((&listed.0, &listed.1), (&saved.0, &saved.1));
        }
    }
}

#[test]
fn counters_of_save_and_of_the_exact_listing_agree() {
    let Some(folder) = suite() else { return };
    let read = |name: &str| text::file(folder.join(name));
    let (list, save) = (read("v4-legacy.list-L-n-v-x.txt"), read("v4-legacy.counters.save"));
    let (list, save) = (parse(&list.sources), parse(&save.sources));
    let (list, save) = (rules(&list.rulesets[0]), rules(&save.rulesets[0]));
    assert_eq!(list.len(), save.len());
    for (listed, saved) in list.iter().zip(&save) {
        assert_eq!((&listed.0, listed.2), (&saved.0, saved.2), "{} {}", listed.1, saved.1);
    }
}

#[test]
fn what_is_printed_from_parts_is_read_as_the_same_parts() {
    for path in named("") {
        let input = text::file(&path);
        for ruleset in &parse(&input.sources).rulesets {
            ruleset.tables.iter().for_each(text::prints_and_reads_back);
        }
    }
}
