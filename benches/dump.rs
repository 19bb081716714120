//! Writes a generated dump to standard output: `cargo bench --bench dump -- SERVICES ENDPOINTS [SEED]`.

mod generator;

use generator::{Size, save};
use std::io::Write;

fn main() -> std::io::Result<()> {
    let numbers: Vec<u32> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let (services, endpoints, seed) = match numbers.as_slice() {
        [services, endpoints, seed, ..] => (*services, *endpoints, u64::from(*seed)),
        [services, endpoints] => (*services, *endpoints, 1),
        _ => (10, 3, 1),
    };
    let dump = save(Size { services, endpoints, with_comments: true, seed });
    std::io::stdout().write_all(dump.as_bytes())
}
