//! Services with Local policy that have no pod on this node.

use super::context::Context;
use crate::kube::{Block, BlockReason, Capture, Role, ServicePort};
use crate::ruleset::{RuleId, Table};

/// The rule of the filter table that drops what comes to an address, since no pod is here (1.25 and later).
pub(super) fn dropped<'a>(capture: &'a Capture<'_>) -> Option<&'a Block> {
    capture.blocks.iter().find(|block| block.drops && block.reason == BlockReason::NoLocalEndpoints)
}

/// The rule of KUBE-XLB or KUBE-SVL that marks for dropping what comes to a service, since no pod is here (up to 1.24).
pub(super) fn marked(cx: &Context<'_, '_>, table: &Table<'_>, service: &ServicePort<'_>) -> Option<RuleId> {
    let drops = service.chains.iter().flat_map(|own| cx.proxy.chain(own.id).drops.iter().copied());
    drops.into_iter().find(|&rule| {
        let says = |text: &bstr::BStr| matches!(Role::of(text), Role::NoLocalEndpoints(_));
        table.matches(table.rule(rule)).iter().any(|each| each.comment().is_some_and(|text| says(&text)))
    })
}
