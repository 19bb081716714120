//! Chains, the tables they stand in, and the ruleset of one family and backend.

use super::{Backend, Counters, Family, Match, Rule, RuleId};
use crate::source::Span;
use bstr::{BStr, ByteSlice};
use std::ops::Range;

/// The place of a chain in [`Table::chains`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainId(pub u32);

/// What the kernel does with a packet that runs off the end of a built-in chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Policy {
    /// `ACCEPT`.
    Accept,
    /// `DROP`.
    Drop,
}

/// Built-in or user-defined, and what its line says besides the name. Of the one kind a table has at most five, of the
/// other a hundred thousand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainKind {
    /// The kernel calls it at a hook.
    BuiltIn {
        /// Its policy; `None` where the text does not show it (grepped lines).
        policy: Option<Policy>,
        /// Packets that met the policy, where the text shows them.
        counters: Option<Box<Counters>>,
    },
    /// Rules jump to it.
    UserDefined {
        /// `(N references)` of a listing.
        references: Option<u32>,
    },
}

/// A chain: its name and where its rules lie.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain<'src> {
    /// Its name, raw.
    pub name: &'src BStr,
    /// Built-in or user-defined.
    pub kind: ChainKind,
    /// Whether a line of its own names it (`:NAME`, `-N NAME`, `Chain NAME`); without one we know it from its rules.
    pub is_declared: bool,
    /// The line that declares it, else its first rule.
    pub span: Span,
    /// Its rules: `start..end` in [`Table::rules`].
    pub rules: Range<u32>,
}

impl Chain<'_> {
    /// Whether the kernel calls it at a hook.
    #[must_use]
    pub fn is_built_in(&self) -> bool {
        matches!(self.kind, ChainKind::BuiltIn { .. })
    }
}

/// Which table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableName<'src> {
    /// `raw`, before connection tracking.
    Raw,
    /// `mangle`.
    Mangle,
    /// `nat`, asked for the first packet of a connection.
    Nat,
    /// `filter`.
    Filter,
    /// `security`.
    Security,
    /// Something no iptables has.
    Other(&'src BStr),
}

impl<'src> TableName<'src> {
    /// The table of that name.
    #[must_use]
    pub fn from_name(name: &'src [u8]) -> Self {
        match name {
            b"raw" => Self::Raw,
            b"mangle" => Self::Mangle,
            b"nat" => Self::Nat,
            b"filter" => Self::Filter,
            b"security" => Self::Security,
            other => Self::Other(other.as_bstr()),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'src BStr {
        match self {
            Self::Raw => BStr::new("raw"),
            Self::Mangle => BStr::new("mangle"),
            Self::Nat => BStr::new("nat"),
            Self::Filter => BStr::new("filter"),
            Self::Security => BStr::new("security"),
            Self::Other(name) => name,
        }
    }
}

/// In which form a table was printed, and so what its text cannot tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `iptables-save`.
    Save,
    /// `iptables -S`.
    Commands,
    /// `iptables -L`.
    List {
        /// With `-n`: addresses and ports are numbers. Without it they may be names.
        numeric: bool,
        /// With `-v`: interfaces are shown. Without it a rule may look unconditional and not be.
        verbose: bool,
    },
}

/// A table: chains in order of their lines, rules grouped by chain in the order the kernel asks them.
#[derive(Clone, Debug, PartialEq)]
pub struct Table<'src> {
    /// Which one.
    pub name: TableName<'src>,
    /// Whether a line of the text says the name, or we inferred it from chains and targets.
    pub is_named: bool,
    /// The form it was printed in.
    pub form: Form,
    /// From its first line to its last.
    pub span: Span,
    /// Whether the text shows its end (`COMMIT`); lists and `-S` have none and count as complete unless something
    /// shows that lines are missing. Only a complete table proves an absence.
    pub is_complete: bool,
    /// Its chains, in the order of their lines.
    pub chains: Vec<Chain<'src>>,
    /// Its rules, grouped by chain.
    pub rules: Vec<Rule<'src>>,
    /// Counters of `rules`, by the same index; empty if the text has none.
    pub counters: Vec<Counters>,
    /// The matches of all rules.
    pub matches: Vec<Match<'src>>,
}

impl<'src> Table<'src> {
    /// An empty table that no line named and nothing shows the end of.
    #[must_use]
    pub fn new(name: TableName<'src>, form: Form, span: Span) -> Self {
        Self {
            name,
            is_named: false,
            form,
            span,
            is_complete: false,
            chains: Vec::new(),
            rules: Vec::new(),
            counters: Vec::new(),
            matches: Vec::new(),
        }
    }

    /// The chain of that id.
    ///
    /// # Panics
    /// On an id of another table.
    #[must_use]
    pub fn chain(&self, id: ChainId) -> &Chain<'src> {
        &self.chains[id.0 as usize]
    }

    /// The rule of that id.
    ///
    /// # Panics
    /// On an id of another table.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> &Rule<'src> {
        &self.rules[id.0 as usize]
    }

    /// The matches of a rule, in the order written.
    #[must_use]
    pub fn matches(&self, rule: &Rule<'src>) -> &[Match<'src>] {
        &self.matches[rule.matches.start as usize..rule.matches.end as usize]
    }

    /// The rules of a chain, in the order the kernel asks them.
    pub fn rules_of(&self, id: ChainId) -> impl DoubleEndedIterator<Item = (RuleId, &Rule<'src>)> + ExactSizeIterator {
        let Range { start, end } = self.chain(id).rules;
        let rules = &self.rules[start as usize..end as usize];
        (start..end).map(RuleId).zip(rules)
    }

    /// All chains with their ids, in the order of their lines.
    pub fn chain_ids(&self) -> impl DoubleEndedIterator<Item = (ChainId, &Chain<'src>)> + ExactSizeIterator {
        (0..u32::try_from(self.chains.len()).unwrap_or(u32::MAX)).map(ChainId).zip(&self.chains)
    }

    /// Counters of a rule, where the text has them.
    #[must_use]
    pub fn counters(&self, id: RuleId) -> Option<Counters> {
        self.counters.get(id.0 as usize).copied()
    }
}

/// The program that printed a dump, from its header line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tool<'src> {
    /// Its name, e.g. `iptables-save`.
    pub program: &'src BStr,
    /// Its version without the `v`, e.g. `1.8.9`.
    pub version: &'src BStr,
    /// The time it printed, as it wrote it (`Thu Sep  3 15:56:50 2015`, no zone).
    pub time: Option<&'src BStr>,
}

/// All tables of one family in one backend at one moment: what one `iptables-save` prints.
#[derive(Clone, Debug, PartialEq)]
pub struct Ruleset<'src> {
    /// IPv4 or IPv6.
    pub family: Family,
    /// Which kernel implementation it came from.
    pub backend: Backend,
    /// Who printed it, where the text says so.
    pub tool: Option<Tool<'src>>,
    /// Its tables, in the order of the text; no two of the same name.
    pub tables: Vec<Table<'src>>,
}

impl<'src> Ruleset<'src> {
    /// The table of that name, if the text has it.
    #[must_use]
    pub fn table(&self, name: TableName<'_>) -> Option<&Table<'src>> {
        self.tables.iter().find(|table| table.name == name)
    }
}
