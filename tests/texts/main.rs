//! Any text that people have: from the bytes of a file to rules, notes and faults. One test for each thing that text
//! with iptables rules in it may be, or may have gone through.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail, and tells its times")]

#[path = "../text/mod.rs"]
mod text;

mod captures;
mod commands;
mod damages;
mod eras;
mod faults;
mod hostile;
mod listings;
mod saves;
mod shown;
