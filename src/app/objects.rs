//! `--objects`: files and directories of what the API says, as one.

use crate::cli::ObjectArgs;
use crate::input;
use crate::objects::{Objects, read};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// Reads all of them, also packed with gzip. Of an object that two files have, the later one counts.
pub(super) fn objects(args: &ObjectArgs) -> Result<Objects> {
    let mut objects = Objects::default();
    for path in &args.objects {
        for file in files(path)? {
            let text = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let name = file.display().to_string();
            let unpacked = input::read_bytes(name.clone(), text)?;
            for source in unpacked.sources.files() {
                objects.add(read(&name, source.original())?);
            }
        }
    }
    Ok(objects)
}

/// The file, or those of the directory that end in `.json`, `.yaml` or `.yml`, in order of name.
fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let file = entry.with_context(|| format!("cannot read {}", path.display()))?.path();
        let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if ["json", "yaml", "yml"].contains(&ending) && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        bail!("{}: no .json, .yaml or .yml file is in it", path.display());
    }
    Ok(files)
}
