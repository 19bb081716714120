//! From what the user named to a [`Node`]: read, parse, resolve, verify, walk.
//!
//! The stages borrow from each other (texts → tables → what they mean → walkers), so that they live on the stack of one
//! function, which asks the question it was given.

use super::complain;
use super::hopeless::refuse_hopeless;
use super::objects::objects;
use super::pick::narrowed;
use super::progress::Progress;
use crate::checks::{self, Api, Finding, Report, Selection};
use crate::cli::Cli;
use crate::drift::{locate, names, service_facts};
use crate::facts::Facts;
use crate::input::{self, Given, Input, Network};
use crate::kube::Proxy;
use crate::ruleset::Resolved;
use crate::source::Note;
use crate::syntax::{Parsed, parse};
use crate::trace::Machine;
use crate::view::{Cluster, Found, Node, Walked};
use anyhow::{Context, Result, anyhow};
use std::io::{self, IsTerminal};
use std::mem::forget;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// What a question needs besides the tables.
#[derive(Clone, Copy, Default)]
pub(super) struct Wanted<'w> {
    /// Which checks to ask; `None`: no check.
    pub(super) checks: Option<Selection<'w>>,
    /// The services that the answer is about; `None`: all of them.
    pub(super) about: Option<About<'w>>,
    /// What the user told of the node, and in which words.
    pub(super) facts: Option<&'w Told>,
}

/// Finds the services that an answer is about, each by its ruleset and its index there.
pub(super) type About<'w> = &'w dyn Fn(&Node<'_, '_>) -> Vec<(usize, usize)>;

/// What the user told of the node: what `ip` printed, and addresses of its own.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// What `ip -j addr` printed, with the name of the file.
    pub(super) addresses: Vec<(PathBuf, Vec<u8>)>,
    /// What `ip -j route` printed.
    pub(super) routes: Vec<(PathBuf, Vec<u8>)>,
    /// Addresses that are the node's.
    pub(super) own: Vec<IpAddr>,
}

/// Reads everything and asks `question` of it.
pub(super) fn with_node<T>(
    cli: &Cli,
    wanted: Wanted<'_>,
    question: impl FnOnce(&Node<'_, '_>) -> Result<T>,
) -> Result<T> {
    let (input, network) = read(cli)?;
    with_input(cli, &input, &network, wanted, question)
}

/// The same of one file, which need not be among those the command line names for all commands.
pub(super) fn with_file<T>(cli: &Cli, file: &Path, question: impl FnOnce(&Node<'_, '_>) -> Result<T>) -> Result<T> {
    let input = input::read(&[Given::File(file.to_owned())])?;
    with_input(cli, &input, &Network::default(), Wanted::default(), question)
}

fn with_input<T>(
    cli: &Cli,
    input: &Input,
    network: &Network,
    wanted: Wanted<'_>,
    question: impl FnOnce(&Node<'_, '_>) -> Result<T>,
) -> Result<T> {
    let reading = Progress::begin(cli, "reading");
    let parsed = parse(&input.sources);
    drop(reading);
    refuse_hopeless(input, &parsed)?;
    complain::about(cli, input, &parsed);
    let working = Progress::begin(cli, "following the rules");
    let told = cli.objects().map(objects).transpose()?;
    let told_names = told.as_ref().map(names).unwrap_or_default();
    let resolved: Vec<Resolved<'_, '_>> = parsed.rulesets.iter().map(Resolved::new).collect();
    let mut proxies: Vec<Proxy<'_, '_>> = resolved.iter().map(Proxy::new).collect();
    let about = prove(&mut proxies, input, &parsed, &told_names, wanted);
    let machines: Vec<Machine<'_, '_>> = resolved.iter().map(Machine::new).collect();
    let facts = known(network, wanted.facts)?;
    let node_given = cli.objects().and_then(|args| args.node.as_deref());
    let located = told.as_ref().map(|objects| locate(&proxies, objects, node_given));
    let grace = cli.objects().map_or(0, |args| args.grace);
    let api = told.as_ref().zip(located.as_ref()).map(|(objects, located)| Api { objects, located, grace });
    let asked = checks::Input { sources: &input.sources, parsed: &parsed, proxies: &proxies, api };
    let report = wanted.checks.map_or_else(Report::default, |selection| match &about {
        Some(about) => checks::run_about(&asked, about, selection),
        None => checks::run(&asked, selection),
    });
    let mut node = Node {
        notes: notes(input, &parsed),
        facts,
        report,
        cluster: api.map(|api| cluster(&proxies, api)),
        ..bare(input, &parsed, &proxies, &machines)
    };
    if let Some(findings) = narrowed(cli, &node) {
        let before = subjects(&node.report.findings);
        node.left_out = before - subjects(&findings);
        node.report.findings = findings;
    }
    drop(working);
    let answer = question(&node);
    // The system takes the memory back at once when the process ends; piece by piece it takes a large dump's time to
    // read a tenth of it.
    forget(node);
    forget(machines);
    forget(proxies);
    forget(resolved);
    forget(parsed);
    answer
}

/// How many findings there are when each subject counts.
fn subjects(findings: &[Finding]) -> usize {
    findings.iter().map(|finding| 1 + finding.also.len()).sum()
}

fn notes(input: &Input, parsed: &Parsed<'_>) -> Vec<Note> {
    input.notes.iter().chain(&parsed.notes).cloned().collect()
}

/// What the API says of each service of each ruleset.
fn cluster(proxies: &[Proxy<'_, '_>], api: Api<'_>) -> Cluster {
    let facts = proxies.iter().map(|proxy| service_facts(proxy, api.objects, api.located)).collect();
    Cluster { located: api.located.clone(), facts }
}

