//! From what the user named to a [`Node`]: read, parse, resolve, verify, walk.
//!
//! The stages borrow from each other (texts → tables → what they mean → walkers), so that they live on the stack of one
//! function, which asks the question it was given.

use super::complain;
use super::pick::narrowed;
use crate::checks::{self, Report, Selection};
use crate::cli::Cli;
use crate::facts::Facts;
use crate::input::{self, Given, Input, Network};
use crate::kube::Proxy;
use crate::ruleset::Resolved;
use crate::shares::{ServiceShares, shares};
use crate::source::Note;
use crate::syntax::{Parsed, parse};
use crate::trace::Machine;
use crate::view::Node;
use anyhow::{Result, anyhow, bail};
use std::io::{self, IsTerminal};

/// What a question needs besides the tables.
#[derive(Clone, Copy, Default)]
pub(super) struct Wanted<'w> {
    /// Which checks to ask; `None`: no check.
    pub(super) checks: Option<Selection<'w>>,
    /// What is known of the node.
    pub(super) facts: Option<&'w Facts>,
}

/// Reads everything and asks `question` of it.
pub(super) fn with_node<T>(
    cli: &Cli,
    wanted: Wanted<'_>,
    question: impl FnOnce(&Node<'_, '_>) -> Result<T>,
) -> Result<T> {
    let (input, network) = read(cli)?;
    let parsed = parse(&input.sources);
    refuse_hopeless(&input, &parsed)?;
    complain::about(cli, &input, &parsed);
    let resolved: Vec<Resolved<'_, '_>> = parsed.rulesets.iter().map(Resolved::new).collect();
    let proxies: Vec<Proxy<'_, '_>> = resolved.iter().map(meant).collect();
    let machines: Vec<Machine<'_, '_>> = resolved.iter().map(Machine::new).collect();
    let facts = wanted.facts.cloned().map_or_else(|| known_live(&network), Ok)?;
    let shares = proxies.iter().zip(&machines).map(|(proxy, machine)| all_shares(machine, proxy, &facts)).collect();
    let asked = checks::Input { sources: &input.sources, parsed: &parsed, proxies: &proxies, api: None };
    let report = wanted.checks.map_or_else(Report::default, |selection| checks::run(&asked, selection));
    let mut node = Node {
        sources: &input.sources,
        parsed: &parsed,
        notes: notes(&input, &parsed),
        proxies: &proxies,
        machines: &machines,
        shares,
        facts,
        report,
    };
    if let Some(findings) = narrowed(cli, &node) {
        node.report.findings = findings;
    }
    question(&node)
}

fn notes(input: &Input, parsed: &Parsed<'_>) -> Vec<Note> {
    input.notes.iter().chain(&parsed.notes).cloned().collect()
}

fn meant<'a, 'src>(resolved: &'a Resolved<'a, 'src>) -> Proxy<'a, 'src> {
    let mut proxy = Proxy::new(resolved);
    proxy.verify();
    proxy.solve();
    proxy
}

fn all_shares<'src>(machine: &Machine<'_, 'src>, proxy: &Proxy<'_, 'src>, facts: &Facts) -> Vec<ServiceShares> {
    proxy.services.iter().map(|service| shares(machine, proxy, service, facts)).collect()
}

/// The files that were named, or else what comes over standard input, or else what this very node holds.
fn read(cli: &Cli) -> Result<(Input, Network)> {
    let files = cli.files();
    let given: Vec<Given> = if cli.common.demo {
        vec![Given::Demo]
    } else if !files.is_empty() {
        files.into_iter().map(|file| Given::File(file.to_owned())).collect()
    } else if io::stdin().is_terminal() {
        return live();
    } else {
        vec![Given::Stdin]
    };
    Ok((input::read(&given)?, Network::default()))
}

/// What this very node holds; where that cannot be had, how to get a dump.
fn live() -> Result<(Input, Network)> {
    let capture = input::capture().map_err(|error| anyhow!("no dump to read ({error:#}).\n{ADVICE}"))?;
    Ok((capture.input, capture.network))
}

/// What `ip` told of the node during a live capture.
fn known_live(network: &Network) -> Result<Facts> {
    let mut facts = Facts::default();
    if let Some(addresses) = &network.addresses {
        facts.read_addresses(addresses.as_bytes())?;
    }
    for routes in [&network.routes_v4, &network.routes_v6].into_iter().flatten() {
        facts.read_routes(routes.as_bytes())?;
    }
    Ok(facts)
}

const ADVICE: &str = "  on a node:     sudo iptables-save | kubenat          (add -c for counters)
  from a file:   kubenat node.save
  just to try:   kubenat --demo";

/// Text without a single rule, chain or remark is no dump of anything.
fn refuse_hopeless(input: &Input, parsed: &Parsed<'_>) -> Result<()> {
    if !parsed.rulesets.is_empty() || !parsed.remarks.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = input.sources.files().iter().map(|file| spoken(&file.name)).collect();
    let is_empty = input.sources.files().iter().all(|file| file.original().trim_ascii().is_empty());
    let what = if is_empty { EMPTY } else { "no rule of iptables in it" };
    bail!("{}: there is {what}\n{EXPECTED}", names.join(", "))
}

fn spoken(name: &str) -> &str {
    if name == "-" { "standard input" } else { name }
}

const EMPTY: &str = "nothing in it\n  so prints a node whose iptables holds no rule, as in kube-proxy's nftables mode \
    (`nft list tables` tells)";

const EXPECTED: &str = "  expected: what `iptables-save`, `iptables -S` or `iptables -L -n -v` prints, whole or in pieces\n  \
    on a node: sudo iptables-save -c | kubenat\n  just to try: kubenat --demo";
