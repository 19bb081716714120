//! The walker against the kernel: every flow of a corpus whose answers a real kernel gave (`testdata/oracle`).
#![expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "small numbers of a test bench")]
#![expect(clippy::unwrap_used, reason = "a helper of tests, where a panic is the report")]

mod judge;

use flate2::read::GzDecoder;
use judge::{Bar, Tally, judge};
use serde_json::Value;
use std::fs;

#[test]
fn every_recorded_flow_agrees_with_the_kernel() {
    let mut tally = Tally { smallest: 1.0, ..Tally::default() };
    let bar = Bar { floor: 1e-4, is_changed: false };
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/oracle");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "gz"));
    files.sort();
    for file in &files {
        let case: Value = serde_json::from_reader(GzDecoder::new(fs::File::open(file).unwrap())).unwrap();
        let name = file.file_name().unwrap().to_string_lossy();
        let (save, flows) = (case["save"].as_str().unwrap(), case["flows"].as_array().unwrap());
        judge(&name, save, &case["node"], case["family"].as_u64().unwrap(), flows, bar, &mut tally);
    }
    println!(
        "{} flows, {} with several outcomes, {} counters, smallest p {:.5}; not tested: {:#?}",
        tally.flows, tally.branching, tally.hits, tally.smallest, tally.excluded
    );
    assert!(tally.flows > 150, "only {} flows", tally.flows);
    assert!(tally.wrong.is_empty(), "{} disagree:\n{}", tally.wrong.len(), tally.wrong.join("\n"));
}
