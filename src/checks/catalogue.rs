//! All checks, in order of name.

use super::check::Check;
use std::sync::LazyLock;

/// The checks, in order of name. A new one is two files and one line here.
pub static CATALOGUE: &[&Check] = &[
    &super::bad_local_cidr::CHECK,
    &super::blocking_reference::CHECK,
    &super::canary_missing::CHECK,
    &super::cidr_without_pods::CHECK,
    &super::client_address_hidden::CHECK,
    &super::counter_verdict::CHECK,
    &super::dangling_jump::CHECK,
    &super::dnat_target_mismatch::CHECK,
    &super::dnat_to_service_address::CHECK,
    &super::duplicate_endpoint::CHECK,
    &super::duplicate_jump::CHECK,
    &super::empty_service_chain::CHECK,
    &super::endpoint_in_two_namespaces::CHECK,
    &super::endpoint_without_dnat::CHECK,
    &super::every_local_service_empty::CHECK,
    &super::field_mismatch::CHECK,
    &super::filter_not_hooked::CHECK,
    &super::flushed_nat_table::CHECK,
    &super::foreign_endpoint::CHECK,
    &super::foreign_rule::CHECK,
    &super::forward_drop::CHECK,
    &super::ghost_service::CHECK,
    &super::hidden_interfaces::CHECK,
    &super::hollow_drop_mark::CHECK,
    &super::idle_endpoint::CHECK,
    &super::incomplete_affinity::CHECK,
    &super::interceptor::CHECK,
    &super::ladder_of_another_size::CHECK,
    &super::leaking_service::CHECK,
    &super::localnet_guard_missing::CHECK,
    &super::mark_not_wired::CHECK,
    &super::masquerade_all::CHECK,
    &super::missing_endpoint::CHECK,
    &super::missing_service::CHECK,
    &super::missing_table::CHECK,
    &super::mixed_dialects::CHECK,
    &super::mode_leftovers::CHECK,
    &super::nat_filter_contradiction::CHECK,
    &super::nft_native_table::CHECK,
    &super::no_endpoints::CHECK,
    &super::no_hairpin::CHECK,
    &super::no_local_detection::CHECK,
    &super::no_local_endpoints::CHECK,
    &super::no_masquerade::CHECK,
    &super::no_random_fully::CHECK,
    &super::nodeports_not_last::CHECK,
    &super::odd_endpoint_address::CHECK,
    &super::old_proxy_leftovers::CHECK,
    &super::orphan_chain::CHECK,
    &super::other_owners::CHECK,
    &super::outlier_endpoint::CHECK,
    &super::policy_hole::CHECK,
    &super::port_collision::CHECK,
    &super::postrouting_not_hooked::CHECK,
    &super::preempted_postrouting::CHECK,
    &super::protocol_mismatch::CHECK,
    &super::reordered_endpoints::CHECK,
    &super::resolved_names::CHECK,
    &super::rounded_counters::CHECK,
    &super::service_chain_mismatch::CHECK,
    &super::services_not_hooked::CHECK,
    &super::session_affinity::CHECK,
    &super::several_captures::CHECK,
    &super::several_dnats::CHECK,
    &super::shadowed_address::CHECK,
    &super::source_ranges_unenforced::CHECK,
    &super::stale_endpoint::CHECK,
    &super::starved_endpoint::CHECK,
    &super::sync_verdict::CHECK,
    &super::truncated_dump::CHECK,
    &super::two_backends::CHECK,
    &super::unconditional_firewall_drop::CHECK,
    &super::uneven_shares::CHECK,
    &super::unknown_dialect::CHECK,
    &super::unparsed_lines::CHECK,
    &super::unreachable_rule::CHECK,
    &super::untracked_address::CHECK,
    &super::wrong_node_identity::CHECK,
];

/// The names of all checks, in order.
#[must_use]
pub fn names() -> &'static [&'static str] {
    static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| CATALOGUE.iter().map(|check| check.name).collect());
    &NAMES
}

/// The check of that name.
#[must_use]
pub fn check_named(name: &str) -> Option<&'static Check> {
    CATALOGUE.iter().copied().find(|check| check.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_stand_in_order_of_name_and_have_one_each() {
        assert!(names().is_sorted_by(|a, b| a < b), "{:?}", names());
    }

    #[test]
    fn names_are_in_kebab_case_and_summaries_are_fragments() {
        for check in CATALOGUE {
            assert!(check.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", check.name);
            assert!(!check.summary.ends_with('.') && !check.summary.is_empty(), "{}", check.name);
        }
    }
}
