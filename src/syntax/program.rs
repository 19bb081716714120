//! What the header line of a dump tells about the program that printed it.

use crate::ruleset::{Backend, Family, Tool};
use bstr::{BStr, ByteSlice};

/// The family in a program's name; `xtables-save` is used for both.
pub(super) fn family_of(program: &BStr) -> Option<Family> {
    if program.contains_str("ip6") {
        Some(Family::Ipv6)
    } else if program.contains_str("iptables") {
        Some(Family::Ipv4)
    } else {
        None
    }
}

/// Which backend printed it. `iptables-save` of 1.8.4 to 1.8.7 can be either.
pub(super) fn backend_of(tool: &Tool<'_>, says_nft: bool) -> Backend {
    let version: Vec<u32> = tool.version.split_str(".").map(|part| super::word::number(part).unwrap_or(0)).collect();
    if says_nft || tool.program.contains_str("nft") || tool.program.contains_str("xtables") {
        Backend::Nft
    } else if tool.program.contains_str("legacy") || version < vec![1, 8, 4] || version >= vec![1, 8, 8] {
        Backend::Legacy
    } else {
        Backend::Unknown
    }
}
