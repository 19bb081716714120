//! What a text says besides its rules, and what each of its lines was.

use crate::source::Span;
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
    /// Lines that go on with the one before, whose comment holds a line feed.
    pub continued: usize,
}

impl Tally {
    /// All lines.
    #[must_use]
    pub fn lines(&self) -> usize {
        let plain = self.rules + self.declarations + self.comments + self.blank + self.noise + self.prose;
        plain + self.faults + self.continued
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

/// What a line beginning with `#` says about the dump.
pub(super) fn remark(text: &[u8]) -> Option<RemarkKind<'_>> {
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

/// The table in ``iptables v1.8.9 (nf_tables): table `nat' is incompatible, use 'nft' tool.``, which `-L` says.
pub(super) fn incompatible(text: &[u8]) -> Option<&[u8]> {
    let (_, rest) = text.split_once_str("): table `").filter(|_| text.starts_with(b"ip"))?;
    let (name, rest) = rest.split_once_str("'")?;
    rest.starts_with(b" is incompatible").then_some(name)
}
