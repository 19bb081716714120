//! From tables to rulesets: which tables belong to one capture.

use super::family::family_of;
use super::merge::{absorb, are_disjoint, counters_from, pair_up};
use super::naming::{named, shows_built_ins};
use super::reader::TableRead;
use crate::ruleset::{Backend, Family, Form, Ruleset, Table, Tool};
use crate::source::Note;

/// A finished table and what is known of where it came from.
struct Piece<'src> {
    table: Table<'src>,
    tool: Option<Tool<'src>>,
    backend: Option<Backend>,
    family: Option<Family>,
}

/// Puts the tables together: those of one family and backend are one ruleset, until a table comes again that is not
/// just another form of the one we have.
pub(super) fn rulesets<'src>(reads: Vec<TableRead<'src>>, notes: &mut Vec<Note>) -> Vec<Ruleset<'src>> {
    let mut pieces: Vec<_> = reads.into_iter().flat_map(pieces).collect();
    settle_families(&mut pieces);
    let mut rulesets: Vec<Ruleset<'src>> = Vec::new();
    for piece in pieces {
        if let Some(piece) = join(&mut rulesets, piece, notes) {
            rulesets.push(Ruleset {
                family: piece.family.unwrap_or(Family::Ipv4),
                backend: piece.backend.unwrap_or(Backend::Unknown),
                tool: piece.tool,
                tables: vec![piece.table],
            });
        }
    }
    note_several(&rulesets, notes);
    rulesets
}

/// The table, split by what its rules tell if no line named it.
fn pieces(read: TableRead<'_>) -> Vec<Piece<'_>> {
    let TableRead { builder, tool, backend, family } = read;
    let mut table = builder.finish();
    if table.form != Form::Save {
        table.is_complete = shows_built_ins(&table);
    }
    let tables = if table.is_named { vec![table] } else { named(table) };
    let piece = |table| Piece { family: family.or_else(|| family_of(&table)), table, tool, backend };
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

/// Adds the table to the ruleset it belongs to, the last one first; gives it back if it begins a new one.
fn join<'src>(rulesets: &mut [Ruleset<'src>], piece: Piece<'src>, notes: &mut Vec<Note>) -> Option<Piece<'src>> {
    let Some(ruleset) = rulesets.iter_mut().rev().find(|ruleset| fits(ruleset, &piece)) else { return Some(piece) };
    ruleset.tool = ruleset.tool.or(piece.tool);
    if let Some(backend) = piece.backend {
        ruleset.backend = backend;
    }
    let Some(at) = ruleset.tables.iter().position(|table| table.name == piece.table.name) else {
        ruleset.tables.push(piece.table);
        return None;
    };
    let have = &mut ruleset.tables[at];
    if is_fragment(have) && is_fragment(&piece.table) && are_disjoint(have, &piece.table) {
        absorb(have, piece.table);
        return None;
    }
    if have.form != piece.table.form && pair_up(have, &piece.table) {
        let name = have.name.name().to_owned();
        merge_forms(have, piece.table);
        let text = format!("two forms of table {name} were merged: syntax from one, counters from the other");
        notes.push(Note { text, span: None });
        return None;
    }
    Some(piece)
}

/// Whether the table can be of that capture, by family and backend.
fn fits(ruleset: &Ruleset<'_>, piece: &Piece<'_>) -> bool {
    let backends = (ruleset.backend, piece.backend.unwrap_or(Backend::Unknown));
    let agree = backends.0 == backends.1 || backends.0 == Backend::Unknown || piece.backend.is_none();
    let has = ruleset.table(piece.table.name);
    let conflicts = has.is_some_and(|have| {
        let extends = is_fragment(have) && is_fragment(&piece.table) && are_disjoint(have, &piece.table);
        let same = have.form != piece.table.form && pair_up(have, &piece.table);
        !extends && !same
    });
    Some(ruleset.family) == piece.family.or(Some(Family::Ipv4)) && agree && !conflicts
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

/// Two captures of one family and backend in one input are told, since each is analysed for itself.
fn note_several(rulesets: &[Ruleset<'_>], notes: &mut Vec<Note>) {
    let repeats = rulesets.iter().enumerate().filter(|(at, ruleset)| {
        rulesets[..*at].iter().any(|before| before.family == ruleset.family && before.backend == ruleset.backend)
    });
    let count = repeats.count();
    if count > 0 {
        let text = format!("the input holds {} captures of the same kind; each is analysed by itself", count + 1);
        notes.push(Note { text, span: None });
    }
}
