//! Values by number: each different value is kept once, and known by its place.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// A map whose keys nobody outside chooses freely: numbers and states of a walk.
pub(super) type FastMap<K, V> = HashMap<K, V, BuildHasherDefault<Fast>>;

/// Multiplies and rotates, a word at a time: many times faster than the default on keys of a few words.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fast(u64);

impl Fast {
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for Fast {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.mix(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, word: u8) {
        self.mix(word.into());
    }

    fn write_u16(&mut self, word: u16) {
        self.mix(word.into());
    }

    fn write_u32(&mut self, word: u32) {
        self.mix(word.into());
    }

    fn write_u64(&mut self, word: u64) {
        self.mix(word);
    }

    fn write_usize(&mut self, word: usize) {
        self.mix(word as u64);
    }
}

/// Values in the order they were first met.
#[derive(Debug)]
pub(super) struct Interner<T> {
    places: FastMap<T, u32>,
    values: Vec<T>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { places: FastMap::default(), values: Vec::new() }
    }
}

impl<T: Clone + Eq + Hash> Interner<T> {
    /// The number of `value`, a new one if it was not met before.
    pub(super) fn add(&mut self, value: T) -> u32 {
        if let Some(&place) = self.places.get(&value) {
            return place;
        }
        let place = self.push(value.clone());
        self.places.insert(value, place);
        place
    }

    /// A number of its own for `value`, which is not looked for and will not be found.
    pub(super) fn push(&mut self, value: T) -> u32 {
        let place = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(value);
        place
    }

    /// The number of `value`, if it was met.
    pub(super) fn find(&self, value: &T) -> Option<u32> {
        self.places.get(value).copied()
    }

    /// The value of that number, which must come from [`Self::add`].
    pub(super) fn value(&self, place: u32) -> &T {
        &self.values[place as usize]
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_one_number() {
        let mut words = Interner::default();
        assert_eq!((words.add("a"), words.add("b"), words.add("a")), (0, 1, 0));
        assert_eq!((*words.value(1), words.find(&"c"), words.len()), ("b", None, 2));
    }
}
