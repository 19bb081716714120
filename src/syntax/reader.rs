//! From lines to tables: knows which table is open, and which line closes it.

use super::builder::{TableBuilder, is_built_in};
use super::fault::{Fault, Wanted};
use super::line::{Command, Line, line};
use super::lines::{lines, trim_blanks};
use super::noise::{Noise, Shell, noise};
use super::rule;
use crate::ruleset::{Backend, ChainKind, Counters, Family, Form, TableName, Tool};
use crate::source::{Source, Span};
use bstr::{BStr, ByteSlice};

/// What each line was. The sum is the number of lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rules, and commands that change them.
    pub rules: usize,
    /// Tables, chains, policies, column headers, `COMMIT`.
    pub declarations: usize,
    /// Lines that begin with `#`.
    pub comments: usize,
    /// Empty lines.
    pub blank: usize,
    /// Prompts, separators and messages that usually stand around dumps.
    pub noise: usize,
    /// Other text that looks like no rule.
    pub prose: usize,
    /// Lines that look like a rule or a declaration and could not be read in full.
    pub faults: usize,
}

impl Tally {
    /// All lines.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.rules + self.declarations + self.comments + self.blank + self.noise + self.prose + self.faults
    }
}

/// Something a dump says about itself or the node besides its rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remark<'src> {
    /// What it says.
    pub kind: RemarkKind<'src>,
    /// The line that says it.
    pub span: Span,
}

/// The things a [`Remark`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemarkKind<'src> {
    /// ``# Table `nat' is incompatible, use 'nft' tool.``: the whole table is missing from the dump.
    IncompatibleTable(&'src BStr),
    /// The table has base chains of nft's own that the dump does not show.
    IncompatibleChains(&'src BStr),
    /// `# Warning: iptables-legacy tables present`: half of the truth is in another dump.
    LegacyTablesPresent,
    /// The text is (also) an `nft list ruleset`; whether it holds kube-proxy's own tables of nftables mode.
    NftListing {
        /// `table ip kube-proxy`.
        of_kube_proxy: bool,
    },
}

/// A table as it was read, with what stood around it.
#[derive(Debug)]
pub(super) struct TableRead<'src> {
    pub(super) builder: TableBuilder<'src>,
    /// The header before it, if one came since the last table.
    pub(super) tool: Option<Tool<'src>>,
    pub(super) backend: Option<Backend>,
    pub(super) family: Option<Family>,
}

