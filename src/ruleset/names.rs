//! Chains by name. Tables of large nodes have a hundred thousand, so that where things lie in memory is what counts.

use super::{Chain, ChainId};
use bstr::BStr;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// The chains of one table by name. Of two with one name the first counts. The names themselves stay with the chains:
/// eight bytes a chain mostly lie in the processor's cache, and two names hardly ever have one mark.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChainNames {
    chains: HashTable<Entry>,
    hasher: RandomState,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    mark: u32,
    chain: ChainId,
}

impl Entry {
    /// The table takes one end of a hash for the place and the other to compare.
    fn hash(self) -> u64 {
        u64::from(self.mark).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

impl ChainNames {
    /// The names of these chains.
    pub(crate) fn of(chains: &[Chain<'_>]) -> Self {
        let mut names = Self::default();
        names.reserve(chains.len());
        for (at, chain) in (0..).zip(chains) {
            names.get_or_insert(chain.name, ChainId(at), chains);
        }
        names
    }

    /// Makes room for so many more chains.
    pub(crate) fn reserve(&mut self, chains: usize) {
        self.chains.reserve(chains, |entry| entry.hash());
    }

    /// The chain of that name; `chains` are those that were put in.
    pub(crate) fn get(&self, name: &BStr, chains: &[Chain<'_>]) -> Option<ChainId> {
        let wanted = self.entry(name, ChainId(0));
        self.chains.find(wanted.hash(), |entry| is(*entry, wanted, name, chains)).map(|entry| entry.chain)
    }

    /// The chain of that name; `next`, which then has it, if there was none.
    pub(crate) fn get_or_insert(&mut self, name: &BStr, next: ChainId, chains: &[Chain<'_>]) -> ChainId {
        let wanted = self.entry(name, next);
        let same = |entry: &Entry| is(*entry, wanted, name, chains);
        self.chains.entry(wanted.hash(), same, |entry| entry.hash()).or_insert(wanted).get().chain
    }

    fn entry(&self, name: &BStr, chain: ChainId) -> Entry {
        #[expect(clippy::cast_possible_truncation, reason = "any bits of a hash are a mark")]
        let mark = self.hasher.hash_one(&**name) as u32;
        Entry { mark, chain }
    }
}

fn is(entry: Entry, wanted: Entry, name: &BStr, chains: &[Chain<'_>]) -> bool {
    entry.mark == wanted.mark && chains.get(entry.chain.0 as usize).is_some_and(|chain| chain.name == name)
}

#[cfg(test)]
mod tests {
    use super::super::ChainKind;
    use super::*;
    use crate::source::Span;

    fn chain(name: &str) -> Chain<'_> {
        let kind = ChainKind::UserDefined { references: None };
        Chain { name: name.into(), kind, is_declared: true, span: Span::default(), rules: 0..0 }
    }

    #[test]
    fn names_of_any_length_are_kept_apart() {
        let long = "L".repeat(28);
        let longer = "L".repeat(29);
        let all: Vec<_> = ["", "A", "A\0", "A\0\0", "AB", &long, &longer].map(chain).into();
        let mut names = ChainNames::default();
        for (at, chain) in (0..).zip(&all) {
            assert_eq!(names.get(chain.name, &all), None, "{chain:?}");
            assert_eq!(names.get_or_insert(chain.name, ChainId(at), &all), ChainId(at), "{chain:?}");
        }
        for (at, chain) in (0..).zip(&all) {
            assert_eq!(names.get(chain.name, &all), Some(ChainId(at)), "{chain:?}");
            assert_eq!(names.get_or_insert(chain.name, ChainId(99), &all), ChainId(at), "{chain:?}");
        }
    }

    #[test]
    fn of_two_chains_with_one_name_the_first_counts() {
        let names: Vec<String> = (0..5000).map(|at| format!("CHAIN-{}", at / 2)).collect();
        let chains: Vec<_> = names.iter().map(|name| chain(name)).collect();
        let found = ChainNames::of(&chains);
        for (at, name) in (0..).zip(&names) {
            assert_eq!(found.get(name.as_str().into(), &chains), Some(ChainId(at / 2 * 2)), "{name}");
        }
    }
}
