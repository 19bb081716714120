//! Answers → what the reader gets. Documents are shown on terminals.
//!
//! Text from a dump passes [`escape`] on its way out, always. Renderers always style; the [`stream`] strips.

pub mod escape;
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
