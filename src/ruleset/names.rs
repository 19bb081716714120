//! Chains by name. Tables of large nodes have a hundred thousand, so that where a name lies in memory is what counts.

use super::ChainId;
use bstr::BStr;
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// iptables allows 28 bytes (`XT_EXTENSION_MAXNAMELEN` with its NUL is 29); names of that size lie in the map itself,
/// so that to compare them the text need not be fetched.
const SHORT: usize = 28;

/// The chains of one table by name. Of two with one name the first counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChainNames<'src> {
    short: HashMap<[u8; SHORT], ChainId, RandomState>,
    long: HashMap<&'src BStr, ChainId, RandomState>,
}

impl<'src> ChainNames<'src> {
    /// An empty map with room for so many chains.
    pub(crate) fn with_capacity(chains: usize) -> Self {
        let short = HashMap::with_capacity_and_hasher(chains, RandomState::default());
        Self { short, long: HashMap::default() }
    }

    /// Makes room for so many more chains.
    pub(crate) fn reserve(&mut self, chains: usize) {
        self.short.reserve(chains);
    }

    /// The chain of that name.
    pub(crate) fn get(&self, name: &BStr) -> Option<ChainId> {
        match padded(name) {
            Some(name) => self.short.get(&name).copied(),
            None => self.long.get(name).copied(),
        }
    }

    /// The chain of that name; `next`, which then has it, if there was none.
    pub(crate) fn get_or_insert(&mut self, name: &'src BStr, next: ChainId) -> ChainId {
        match padded(name) {
            Some(name) => *self.short.entry(name).or_insert(next),
            None => *self.long.entry(name).or_insert(next),
        }
    }
}

/// The name filled up with NUL; `None` for one that is longer, or that ends in NUL itself.
fn padded(name: &[u8]) -> Option<[u8; SHORT]> {
    let mut padded = [0; SHORT];
    padded.get_mut(..name.len())?.copy_from_slice(name);
    (name.last() != Some(&0)).then_some(padded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_length_are_kept_apart() {
        let long = "L".repeat(28);
        let longer = "L".repeat(29);
        let all = ["", "A", "A\0", "A\0\0", "AB", &long, &longer];
        let mut chains = ChainNames::with_capacity(2);
        for (at, name) in (0..).zip(all) {
            assert_eq!(chains.get(name.into()), None, "{name:?}");
            assert_eq!(chains.get_or_insert(name.into(), ChainId(at)), ChainId(at), "{name:?}");
        }
        for (at, name) in (0..).zip(all) {
            assert_eq!(chains.get(name.into()), Some(ChainId(at)), "{name:?}");
            assert_eq!(chains.get_or_insert(name.into(), ChainId(99)), ChainId(at), "{name:?}");
        }
    }
}
