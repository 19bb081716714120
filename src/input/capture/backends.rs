//! Which of the programs that print rules are here: both families, both backends, none of them twice.
//!
//! `iptables-save` is nearly always one of `iptables-nft-save` and `iptables-legacy-save` under another name. One
//! binary holds a whole backend, so the same file behind two names means the same rules; where a script stands between,
//! its version tells.

use super::run::run;
use std::path::{Path, PathBuf};

/// A program that prints the rules of one family in one backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tool {
    /// As it is called.
    pub(super) name: String,
    /// Where it is.
    pub(super) path: PathBuf,
}

/// All there are in `folders`: plain one first, then the other backend, IPv4 before IPv6.
pub(super) fn tools(folders: &[PathBuf]) -> Vec<Tool> {
    ["iptables", "ip6tables"].iter().flat_map(|family| of_family(folders, family)).collect()
}

/// The plain name stays only where no other name stands for the same backend.
fn of_family(folders: &[PathBuf], family: &str) -> Vec<Tool> {
    let tool = |name: String| find(folders, &name).map(|path| Tool { name, path });
    let named: Vec<Tool> =
        ["nft", "legacy"].iter().filter_map(|which| tool(format!("{family}-{which}-save"))).collect();
    let plain = tool(format!("{family}-save"));
    let plain = plain.filter(|plain| !named.iter().any(|named| is_same(plain, named)));
    plain.into_iter().chain(named).collect()
}

/// Whether both print the same rules.
fn is_same(one: &Tool, other: &Tool) -> bool {
    let file = |tool: &Tool| tool.path.canonicalize().ok();
    file(one).is_some() && file(one) == file(other)
        || version(one).is_some_and(|version| Some(version) == self::version(other))
}

/// `iptables-save v1.8.9 (nf_tables)` without the program's name. Versions before 1.8 name no backend: there was one.
fn version(tool: &Tool) -> Option<String> {
    let output = run(&tool.path, &["--version"]);
    let text = String::from_utf8(output.text).ok()?;
    let (_, version) = text.trim().split_once(' ')?;
    version.contains('(').then(|| version.to_owned())
}

/// The first program of that name in `folders`.
pub(super) fn find(folders: &[PathBuf], name: &str) -> Option<PathBuf> {
    folders.iter().map(|folder| folder.join(name)).find(|path| is_program(path))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}
