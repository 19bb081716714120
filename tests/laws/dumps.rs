//! Laws of real dumps.

use super::text::{dumps, file, files, lines, printed, prints_and_reads_back, testdata};
use bstr::ByteSlice;
use kubenat::syntax::parse;

#[test]
fn a_real_dump_has_no_fault_and_no_line_of_it_is_lost() {
    for path in dumps() {
        let input = file(&path);
        let parsed = parse(&input.sources);
        assert_eq!((input.notes.as_slice(), parsed.faults.as_slice()), (&[][..], &[][..]), "{}", path.display());
        assert_eq!((parsed.tally.prose, parsed.tally.noise), (0, 0), "{}", path.display());
        assert_eq!(parsed.tally.lines(), lines(&input), "{}", path.display());
    }
}

#[test]
fn a_real_dump_prints_back_byte_for_byte() {
    for path in dumps() {
        let input = file(&path);
        let parsed = parse(&input.sources);
        let mut tables: Vec<_> = parsed.rulesets.into_iter().flat_map(|ruleset| ruleset.tables).collect();
        tables.sort_by_key(|table| table.span);
        let printed = printed(&tables, &input.sources);
        let lines = printed.lines().zip(input.sources.files()[0].original().lines());
        let differs = lines.enumerate().find(|(_, (one, other))| one != other);
        assert_eq!(
            differs.map(|(at, (one, other))| (at + 1, one.as_bstr(), other.as_bstr())),
            None,
            "{}",
            path.display()
        );
        assert_eq!(printed.len(), input.sources.files()[0].original().len());
    }
}

#[test]
fn rules_of_real_texts_print_and_read_back() {
    for path in dumps().into_iter().chain(files(&testdata("lists"))) {
        let input = file(&path);
        for ruleset in &parse(&input.sources).rulesets {
            ruleset.tables.iter().for_each(prints_and_reads_back);
        }
    }
}
