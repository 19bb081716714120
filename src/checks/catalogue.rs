//! All checks, in order of name.

use super::check::Check;
use std::sync::LazyLock;

/// The checks, in order of name. A new one is two files and one line here.
pub static CATALOGUE: &[&Check] =
    &[&super::dangling_jump::CHECK, &super::empty_service_chain::CHECK, &super::services_not_hooked::CHECK];

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
