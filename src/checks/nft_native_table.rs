//! Tables that iptables cannot show, since nft has put rules of its own into them.

use super::check::{Check, Level, Proof, Question};
use super::context::Input;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::syntax::RemarkKind;

pub(super) static CHECK: Check = Check {
    name: "nft-native-table",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "iptables cannot show a table because nft has put rules of its own into it",
    page: include_str!("nft_native_table.md"),
    needs: Needs::NOTHING,
    question: Question::Input(check),
};

fn check(input: &Input<'_, '_>, found: &mut Findings) {
    for remark in &input.parsed.remarks {
        let (name, message, label) = match remark.kind {
            RemarkKind::IncompatibleTable(name) => (
                name,
                "it is missing from the dump: it holds rules that only nft can show",
                "the whole table is missing",
            ),
            RemarkKind::IncompatibleChains(name) => (
                name,
                "the dump does not show all of it: nft has added base chains",
                "chains of nft's own are not shown",
            ),
            RemarkKind::LegacyTablesPresent | RemarkKind::NftListing { .. } => continue,
        };
        let finding = Finding::new(format!("the {name} table"), message, remark.span)
            .label(label)
            .effect(
                "What the kernel does with a packet in this table cannot be told from this dump. kube-proxy cannot list \
                 the table either, so it may fail to write its rules.",
            )
            .remedy(format!(
                "Look at it with nft list table ip {name} (ip6 for IPv6). Move the foreign rules into a table of their own, \
                 then restart kube-proxy on this node and take a new dump."
            ));
        found.push(finding);
    }
}
