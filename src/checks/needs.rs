//! Without what a check cannot be asked, and how that is said.
//!
//! A partial dump proves no absence: a check that argues from what is *not* there asks for complete tables.

use super::context::Context;
use crate::kube::{Dialect, ProxyMode, Release, StaticChain};
use crate::ruleset::{Form, Table, TableName};

/// What a check needs of a ruleset. Start from [`Needs::NOTHING`] or [`Needs::IPTABLES_MODE`].
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a need of its own")]
pub(super) struct Needs {
    /// Rules of kube-proxy's iptables mode.
    mode: bool,
    /// Tables that must be there.
    tables: &'static [TableName<'static>],
    /// Whether those tables must be complete.
    complete: bool,
    /// Numbers instead of host and port names.
    numeric: bool,
    /// Interfaces, which listings show only with `-v`.
    interfaces: bool,
    /// Exact counters of the balancing rules, not all of them zero.
    counters: bool,
    /// Chain names that are the checksums they should be.
    names: bool,
    /// What the API says.
    objects: bool,
    /// The oldest and the newest release whose forms it knows, as minor numbers.
    releases: (u8, u8),
}

impl Needs {
    /// Any ruleset will do.
    pub(super) const NOTHING: Self = Self {
        mode: false,
        tables: &[],
        complete: false,
        numeric: false,
        interfaces: false,
        counters: false,
        names: false,
        objects: false,
        releases: (0, u8::MAX),
    };

    /// The nat table of a kube-proxy in iptables mode.
    pub(super) const IPTABLES_MODE: Self = Self { mode: true, tables: &[TableName::Nat], ..Self::NOTHING };

    /// These tables, and no line of them may be missing.
    pub(super) const fn complete(self, tables: &'static [TableName<'static>]) -> Self {
        Self { tables, complete: true, ..self }
    }

    /// These tables, complete or not.
    pub(super) const fn tables(self, tables: &'static [TableName<'static>]) -> Self {
        Self { tables, ..self }
    }

    /// Addresses and ports as numbers.
    pub(super) const fn numeric(self) -> Self {
        Self { numeric: true, ..self }
    }

    /// All matches of a rule, interfaces too.
    pub(super) const fn interfaces(self) -> Self {
        Self { interfaces: true, ..self }
    }

    /// Counters.
    pub(super) const fn counters(self) -> Self {
        Self { counters: true, ..self }
    }

    /// Chain names that are checksums of what the rules say.
    pub(super) const fn names(self) -> Self {
        Self { names: true, ..self }
    }

    /// The API objects.
    pub(super) const fn objects(self) -> Self {
        Self { objects: true, ..self }
    }

    /// Only what 1.`minor` and later write.
    pub(super) const fn since(self, minor: u8) -> Self {
        Self { releases: (minor, self.releases.1), ..self }
    }

    /// Only what releases up to 1.`minor` write.
    pub(super) const fn until(self, minor: u8) -> Self {
        Self { releases: (self.releases.0, minor), ..self }
    }

    /// Whether the rules can be of a release it is about. If not there is nothing to ask, and nothing is missing.
    pub(super) fn applies_to(&self, dialect: Dialect) -> bool {
        let (first, last) = (Release(self.releases.0), Release(self.releases.1));
        dialect.from.is_none_or(|from| from <= last) && dialect.to.is_none_or(|to| to >= first)
    }

    /// Why it cannot be asked of this ruleset, as a sentence without its full stop.
    pub(super) fn missing_in(&self, cx: &Context<'_, '_>) -> Option<String> {
        (self.objects && cx.input.api.is_none())
            .then(|| NO_OBJECTS.into())
            .or_else(|| self.tables.iter().find_map(|&name| self.missing_of(name, cx)))
            .or_else(|| self.mode.then(|| wrong_mode(cx.proxy.dialect.mode)).flatten())
            .or_else(|| (self.names && !has_names(cx)).then(|| NO_NAMES.into()))
            .or_else(|| self.counters.then(|| without_counters(cx)).flatten().map(Into::into))
    }

    fn missing_of(&self, name: TableName<'_>, cx: &Context<'_, '_>) -> Option<String> {
        let Some((table, _)) = cx.proxy.resolved.table(name) else {
            return Some(format!("the dump has no {} table", name.name()));
        };
        if self.complete && !cx.is_complete(name) {
            return Some(format!("lines of the {} table are missing: it proves no absence", name.name()));
        }
        match table.form {
            Form::List { numeric: false, .. } if self.numeric => Some(
                "the listing shows names for addresses and ports: list with -n, or better use iptables-save".into(),
            ),
            Form::List { verbose: false, .. } if self.interfaces => {
                Some("the listing hides interfaces: list with -v, or better use iptables-save".into())
            }
            _ => None,
        }
    }
}

