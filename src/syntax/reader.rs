//! From lines to tables: knows which table is open, and which line closes it.

use super::builder::{TableBuilder, is_built_in};
use super::command::apply;
use super::fault::{Fault, Wanted};
use super::line::{Command, Line, line};
use super::lines::{lines, trim_blanks};
use super::noise::{Noise, Shell, noise, root_shell, table_in};
use super::program::{backend_of, family_of};
use super::remark::{Remark, RemarkKind, Tally, incompatible, remark};
use super::rule;
use super::run::Parting;
use crate::ruleset::{Backend, ChainKind, Family, Form, TableName, Tool};
use crate::source::{Source, Span};
use bstr::{BStr, ByteSlice};
use std::collections::HashMap;

/// A table as it was read, with what stood around it.
#[derive(Debug)]
pub(super) struct TableRead<'src> {
    pub(super) builder: TableBuilder<'src>,
    /// The header before it, if one came since the last table.
    pub(super) tool: Option<Tool<'src>>,
    pub(super) backend: Option<Backend>,
    pub(super) family: Option<Family>,
    /// Which capture it belongs to: separators, commands and ends of sources part them.
    pub(super) capture: u32,
}

/// Reads one source after the other; the tables come out in the order of the text.
#[derive(Debug, Default)]
pub(super) struct Reader<'src> {
    pub(super) tables: Vec<TableRead<'src>>,
    pub(super) faults: Vec<Fault>,
    pub(super) remarks: Vec<Remark<'src>>,
    pub(super) prose: Vec<Span>,
    pub(super) tally: Tally,
    /// The one of `tables` that takes more lines.
    open: Option<usize>,
    /// Tables in iptables-save form of the capture at hand, by name.
    named: HashMap<TableName<'src>, usize>,
    /// What was known of the open table where it was open before, so that its chains may be another capture's.
    reopened: Option<Reopened>,
    /// Chains declared twice in one table, so that rules were lost.
    pub(super) redeclared: Vec<Span>,
    /// What a comment or separator before a table calls it.
    hint: Option<TableName<'src>>,
    header: Option<(Tool<'src>, bool)>,
    /// Whether the header at hand is that of another program's tables: ebtables, arptables.
    pub(super) is_foreign: bool,
    shell: Option<Shell<'src>>,
    capture: u32,
    /// When the rules of a table are read in parts.
    pub(super) parting: Parting,
    /// Whether that went well in this source so far.
    pub(super) reads_runs: bool,
    pub(super) list: super::listing::State,
}

/// How many lines right behind this one declare chains. Tables of large nodes have a hundred thousand, and lists that
/// grow piece by piece take twice the time.
fn declarations_ahead(at: At<'_>) -> usize {
    const SHORTEST: usize = ":A - [0:0]".len();
    let text = at.source.text();
    let end = (at.span().end() - at.source.base()) as usize;
    let lines = text[end..].lines().skip(1);
    lines.take_while(|line| line.starts_with(b":") && line.len() >= SHORTEST).count()
}

/// A table as it was before its name came again.
#[derive(Clone, Copy, Debug)]
struct Reopened {
    span: Span,
    is_complete: bool,
}

/// A line of the text and where it is.
#[derive(Clone, Copy)]
pub(super) struct At<'src> {
    pub(super) source: &'src Source,
    /// Without blanks around it.
    pub(super) text: &'src [u8],
    /// As it stands, without its end: in a listing the blanks it begins with tell that the target is missing.
    pub(super) raw: &'src [u8],
}

impl At<'_> {
    pub(super) fn span(self) -> Span {
        self.source.span(self.text)
    }
}

impl<'src> Reader<'src> {
    /// One that reads the rules of large tables in such parts.
    pub(super) fn by(parting: Parting) -> Self {
        Self { parting, ..Self::default() }
    }

    /// Reads a whole source. What the one before left open is closed.
    pub(super) fn read(&mut self, source: &'src Source) {
        self.begin_capture();
        self.header = None;
        self.is_foreign = false;
        self.shell = None;
        self.hint = None;
        self.reads_runs = true;
        let mut lines = lines(source.text());
        while let Some((text, feeds)) = lines.next() {
            self.tally.continued += feeds;
            self.line(At { source, text: trim_blanks(text), raw: text });
            if text.starts_with(b":") && matches!(lines.rest.first(), Some(b'-' | b'[')) {
                lines.rest = self.run(source, lines.rest);
            }
        }
        self.interleaved(source);
        self.close();
    }

    fn line(&mut self, at: At<'src>) {
        if at.text.is_empty() {
            self.tally.blank += 1;
            return;
        }
        if self.is_foreign && !matches!(line(at.text), Some(Ok(Line::Header { .. }))) && noise(at.text).is_none() {
            return self.prose(at);
        }
        // Targets and chains of a listing may be called anything, `#h` or `:c`.
        if self.list.is_open() && self.listing(at) {
            return;
        }
        match line(at.text) {
            Some(Ok(line)) => self.known(line, at),
            Some(Err(wanted)) if !self.list.is_open() => self.fault(wanted, at),
            _ => self.other(at),
        }
    }

