//! What becomes of a packet.

use super::convert::Text;
use super::evidence::{Evidence, at};
use crate::trace::{self, Flag, Origin, Packet, Place, SourceSeen, Verdict};
use crate::view::Node;
use serde::Serialize;
use std::net::{IpAddr, SocketAddr};

/// `Trace`: what `kubenat trace` answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Trace<'n> {
    /// The packet, completed with what facts and dump told about it.
    packet: PacketText,
    /// What can become of it; those with the same conditions add up to 1.
    outcomes: Vec<OutcomeText<'n>>,
    /// What was taken for granted because the dump shows it.
    inferred: &'n [String],
    /// The tables that the dump does not have, so that they were not walked.
    missing_tables: Vec<String>,
}

/// The packet that was asked about.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PacketText {
    /// `pod`, `node` or `external`.
    from: &'static str,
    /// Its source address; null if it was not given.
    source: Option<IpAddr>,
    /// Its source port.
    source_port: Option<u16>,
    /// Where it is sent to.
    destination: IpAddr,
    /// The port it is sent to; null for protocols without ports.
    destination_port: Option<u16>,
    /// Its protocol.
    protocol: String,
    /// The interface it comes in on.
    in_interface: Option<String>,
    /// Its mark at the first hook.
    mark: u32,
}

/// One thing that can become of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OutcomeText<'n> {
    /// How probable it is under its conditions, from 0 to 1.
    probability: f64,
    /// `translated`, `untouched`, `rejected`, `dropped`, `unroutable`, or `unknown` where the dump does not tell.
    verdict: &'static str,
    /// Where it goes, as `address:port`.
    destination: Option<String>,
    /// Whether its source is replaced; null where the dump cannot tell.
    masqueraded: Option<bool>,
    /// `client`, `node`, `other`, or `unknown`: whose address the destination sees.
    source_seen: &'static str,
    /// That address, where it is known.
    source_address: Option<IpAddr>,
    /// With what a REJECT answers.
    reject_with: Option<&'n str>,
    /// What must hold for it; an empty list: nothing.
    conditions: &'n [String],
    /// The rules that made it so.
    evidence: Vec<Evidence<'n>>,
    /// What must be known of the number: `counted`, `affinity`, `hashed` …
    flags: Vec<&'static str>,
}

impl OutcomeText<'_> {
    pub(super) fn is_translated(&self) -> bool {
        self.verdict == "translated"
    }

    pub(super) fn source_seen(&self) -> &'static str {
        self.source_seen
    }
}

/// The answer of `trace` about the ruleset `source`.
#[must_use]
pub fn trace<'n>(node: &'n Node<'_, '_>, source: usize, trace: &'n trace::Trace) -> Trace<'n> {
    Trace {
        packet: packet(&trace.packet),
        outcomes: outcomes(node, source, &trace.outcomes),
        inferred: &trace.inferred,
        missing_tables: trace.missing.iter().map(|table| table.name().to_string()).collect(),
    }
}

fn packet(packet: &Packet) -> PacketText {
    PacketText {
        from: match packet.origin {
            Origin::Pod => "pod",
            Origin::Node => "node",
            Origin::External => "external",
        },
        source: packet.source,
        source_port: packet.source_port,
        destination: packet.destination,
        destination_port: packet.destination_port,
        protocol: packet.protocol.to_string(),
        in_interface: packet.in_interface.as_ref().map(ToString::to_string),
        mark: packet.mark,
    }
}

pub(super) fn outcomes<'n>(
    node: &'n Node<'_, '_>,
    source: usize,
    outcomes: &'n [trace::Outcome],
) -> Vec<OutcomeText<'n>> {
    outcomes.iter().map(|each| outcome(node, source, each)).collect()
}

fn outcome<'n>(node: &'n Node<'_, '_>, source: usize, outcome: &'n trace::Outcome) -> OutcomeText<'n> {
    let (source_seen, source_address) = seen(outcome.source);
    OutcomeText {
        probability: outcome.probability,
        verdict: verdict(outcome.verdict),
        destination: place(outcome.destination),
        masqueraded: outcome.masqueraded,
        source_seen,
        source_address,
        reject_with: outcome.reject_with.as_deref(),
        conditions: &outcome.conditions,
        evidence: outcome.evidence.iter().filter_map(|step| line(node, source, *step)).collect(),
        flags: outcome.flags.iter().copied().map(flag).collect(),
    }
}

fn line<'n>(
    node: &'n Node<'_, '_>,
    source: usize,
    (key, rule): (trace::TableKey, crate::ruleset::RuleId),
) -> Option<Evidence<'n>> {
    let table = node.table(source, key)?;
    let rule = table.rules.get(rule.0 as usize)?;
    Some(Evidence { chain: Some(Text(table.chain(rule.chain).name)), ..at(node, rule.span)? })
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Translated => "translated",
        Verdict::Untouched => "untouched",
        Verdict::Rejected => "rejected",
        Verdict::Dropped => "dropped",
        Verdict::Unroutable => "unroutable",
        Verdict::Unknown => "unknown",
    }
}

fn seen(source: SourceSeen) -> (&'static str, Option<IpAddr>) {
    match source {
        SourceSeen::Kept => ("client", None),
        SourceSeen::Masqueraded { address } => ("node", address),
        SourceSeen::Translated { address } => ("other", address),
        SourceSeen::Unknown => ("unknown", None),
    }
}

fn place(place: Place) -> Option<String> {
    let address = place.address?;
    Some(place.port.map_or_else(|| address.to_string(), |port| SocketAddr::new(address, port).to_string()))
}

fn flag(flag: Flag) -> &'static str {
    match flag {
        Flag::Counted => "counted",
        Flag::Affinity => "affinity",
        Flag::Hashed => "hashed",
        Flag::LocalSocket => "localSocket",
        Flag::Loop => "loop",
        Flag::GivenUp => "givenUp",
    }
}
