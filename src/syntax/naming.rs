//! The name of a table that no line of the text names: from its chains and the targets of its rules.

use crate::ruleset::{Chain, ChainId, Form, FoundChain, Rule, Table, TableName, Target};
use bstr::ByteSlice;

/// The table under its name. Lines grepped out of a whole dump may be of several tables: then one each. A listing is of
/// one table, which its built-in chains tell, or else most of its rules.
pub(super) fn named(mut table: Table<'_>) -> Vec<Table<'_>> {
    let by_rule: Vec<Option<TableName<'static>>> = table.rules.iter().map(|rule| of_rule(&table, rule)).collect();
    let mut names: Vec<TableName<'static>> = by_rule.iter().flatten().copied().collect();
    names.sort_unstable();
    names.dedup();
    if let (Form::Save, [_, _, ..]) = (table.form, names.as_slice()) {
        return split(&table, &names, &by_rule);
    }
    let votes = |name: &TableName<'_>| by_rule.iter().flatten().filter(|vote| *vote == name).count();
    let by_built_ins = of_built_ins(&table).filter(|_| shows_built_ins(&table));
    let by_rules = || names.iter().copied().max_by_key(votes);
    let by_chains = || table.chains.iter().find_map(|chain| of_chain(chain.name));
    let name = by_built_ins.or_else(by_rules).or_else(by_chains).or_else(|| of_built_ins(&table));
    table.name = name.unwrap_or(TableName::Filter);
    vec![table]
}

/// Whether lines of the text declare built-in chains, as the whole listing of a table does.
pub(super) fn shows_built_ins(table: &Table<'_>) -> bool {
    table.chains.iter().any(|chain| chain.is_built_in() && chain.is_declared)
}

/// What a rule alone proves.
fn of_rule(table: &Table<'_>, rule: &Rule<'_>) -> Option<TableName<'static>> {
    let chain = table.chain(rule.chain).name;
    let by_target = match rule.target.as_ref()? {
        Target::Dnat(_) | Target::Snat(_) | Target::Masquerade(_) | Target::Redirect(_) | Target::Netmap(_) => {
            Some(TableName::Nat)
        }
        Target::Reject(_) => Some(TableName::Filter),
        Target::Notrack { .. } | Target::Ct(_) => Some(TableName::Raw),
        Target::Tproxy(_) => Some(TableName::Mangle),
        Target::Jump(name) | Target::Goto(name) => of_chain(name),
        // The chains of these names in nat accept and drop nothing; those in filter open the ports of health checks and
        // drop what has no local endpoint.
        Target::Accept if chain == "KUBE-NODEPORTS" => Some(TableName::Filter),
        Target::Drop if chain == "KUBE-NODEPORTS" || chain == "KUBE-SERVICES" => Some(TableName::Filter),
        _ => None,
    };
    by_target.or_else(|| of_chain(chain)).or_else(|| match chain.as_bytes() {
        b"FORWARD" => Some(TableName::Filter),
        b"PREROUTING" | b"POSTROUTING" => Some(TableName::Nat),
        _ => None,
    })
}

/// What the name of a chain of kube-proxy or kubelet proves. KUBE-SERVICES is in nat and in filter.
fn of_chain(name: &[u8]) -> Option<TableName<'static>> {
    const NAT: [&str; 14] = [
        "KUBE-SVC-",
        "KUBE-SVL-",
        "KUBE-SEP-",
        "KUBE-EXT-",
        "KUBE-FW-",
        "KUBE-XLB-",
        "KUBE-HP-",
        "KUBE-MARK-",
        "KUBE-POSTROUTING",
        "KUBE-HOSTPORTS",
        "KUBE-PORTALS-",
        "KUBE-NODEPORT-",
        "KUBE-LOAD-BALANCER",
        "KUBE-NODE-PORT",
    ];
    const FILTER: [&str; 5] = [
        "KUBE-FORWARD",
        "KUBE-FIREWALL",
        "KUBE-PROXY-FIREWALL",
        "KUBE-EXTERNAL-SERVICES",
        "KUBE-SOURCE-RANGES-FIREWALL",
    ];
    let begins = |known: &&str| name.starts_with(known.as_bytes());
    if NAT.iter().any(begins) {
        Some(TableName::Nat)
    } else if FILTER.iter().any(begins) {
        Some(TableName::Filter)
    } else {
        None
    }
}

/// What the set of built-in chains tells.
fn of_built_ins(table: &Table<'_>) -> Option<TableName<'static>> {
    let has = |name: &str| table.chains.iter().any(|chain| chain.name == name);
    let has_services = has("KUBE-SERVICES") || has("KUBE-NODEPORTS");
    match (has("PREROUTING"), has("FORWARD"), has("INPUT"), has("POSTROUTING")) {
        (true, true, true, true) => Some(TableName::Mangle),
        (true, false, _, true) => Some(TableName::Nat),
        (true, false, false, false) => Some(TableName::Raw),
        (false, true, _, _) => Some(TableName::Filter),
        _ if has_services => Some(TableName::Nat),
        _ => None,
    }
}

/// One table for each name. A rule that proves nothing goes with the rules of its chain, or else to nat.
fn split<'src>(
    table: &Table<'src>,
    names: &[TableName<'static>],
    by_rule: &[Option<TableName<'static>>],
) -> Vec<Table<'src>> {
    let default = if names.contains(&TableName::Nat) { TableName::Nat } else { names[0] };
    names.iter().map(|&name| part(table, name, default, by_rule)).collect()
}

/// The part of the table that is of that name.
fn part<'src>(
    table: &Table<'src>,
    name: TableName<'static>,
    default: TableName<'static>,
    by_rule: &[Option<TableName<'static>>],
) -> Table<'src> {
    let mut part = Table { name, chains: Vec::new(), rules: Vec::new(), counters: Vec::new(), ..table.clone() };
    for (id, chain) in table.chain_ids() {
        let own = by_rule[chain.rules.start as usize..chain.rules.end as usize].iter().flatten().next().copied();
        let first = part.rules.len();
        for (rule_id, rule) in table.rules_of(id) {
            if by_rule[rule_id.0 as usize].or(own).unwrap_or(default) == name {
                let chain = ChainId(u32::try_from(part.chains.len()).unwrap_or(u32::MAX));
                part.rules.push(Rule { chain, found: FoundChain::default(), ..rule.clone() });
                part.counters.extend(table.counters(rule_id));
            }
        }
        let is_empty_here = chain.rules.is_empty() && of_chain(chain.name).unwrap_or(default) == name;
        if part.rules.len() > first || is_empty_here {
            let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            part.chains.push(Chain { rules: offset(first)..offset(part.rules.len()), ..chain.clone() });
        }
    }
    part
}
