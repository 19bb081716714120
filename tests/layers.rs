//! The map of the code, enforced: which module may use which, where each dependency lives, and what nobody does.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules in the order text flows. A module may use those before it; those of one row do not know each other.
const LAYERS: &[&[&str]] = &[
    &["source", "doc", "threads"],
    &["input"],
    &["ruleset"],
    &["syntax", "objects", "facts"],
    &["kube"],
    &["trace", "shares", "drift", "diff"],
    &["checks"],
    &["view"],
    &["render"],
    &["cli"],
    &["app"],
    &["main"],
];

/// Modules that may use less than all before them: all they may use. Tests may use anything.
const NARROWER: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("doc", &[]),
    ("threads", &[]),
    ("input", &["source", "threads"]),
    ("ruleset", &["source"]),
    ("syntax", &["source", "ruleset", "threads"]),
    ("objects", &["source", "ruleset"]),
    ("facts", &["source", "ruleset"]),
    ("kube", &["source", "ruleset", "threads"]),
    ("trace", &["source", "ruleset", "facts", "kube"]),
    ("shares", &["source", "ruleset", "facts", "kube"]),
    ("drift", &["source", "ruleset", "objects", "kube"]),
    ("diff", &["source", "ruleset", "facts", "kube", "trace", "shares"]),
    ("cli", &["checks", "ruleset"]),
    ("main", &["cli", "app"]),
];

/// Pairs of one row that know each other: a share is what a walk comes to.
const WIDER: &[(&str, &str)] = &[("shares", "trace"), ("diff", "trace"), ("diff", "shares")];

/// Dependencies and the modules they are at home in.
const HOMES: &[(&str, &[&str])] = &[
    ("nom", &["syntax"]),
    ("clap", &["cli", "main"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("comfy_table", &["render"]),
    ("owo_colors", &["render"]),
    ("anstream", &["render"]),
    ("serde", &["render", "objects", "facts"]),
    ("serde_json", &["render", "objects", "facts"]),
    ("k8s_openapi", &["objects"]),
    ("serde_saphyr", &["objects"]),
    ("anyhow", &["input", "app", "main"]),
    ("regex", &["app", "cli"]),
    ("sha2", &["kube"]),
    ("data_encoding", &["kube"]),
    ("flate2", &["input"]),
    ("memmap2", &["source", "input"]),
];

/// What stands nowhere outside tests.
const BANNED: &[&str] =
    &["print!(", "println!(", "eprint!(", "eprintln!(", "unsafe ", "process::exit", "dbg!(", "todo!("];

/// A file of the crate: the module it belongs to and its text.
struct Module {
    file: String,
    name: String,
    depth: usize,
    text: String,
}

impl Module {
    /// `file` is relative to `src/`, with `/`.
    fn new(file: &str, text: &str) -> Self {
        let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
        let name = path.split('/').next().unwrap_or(path).to_owned();
        Self { file: file.to_owned(), name, depth: path.split('/').count(), text: code(text) }
    }
}

#[test]
fn every_module_uses_only_what_comes_before_it() {
    report(modules().iter().flat_map(broken_layers));
}

#[test]
fn every_dependency_stays_at_home() {
    report(modules().iter().flat_map(strays));
}

#[test]
fn nobody_prints_past_the_renderer_or_leaves_the_safe_language() {
    report(modules().iter().flat_map(banned));
}

#[test]
fn main_is_short() {
    let main = modules().into_iter().find(|module| module.file == "main.rs").expect("there is a main");
    let lines = main.text.lines().filter(|line| !line.trim().is_empty()).count();
    assert!(lines <= 25, "main.rs has {lines} lines");
}

#[test]
fn a_path_down_the_map_is_caught_however_it_is_written() {
    for planted in [
        "use crate::render::table;",
        "use crate::{source::Span, render};",
        "use crate::{\n    source::Span,\n    view::{Doc, render},\n};",
        "fn f() { crate::view::services::page(); }",
        "fn f() -> super::super::render::Theme { todo() }",
        "use super::super::render;",
        "pub(in crate::kube) use crate :: app :: run;",
    ] {
        let module = Module::new("kube/name.rs", planted);
        assert_eq!(broken_layers(&module).len(), 1, "{planted}");
    }
}

#[test]
fn a_path_up_the_map_is_fine() {
    for planted in [
        "use crate::source::Span;\nuse crate::{ruleset::{Chain, Rule}, source};\nuse super::name;",
        "use super::super::ruleset::Chain;",
        "// crate::render is told later\n/// See [`crate::app`].\nfn f() { g(\"crate::app\"); }",
        "fn f() {}\n#[cfg(test)]\nmod tests {\n    use crate::app::run;\n}",
    ] {
        let module = Module::new("kube/name.rs", planted);
        assert_eq!(broken_layers(&module), Vec::<String>::new(), "{planted}");
    }
}

#[test]
fn a_stray_dependency_is_caught() {
    assert_eq!(strays(&Module::new("kube/name.rs", "use nom::Parser;")).len(), 1);
    assert_eq!(strays(&Module::new("view/who.rs", "fn f() -> anyhow::Result<()> { Ok(()) }")).len(), 1);
    assert_eq!(strays(&Module::new("syntax/words.rs", "use nom::Parser;\nfn f() { crate::regex::x(); }")).len(), 0);
}

#[test]
fn planted_sins_are_caught() {
    for planted in ["fn f() { println!(\"x\"); }", "fn f() { unsafe { g() } }", "fn f() { std::process::exit(1) }"] {
        assert_eq!(banned(&Module::new("kube/name.rs", planted)).len(), 1, "{planted}");
    }
    assert!(banned(&Module::new("kube/name.rs", "// never print!(…)\nfn f() { g(\"unsafe \") }")).is_empty());
}

#[test]
fn a_module_off_the_map_is_caught() {
    assert_eq!(broken_layers(&Module::new("util.rs", "")), ["util.rs: `util` is not on the map"]);
}

#[track_caller]
fn report(faults: impl Iterator<Item = String>) {
    let faults: Vec<String> = faults.collect();
    assert!(faults.is_empty(), "\n  {}", faults.join("\n  "));
}

/// Every file under `src/`; the crate root only ties them together.
fn modules() -> Vec<Module> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    collect(&root, &mut found);
    found.sort();
    let named = found.iter().map(|path| {
        let file = path.strip_prefix(&root).expect("it was found there").to_string_lossy().replace('\\', "/");
        (file, fs::read_to_string(path).expect("source is readable text"))
    });
    let is_test = |file: &str| file.ends_with("tests.rs") || file.contains("/tests/") || file.ends_with("/fixture.rs");
    let ours = named.filter(|(file, _)| file != "lib.rs" && !is_test(file));
    ours.map(|(file, text)| Module::new(&file, &text)).collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the entry is readable").path();
        match path.is_dir() {
            true => collect(&path, found),
            false if path.extension().is_some_and(|extension| extension == "rs") => found.push(path),
            false => {}
        }
    }
}

