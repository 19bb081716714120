//! From tables to rulesets: which tables belong to one capture.

use super::family::family_of;
use super::merge::{absorb, are_disjoint, counters_from, pair_up};
use super::naming::{named, shows_built_ins};
use super::reader::TableRead;
use crate::ruleset::{Backend, Family, Form, Ruleset, Table, TableName, Target, Tool};
use crate::source::Note;
use bstr::ByteSlice;
use std::collections::{HashMap, HashSet};

/// A finished table and what is known of where it came from.
struct Piece<'src> {
    table: Table<'src>,
    tool: Option<Tool<'src>>,
    backend: Option<Backend>,
    family: Option<Family>,
    capture: u32,
}

/// A ruleset that grows.
struct Group<'src> {
    ruleset: Ruleset<'src>,
    /// Where the table of each name stands.
    by_name: HashMap<TableName<'src>, usize>,
    /// For each table, the capture it came from and the tool that printed it.
    origins: Vec<(u32, Option<Tool<'src>>)>,
}

/// So many rulesets are looked at for the one a table belongs to: the forms and nodes of a text mostly stand close.
const NEAR: usize = 16;

/// Puts the tables together: those of one family and backend are one ruleset, until a table comes again that is not
/// just another form of the one we have.
pub(super) fn rulesets<'src>(reads: Vec<TableRead<'src>>, notes: &mut Vec<Note>) -> Vec<Ruleset<'src>> {
    let mut pieces: Vec<_> = reads.into_iter().flat_map(pieces).collect();
    settle_families(&mut pieces);
    let mut groups: Vec<Group<'src>> = Vec::new();
    let mut merged = Vec::new();
    for piece in pieces {
        if let Some(piece) = join(&mut groups, piece, &mut merged) {
            begin(&mut groups, piece);
        }
    }
    note_merged(merged, notes);
    let rulesets: Vec<_> = groups.into_iter().map(|group| group.ruleset).collect();
    note_several(&rulesets, notes);
    rulesets
}

/// The table, split by what its rules tell if no line named it.
fn pieces(read: TableRead<'_>) -> Vec<Piece<'_>> {
    let TableRead { builder, tool, backend, family, capture } = read;
    let mut table = builder.finish();
    if table.form != Form::Save {
        table.is_complete = shows_built_ins(&table);
    }
    let tables = if table.is_named { vec![table] } else { named(table) };
    let piece = |table| Piece { family: family.or_else(|| family_of(&table)), table, tool, backend, capture };
    tables.into_iter().map(piece).collect()
}

/// A table that does not show its family is of its neighbour's: of the one before it, else of the one behind.
fn settle_families(pieces: &mut [Piece<'_>]) {
    let mut known = None;
    for piece in &mut *pieces {
        piece.family = piece.family.or(known);
        known = piece.family;
    }
    for piece in pieces.iter_mut().rev() {
        piece.family = piece.family.or(known);
        known = piece.family;
    }
}

/// What a ruleset can do with a table.
enum Fit {
    /// It has none of that name.
    New,
    /// It is more of the one it has, at that place.
    More(usize),
    /// It is the one it has, at that place, in another form.
    Form(usize),
}

/// Adds the table to the ruleset it belongs to, the last one first; gives it back if it begins a new one.
fn join<'src>(
    groups: &mut [Group<'src>],
    mut piece: Piece<'src>,
    merged: &mut Vec<TableName<'src>>,
) -> Option<Piece<'src>> {
    let mut near = groups.iter_mut().rev().take(NEAR);
    let Some((group, fit)) = near.find_map(|group| fit(group, &mut piece).map(|fit| (group, fit))) else {
        return Some(piece);
    };
    let ruleset = &mut group.ruleset;
    ruleset.tool = ruleset.tool.or(piece.tool);
    ruleset.backend = piece.backend.unwrap_or(ruleset.backend);
    match fit {
        Fit::New => add(group, piece),
        Fit::More(at) => absorb(&mut ruleset.tables[at], piece.table),
        Fit::Form(at) => {
            merged.push(piece.table.name);
            merge_forms(&mut ruleset.tables[at], piece.table);
        }
    }
    None
}

/// Puts a table of a new name into a ruleset.
fn add<'src>(group: &mut Group<'src>, piece: Piece<'src>) {
    group.by_name.insert(piece.table.name, group.ruleset.tables.len());
    group.origins.push((piece.capture, piece.tool));
    group.ruleset.tables.push(piece.table);
}

