//! The state of a listing: which chain its lines belong to, and what its columns are.

use super::builder::is_built_in;
use super::list::{Layout, ListedRule, chain_header, column_header, guess_layout, rule_line};
use super::reader::{At, Reader};
use crate::ruleset::{ChainId, Family, Form, Match, Protocol, Target, Test, is_extension};
use bstr::ByteSlice;

/// What the reader knows of the listing it is in.
#[derive(Debug, Default)]
pub(super) struct State {
    chain: Option<ChainId>,
    layout: Option<Layout>,
    /// Whether rules showed names for numbers, so that `-n` was not given.
    pub(super) has_names: bool,
    /// Whether ports were given by the names of services.
    pub(super) has_services: bool,
}

impl State {
    /// Whether the lines that come may be rules of a listing.
    pub(super) fn is_open(&self) -> bool {
        self.chain.is_some()
    }

    pub(super) fn close(&mut self) {
        (self.chain, self.layout) = (None, None);
    }
}

impl<'src> Reader<'src> {
    /// Takes a line that belongs to a listing; whether it did.
    pub(super) fn listing(&mut self, at: At<'src>) -> bool {
        if let Some(header) = chain_header(at.text) {
            match header {
                Ok(header) => self.chain_line(&header, at),
                Err(wanted) => self.fault(wanted, at),
            }
            return true;
        }
        if let Some(layout) = column_header(at.text) {
            self.tally.declarations += 1;
            self.list.layout = Some(layout);
            self.refine(Some(layout.is_verbose), true);
            return true;
        }
        self.list.is_open() && self.rule_of_list(at)
    }

    fn chain_line(&mut self, header: &super::list::ChainHeader<'src>, at: At<'src>) {
        self.tally.declarations += 1;
        let goes_on = self.builder().is_some_and(|builder| {
            let has_users = || builder.table.chains.iter().any(|chain| !chain.is_built_in());
            let after_users = is_built_in(header.name) && (has_users() || builder.is_full_before(header.name));
            matches!(builder.table.form, Form::List { .. }) && !builder.has_declared(header.name) && !after_users
        });
        if !goes_on {
            self.close();
            self.open_list(at);
        }
        self.list.layout = None;
        let Some(builder) = self.builder() else { return };
        builder.table.span = builder.table.span.to(at.span());
        builder.declare(header.name, header.kind.clone(), at.span());
        let chain = builder.chain(header.name, at.span());
        self.list.chain = Some(chain);
    }

    fn open_list(&mut self, at: At<'src>) {
        self.list.has_names = false;
        let name = self.shell_table();
        self.open(name, Form::List { numeric: true, verbose: false }, at);
    }

    /// Notes in the table's form what a line shows of the options of the listing.
    fn refine(&mut self, is_verbose: Option<bool>, is_numeric: bool) {
        self.list.has_names |= !is_numeric;
        let numeric = !self.list.has_names;
        if let Some(builder) = self.builder()
            && let Form::List { verbose, .. } = builder.table.form
        {
            builder.table.form = Form::List { numeric, verbose: is_verbose.unwrap_or(verbose) };
        }
    }

    /// A rule of the open chain; `false` if the line is something else.
    fn rule_of_list(&mut self, at: At<'src>) -> bool {
        let layout = self.list.layout.unwrap_or_else(|| guess_layout(at.raw));
        let family = self.family();
        let Some(chain) = self.list.chain else { return false };
        let Some(builder) = self.builder() else { return false };
        let mark = builder.mark();
        match rule_line(at.raw, layout, family, builder.matches()) {
            Ok(ListedRule { counters, target, family, is_numeric, has_services, .. }) => {
                builder.table.span = builder.table.span.to(at.span());
                builder.append(chain, mark, target, counters, at.span());
                self.tally.rules += 1;
                self.list.has_services |= has_services;
                self.learn_family(family);
                self.refine(Some(layout.is_verbose), is_numeric != Some(false));
                true
            }
            Err(wanted) if looks_like_rule(at.text) => {
                // It may match, and does what we cannot tell.
                builder.matches().push(Match::of(Test::Listed(at.text.as_bstr())));
                builder.append(chain, mark, Some(Target::Other(at.text.as_bstr())), None, at.span());
                self.fault(wanted, at);
                true
            }
            Err(_) => false,
        }
    }

    fn family(&mut self) -> Option<Family> {
        self.open_table().and_then(|read| read.family)
    }

    fn learn_family(&mut self, family: Option<Family>) {
        if let Some(read) = self.open_table() {
            read.family = read.family.or(family);
        }
    }
}

/// Whether a line that is no rule was one once: it has the `opt` column behind a protocol, or begins with a target.
fn looks_like_rule(text: &[u8]) -> bool {
    let mut words = text.fields().take(6);
    let Some(first) = words.next() else { return false };
    let is_protocol = |word: &[u8]| Protocol::from_name(word.strip_prefix(b"!").unwrap_or(word)).is_some();
    let begins_so = first.starts_with(b"KUBE-")
        || is_extension(first)
        || matches!(first, b"ACCEPT" | b"DROP" | b"RETURN")
        || first.iter().all(u8::is_ascii_digit);
    let rest: Vec<&[u8]> = words.collect();
    begins_so && rest.iter().any(|word| is_protocol(word))
        || rest.windows(2).any(|two| is_protocol(two[0]) && matches!(two[1], b"--" | b"-f" | b"!f"))
}
