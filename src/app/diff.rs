//! `diff`: two dumps by what they mean.

use super::load::with_file;
use super::{Exit, show};
use crate::cli::{Cli, DiffArgs, Output};
use crate::diff::{Side, diff as compared};
use crate::render::json;
use crate::shares::ServiceShares;
use crate::view::{self, Node};
use anyhow::{Result, bail};
use std::path::Path;

/// What is new, gone or different. The status says whether anything is.
pub(super) fn diff(cli: &Cli, args: &DiffArgs) -> Result<Exit> {
    if [&args.old, &args.new].iter().all(|file| file.as_path() == Path::new("-")) {
        bail!("only one of the two dumps can come over standard input");
    }
    with_file(cli, &args.old, |old| with_file(cli, &args.new, |new| answer(cli, old, new)))
}

fn answer(cli: &Cli, old: &Node<'_, '_>, new: &Node<'_, '_>) -> Result<Exit> {
    let shares = [old.all_shares(), new.all_shares()];
    let diff = compared(side(old, &shares[0]), side(new, &shares[1]));
    match cli.common.output {
        Output::Json => show::raw(|out| json::write("Diff", json::diff(&diff, old, new), out))?,
        Output::Name => show::names(diff.changes.iter().filter_map(|change| change.subject.clone()))?,
        _ => show::doc(cli, &view::diff(&diff))?,
    };
    Ok(if diff.is_same() { Exit::Answered } else { Exit::Found })
}

fn side<'n, 'src>(node: &'n Node<'n, 'src>, shares: &'n [Vec<ServiceShares>]) -> Side<'n, 'src> {
    Side { proxies: node.proxies, shares }
}
