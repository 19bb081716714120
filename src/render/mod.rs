//! Answers → what the reader gets. Documents are shown on terminals, answers written as JSON, SARIF, `JUnit` or rules.
//!
//! Text from a dump passes [`escape`] on its way out, always. Renderers always style; the [`stream`] strips.

pub mod escape;
pub mod json;
pub mod junit;
pub mod sarif;
pub mod save;
pub mod stream;
pub mod terminal;

mod canvas;
mod columns;
mod line;
mod list;
mod snippet;
mod table;
mod theme;
mod tree;
mod wrap;
