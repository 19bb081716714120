//! `convert`: the same rules in another form.

use super::load::{Wanted, with_node};
use super::{Exit, complain, show};
use crate::cli::{Cli, ConvertArgs, Form};
use crate::doc::{Doc, warn};
use crate::render::{json, save};
use crate::view::words::counted;
use anyhow::Result;

/// Writes the rules in the form asked for; what that form has no words for is told on standard error.
pub(super) fn convert(cli: &Cli, args: &ConvertArgs) -> Result<Exit> {
    with_node(cli, Wanted::default(), |node| match args.to {
        Form::Json => show::raw(|out| json::write("Ruleset", json::rulesets(node), out)),
        Form::Save => {
            let mut left_out = Vec::new();
            let exit = show::raw(|out| {
                left_out = save::write(node, out)?;
                Ok(())
            })?;
            complain::tell(cli, &told(&left_out));
            Ok(exit)
        }
    })
}

/// The first few of what was left out, and how many there are.
fn told(left_out: &[save::Unconvertible]) -> Doc {
    const SHOWN: usize = 5;
    let mut doc = Doc::new();
    for one in left_out.iter().take(SHOWN) {
        doc.paragraph(warn("warning").and(format!(": {} is not convertible: {}", one.place, one.text)));
    }
    if left_out.len() > SHOWN {
        let more = counted(left_out.len() - SHOWN, "more rule", "more rules");
        doc.paragraph(warn("warning").and(format!(": and {more}; each is a comment in the output")));
    }
    doc
}
