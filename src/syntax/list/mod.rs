//! What `iptables -L` prints, one line at a time: chain headers, column headers, rules.
//!
//! A listing is columns and then free text, so a rule is put together from two readings: [`rule_line`] cuts the
//! columns apart by blanks (never by width, they overflow), and the text behind them becomes typed matches and the
//! options of the target. Text that cannot be turned back stays word for word. These functions know nothing of the
//! lines around theirs.

mod clause;
mod column;
mod comment;
mod conntrack;
mod header;
mod phrase;
mod place;
mod port;
mod rule;
mod service;
mod target;
mod text;
mod transport;

#[cfg(test)]
mod tests;

pub(crate) use column::{Layout, column_header, guess_layout};
pub(crate) use header::{ChainHeader, chain_header};
pub(crate) use rule::{ListedRule, rule_line};
