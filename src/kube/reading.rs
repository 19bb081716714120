//! What kube-proxy's templates look at in a rule, gathered in one pass over its matches, and where a rule leads.

use super::build::index;
use super::{ChainName, EndpointId, Prefix, ServiceChainId, StaticChain};
use crate::ruleset::{
    ChainGraph, ChainId, Match, Net, Protocol, Recent, RecentAction, Rule, RuleId, Side, Table, Target, Test, Threshold,
};
use bstr::{BStr, ByteSlice};
use std::net::IpAddr;

/// Which address is captured, or which name of it a listing without `-n` shows.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Place<'src> {
    pub(super) address: Option<IpAddr>,
    pub(super) host: Option<&'src BStr>,
}

impl From<IpAddr> for Place<'_> {
    fn from(address: IpAddr) -> Self {
        Self { address: Some(address), host: None }
    }
}

/// A value, and whether it is asked for or its opposite is.
pub(super) type Asked<T> = (T, bool);

/// What the matches of a rule ask, as far as templates use it.
#[derive(Default)]
pub(super) struct Facts<'a, 'src> {
    pub(super) source: Option<Asked<&'a Net>>,
    pub(super) destination: Option<Asked<&'a Net>>,
    /// The destination by name, in a listing without `-n`.
    pub(super) host: Option<&'src BStr>,
    pub(super) interface: Option<Asked<&'src BStr>>,
    pub(super) protocol: Option<Protocol>,
    pub(super) port: Option<u16>,
    pub(super) comment: Option<&'src BStr>,
    pub(super) threshold: Option<Threshold>,
    pub(super) recent: Option<&'a Recent<'src>>,
    /// `addrtype --src-type LOCAL`.
    pub(super) from_node: bool,
    /// `addrtype --dst-type LOCAL`.
    pub(super) to_node: bool,
    /// `physdev ! --physdev-is-in`, of external addresses up to 1.20.
    pub(super) physdev: bool,
    pub(super) nfacct: Option<&'src BStr>,
}

impl<'a, 'src> Facts<'a, 'src> {
    pub(super) fn of(matches: &'a [Match<'src>]) -> Self {
        let mut facts = Self::default();
        for each in matches {
            facts.take(each);
        }
        facts
    }

    fn take(&mut self, each: &'a Match<'src>) {
        let inverted = each.inverted();
        match each.test() {
            Test::Address { side: Side::Source, net } => self.source = Some((net, inverted)),
            Test::Address { net, .. } => self.destination = Some((net, inverted)),
            Test::Host { side: Side::Destination, name } if !inverted => self.host = Some(name),
            Test::Interface { side: Side::Source, name } => self.interface = Some((name, inverted)),
            Test::Protocol(protocol) if !inverted => self.protocol = Some(*protocol),
            Test::Port { side: Side::Destination, ports, .. } if !inverted => self.port = ports.as_single(),
            Test::Comment { raw, quoted } => self.comment = self.comment.or(Some(comment_text(raw, *quoted))),
            Test::Random(threshold) if !inverted => self.threshold = Some(*threshold),
            Test::Recent(recent) if !inverted => self.recent = Some(recent),
            Test::AddressType { side, types, .. } if !inverted && types.is_local() => match side {
                Side::Source => self.from_node = true,
                Side::Destination | Side::Either => self.to_node = true,
            },
            Test::Physdev { .. } => self.physdev = true,
            Test::Nfacct(name) => self.nfacct = Some(name.trim().as_bstr()),
            // Templates use nothing else.
            _ => {}
        }
    }

    /// The one address the destination is asked to be.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.destination.and_then(|(net, inverted)| if inverted { None } else { net.as_host() })
    }

    /// The one address, or the name that stands for it.
    pub(super) fn place(&self) -> Place<'src> {
        Place { address: self.address(), host: self.host }
    }

    /// The one address the source is asked to be.
    pub(super) fn source_address(&self) -> Option<IpAddr> {
        self.source.and_then(|(net, inverted)| if inverted { None } else { net.as_host() })
    }

    /// Whether it is an affinity re-check.
    pub(super) fn rechecks(&self) -> bool {
        self.recent.is_some_and(|recent| matches!(recent.action, RecentAction::Check | RecentAction::Update))
    }
}

