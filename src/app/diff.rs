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
    let (old_shares, new_shares) = (all_shares(old), all_shares(new));
    let side = |proxies, shares| Side { proxies, shares };
    let diff = compared(side(old.proxies, &old_shares), side(new.proxies, &new_shares));
    match cli.common.output {
        Output::Json => show::raw(|out| json::write("Diff", json::diff(&diff, old, new), out))?,
        Output::Name => show::names(diff.changes.iter().filter_map(|change| change.subject.clone()))?,
        _ => show::doc(cli, &view::diff(&diff))?,
    };
    Ok(if diff.is_same() { Exit::Answered } else { Exit::Found })
}

/// The shares of every service, by ruleset.
fn all_shares(node: &Node<'_, '_>) -> Vec<Vec<ServiceShares>> {
    let mut shares = vec![Vec::new(); node.proxies.len()];
    for item in node.items() {
        shares[item.source].push(item.shares().into_owned());
    }
    shares
}
