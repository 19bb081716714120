//! No example on a check's page is a fantasy: the real iptables-restore takes each of them, in both backends.
//!
//! It needs root, `unshare` and iptables; without them it says so and proves nothing.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// An example: the page it stands on, the program that restores it, its text, whether the kernel takes it.
struct Example {
    page: String,
    family: &'static str,
    text: String,
    is_refused: bool,
}

#[test]
fn iptables_restore_takes_every_example() {
    let backends: Vec<&str> = ["legacy", "nft"].into_iter().filter(|backend| is_usable(backend)).collect();
    if backends.is_empty() {
        eprintln!("SKIPPED: no example was loaded: this needs root, unshare and iptables");
        return;
    }
    let examples = examples();
    assert!(examples.len() >= 6, "{} examples", examples.len());
    let wrong: Vec<String> =
        backends.iter().flat_map(|backend| examples.iter().filter_map(|example| verdict(backend, example))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with an example under this backend.
fn verdict(backend: &str, example: &Example) -> Option<String> {
    let answer = restore(&format!("{}-{backend}-restore", example.family), &example.text);
    let is_taken = answer.as_ref().is_ok_and(String::is_empty);
    (is_taken == example.is_refused).then(|| format!("{} ({backend}): {answer:?}\n{}", example.page, example.text))
}

fn is_usable(backend: &str) -> bool {
    let empty = "*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n";
    restore(&format!("iptables-{backend}-restore"), empty).is_ok_and(|fault| fault.is_empty())
}

/// What the program says against `text` in a network namespace of its own; empty if nothing.
fn restore(program: &str, text: &str) -> std::io::Result<String> {
    let mut command = Command::new("unshare");
    command.args(["--net", program]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    child.stdin.take().map(|mut input| input.write_all(text.as_bytes())).transpose()?;
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok(match output.status.success() {
        true => String::new(),
        false if said.is_empty() => format!("{}", output.status),
        false => said,
    })
}

fn examples() -> Vec<Example> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/checks");
    let files = fs::read_dir(folder).expect("the checks are there").filter_map(Result::ok).map(|entry| entry.path());
    let pages = files.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let mut pages: Vec<_> = pages.collect();
    pages.sort();
    pages.iter().flat_map(|page| examples_of(page)).collect()
}

fn examples_of(path: &Path) -> Vec<Example> {
    let page = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let text = fs::read_to_string(path).expect("the page can be read");
    let mut examples = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let family = match line.split_whitespace().next() {
            Some("```iptables-save") => "iptables",
            Some("```ip6tables-save") => "ip6tables",
            _ => continue,
        };
        let body = lines.by_ref().take_while(|line| !line.starts_with("```")).filter(|line| !line.starts_with("#~ "));
        let text = body.flat_map(|line| [line, "\n"]).collect();
        examples.push(Example { page: page.clone(), family, text, is_refused: line.ends_with(" refused") });
    }
    examples
}