/// Begins a ruleset with a table. Tables just before it that were printed together with it and went to the ruleset
/// before, which had none of their names, come along.
fn begin<'src>(groups: &mut Vec<Group<'src>>, piece: Piece<'src>) {
    let mut group = Group {
        ruleset: Ruleset {
            family: piece.family.unwrap_or(Family::Ipv4),
            backend: piece.backend.unwrap_or(Backend::Unknown),
            tool: piece.tool,
            tables: Vec::new(),
        },
        by_name: HashMap::new(),
        origins: Vec::new(),
    };
    if let Some(before) = groups.last_mut()
        && let Some(&twin) = before.by_name.get(&piece.table.name)
        && !same_print(before.origins[twin], (piece.capture, piece.tool))
    {
        let mine = |origin: &(u32, Option<Tool<'_>>)| same_print(*origin, (piece.capture, piece.tool));
        let count = before.origins[twin + 1..].iter().rev().take_while(|origin| mine(origin)).count();
        let from = before.origins.len() - count;
        group.origins = before.origins.split_off(from);
        group.ruleset.tables = before.ruleset.tables.split_off(from);
        for (at, table) in group.ruleset.tables.iter().enumerate() {
            before.by_name.remove(&table.name);
            group.by_name.insert(table.name, at);
        }
    }
    add(&mut group, piece);
    groups.push(group);
}

/// Whether two tables come from one run of a program: from one capture, and their headers tell the same second.
fn same_print(one: (u32, Option<Tool<'_>>), other: (u32, Option<Tool<'_>>)) -> bool {
    one == other
}

/// What the ruleset can do with the table, by family, backend and what it has; `None` if the table is not its own.
fn fit<'src>(group: &Group<'src>, piece: &mut Piece<'src>) -> Option<Fit> {
    let ruleset = &group.ruleset;
    let backend = piece.backend.unwrap_or(Backend::Unknown);
    let agree = ruleset.backend == backend || ruleset.backend == Backend::Unknown || piece.backend.is_none();
    if !agree || Some(ruleset.family) != piece.family.or(Some(Family::Ipv4)) {
        return None;
    }
    let Some(&at) = group.by_name.get(&piece.table.name) else { return Some(Fit::New) };
    let have = &ruleset.tables[at];
    if is_fragment(have) && is_fragment(&piece.table) && are_disjoint(have, &piece.table) {
        return Some(Fit::More(at));
    }
    if have.form != piece.table.form && pair_up(have, &piece.table) {
        return Some(Fit::Form(at));
    }
    let may_be_security = group.by_name.len() > 1 && !group.by_name.contains_key(&TableName::Security);
    if may_be_security && have.form == piece.table.form && looks_like_security(&piece.table) {
        piece.table.name = TableName::Security;
        return Some(Fit::New);
    }
    None
}

/// Whether a table that was taken for filter may be security, which has the same built-in chains and is mostly empty.
fn looks_like_security(table: &Table<'_>) -> bool {
    let marks = |target: &Target<'_>| matches!(target, Target::Other(words) if words.contains_str("SECMARK"));
    let is_unnamed_filter = table.name == TableName::Filter && !table.is_named && table.form != Form::Save;
    is_unnamed_filter
        && (table.rules.is_empty() || table.rules.iter().any(|rule| rule.target.as_ref().is_some_and(marks)))
}

/// Whether lines of the table may be missing, so that more of them may come.
fn is_fragment(table: &Table<'_>) -> bool {
    !table.is_complete
}

/// Keeps the form that tells more, with the counters of whichever has the better ones.
fn merge_forms<'src>(have: &mut Table<'src>, other: Table<'src>) {
    let rank = |form: Form| match form {
        Form::Save => 0,
        Form::Commands => 1,
        Form::List { verbose: true, .. } => 2,
        Form::List { verbose: false, .. } => 3,
    };
    let (mut best, rest) = if rank(other.form) < rank(have.form) {
        (other, std::mem::replace(have, empty()))
    } else {
        (std::mem::replace(have, empty()), other)
    };
    counters_from(&mut best, &rest);
    *have = best;
}

/// A table of nothing, to stand in while two are merged.
fn empty<'src>() -> Table<'src> {
    Table {
        name: crate::ruleset::TableName::Nat,
        is_named: false,
        form: Form::Save,
        span: crate::source::Span::default(),
        is_complete: false,
        chains: Vec::new(),
        rules: Vec::new(),
        counters: Vec::new(),
        matches: Vec::new(),
    }
}

/// Tables that came in two forms are told, in one sentence.
fn note_merged(mut merged: Vec<TableName<'_>>, notes: &mut Vec<Note>) {
    if merged.is_empty() {
        return;
    }
    merged.sort_unstable();
    merged.dedup();
    let names: Vec<String> = merged.iter().take(5).map(|name| name.name().to_string()).collect();
    let (names, more) = (names.join(", "), merged.len().saturating_sub(5));
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let text = format!("two forms of table {names}{more} were merged: syntax from one, counters from the other");
    notes.push(Note { text, span: None });
}

/// Two captures of one family and backend in one input are told, since each is analysed for itself.
fn note_several(rulesets: &[Ruleset<'_>], notes: &mut Vec<Note>) {
    let mut seen = HashSet::new();
    let count = rulesets.iter().filter(|ruleset| !seen.insert((ruleset.family, ruleset.backend))).count();
    if count > 0 {
        let text = format!("the input holds {} captures of the same kind; each is analysed by itself", count + 1);
        notes.push(Note { text, span: None });
    }
}
