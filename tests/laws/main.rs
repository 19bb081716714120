//! What holds for every text: it is read without a panic and in time, no line of it disappears, what iptables printed
//! is printed back byte for byte, and what is printed from parts is read as the same parts.
//!
//! `KUBENAT_FUZZ_CASES=1000000 cargo test --release --test laws` runs each property that often.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "../text/mod.rs"]
mod text;

mod any_text;
mod change;
mod damage;
mod dumps;
mod program;
mod rules;
mod seeds;

use proptest::prelude::ProptestConfig;

/// So many cases, or as many as the environment asks for.
fn cases(usual: u32) -> ProptestConfig {
    let asked = std::env::var("KUBENAT_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(usual), failure_persistence: None, ..ProptestConfig::default() }
}
