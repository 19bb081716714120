//! Snippets: a fault or a finding, with the lines of the dump it is about.

use super::Text;
use bstr::BString;

/// A message, the places it points at, and notes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippet {
    /// The first line: level, message, name of the check. The carets take the tone of its first phrase.
    pub title: Text,
    /// The places, the main one first.
    pub excerpts: Vec<Excerpt>,
    /// Set under the places, each after a `=`.
    pub notes: Vec<Text>,
}

/// How many bytes on either side of the start of the carets an excerpt keeps: more than a renderer shows.
const KEPT: usize = 1024;

/// A line of a dump, and the part of it that is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// Name of the source.
    pub file: BString,
    /// Number of the line, from 1.
    pub line: u32,
    /// Column in bytes, from 1: where the carets start.
    pub column: u32,
    /// The line left of the carets, or the end of that.
    pub before: BString,
    /// The line from the carets on, or the start of that.
    pub after: BString,
    /// How many bytes of `after` the carets cover; none still gets one caret.
    pub len: usize,
    /// Whether there is more of the line on the left.
    pub cut_left: bool,
    /// Whether there is more of the line on the right.
    pub cut_right: bool,
    /// What is to be said about this place; may be empty.
    pub label: Text,
}

impl Snippet {
    /// A message without places.
    #[must_use]
    pub fn new(title: impl Into<Text>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// The same with one more place.
    #[must_use]
    pub fn at(mut self, excerpt: Excerpt) -> Self {
        self.excerpts.push(excerpt);
        self
    }

    /// The same with one more note.
    #[must_use]
    pub fn note(mut self, note: impl Into<Text>) -> Self {
        self.notes.push(note.into());
        self
    }
}

impl Excerpt {
    /// The place `line:column` of `file`, in `whole_line`, over `len` bytes. Of a huge line only what is near the place
    /// is kept.
    #[must_use]
    pub fn new(file: impl Into<BString>, line: u32, column: u32, whole_line: &[u8], len: usize) -> Self {
        let start = (column.saturating_sub(1) as usize).min(whole_line.len());
        let (before, after) = whole_line.split_at(start);
        Self {
            file: file.into(),
            line,
            column,
            before: before[before.len().saturating_sub(KEPT)..].into(),
            after: after[..after.len().min(KEPT)].into(),
            len: len.min(after.len()),
            cut_left: before.len() > KEPT,
            cut_right: after.len() > KEPT,
            label: Text::default(),
        }
    }

    /// The same with something to say about this place.
    #[must_use]
    pub fn label(mut self, label: impl Into<Text>) -> Self {
        self.label = label.into();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_splits_its_line_where_the_carets_start() {
        let excerpt = Excerpt::new("node.save", 3, 4, b"-A KUBE-SVC -j X", 8);
        assert_eq!((excerpt.before, excerpt.after, excerpt.len), ("-A ".into(), "KUBE-SVC -j X".into(), 8));
    }

    #[test]
    fn an_excerpt_of_a_huge_line_is_small() {
        let excerpt = Excerpt::new("node.save", 1, 50_001, &vec![b'x'; 100_000], 90_000);
        assert_eq!((excerpt.before.len(), excerpt.after.len(), excerpt.len), (1024, 1024, 50_000));
        assert!(excerpt.cut_left && excerpt.cut_right);
    }

    #[test]
    fn a_column_behind_the_line_is_its_end() {
        let excerpt = Excerpt::new("node.save", 1, 9, b"ab", 4);
        assert_eq!((excerpt.before, excerpt.len), ("ab".into(), 0));
    }
}
