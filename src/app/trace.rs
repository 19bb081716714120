//! `trace`: one packet through the tables.

use super::load::{Told, Wanted, with_node};
use super::lookup::services_named;
use super::near::near;
use super::{Exit, complain, show};
use crate::cli::{Cli, Destination, Output, Sender, ServiceName, Steps, TraceArgs};
use crate::doc::{Doc, warn};
use crate::kube::{Capture, CaptureKind};
use crate::render::json;
use crate::ruleset::Family;
use crate::trace::{Origin, Packet};
use crate::view::{self, Item, Node};
use anyhow::{Context, Result, anyhow, bail};
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

/// Walks the packet and tells every outcome.
pub(super) fn trace(cli: &Cli, args: &TraceArgs) -> Result<Exit> {
    let told = told(args)?;
    with_node(cli, Wanted { facts: Some(&told), ..Wanted::default() }, |node| {
        let packet = match &args.to {
            Destination::Service(name) if services_named(node, name).is_empty() => {
                let subject = name.to_string();
                return Ok(super::explain::nothing(cli, node, &subject, &near(node, &subject)));
            }
            _ => packet(node, args)?,
        };
        let source = ruleset_for(node, packet.destination)?;
        let machine = node.machines.get(source).context("no tables to walk")?;
        complain::tell(cli, &others(node, source));
        let trace = machine.trace(&packet, &node.facts);
        match cli.common.output {
            Output::Json => show::raw(|out| json::write("Trace", json::trace(node, source, &trace), out)),
            Output::Name => show::names(trace.outcomes.iter().map(view::outcome_name)),
            _ => {
                let all_rules = args.steps == Steps::All;
                show::doc(cli, &view::trace(node, source, &trace, all_rules, show::detail(cli)))
            }
        }
    })
}

/// What the user told of the node, not yet read.
fn told(args: &TraceArgs) -> Result<Told> {
    let read = |paths: &[PathBuf]| {
        let one = |path: &PathBuf| {
            let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok((path.clone(), text))
        };
        paths.iter().map(one).collect::<Result<Vec<_>>>()
    };
    Ok(Told { addresses: read(&args.addresses)?, routes: read(&args.routes)?, own: args.node_ip.clone() })
}

/// Where two rulesets of one family were read, the kernel asks both: which one is walked here.
fn others(node: &Node<'_, '_>, walked: usize) -> Doc {
    let family = node.parsed.rulesets[walked].family;
    let others = (0..node.parsed.rulesets.len()).filter(|at| *at != walked);
    let others: Vec<String> =
        others.filter(|at| node.parsed.rulesets[*at].family == family).map(|at| view::ruleset_name(node, at)).collect();
    let mut doc = Doc::new();
    if !others.is_empty() {
        let walked = view::ruleset_name(node, walked);
        let text = format!(
            "walked: {walked}. The kernel asks {} as well, which this walk leaves out.",
            view::words::listed(&others)
        );
        doc.paragraph(warn("note: ").and(text));
    }
    doc
}

fn packet(node: &Node<'_, '_>, args: &TraceArgs) -> Result<Packet> {
    let origin = match args.from {
        Sender::Pod => Origin::Pod,
        Sender::Node => Origin::Node,
        Sender::External => Origin::External,
    };
    let packet = match &args.to {
        Destination::Port { address, port, protocol } => Packet::new(origin, *protocol, *address, Some(*port)),
        Destination::Portless { address, protocol } => Packet::new(origin, *protocol, *address, None),
        Destination::Service(name) => to_service(node, args, origin, name)?,
    };
    Ok(Packet {
        source: args.src,
        source_port: args.sport,
        in_interface: args.in_interface.as_deref().map(Into::into),
        mark: args.mark.unwrap_or_default(),
        ..packet
    })
}

/// To the address of a service that such a client would use.
fn to_service(node: &Node<'_, '_>, args: &TraceArgs, origin: Origin, name: &ServiceName) -> Result<Packet> {
    let items = services_named(node, name);
    let fits = |item: &Item<'_, '_>| args.src.is_none_or(|src| src.is_ipv4() == is_ipv4(item));
    let item =
        items.iter().find(|item| fits(item)).ok_or_else(|| anyhow!("there is no service {name} in this dump"))?;
    if items.iter().filter(|other| other.name() != item.name()).count() > 0 {
        let names: Vec<String> = items.iter().map(Item::name).collect();
        bail!("{name} has several ports; name one: {}", names.join(", "));
    }
    let protocol = item.service.protocol.with_context(|| format!("the dump does not tell the protocol of {name}"))?;
    let capture = capture_for(item, origin).with_context(|| format!("no rule captures an address for {name}"))?;
    let own = args.node_ip.iter().copied().find(|address| address.is_ipv4() == is_ipv4(item));
    let address = capture.address.or(own).unwrap_or_else(|| any_of(item.proxy.resolved.ruleset.family));
    Ok(Packet::new(origin, protocol, address, capture.port))
}

fn is_ipv4(item: &Item<'_, '_>) -> bool {
    item.proxy.resolved.ruleset.family == Family::Ipv4
}

/// Inside the cluster IP, outside what is meant for it.
fn capture_for<'n, 'src>(item: &Item<'n, 'src>, origin: Origin) -> Option<&'n Capture<'src>> {
    let of = |kind| item.service.captures.iter().find(|capture| capture.kind == kind);
    let order = match origin {
        Origin::Pod | Origin::Node => {
            [CaptureKind::ClusterIp, CaptureKind::LoadBalancerIp, CaptureKind::ExternalIp, CaptureKind::NodePort]
        }
        Origin::External => {
            [CaptureKind::LoadBalancerIp, CaptureKind::ExternalIp, CaptureKind::NodePort, CaptureKind::ClusterIp]
        }
    };
    order.into_iter().find_map(of)
}

/// An address that stands for one of the node's own (RFC 5737, RFC 3849: never in use).
fn any_of(family: Family) -> IpAddr {
    match family {
        Family::Ipv4 => Ipv4Addr::new(192, 0, 2, 1).into(),
        Family::Ipv6 => Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into(),
    }
}

/// The ruleset of the packet's family; of two backends the one that has services.
fn ruleset_for(node: &Node<'_, '_>, destination: IpAddr) -> Result<usize> {
    let family = if destination.is_ipv4() { Family::Ipv4 } else { Family::Ipv6 };
    let of_family = (0..node.proxies.len()).filter(|at| node.parsed.rulesets[*at].family == family);
    let best = of_family.rev().max_by_key(|at| node.proxies[*at].services.len());
    best.ok_or_else(|| anyhow!("the dump has no {family} tables: {destination} is not decided by them"))
}