fn broken_layers(module: &Module) -> Vec<String> {
    if layer(&module.name).is_none() {
        return vec![format!("{}: `{}` is not on the map", module.file, module.name)];
    }
    let used = used_modules(module).into_iter().filter(|used| !may_use(&module.name, used));
    used.map(|used| format!("{}: `{}` may not use `{used}`", module.file, module.name)).collect()
}

fn layer(name: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&name))
}

fn may_use(module: &str, used: &str) -> bool {
    if module == used || WIDER.contains(&(module, used)) {
        return true;
    }
    match NARROWER.iter().find(|(name, _)| *name == module) {
        Some((_, all)) => all.contains(&used),
        None => layer(used) < layer(module),
    }
}

/// The modules of this crate that `module` names, in order, each once.
fn used_modules(module: &Module) -> Vec<String> {
    let mut used = Vec::new();
    let out = "super::".repeat(module.depth);
    for start in ["crate::", "kubenat::", out.as_str()] {
        for rest in occurrences(&module.text, start) {
            let escapes = !rest.starts_with("super::");
            used.extend(heads(rest).into_iter().filter(|head| escapes && layer(head).is_some()));
        }
    }
    used.sort_unstable();
    used.dedup();
    used
}

/// What follows each `start` that begins a path. Deeper files reach their module's siblings with more `super::`.
fn occurrences<'t>(text: &'t str, start: &'t str) -> impl Iterator<Item = &'t str> {
    text.match_indices(start).filter_map(move |(at, found)| {
        let before = text[..at].chars().next_back();
        let within = before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == ':');
        (!within).then(|| &text[at + found.len()..])
    })
}

/// The first segments of a path, or of each path of a group: `{a::b, c::{d, e}}` has `a` and `c`.
fn heads(path: &str) -> Vec<String> {
    let Some(group) = path.strip_prefix('{') else { return vec![word(path)] };
    let mut depth = 1;
    let mut heads = vec![word(group)];
    for (at, letter) in group.char_indices() {
        depth += match letter {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        match (depth, letter) {
            (0, _) => break,
            (1, ',') => heads.push(word(&group[at + 1..])),
            _ => {}
        }
    }
    heads
}

fn word(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

fn strays(module: &Module) -> Vec<String> {
    let strangers = HOMES.iter().filter(|(_, homes)| !homes.contains(&module.name.as_str()));
    let found = strangers.filter(|(name, _)| occurrences(&module.text, &format!("{name}::")).next().is_some());
    found.map(|(name, homes)| format!("{}: {name} is at home in {}", module.file, homes.join(", "))).collect()
}

fn banned(module: &Module) -> Vec<String> {
    let spaced = module.text.replace("unsafe{", "unsafe {");
    let found = BANNED.iter().filter(|sin| occurrences(&spaced, sin).next().is_some() || is_qualified(&spaced, sin));
    found.map(|sin| format!("{}: `{sin}`", module.file)).collect()
}

fn is_qualified(text: &str, sin: &str) -> bool {
    text.contains(&format!("::{sin}"))
}

/// The text without comments, string literals, white space around `::` and after `{` and `,`, and test modules.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text);
    squeezed(&without_words(text))
}

fn without_words(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['/', '"', '\'']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (kept, taken) = literal(rest);
        out.push_str(&rest[..kept]);
        rest = &rest[taken..];
    }
    out + rest
}

/// How many bytes to keep of a comment or literal that starts here, and how many to pass over.
fn literal(rest: &str) -> (usize, usize) {
    match rest.as_bytes() {
        [b'/', b'/', ..] => (0, rest.find('\n').unwrap_or(rest.len())),
        [b'/', b'*', ..] => (0, rest.find("*/").map_or(rest.len(), |end| end + 2)),
        [b'\'', b'\\', _, ..] => (0, rest[3..].find('\'').map_or(rest.len(), |end| end + 4)),
        [b'\'', _, b'\'', ..] => (0, 3),
        [b'"', ..] => (0, string_end(rest)),
        _ => (1, 1),
    }
}

fn string_end(rest: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn squeezed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        let glued = out.ends_with("::") || out.ends_with('{') || out.ends_with(',');
        match letter {
            ':' => out.truncate(out.trim_end().len()),
            _ if letter.is_whitespace() && glued => continue,
            _ => {}
        }
        out.push(letter);
    }
    out
}