const NO_OBJECTS: &str =
    "it needs what the API says: kubectl get services,endpointslices,nodes -A -o json, given with --objects";

const NO_COUNTERS: &str = "the dump has no counters: iptables-save -c";

/// What a listing without `-x` prints unrounded at most; where it is less, only the bytes beside it were rounded.
const MOST_EXACT: u64 = 99_999;

const ROUNDED_COUNTERS: &str = "the listing rounds its counters: list with -x, or better use iptables-save -c";

const ZERO_COUNTERS: &str =
    "all counters of the balancing rules are zero: nobody connected since kube-proxy wrote them";

const NO_NAMES: &str = "fewer than half of the chain names are the checksums that the rules around them give: \
    something else wrote this dump, or somebody made it anonymous";

/// Whether names can be witnesses; where there is none that could be recomputed nothing is missing.
fn has_names(cx: &Context<'_, '_>) -> bool {
    let verification = cx.proxy.verification;
    verification.is_trustworthy() || verification.contradicted == 0
}

/// Why the counters of the balancing rules tell nothing, if so.
fn without_counters(cx: &Context<'_, '_>) -> Option<&'static str> {
    let Some((table, _)) = cx.nat().filter(|(table, _)| !table.counters.is_empty()) else { return Some(NO_COUNTERS) };
    let rules = || cx.proxy.chains.iter().flat_map(|chain| &chain.balancing);
    let mut counters = rules().filter_map(|rule| table.counters(rule.rule));
    if counters.clone().any(|each| each.rounded && each.packets > MOST_EXACT) {
        return Some(ROUNDED_COUNTERS);
    }
    (rules().next().is_some() && counters.all(|each| each.packets == 0)).then_some(ZERO_COUNTERS)
}

fn wrong_mode(mode: ProxyMode) -> Option<String> {
    let what = match mode {
        ProxyMode::Iptables => return None,
        ProxyMode::Ipvs => "kube-proxy is in IPVS mode: IPVS chooses the pods, not these rules",
        ProxyMode::Userspace => "kube-proxy is in userspace mode: a process chooses the pods, not these rules",
        ProxyMode::Nftables => "kube-proxy is in nftables mode: its rules are not in this dump",
        ProxyMode::None => "there are no rules of kube-proxy in this dump",
    };
    Some(what.into())
}

/// Whether what is not in the table is not on the node either.
///
/// Its end and its built-in chains must be there. And lines may have been filtered out of it: kube-proxy writes
/// KUBE-MARK-MASQ and KUBE-POSTROUTING anew at every sync, so where both are empty and KUBE-SERVICES is not, somebody
/// kept the declarations and only some rules.
pub(super) fn is_complete(table: &Table<'_>) -> bool {
    let has_built_in = table.chains.iter().any(|chain| chain.is_built_in() && chain.is_declared);
    table.is_complete && has_built_in && !(table.name == TableName::Nat && is_filtered(table))
}

fn is_filtered(nat: &Table<'_>) -> bool {
    let rules = |which: StaticChain| {
        let chain = nat.chains.iter().find(|chain| which.is_named(chain.name));
        chain.map(|chain| chain.rules.len())
    };
    rules(StaticChain::Services).is_some_and(|count| count > 0)
        && rules(StaticChain::MarkMasq) == Some(0)
        && rules(StaticChain::Postrouting) == Some(0)
}
