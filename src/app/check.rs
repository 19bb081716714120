//! `check` and `checks`.

use super::load::{Wanted, with_node};
use super::{Exit, show};
use crate::checks::{CATALOGUE, Level, Report, Selection};
use crate::cli::{CheckArgs, Cli, FailOn, Output};
use crate::render::{json, junit, sarif};
use crate::view;
use anyhow::Result;

/// What is wrong. The status says whether anything at the level asked for was found.
pub(super) fn check(cli: &Cli, args: &CheckArgs) -> Result<Exit> {
    let selection = Selection { only: &args.only, skip: &args.skip };
    with_node(cli, Wanted { checks: Some(selection), ..Wanted::default() }, |node| {
        match cli.common.output {
            Output::Json => show::raw(|out| json::write("FindingList", json::finding_list(node), out))?,
            Output::Sarif => show::raw(|out| sarif::write(node, out))?,
            Output::Junit => show::raw(|out| junit::write(node, &|name| selection.includes(name), out))?,
            Output::Name => show::names(node.report.findings.iter().map(|finding| finding.check.to_owned()))?,
            Output::Table | Output::Wide => show::doc(cli, &view::check(node, show::detail(cli)))?,
        };
        Ok(if fails(&node.report, args.fail_on) { Exit::Found } else { Exit::Answered })
    })
}

fn fails(report: &Report, fail_on: FailOn) -> bool {
    let worst = match fail_on {
        FailOn::Error => Level::Error,
        FailOn::Warning => Level::Warning,
        FailOn::Info => Level::Info,
        FailOn::Never => return false,
    };
    report.findings.iter().any(|finding| finding.level <= worst)
}

/// The catalogue.
pub(super) fn checks(cli: &Cli) -> Result<Exit> {
    match cli.common.output {
        Output::Json => show::raw(|out| json::write("CheckList", json::check_list(), out)),
        Output::Name => show::names(CATALOGUE.iter().map(|check| check.name.to_owned())),
        _ => show::doc(cli, &view::checks()),
    }
}