    pub(super) fn fault(&mut self, wanted: Wanted<'src>, at: At<'src>) {
        self.tally.faults += 1;
        let rest = Span { start: at.span().end() - u32::try_from(wanted.rest.len()).unwrap_or(0), len: 0 };
        let start = rest.start.max(at.span().start);
        let span = Span { start, len: at.span().end() - start };
        self.faults.push(Fault { span, wanted: wanted.what });
    }

    fn known(&mut self, line: Line<'src>, at: At<'src>) {
        match line {
            Line::Header { tool, says_nft } => {
                self.close();
                self.tally.comments += 1;
                self.is_foreign = tool.program.starts_with(b"ebtables") || tool.program.starts_with(b"arptables");
                self.header = Some((tool, says_nft)).filter(|_| !self.is_foreign);
            }
            Line::Footer | Line::Comment => self.comment(at),
            Line::Table(name) => {
                self.tally.declarations += 1;
                self.open_save(name, at);
            }
            Line::Chain { name, kind } => {
                self.tally.declarations += 1;
                self.declare(name, kind, at);
            }
            Line::Commit => {
                self.tally.declarations += 1;
                if let Some(builder) = self.builder() {
                    builder.table.is_complete = builder.table.is_named;
                    builder.table.span = builder.table.span.to(at.span());
                }
                self.open = None;
            }
            Line::Command(command) => self.command(&command, at),
        }
    }

    fn comment(&mut self, at: At<'src>) {
        self.tally.comments += 1;
        if let Some(kind) = remark(at.text) {
            self.remarks.push(Remark { kind, span: at.span() });
        } else if let Some(shell) = root_shell(at.text) {
            self.close();
            self.shell = Some(shell);
        } else {
            self.hint = table_in(at.text).or(self.hint);
        }
    }

    /// Closes the table that is open; the next line begins another one.
    pub(super) fn close(&mut self) {
        self.open = None;
        self.list.close();
    }

    /// Says that what follows was captured apart from what came before.
    pub(super) fn begin_capture(&mut self) {
        self.close();
        self.capture += 1;
        self.named.clear();
    }

    /// Opens `*NAME`. A table of that name that this capture has already goes on, if no header came between.
    fn open_save(&mut self, name: TableName<'src>, at: At<'src>) {
        self.close();
        if self.header.is_none()
            && let Some(&again) = self.named.get(&name)
        {
            self.open = Some(again);
            let table = &mut self.tables[again].builder.table;
            self.reopened = Some(Reopened { span: table.span, is_complete: table.is_complete });
            (table.span, table.is_complete) = (table.span.to(at.span()), false);
            return;
        }
        self.open(Some(name), Form::Save, at);
        let ahead = declarations_ahead(at);
        if let Some(builder) = self.builder() {
            builder.expect_chains(ahead);
        }
    }

    /// Opens a table with what is known from the header or the prompt before it.
    pub(super) fn open(&mut self, name: Option<TableName<'src>>, form: Form, at: At<'src>) {
        let header = self.header.take();
        let shell = self.shell;
        let hint = self.hint.take();
        let program = header.map(|(tool, _)| tool.program);
        let family = program.and_then(family_of).or_else(|| shell.and_then(|shell| shell.family));
        let index = self.tables.len();
        self.tables.push(TableRead {
            builder: TableBuilder::new(name.or(hint.filter(|_| form != Form::Save)), form, at.span()),
            tool: header.map(|(tool, _)| tool),
            backend: header.map(|(tool, says_nft)| backend_of(&tool, says_nft)),
            family,
            capture: self.capture,
        });
        if let Some(name) = name.filter(|_| form == Form::Save) {
            self.named.insert(name, index);
        }
        (self.open, self.reopened) = (Some(index), None);
    }

