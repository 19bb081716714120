//! Values by number: each different value is kept once, and known by its place.

use std::collections::HashMap;
use std::hash::Hash;

/// Values in the order they were first met.
#[derive(Debug)]
pub(super) struct Interner<T> {
    places: HashMap<T, u32>,
    values: Vec<T>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { places: HashMap::new(), values: Vec::new() }
    }
}

impl<T: Clone + Eq + Hash> Interner<T> {
    /// The number of `value`, a new one if it was not met before.
    pub(super) fn add(&mut self, value: T) -> u32 {
        if let Some(&place) = self.places.get(&value) {
            return place;
        }
        let place = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.places.insert(value.clone(), place);
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
