//! The bytes of one text, where they lie.

use memmap2::MmapMut;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// The bytes of one text. Large ones lie in pages of their own, which the system may give in larger pieces than it
/// gives the heap; behind the text there may be room left.
pub struct Text {
    held: Held,
    len: usize,
}

enum Held {
    Heap(Vec<u8>),
    Pages(MmapMut),
}

impl Text {
    /// The first `len` bytes of pages that were filled; all of them if there are fewer.
    #[must_use]
    pub fn in_pages(pages: MmapMut, len: usize) -> Self {
        Self { len: len.min(pages.len()), held: Held::Pages(pages) }
    }
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        Self { len: bytes.len(), held: Held::Heap(bytes) }
    }
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.held {
            Held::Heap(bytes) => &bytes[..self.len],
            Held::Pages(pages) => &pages[..self.len],
        }
    }
}

impl DerefMut for Text {
    fn deref_mut(&mut self) -> &mut [u8] {
        match &mut self.held {
            Held::Heap(bytes) => &mut bytes[..self.len],
            Held::Pages(pages) => &mut pages[..self.len],
        }
    }
}

impl Default for Text {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Text {}

/// Its size, not its bytes: they are a whole dump.
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.len)
    }
}
