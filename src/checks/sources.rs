//! Whether a rule asks where a packet comes from.

use super::hooks::is_always_true;
use crate::ruleset::{Match, RuleId, Side, Table, Test};

/// Whether a rule takes packets whatever their source: it asks for nothing but where they go.
pub(super) fn is_for_everybody(table: &Table<'_>, rule: RuleId) -> bool {
    table.matches(table.rule(rule)).iter().all(|each| is_always_true(each) || asks_destination(each))
}

fn asks_destination(each: &Match<'_>) -> bool {
    match each.test() {
        Test::Protocol(_) | Test::Module(_) => true,
        Test::Address { side, .. }
        | Test::Host { side, .. }
        | Test::Port { side, .. }
        | Test::Multiport { side, .. }
        | Test::AddressType { side, .. } => *side == Side::Destination,
        _ => false,
    }
}
