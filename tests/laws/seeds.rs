//! What is changed at random: real texts, and nodes small enough to be asked everything about.

use super::text::{file, files, testdata};
use bstr::ByteSlice;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

/// Real texts in the form of iptables-save, whole: a bit of each kind.
pub(super) fn saves() -> &'static [Vec<u8>] {
    static SAVES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    SAVES.get_or_init(|| {
        let some = ["eks-edge-128-nft", "kind-dualstack-128-legacy-v6", "anomaly-incompatible-nft-rule-128"];
        let dumps = some.map(|name| testdata(&format!("dumps/{name}.save.gz")));
        let suites = ["suite-v4-nft.counters.save.gz", "suite-v6-legacy.save.gz"];
        let suites = suites.map(|name| testdata(&format!("input/{name}")));
        dumps.into_iter().chain(suites).map(|path| original(&path)).chain(corpus()).collect()
    })
}

/// Real texts in the form of `iptables -L` and `iptables -S`, whole.
pub(super) fn lists() -> &'static [Vec<u8>] {
    static LISTS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    LISTS.get_or_init(|| {
        let suite = testdata("input/suite-v4-legacy.list.txt.gz");
        let listed = files(&testdata("texts")).into_iter().chain(files(&testdata("lists"))).chain([suite]);
        listed.map(|path| original(&path)).chain(corpus()).collect()
    })
}

fn original(path: &Path) -> Vec<u8> {
    file(path).sources.files()[0].original().to_vec()
}

fn corpus() -> impl Iterator<Item = Vec<u8>> {
    files(&testdata("corpus")).into_iter().map(|path| std::fs::read(path).unwrap())
}

/// Nodes with a few services each: what the pages of the checks show, and real nodes cut down.
pub(super) fn nodes() -> &'static [Vec<u8>] {
    static NODES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    NODES.get_or_init(|| {
        let pages = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/checks"));
        let pages = pages.into_iter().filter(|path| path.extension().is_some_and(|end| end == "md"));
        let shown = pages.flat_map(|path| blocks(&std::fs::read_to_string(path).unwrap()));
        let some = ["eks-edge-128-nft", "eks-edge-114-legacy", "kind-dualstack-128-legacy-v6", "eks-edge-130-nft"];
        let whole = some.map(|name| file(testdata(&format!("dumps/{name}.save.gz"))));
        let cut = whole.iter().flat_map(|input| cut_down(&input.sources.files()[0].original().to_str_lossy()));
        shown.chain(cut).collect()
    })
}

/// The dumps of a page, without the marks of what fires.
fn blocks(page: &str) -> Vec<Vec<u8>> {
    let mut blocks = Vec::new();
    for part in page.split("```iptables-save\n").skip(1) {
        let lines = part.lines().take_while(|line| !line.starts_with("```")).filter(|line| !line.starts_with("#~"));
        blocks.push(ended(lines));
    }
    blocks
}

const OF_SERVICES: [&str; 6] = ["KUBE-SVC-", "KUBE-SVL-", "KUBE-EXT-", "KUBE-FW-", "KUBE-XLB-", "KUBE-SEP-"];

/// The chains of services and endpoints that a line names.
fn named(line: &str) -> impl Iterator<Item = &str> {
    line.split([' ', ':']).filter(|word| OF_SERVICES.iter().any(|start| word.starts_with(start)))
}

/// The same node with two services, as often as there are some.
fn cut_down(dump: &str) -> Vec<Vec<u8>> {
    let services: BTreeSet<&str> = dump.lines().flat_map(named).filter(|name| name.starts_with("KUBE-SVC-")).collect();
    let services: Vec<&str> = services.into_iter().collect();
    services.chunks(2).take(20).map(|few| with_only(dump, few)).collect()
}

fn with_only(dump: &str, services: &[&str]) -> Vec<u8> {
    let hashes: BTreeSet<&str> = services.iter().filter_map(|name| name.rsplit('-').next()).collect();
    let mut kept: BTreeSet<&str> =
        dump.lines().flat_map(named).filter(|name| hashes.contains(name.rsplit('-').next().unwrap_or(name))).collect();
    let endpoints = dump.lines().filter(|line| named(line).any(|name| kept.contains(name))).flat_map(named);
    let endpoints: Vec<&str> = endpoints.filter(|name| name.starts_with("KUBE-SEP-")).collect();
    kept.extend(endpoints);
    let lines = dump.lines().filter(|line| named(line).all(|name| kept.contains(name)));
    ended(lines)
}

/// The lines, each with its end.
fn ended<'t>(lines: impl Iterator<Item = &'t str>) -> Vec<u8> {
    lines.flat_map(|line| [line, "\n"]).collect::<String>().into_bytes()
}
