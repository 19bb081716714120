//! Text with a tone: what every block of a document is made of.

use bstr::{BStr, BString};
use std::borrow::Cow;

/// What a phrase means for the reader. Never the only carrier of that meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Nothing special.
    #[default]
    Plain,
    /// Broken.
    Bad,
    /// Worth a look.
    Warn,
    /// Proven right.
    Good,
    /// Background: chain names, line numbers.
    Dim,
    /// What the block is about.
    Strong,
    /// To be typed, or quoted from a dump.
    Code,
}

impl Tone {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [Self::Plain, Self::Bad, Self::Warn, Self::Good, Self::Dim, Self::Strong, Self::Code];
}

/// A run of text with one tone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phrase {
    /// The text as it came, hostile or not; a line feed in it is a character to be shown, not a new line.
    pub text: BString,
    /// What it means.
    pub tone: Tone,
}

/// Phrases in a row, with nothing between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The phrases.
    pub phrases: Vec<Phrase>,
}

impl Text {
    /// This text, and then `more`.
    #[must_use]
    pub fn and(mut self, more: impl Into<Text>) -> Self {
        self.phrases.extend(more.into().phrases);
        self
    }

    /// Whether there is no character in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.phrases.iter().all(|phrase| phrase.text.is_empty())
    }
}

impl Phrase {
    /// `text` with `tone`.
    #[must_use]
    pub fn new(text: impl Into<BString>, tone: Tone) -> Self {
        Self { text: text.into(), tone }
    }

    /// This phrase, and then `more`.
    #[must_use]
    pub fn and(self, more: impl Into<Text>) -> Text {
        Text::from(self).and(more)
    }
}

/// `text` with no tone.
#[must_use]
pub fn plain(text: impl Into<BString>) -> Phrase {
    Phrase::new(text, Tone::Plain)
}

/// `text` about something broken.
#[must_use]
pub fn bad(text: impl Into<BString>) -> Phrase {
    Phrase::new(text, Tone::Bad)
}

/// `text` about something worth a look.
#[must_use]
pub fn warn(text: impl Into<BString>) -> Phrase {
    Phrase::new(text, Tone::Warn)
}

/// `text` about something proven right.
#[must_use]
pub fn good(text: impl Into<BString>) -> Phrase {
    Phrase::new(text, Tone::Good)
}

/// `text` in the background.
#[must_use]
pub fn dim(text: impl Into<BString>) -> Phrase {
    Phrase::new(text, Tone::Dim)
}

/// `text` that the block is about.
#[must_use]
pub fn strong(text: impl Into<BString>) -> Phrase {
    Phrase::new(text, Tone::Strong)
}

/// `text` to be typed, or quoted.
#[must_use]
pub fn code(text: impl Into<BString>) -> Phrase {
    Phrase::new(text, Tone::Code)
}

impl From<Phrase> for Text {
    fn from(phrase: Phrase) -> Self {
        Self { phrases: vec![phrase] }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        plain(text).into()
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        plain(text).into()
    }
}

impl From<&BStr> for Text {
    fn from(text: &BStr) -> Self {
        plain(text).into()
    }
}

impl From<BString> for Text {
    fn from(text: BString) -> Self {
        plain(text).into()
    }
}

impl From<Cow<'_, str>> for Text {
    fn from(text: Cow<'_, str>) -> Self {
        plain(text.into_owned()).into()
    }
}

impl From<Vec<Phrase>> for Text {
    fn from(phrases: Vec<Phrase>) -> Self {
        Self { phrases }
    }
}

impl<const N: usize> From<[Phrase; N]> for Text {
    fn from(phrases: [Phrase; N]) -> Self {
        Self { phrases: phrases.into() }
    }
}

impl FromIterator<Phrase> for Text {
    fn from_iter<I: IntoIterator<Item = Phrase>>(phrases: I) -> Self {
        Self { phrases: phrases.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_joined_with_and() {
        let text = bad("✗").and(" one pod gets ").and(strong("66.67 %"));
        assert_eq!(text, Text::from([bad("✗"), plain(" one pod gets "), strong("66.67 %")]));
    }

    #[test]
    fn text_of_empty_phrases_is_empty() {
        assert!(Text::from("").and(dim("")).is_empty());
        assert!(!Text::from(" ").is_empty());
    }

    #[test]
    fn text_may_hold_any_bytes() {
        assert_eq!(Text::from(BStr::new(b"\xff")).phrases[0].text, b"\xff");
    }
}