/// The text of the first comment, without its quotes.
pub(super) fn comment_of<'src>(matches: &[Match<'src>]) -> Option<&'src BStr> {
    matches.iter().find_map(|each| match *each.test() {
        Test::Comment { raw, quoted } => Some(comment_text(raw, quoted)),
        _ => None,
    })
}

/// The text between the quotes, as it stands: what kube-proxy writes there needs no backslash.
fn comment_text(raw: &BStr, quoted: bool) -> &BStr {
    let inner = raw.strip_prefix(b"\"").filter(|_| quoted);
    inner.map_or(raw, |inner| inner.strip_suffix(b"\"").unwrap_or(inner).as_bstr())
}

/// What a chain of the nat table is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Service(ServiceChainId),
    Endpoint(EndpointId),
    Static(StaticChain),
    Foreign,
}

/// Where a rule of the nat table leads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lead<'src> {
    Service(ServiceChainId),
    Endpoint(EndpointId),
    /// It sets the masquerade mark.
    Masquerade,
    /// It sets the drop mark.
    Drop,
    NodePorts,
    /// A chain that somebody else made.
    Foreign(ChainId),
    /// A chain that is not in the table, and what its name says.
    Missing(&'src BStr, Option<Prefix>),
    /// It jumps nowhere, or to another fixed chain.
    Nowhere,
}

/// The nat table with its chains sorted by kind.
pub(super) struct Nat<'a, 'src> {
    pub(super) table: &'a Table<'src>,
    pub(super) graph: &'a ChainGraph,
    pub(super) slots: Vec<Slot>,
}

impl<'a, 'src> Nat<'a, 'src> {
    pub(super) fn lead(&self, id: RuleId, rule: &Rule<'src>) -> Lead<'src> {
        let name = match rule.target.as_ref() {
            Some(Target::Jump(name) | Target::Goto(name)) => *name,
            // 1.1 had no chain for it.
            Some(Target::Mark(mark)) if mark.value != 0 => return Lead::Masquerade,
            _ => return Lead::Nowhere,
        };
        match self.graph.leads_to(self.table, id) {
            Some(chain) => self.lead_of(chain),
            None => missing(name),
        }
    }

    fn lead_of(&self, chain: ChainId) -> Lead<'src> {
        match self.slots.get(chain.0 as usize) {
            Some(Slot::Service(id)) => Lead::Service(*id),
            Some(Slot::Endpoint(id)) => Lead::Endpoint(*id),
            Some(Slot::Static(fixed)) => fixed_lead(*fixed),
            Some(Slot::Foreign) => Lead::Foreign(chain),
            None => Lead::Nowhere,
        }
    }

    pub(super) fn facts(&self, rule: &Rule<'src>) -> Facts<'a, 'src> {
        Facts::of(self.table.matches(rule))
    }

    /// The chain of that fixed name.
    pub(super) fn fixed(&self, chain: StaticChain) -> Option<ChainId> {
        self.slots.iter().position(|&slot| slot == Slot::Static(chain)).map(|at| ChainId(index(at)))
    }
}

/// The chain of that fixed name in any table.
pub(super) fn fixed_chain(table: &Table<'_>, chain: StaticChain) -> Option<ChainId> {
    table.chain_ids().find(|(_, each)| ChainName::of(each.name).is(chain)).map(|(id, _)| id)
}

fn fixed_lead<'src>(chain: StaticChain) -> Lead<'src> {
    match chain {
        StaticChain::MarkMasq => Lead::Masquerade,
        StaticChain::MarkDrop => Lead::Drop,
        StaticChain::NodePorts => Lead::NodePorts,
        _ => Lead::Nowhere,
    }
}

fn missing(name: &BStr) -> Lead<'_> {
    match ChainName::of(name) {
        ChainName::Static(chain) => fixed_lead(chain),
        ChainName::Hashed(prefix, _) => Lead::Missing(name, Some(prefix)),
        ChainName::Foreign => Lead::Missing(name, None),
    }
}
