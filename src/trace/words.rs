//! Conditions as sentences.

use super::atom::{Atom, Wording};
use crate::ruleset::{AddressTypes, Side};
use bstr::BString;
use std::net::IpAddr;

impl Atom {
    /// What it means that this holds, or does not.
    pub(super) fn sentence(&self, holds: bool) -> String {
        let not = if holds { "" } else { "not " };
        let is = if holds { "is" } else { "is not" };
        match self {
            Self::In(name) if holds => format!("if the packet comes in on {name}"),
            Self::In(name) => format!("if the packet does not come in on {name}"),
            Self::Out { name, towards } => {
                let what = address(*towards);
                if holds {
                    format!("if {what} is reached over {name}")
                } else {
                    format!("if {what} is not reached over {name}")
                }
            }
            Self::Kind { address: of, side, types } => format!("if {} {is} {}", end(*of, *side), kinds(*types)),
            Self::OnInterface { address: of, side } => {
                let which = if *side == Side::Source { "comes in on" } else { "leaves over" };
                format!("if {} {is} an address of the interface the packet {which}", address(*of))
            }
            Self::Address { side, is_translated, range } => {
                let end = if *side == Side::Source { "source" } else { "destination" };
                let new = if *is_translated { "translated " } else { "" };
                format!("if the {new}{end} address {is} {}", between(*range))
            }
            Self::Port { side, ports } => {
                let end = if *side == Side::Source { "source" } else { "destination" };
                format!("if the {end} port {is} {ports}")
            }
            Self::Words { what, words, of } => worded(*what, words, *of, holds),
            Self::Traffic { words, .. } => format!("if `{words}` does {not}match this packet"),
            Self::RouteLocalnet => format!("if the sysctl route_localnet {is} on"),
        }
    }
}

fn worded(what: Wording, words: &BString, of: Option<(Option<IpAddr>, Option<u16>)>, holds: bool) -> String {
    let is = if holds { "is" } else { "is not" };
    let does = if holds { "does" } else { "does not" };
    match what {
        Wording::Set => {
            let whose = of.and_then(|(of, _)| of).map_or_else(|| "the packet".into(), |of| of.to_string());
            format!("if {whose} {is} in the ipset {words}")
        }
        Wording::Host => format!("if the packet {does} have the {words}"),
        Wording::Option | Wording::Listed => format!("if the packet {does} match `{words}`"),
        Wording::Physdev => format!("if the packet {is} {words}"),
        Wording::Protocol => format!("if the protocol {is} {words}"),
        Wording::HiddenInterface => format!("if rule {words}, listed without -v, {does} match any interface"),
        Wording::Chain if holds => format!("if the chain {words}, which is not in the dump, returns the packet"),
        Wording::Chain => format!("if the chain {words}, which is not in the dump, does something else with it"),
        Wording::Target => format!("if the target `{words}` {does} let the packet go on unchanged"),
        Wording::Queue => format!("if the program behind `{words}` {does} accept it"),
        Wording::Socket => format!("if a local socket {does} take it (TPROXY {words})"),
    }
}

fn address(address: Option<IpAddr>) -> String {
    address.map_or_else(|| "the destination".into(), |address| address.to_string())
}

fn end(address: Option<IpAddr>, side: Side) -> String {
    let unknown = if side == Side::Source { "the source address" } else { "the destination" };
    address.map_or_else(|| unknown.into(), |address| address.to_string())
}

fn between((first, last): (IpAddr, IpAddr)) -> String {
    if first == last { first.to_string() } else { format!("from {first} to {last}") }
}

fn kinds(types: AddressTypes) -> String {
    if types.is_local() {
        return "an address of this node".into();
    }
    let names = AddressTypes::NAMES.iter().enumerate().filter(|(bit, _)| types.0 & (1 << bit) != 0);
    format!("of type {}", names.map(|(_, name)| *name).collect::<Vec<_>>().join(" or "))
}
