//! The files the user named → [`Input`]: every file read once, decoded, repaired where it was damaged.
//!
//! What a file holds is found out by looking at it, never by its name.

use super::decode::{Decoded, decode};
use super::repair::repair;
use crate::source::{Note, Sources};
use anyhow::{Context, bail};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// One piece of evidence, as the user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// Standard input, `-`.
    Stdin,
    /// A file. The path `-` is standard input.
    File(PathBuf),
    /// The real dump that is part of the program.
    Demo,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Input {
    /// The texts, in the order given.
    pub sources: Sources,
    /// How they had to be normalised, a sentence each.
    pub notes: Vec<Note>,
}

/// An nft node with healthy services and the hand edits of a hurried operator.
const DEMO: &[u8] = include_bytes!("../../testdata/demo.save.gz");

/// Reads everything in `given`, in that order. Nothing in a file is an error here: it is an empty text.
///
/// # Errors
/// A file that cannot be read or unpacked, standard input given twice, more than 4 GiB in all.
pub fn read(given: &[Given]) -> anyhow::Result<Input> {
    if given.iter().filter(|one| is_stdin(one)).count() > 1 {
        bail!("standard input (`-`) is given twice, but it can be read only once");
    }
    let mut input = Input::default();
    for one in given {
        let name = name(one);
        let decoded = decoded(one).with_context(|| format!("cannot read {name}"))?;
        input.add(name, decoded).with_context(|| format!("cannot read {}", self::name(one)))?;
    }
    Ok(input)
}

/// Reads `bytes` as if they were the contents of a file of that name.
///
/// # Errors
/// What cannot be unpacked, more than 4 GiB.
pub fn read_bytes(name: String, bytes: Vec<u8>) -> anyhow::Result<Input> {
    let mut input = Input::default();
    let decoded = decode(bytes).with_context(|| format!("cannot read {name}"))?;
    input.add(name, decoded)?;
    Ok(input)
}

impl Input {
    /// Takes one decoded text in, repaired if need be.
    pub(super) fn add(&mut self, name: String, decoded: Decoded) -> anyhow::Result<()> {
        let mut told = decoded.notes;
        let repaired = repair(&decoded.text).map(|(repaired, notes)| {
            told.extend(notes);
            repaired
        });
        self.notes.extend(told.into_iter().map(|text| Note { text: format!("{name}: {text}"), span: None }));
        self.sources.add(name, decoded.text, repaired)?;
        Ok(())
    }
}

fn is_stdin(given: &Given) -> bool {
    match given {
        Given::Stdin => true,
        Given::File(path) => path == Path::new("-"),
        Given::Demo => false,
    }
}

fn name(given: &Given) -> String {
    match given {
        Given::Stdin => "-".to_owned(),
        Given::File(path) => path.display().to_string(),
        Given::Demo => "demo".to_owned(),
    }
}

fn decoded(given: &Given) -> anyhow::Result<Decoded> {
    decode(match given {
        Given::Demo => DEMO.to_vec(),
        Given::File(path) if !is_stdin(given) => contents(path)?,
        Given::Stdin | Given::File(_) => {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes)?;
            bytes
        }
    })
}

/// The whole file in one buffer of the right size. What lies behind the path may be a pipe or grow while it is read.
fn contents(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        bail!("it is a directory; give the files in it one by one");
    }
    if metadata.len() > u64::from(u32::MAX) {
        bail!("it is larger than 4 GiB");
    }
    // One byte more than needed: the read that finds the end does not have to grow the buffer.
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len())? + 1);
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, bytes: &[u8]) -> PathBuf {
        let path = std::env::temp_dir().join(format!("kubenat-read-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn told(given: &[Given]) -> String {
        format!("{:#}", read(given).unwrap_err())
    }

    #[test]
    fn files_are_read_in_the_order_given_under_the_names_given() {
        let (one, two) = (file("one", b"*nat\nCOMMIT\n"), file("two", b""));
        let input = read(&[Given::File(one.clone()), Given::File(two.clone()), Given::Demo]).unwrap();
        let names: Vec<_> = input.sources.files().iter().map(|file| file.name.clone()).collect();
        assert_eq!(names, [one.display().to_string(), two.display().to_string(), "demo".to_owned()]);
        assert_eq!(input.sources.files()[0].text(), "*nat\nCOMMIT\n");
        assert_eq!(input.sources.files()[1].text(), "");
        assert_eq!(input.notes, []);
    }

    #[test]
    fn the_demo_is_a_whole_dump() {
        let input = read(&[Given::Demo]).unwrap();
        let text = input.sources.files()[0].text();
        assert!(text.starts_with(b"# Generated by iptables"));
        assert!(text.windows(4).any(|part| part == b"*nat"));
        assert_eq!(input.notes, []);
    }

    #[test]
    fn damage_is_repaired_and_told_with_the_name_of_the_file() {
        let path = file("quoted", b"> *nat\n> :A - [0:0]\n> -A A -j B\n> COMMIT\n");
        let input = read(&[Given::File(path.clone())]).unwrap();
        assert_eq!(input.sources.files()[0].text(), "*nat\n:A - [0:0]\n-A A -j B\nCOMMIT\n");
        let note = format!("{}: the quote mark `> ` was stripped from 4 lines", path.display());
        assert_eq!(input.notes, [Note { text: note, span: None }]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        assert!(told(&[Given::File("no/such".into())]).starts_with("cannot read no/such: "));
        let dir = std::env::temp_dir();
        let message = format!("cannot read {}: it is a directory; give the files in it one by one", dir.display());
        assert_eq!(told(&[Given::File(dir)]), message);
    }

    #[test]
    fn standard_input_is_read_once() {
        let message = "standard input (`-`) is given twice, but it can be read only once";
        assert_eq!(told(&[Given::Stdin, Given::File("-".into())]), message);
    }
}
