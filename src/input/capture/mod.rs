//! What this very node holds: the rules of both families and both backends, its addresses and routes.
//!
//! Only programs that print are run, never one that could change a rule, in the network namespace of this process.

mod backends;
mod run;

use crate::input::Input;
use crate::input::decode::Decoded;
use crate::source::Note;
use anyhow::bail;
use backends::{Tool, tools};
use run::{Output, run};
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What a live capture gives.
#[derive(Debug, Default)]
pub struct Capture {
    /// The dumps, one source each, named by the command that printed it; and what was run.
    pub input: Input,
    /// What `ip` says about this node.
    pub network: Network,
}

/// The raw JSON of `ip -j`, or nothing where it could not be had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// Output of `ip -j addr show`: the addresses of both families.
    pub addresses: Option<String>,
    /// Output of `ip -4 -j route show table all`.
    pub routes_v4: Option<String>,
    /// Output of `ip -6 -j route show table all`.
    pub routes_v6: Option<String>,
}

/// Captures the current network namespace with the programs on `PATH`, in `/usr/sbin` and `/sbin`.
///
/// # Errors
/// No iptables is installed, or none of its dumps could be had (most often: not root). A node without any rule is no
/// error: there is no source then, only notes.
pub fn capture() -> anyhow::Result<Capture> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from);
    capture_with(&std::env::split_paths(&path).chain(usual).collect::<Vec<_>>())
}

/// The same with the programs in `folders`, the first that holds one wins.
///
/// # Errors
/// As [`capture`].
pub fn capture_with(folders: &[PathBuf]) -> anyhow::Result<Capture> {
    let tools = tools(folders);
    if tools.is_empty() {
        bail!("no iptables here: neither iptables-save nor iptables-nft-save or iptables-legacy-save was found");
    }
    let mut capture = Capture::default();
    let mut failures = Vec::new();
    for tool in &tools {
        capture.take(tool, run(&tool.path, &["-c"]), &mut failures)?;
    }
    if capture.input.sources.files().is_empty() && is_silently_denied() {
        failures.push("iptables-legacy-save prints nothing: Permission denied (you must be root)".to_owned());
    }
    if capture.input.sources.files().is_empty() && !failures.is_empty() {
        bail!("the rules cannot be read: {}{}", failures.join("; "), advice(&failures));
    }
    capture.input.notes.extend(failures.into_iter().map(note));
    capture.network = network(folders);
    Ok(capture)
}

impl Capture {
    /// Takes the output of one tool in. One that prints nothing, as legacy does before its first rule, gives no source.
    fn take(&mut self, tool: &Tool, output: Output, failures: &mut Vec<String>) -> anyhow::Result<()> {
        let command = format!("{} -c", tool.name);
        if let Some(failure) = output.failure {
            failures.push(format!("`{command}` failed: {failure}"));
            return Ok(());
        }
        let text = with_warnings(output.text, &output.warnings);
        let lines = memchr::memchr_iter(b'\n', &text).count();
        self.input.notes.push(note(format!("captured live: `{command}` printed {}", counted(lines))));
        if text.is_empty() {
            return Ok(());
        }
        self.input.add(command, Decoded { text: text.into(), notes: Vec::new() })
    }
}

/// What went to stderr is evidence too: it follows the dump as comments, in the form the dump has them.
fn with_warnings(mut text: Vec<u8>, warnings: &[u8]) -> Vec<u8> {
    for line in warnings.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        if !text.is_empty() && !text.ends_with(b"\n") {
            text.push(b'\n');
        }
        if !line.starts_with(b"#") {
            text.extend_from_slice(b"# ");
        }
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text
}

fn counted(lines: usize) -> String {
    match lines {
        0 => "nothing".to_owned(),
        1 => "1 line".to_owned(),
        _ => format!("{lines} lines"),
    }
}

/// iptables-legacy-save reads the names of its tables here. Where it may not, it prints nothing and calls it success.
fn is_silently_denied() -> bool {
    File::open("/proc/net/ip_tables_names").is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
}

/// What to do about it, where that is known.
fn advice(failures: &[String]) -> &'static str {
    let denied = ["you must be root", "Permission denied", "Operation not permitted"];
    let is_denied = |failure: &String| denied.iter().any(|words| failure.contains(words));
    if failures.iter().any(is_denied) { " (run it as root, or give a dump with -f)" } else { "" }
}

fn note(text: String) -> Note {
    Note { text, span: None }
}

fn network(folders: &[PathBuf]) -> Network {
    let Some(ip) = backends::find(folders, "ip") else { return Network::default() };
    Network {
        addresses: json(&ip, &["-j", "addr", "show"]),
        routes_v4: json(&ip, &["-4", "-j", "route", "show", "table", "all"]),
        routes_v6: json(&ip, &["-6", "-j", "route", "show", "table", "all"]),
    }
}

/// The busybox of small systems knows no `-j`.
fn json(ip: &Path, arguments: &[&str]) -> Option<String> {
    let output = run(ip, arguments);
    let text = String::from_utf8(output.text).ok()?;
    (output.failure.is_none() && text.trim_start().starts_with('[')).then_some(text)
}

#[cfg(test)]
mod tests;
