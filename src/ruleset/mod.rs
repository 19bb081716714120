//! The nouns of iptables: a [`Ruleset`] holds [`Table`]s, a table its [`Chain`]s and [`Rule`]s, a rule its
//! [`Match`]es and its [`Target`]. Values only: nothing here reads text, and names stay slices of the source.

mod address;
mod chain;
mod condition;
mod display;
mod graph;
mod listed;
mod names;
mod rule;
mod save;
mod target;
mod value;

pub use address::{Net, Side};
pub use chain::{Chain, ChainId, ChainKind, Form, Policy, Ruleset, Table, TableName, Tool};
pub use condition::{
    AddressTypes, ConntrackOption, ConntrackStates, IcmpType, IfaceLimit, Match, PhysdevTest, Recent, RecentAction,
    StateModule, Test, unquoted,
};
pub use display::{chain_line, match_line, rule_line, target_line};
pub use graph::{ChainGraph, Reference, Resolved};
pub(crate) use names::ChainNames;
pub use rule::{Counters, Rule, RuleId};
pub(crate) use rule::{FoundChain, MaybeChain};
pub use save::{saved_chain, saved_rule, saved_table, saved_words};
pub use target::{ConnmarkAction, Target, Translation, TranslationBox, is_extension};
pub use value::{Backend, Family, Mark, PortRange, Protocol, Threshold};
