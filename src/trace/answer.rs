//! What the walk found: outcomes with their probabilities, the steps that led there, and how often each rule is hit.

use super::Packet;
use crate::ruleset::{ChainId, RuleId, TableName};
use bstr::BString;
use std::net::IpAddr;

/// Where the kernel calls a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hook {
    /// What comes in over an interface, before routing.
    Prerouting,
    /// What is for the node itself.
    Input,
    /// What is for somebody else.
    Forward,
    /// What a process of the node sends.
    Output,
    /// All that leaves.
    Postrouting,
}

impl Hook {
    /// The built-in chain of that hook.
    #[must_use]
    pub fn chain_name(self) -> &'static str {
        match self {
            Self::Prerouting => "PREROUTING",
            Self::Input => "INPUT",
            Self::Forward => "FORWARD",
            Self::Output => "OUTPUT",
            Self::Postrouting => "POSTROUTING",
        }
    }
}

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It goes on to another destination than it was sent to.
    Translated,
    /// It goes on to where it was sent.
    Untouched,
    /// A REJECT rule answers it.
    Rejected,
    /// It vanishes: a rule, a policy, or the kernel's own checks of addresses.
    Dropped,
    /// The node has no route for it.
    Unroutable,
    /// The dump does not tell: a chain that is not shown, a target we do not know, or a walk that was given up.
    Unknown,
}

/// An address and a port; `None` is what the dump cannot tell (or, for the port, a protocol without ports).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The address.
    pub address: Option<IpAddr>,
    /// The port.
    pub port: Option<u16>,
}

/// Which source address the destination sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceSeen {
    /// The client's own.
    Kept,
    /// One of the node's, by MASQUERADE; `None` where only addresses and routes of the node could tell which.
    Masqueraded {
        /// The address.
        address: Option<IpAddr>,
    },
    /// Another one, by SNAT or NETMAP; `None` where it is one of a range.
    Translated {
        /// The address.
        address: Option<IpAddr>,
    },
    /// The rules that decide this are not in the dump.
    Unknown,
}

/// What a reader of shares must know about how one came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    /// `statistic --mode nth` counts connections: the share is exact, not random.
    Counted,
    /// `recent` was asked: this is the share of a client's first connection, later ones follow it.
    Affinity,
    /// The address is chosen by a hash of the client: each client always reaches the same one.
    Hashed,
    /// A TPROXY rule hands the packet to a local socket.
    LocalSocket,
    /// Chains call each other in a circle; a kernel refuses such a table.
    Loop,
    /// There were more branches than could be followed.
    GivenUp,
}

/// One thing that can become of the connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// How probable it is under its conditions, from 0 to 1.
    pub probability: f64,
    /// What becomes of it.
    pub verdict: Verdict,
    /// Where it goes (or was going when it ended).
    pub destination: Place,
    /// The source address its destination sees.
    pub source: SourceSeen,
    /// Whether a MASQUERADE or SNAT rule was applied; `None` where the dump cannot tell.
    pub masqueraded: Option<bool>,
    /// With what a REJECT answers, e.g. `icmp-port-unreachable`.
    pub reject_with: Option<String>,
    /// Whether it is delivered on the node itself; `None` where that is not known.
    pub delivered_locally: Option<bool>,
    /// The interface it leaves over, where that is known.
    pub out_interface: Option<BString>,
    /// Sentences that must all hold (`if the packet comes in on cni0`). Outcomes with the same list belong together,
    /// and their probabilities add up to 1.
    pub conditions: Vec<String>,
    /// The rules that made it what it is: DNAT, MASQUERADE, DROP …, in the order of the walk.
    pub evidence: Vec<(TableKey, RuleId)>,
    /// What must be known of its probability.
    pub flags: Vec<Flag>,
}

/// The place of a table in [`Ruleset::tables`](crate::ruleset::Ruleset::tables).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableKey(pub u32);

/// How often a rule is hit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Its table.
    pub table: TableKey,
    /// The rule.
    pub rule: RuleId,
    /// Expected packets per connection. Where conditions are unknown, as if each were as likely as not.
    pub packets: f64,
}

/// One table at one hook.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass {
    /// The hook.
    pub hook: Hook,
    /// The table.
    pub table: TableKey,
    /// The chains visited; the built-in chain is the first. Each chain once, however often it is called.
    pub visits: Vec<Visit>,
}

/// A chain that was walked.
#[derive(Clone, Debug, PartialEq)]
pub struct Visit {
    /// The chain.
    pub chain: ChainId,
    /// Expected entries per connection.
    pub probability: f64,
    /// The rules that matched, in order.
    pub steps: Vec<Step>,
}

/// A rule that matched.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The rule.
    pub rule: RuleId,
    /// Expected packets per connection that matched it.
    pub probability: f64,
    /// What was asked and why it holds, one item a match: `destination 10.96.0.1`, `if the packet comes in on cni0`.
    pub because: Vec<String>,
    /// The visit it leads to, by index in [`Pass::visits`].
    pub leads_to: Option<u32>,
}

/// The whole way of a packet.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The packet, completed with what facts and dump told about it.
    pub packet: Packet,
    /// What can become of it, grouped by conditions, the most probable first.
    pub outcomes: Vec<Outcome>,
    /// The tables it passed, in order.
    pub passes: Vec<Pass>,
    /// How often each rule is hit, in the order of the tables and their rules; only those hit at all.
    pub hits: Vec<Hit>,
    /// What was taken for granted because the dump shows it, a sentence each.
    pub inferred: Vec<String>,
    /// The tables that were not in the dump, so not walked.
    pub missing: Vec<TableName<'static>>,
}

/// Where one chain leads a packet, walked alone from its first rule to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainShares {
    /// One per set of conditions; just one, without conditions, where nothing is unknown.
    pub branches: Vec<ChainBranch>,
}

/// Where a chain leads under one set of conditions. All its numbers together make 1.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainBranch {
    /// Sentences that must all hold.
    pub conditions: Vec<String>,
    /// The translations, in the order they are met.
    pub shares: Vec<ChainShare>,
    /// What comes back to the caller, untranslated.
    pub returned: f64,
    /// What is accepted without translation.
    pub accepted: f64,
    /// What is dropped or rejected.
    pub refused: f64,
    /// What becomes of it the dump does not tell.
    pub unknown: f64,
}

/// A DNAT rule's part of the connections.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainShare {
    /// The rule.
    pub rule: RuleId,
    /// Where it sends them.
    pub destination: Place,
    /// The part.
    pub probability: f64,
    /// The packet's mark then: tells whether it will be masqueraded.
    pub mark: u32,
    /// What must be known of the number.
    pub flags: Vec<Flag>,
}