/// Reads one source after the other; the tables come out in the order of the text.
#[derive(Debug, Default)]
pub(super) struct Reader<'src> {
    pub(super) tables: Vec<TableRead<'src>>,
    pub(super) faults: Vec<Fault>,
    pub(super) remarks: Vec<Remark<'src>>,
    pub(super) prose: Vec<Span>,
    pub(super) tally: Tally,
    /// Whether the last of `tables` takes more lines.
    is_open: bool,
    header: Option<(Tool<'src>, bool)>,
    shell: Option<Shell<'src>>,
    begins_capture: bool,
    pub(super) list: super::listing::State,
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
    /// Reads a whole source. What the one before left open is closed.
    pub(super) fn read(&mut self, source: &'src Source) {
        self.close();
        self.header = None;
        self.shell = None;
        self.begins_capture = true;
        for text in lines(source.text()) {
            self.line(At { source, text: trim_blanks(text), raw: text });
        }
        self.interleaved(source);
        self.close();
    }

    fn line(&mut self, at: At<'src>) {
        if at.text.is_empty() {
            self.tally.blank += 1;
            return;
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
                self.header = Some((tool, says_nft));
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
                if let Some(read) = self.tables.last_mut().filter(|_| self.is_open) {
                    read.builder.table.is_complete = read.builder.table.is_named;
                    read.builder.table.span = read.builder.table.span.to(at.span());
                }
                self.is_open = false;
            }
            Line::Command(command) => self.command(&command, at),
        }
    }

    fn comment(&mut self, at: At<'src>) {
        self.tally.comments += 1;
        if let Some(kind) = remark(at.text) {
            self.remarks.push(Remark { kind, span: at.span() });
        }
    }

    /// Closes the table that is open; the next line begins another one.
    pub(super) fn close(&mut self) {
        self.is_open = false;
        self.list.close();
    }

    /// Says that what follows was captured apart from what came before.
    pub(super) fn begin_capture(&mut self) {
        self.close();
        self.begins_capture = true;
    }

    /// Opens `*NAME`. A table of that name that this capture has already goes on, if no header came between.
    fn open_save(&mut self, name: TableName<'src>, at: At<'src>) {
        self.close();
        let again = self.tables.iter().rposition(|read| {
            read.builder.table.is_named && read.builder.table.name == name && read.builder.table.form == Form::Save
        });
        let reopens = self.header.is_none() && !self.begins_capture;
        if let Some(index) = again.filter(|_| reopens) {
            let read = self.tables.remove(index);
            self.tables.push(read);
            self.is_open = true;
            return;
        }
        self.open(Some(name), Form::Save, at);
    }

    /// Opens a table with what is known from the header or the prompt before it.
    pub(super) fn open(&mut self, name: Option<TableName<'src>>, form: Form, at: At<'src>) {
        let header = self.header.take();
        let shell = self.shell;
        let program = header.map(|(tool, _)| tool.program);
        let family = program.and_then(family_of).or_else(|| shell.and_then(|shell| shell.family));
        self.tables.push(TableRead {
            builder: TableBuilder::new(name, form, at.span()),
            tool: header.map(|(tool, _)| tool),
            backend: header.map(|(tool, says_nft)| backend_of(&tool, says_nft)),
            family,
        });
        self.begins_capture = false;
        self.is_open = true;
    }

    pub(super) fn builder(&mut self) -> Option<&mut TableBuilder<'src>> {
        self.tables.last_mut().filter(|_| self.is_open).map(|read| &mut read.builder)
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
        let repeats = self.builder().is_some_and(|builder| builder.has_declared(name));
        let table = self.builder().filter(|builder| builder.table.is_named).map(|builder| builder.table.name);
        if repeats {
            // Another capture of the same table, without anything between that says so.
            self.begin_capture();
            self.open(table, Form::Save, at);
        }
        if let Some(builder) = self.command_builder(Form::Save, at) {
            builder.declare(name, kind, at.span());
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
            _ => Ok(None),
        };
        let wanted = read.as_ref().err().copied();
        let target = read.unwrap_or_else(|_| {
            // What could not be read may match, and does what we cannot tell.
            builder.matches().truncate(mark);
            builder.matches().push(crate::ruleset::Match::of(crate::ruleset::Test::Other(at.text.as_bstr())));
            Some(crate::ruleset::Target::Other(at.text.as_bstr()))
        });
        apply(builder, command, mark, target, at.span());
        match wanted {
            Some(wanted) => self.fault(wanted, at),
            None if matches!(command, Command::New(_) | Command::Policy { .. }) => self.tally.declarations += 1,
            None => self.tally.rules += 1,
        }
    }

    /// `-P` and `-N` begin a table of `iptables -S`, unless they stand in one that is open and does not have the chain.
    fn begin_commands(&mut self, name: &BStr) {
        let Some(builder) = self.builder() else { return };
        let is_commands = builder.table.form == Form::Commands;
        let after_rules = is_built_in(name) && !builder.table.rules.is_empty();
        if is_commands && (builder.has_declared(name) || after_rules) {
            self.close();
        }
    }

    /// The warning of legacy tables goes to stderr: where both were captured it stands in the middle of a line.
    fn interleaved(&mut self, source: &'src Source) {
        let text = source.text();
        for at in memchr::memmem::find_iter(text, b"# Warning: ip") {
            let line = text[at..].lines().next().unwrap_or_default();
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
        match noise(at.text) {
            Some(Noise::Shell(shell)) => {
                self.tally.noise += 1;
                self.close();
                self.shell = Some(shell);
            }
            Some(Noise::Separator) => {
                self.tally.noise += 1;
                self.begin_capture();
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
        self.tally.prose += 1;
        self.prose.push(at.span());
    }
}

/// Does to the table what the command says.
fn apply<'src>(
    builder: &mut TableBuilder<'src>,
    command: &Command<'src>,
    mark: usize,
    target: Option<crate::ruleset::Target<'src>>,
    span: Span,
) {
    match *command {
        Command::Append { counters, chain, .. } => {
            let chain = builder.chain(chain, span);
            builder.append(chain, mark, target, counters, span);
        }
        Command::Insert { counters, chain, at, .. } => {
            let chain = builder.chain(chain, span);
            builder.insert(chain, at, mark, target, counters, span);
        }
        Command::Replace { counters, chain, at, .. } => {
            let chain = builder.chain(chain, span);
            builder.delete_at(chain, at);
            builder.insert(chain, at, mark, target, counters, span);
        }
        Command::DeleteAt { chain, at } => {
            let chain = builder.chain(chain, span);
            builder.delete_at(chain, at);
        }
        Command::Delete { chain, .. } => {
            let chain = builder.chain(chain, span);
            builder.delete(chain, mark, target.as_ref());
        }
        Command::New(name) => builder.declare(name, ChainKind::UserDefined { references: None }, span),
        Command::Policy { chain, policy, counters } => builder.set_policy(chain, policy, counters, span),
        Command::Flush(Some(name)) => {
            let chain = builder.chain(name, span);
            builder.flush(chain);
        }
        Command::Flush(None) => builder.flush_all(),
        Command::DeleteChain(Some(name)) => {
            let chain = builder.chain(name, span);
            builder.delete_chain(chain);
        }
        Command::DeleteChain(None) => builder.delete_chains(),
        Command::Zero => builder.table.counters.fill(Counters::default()),
    }
}

/// The family in a program's name; `xtables-save` is used for both.
fn family_of(program: &BStr) -> Option<Family> {
    if program.contains_str("ip6") {
        Some(Family::Ipv6)
    } else if program.contains_str("iptables") {
        Some(Family::Ipv4)
    } else {
        None
    }
}

/// Which backend printed it. `iptables-save` of 1.8.4 to 1.8.7 can be either.
fn backend_of(tool: &Tool<'_>, says_nft: bool) -> Backend {
    let version: Vec<u32> = tool.version.split_str(".").map(|part| super::word::number(part).unwrap_or(0)).collect();
    if says_nft || tool.program.contains_str("nft") || tool.program.contains_str("xtables") {
        Backend::Nft
    } else if tool.program.contains_str("legacy") || version < vec![1, 8, 4] || version >= vec![1, 8, 8] {
        Backend::Legacy
    } else {
        Backend::Unknown
    }
}

/// The table in ``iptables v1.8.9 (nf_tables): table `nat' is incompatible, use 'nft' tool.``, which `-L` says.
fn incompatible(text: &[u8]) -> Option<&[u8]> {
    let (_, rest) = text.split_once_str("): table `").filter(|_| text.starts_with(b"ip"))?;
    let (name, rest) = rest.split_once_str("'")?;
    rest.starts_with(b" is incompatible").then_some(name)
}

/// What a line beginning with `#` says about the dump.
fn remark(text: &[u8]) -> Option<RemarkKind<'_>> {
    let table = text.strip_prefix(b"# Table `").and_then(|rest| rest.split_once_str("'"));
    if let Some((name, rest)) = table {
        return if rest.starts_with(b" is incompatible") {
            Some(RemarkKind::IncompatibleTable(name.as_bstr()))
        } else if rest.starts_with(b" contains incompatible base-chains") {
            Some(RemarkKind::IncompatibleChains(name.as_bstr()))
        } else {
            None
        };
    }
    let is_legacy = text.starts_with(b"# Warning: ip") && text.contains_str("tables-legacy tables present");
    is_legacy.then_some(RemarkKind::LegacyTablesPresent)
}