    pub(super) fn builder(&mut self) -> Option<&mut TableBuilder<'src>> {
        self.tables.get_mut(self.open?).map(|read| &mut read.builder)
    }

    /// The table that takes the lines of a listing.
    pub(super) fn open_table(&mut self) -> Option<&mut TableRead<'src>> {
        self.tables.get_mut(self.open?)
    }

    /// The table that the command before this output was asked for.
    pub(super) fn shell_table(&self) -> Option<TableName<'src>> {
        self.shell.and_then(|shell| shell.table)
    }

    pub(super) fn form(&mut self) -> Option<Form> {
        self.builder().map(|builder| builder.table.form)
    }

    /// The builder that a line in iptables-save form or of `-S` belongs to.
    fn command_builder(&mut self, form: Form, at: At<'src>) -> Option<&mut TableBuilder<'src>> {
        self.list.close();
        if !matches!(self.form(), Some(Form::Save | Form::Commands)) {
            let name = self.shell_table();
            self.open(name, form, at);
        }
        let builder = self.builder()?;
        builder.table.span = builder.table.span.to(at.span());
        Some(builder)
    }

    fn declare(&mut self, name: &'src BStr, kind: ChainKind, at: At<'src>) {
        let table = self.builder().filter(|builder| builder.table.is_named).map(|builder| builder.table.name);
        let may_be_another = self.reopened.is_some() || table.is_none();
        if may_be_another && self.builder().is_some_and(|builder| builder.has_declared(name)) {
            if let (Some(before), Some(builder)) = (self.reopened, self.builder()) {
                (builder.table.span, builder.table.is_complete) = (before.span, before.is_complete);
            }
            // Another capture of the same table, without anything between that says so.
            self.begin_capture();
            self.open(table, Form::Save, at);
        }
        let loses = self.command_builder(Form::Save, at).is_some_and(|builder| builder.declare(name, kind, at.span()));
        if loses {
            self.redeclared.push(at.span());
        }
    }

    fn command(&mut self, command: &Command<'src>, at: At<'src>) {
        let form = match command {
            Command::New(name) | Command::Policy { chain: name, .. } => {
                self.begin_commands(name);
                Form::Commands
            }
            _ => Form::Save,
        };
        let Some(builder) = self.command_builder(form, at) else { return };
        let mark = builder.mark();
        let read = match command {
            Command::Append { rule, .. }
            | Command::Insert { rule, .. }
            | Command::Replace { rule, .. }
            | Command::Delete { rule, .. } => rule::options(rule, builder.matches()),
            _ => Ok(rule::Options::default()),
        };
        let wanted = read.as_ref().err().copied();
        let options = read.unwrap_or_else(|_| {
            // What could not be read may match, and does what we cannot tell.
            builder.matches().truncate(mark);
            builder.matches().push(crate::ruleset::Match::of(crate::ruleset::Test::Other(at.text.as_bstr())));
            let target = Some(crate::ruleset::Target::Other(at.text.as_bstr()));
            rule::Options { target, ..Default::default() }
        });
        let applied = apply(builder, command, mark, options, at.span());
        match wanted.or_else(|| applied.err().map(|what| Wanted { what, rest: at.text })) {
            Some(wanted) => self.fault(wanted, at),
            None if matches!(command, Command::New(_) | Command::Policy { .. }) => self.tally.declarations += 1,
            None => self.tally.rules += 1,
        }
    }

    /// `-P` and `-N` begin a table of `iptables -S`, unless they stand in one that is open and does not have the chain.
    fn begin_commands(&mut self, name: &BStr) {
        let Some(builder) = self.builder() else { return };
        let is_commands = builder.table.form == Form::Commands;
        let after_rules = is_built_in(name) && (!builder.table.rules.is_empty() || builder.is_full_before(name));
        if is_commands && (builder.has_declared(name) || after_rules) {
            self.close();
        }
    }

    /// The warning of legacy tables goes to stderr: where both were captured it stands in the middle of a line.
    fn interleaved(&mut self, source: &'src Source) {
        let text = source.text();
        let begins = |&at: &usize| text[at..].starts_with(b"# Warning: ip");
        for at in memchr::memchr_iter(b'#', text).filter(begins) {
            // The warning is shorter than that, and a hostile line may hold it a million times.
            let line = text[at..text.len().min(at + 200)].lines().next().unwrap_or_default();
            let is_inside = at > 0 && text[at - 1] != b'\n';
            if let Some(kind) = remark(line).filter(|_| is_inside) {
                self.remarks.push(Remark { kind, span: source.span(line) });
            }
        }
    }

    /// A line that is nothing by itself: part of a listing, a prompt, a known message, or prose.
    fn other(&mut self, at: At<'src>) {
        if !self.list.is_open() && self.listing(at) {
            return;
        }
        if let Some(name) = incompatible(at.text) {
            self.tally.noise += 1;
            let kind = RemarkKind::IncompatibleTable(name.as_bstr());
            self.remarks.push(Remark { kind, span: at.span() });
            return;
        }
        let noise = noise(at.text);
        self.is_foreign &= noise.is_none();
        match noise {
            Some(Noise::Shell(shell)) => {
                self.tally.noise += 1;
                if shell.is_save {
                    self.begin_capture();
                }
                self.close();
                let family = shell.family.or(self.shell.and_then(|before| before.family));
                self.shell = Some(Shell { family, ..shell });
            }
            Some(Noise::Prompt) => {
                self.tally.noise += 1;
                self.close();
                self.shell = None;
            }
            Some(Noise::Separator) => {
                self.tally.noise += 1;
                self.begin_capture();
                self.hint = table_in(at.text);
            }
            Some(Noise::Message) => self.tally.noise += 1,
            Some(Noise::Nft { of_kube_proxy }) => {
                self.tally.noise += 1;
                let kind = RemarkKind::NftListing { of_kube_proxy };
                self.remarks.push(Remark { kind, span: at.span() });
            }
            None => self.prose_or_fault(at),
        }
    }

    fn prose_or_fault(&mut self, at: At<'src>) {
        if let Some(Err(wanted)) = line(at.text) {
            return self.fault(wanted, at);
        }
        self.prose(at);
    }

    fn prose(&mut self, at: At<'src>) {
        self.tally.prose += 1;
        self.prose.push(at.span());
    }
}