/// A node of which no more is known than its tables.
fn bare<'a, 'src>(
    input: &'a Input,
    parsed: &'a Parsed<'src>,
    proxies: &'a [Proxy<'a, 'src>],
    machines: &'a [Machine<'a, 'src>],
) -> Node<'a, 'src> {
    Node {
        sources: &input.sources,
        parsed,
        notes: Vec::new(),
        proxies,
        machines,
        shares: proxies.iter().map(|proxy| vec![Walked::new(); proxy.services.len()]).collect(),
        facts: Facts::default(),
        report: Report::default(),
        found: Found::default(),
        left_out: 0,
        cluster: None,
    }
}

/// Recomputes the names of chains where the answer tells of it, and where they are what services can be named by.
/// Where it is about a few services their own chains are enough, as long as nothing is odd about them. Those services
/// are returned, by ruleset.
fn prove<'src>(
    proxies: &mut [Proxy<'_, 'src>],
    input: &Input,
    parsed: &Parsed<'src>,
    names: &'src [String],
    wanted: Wanted<'_>,
) -> Option<Vec<Vec<u32>>> {
    let proves_all = wanted.checks.is_some() && wanted.about.is_none();
    let is_proven: Vec<bool> = proxies
        .iter_mut()
        .map(|proxy| {
            let proves = proves_all || proxy.services.iter().any(|service| service.name.is_none());
            proves.then(|| prove_all(proxy, names)).is_some()
        })
        .collect();
    let about = meant(wanted.about?, input, parsed, proxies);
    for ((proxy, is_proven), own) in proxies.iter_mut().zip(is_proven).zip(&about) {
        if !is_proven && !proxy.verify_only(own) {
            prove_all(proxy, names);
        }
    }
    Some(about)
}

fn prove_all<'src>(proxy: &mut Proxy<'_, 'src>, names: &'src [String]) {
    proxy.verify();
    proxy.solve_among(names);
}

/// The services that an answer is about, by ruleset.
fn meant(about: About<'_>, input: &Input, parsed: &Parsed<'_>, proxies: &[Proxy<'_, '_>]) -> Vec<Vec<u32>> {
    let machines: Vec<Machine<'_, '_>> = proxies.iter().map(|proxy| Machine::new(proxy.resolved)).collect();
    let mut services = vec![Vec::new(); proxies.len()];
    for (source, index) in about(&bare(input, parsed, proxies, &machines)) {
        services[source].extend(u32::try_from(index));
    }
    services
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

/// What `ip` told of the node during a live capture, and what the user told; what both tell is the user's word.
fn known(network: &Network, told: Option<&Told>) -> Result<Facts> {
    let mut facts = Facts::default();
    let (no_addresses, no_routes) =
        told.map_or((true, true), |told| (told.addresses.is_empty(), told.routes.is_empty()));
    if let Some(addresses) = network.addresses.as_ref().filter(|_| no_addresses) {
        facts.read_addresses(addresses.as_bytes())?;
    }
    for routes in [&network.routes_v4, &network.routes_v6].into_iter().flatten().filter(|_| no_routes) {
        facts.read_routes(routes.as_bytes())?;
    }
    let Some(told) = told else { return Ok(facts) };
    for (file, text) in &told.addresses {
        facts.read_addresses(text).with_context(|| format!("cannot take addresses from {}", file.display()))?;
    }
    for (file, text) in &told.routes {
        facts.read_routes(text).with_context(|| format!("cannot take routes from {}", file.display()))?;
    }
    told.own.iter().for_each(|address| facts.add_node_ip(*address));
    Ok(facts)
}

const ADVICE: &str = "  on a node:     sudo iptables-save | kubenat          (add -c for counters)
  from a file:   kubenat node.save
  just to try:   kubenat --demo";

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: &str = r#"[{"ifname":"eth0","addr_info":[{"family":"inet","local":"192.0.2.7","prefixlen":24}]}]"#;

    #[test]
    fn what_the_user_tells_joins_what_the_node_tells() {
        let network = Network { addresses: Some(LIVE.into()), ..Network::default() };
        let own = IpAddr::from([198, 51, 100, 9]);
        let told = Told { own: vec![own], ..Told::default() };
        let facts = known(&network, Some(&told)).expect("both are read");
        let addresses: Vec<IpAddr> = facts.addresses.iter().map(|each| each.address).collect();
        assert_eq!(addresses, [IpAddr::from([192, 0, 2, 7]), own]);
    }

    #[test]
    fn a_file_that_ip_did_not_print_is_named() {
        let told = Told { routes: vec![("routes.json".into(), b"{".to_vec())], ..Told::default() };
        let error = known(&Network::default(), Some(&told)).expect_err("no JSON");
        assert!(error.to_string().contains("routes.json"), "{error}");
    }

    #[test]
    fn shares_are_walked_for_those_services_alone_that_are_asked_about() {
        let cli = Cli::read(["kubenat", "--demo"]).expect("a command line");
        let walked = |node: &Node<'_, '_>| node.shares.iter().flatten().filter(|own| own.is_known()).count();
        let counts = with_node(&cli, Wanted::default(), |node| {
            let names: Vec<String> = node.items().map(|item| item.name()).collect();
            let before = walked(node);
            let first = node.items().next().expect("a service");
            let _ = first.shares();
            Ok((names.len(), before, walked(node)))
        });
        assert_eq!(counts.expect("the demo is read"), (20, 0, 1));
    }
}
