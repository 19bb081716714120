//! What nft printed, where nothing of iptables was given: which families, and whether kube-proxy's tables are there.

use super::Node;
use crate::ruleset::Family;
use crate::source::Place;
use crate::syntax::RemarkKind;
use bstr::ByteSlice;

/// The tables of one family in an `nft list ruleset`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NftListing<'n> {
    /// Whose tables; those of `inet` are of both.
    pub family: Family,
    /// Whether kube-proxy's own tables of nftables mode are among them.
    pub of_kube_proxy: bool,
    /// The files they stand in.
    pub files: Vec<&'n str>,
}

/// Whether the text holds nft's listing of kube-proxy's tables.
#[must_use]
pub fn is_nftables_mode(node: &Node<'_, '_>) -> bool {
    let is_proof = |kind: &RemarkKind<'_>| matches!(kind, RemarkKind::NftListing { of_kube_proxy: true });
    node.parsed.remarks.iter().any(|remark| is_proof(&remark.kind))
}

/// What stands in for the rulesets of a text that has none; empty where there are rulesets.
#[must_use]
pub fn nft_listings<'n>(node: &'n Node<'_, '_>) -> Vec<NftListing<'n>> {
    let mut listings: Vec<NftListing<'n>> = Vec::new();
    if !node.parsed.rulesets.is_empty() {
        return listings;
    }
    for remark in &node.parsed.remarks {
        let RemarkKind::NftListing { of_kube_proxy } = remark.kind else { continue };
        let Some(place) = node.sources.place(remark.span) else { continue };
        for family in [Family::Ipv4, Family::Ipv6].into_iter().filter(|family| is_of(&place, *family)) {
            add(&mut listings, family, of_kube_proxy, place.file);
        }
    }
    listings
}

fn add<'n>(listings: &mut Vec<NftListing<'n>>, family: Family, of_kube_proxy: bool, file: &'n str) {
    match listings.iter_mut().find(|known| known.family == family) {
        Some(known) => {
            known.of_kube_proxy |= of_kube_proxy;
            if !known.files.contains(&file) {
                known.files.push(file);
            }
        }
        None => listings.push(NftListing { family, of_kube_proxy, files: vec![file] }),
    }
}

/// Whether the line (`table ip6 …`, or a whole document of JSON) has tables of that family.
fn is_of(place: &Place<'_>, family: Family) -> bool {
    let words: [&str; 3] = match family {
        Family::Ipv4 => ["table ip ", "table inet ", "\"family\": \"ip\""],
        Family::Ipv6 => ["table ip6 ", "table inet ", "\"family\": \"ip6\""],
    };
    words.iter().any(|word| place.text.contains_str(word))
}
