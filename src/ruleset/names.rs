//! Chains by name. Tables of large nodes have a hundred thousand, so that where things lie in memory is what counts.

use super::{Chain, ChainId};
use bstr::BStr;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// What kube-proxy's names end in, and what tells most of them apart.
const TAIL: usize = 16;

/// kube-proxy has half a dozen of them.
const MOST_PREFIXES: usize = 16;

/// The chains of one table by name. Of two with one name the first counts. The long names of kube-proxy lie in the map,
/// so that finding one takes one look at memory that is not at hand instead of three: map, chain and text.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChainNames {
    chains: HashTable<Entry>,
    /// What stands before the last sixteen bytes of names, by number.
    prefixes: Vec<Box<[u8]>>,
    hasher: RandomState,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    key: Key,
    chain: ChainId,
}

/// A name in twenty bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    tail: [u32; 4],
    /// The number of the prefix; [`HASHED`] if `tail` is no more than a hash of the name.
    prefix: u32,
}

const HASHED: u32 = u32::MAX;

impl Key {
    fn hash(self, hasher: &RandomState) -> u64 {
        let [a, b, c, d] = self.tail.map(u64::from);
        hasher.hash_one((a << 32 | b, c << 32 | d, self.prefix))
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
        self.chains.reserve(chains, |entry| entry.key.hash(&self.hasher));
    }

    /// The chain of that name; `chains` are those that were put in.
    pub(crate) fn get(&self, name: &BStr, chains: &[Chain<'_>]) -> Option<ChainId> {
        let wanted = self.key(name);
        let found = self.chains.find(wanted.hash(&self.hasher), |entry| is(*entry, wanted, name, chains));
        found.map(|entry| entry.chain)
    }

    /// The chain of that name; `next`, which then has it, if there was none.
    pub(crate) fn get_or_insert(&mut self, name: &BStr, next: ChainId, chains: &[Chain<'_>]) -> ChainId {
        // Other programs' names may each have a prefix of their own; those of a kind end in a dash.
        if let Some((prefix, _)) = name.split_last_chunk::<TAIL>()
            && prefix.ends_with(b"-")
            && self.prefixes.len() < MOST_PREFIXES
            && self.number_of(prefix).is_none()
        {
            self.prefixes.push(prefix.into());
        }
        let wanted = self.key(name);
        let same = |entry: &Entry| is(*entry, wanted, name, chains);
        let hash = |entry: &Entry| entry.key.hash(&self.hasher);
        let new = Entry { key: wanted, chain: next };
        self.chains.entry(wanted.hash(&self.hasher), same, hash).or_insert(new).get().chain
    }

    fn key(&self, name: &BStr) -> Key {
        let whole = || {
            let hash = self.hasher.hash_one(&**name);
            #[expect(clippy::cast_possible_truncation, reason = "any bits of a hash will do")]
            Key { tail: [hash as u32, 0, 0, 0], prefix: HASHED }
        };
        let Some((prefix, tail)) = name.split_last_chunk::<TAIL>() else { return whole() };
        let Some(prefix) = self.number_of(prefix) else { return whole() };
        let word = |at: usize| u32::from_ne_bytes(std::array::from_fn(|byte| tail[4 * at + byte]));
        Key { tail: std::array::from_fn(word), prefix }
    }

    fn number_of(&self, prefix: &[u8]) -> Option<u32> {
        (0..).zip(&self.prefixes).find(|(_, known)| ***known == *prefix).map(|(number, _)| number)
    }
}

fn is(entry: Entry, wanted: Key, name: &BStr, chains: &[Chain<'_>]) -> bool {
    let is_same_name = || chains.get(entry.chain.0 as usize).is_some_and(|chain| chain.name == name);
    entry.key == wanted && (wanted.prefix != HASHED || is_same_name())
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
        let long: Vec<String> = (14..34).map(|len| "L".repeat(len)).collect();
        let prefixes: Vec<String> = (0..40).map(|at| format!("{at}-SIXTEEN-LETTERS-")).collect();
        let tails: Vec<String> = (0..40).map(|at| format!("KUBE-SVC-SIXTEEN-LETTER{at:02}")).collect();
        let short = ["", "A", "A\0", "A\0\0", "AB", "SIXTEEN-LETTERS-", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"];
        let names = [&long, &prefixes, &tails].into_iter().flatten().map(String::as_str);
        let all: Vec<_> = short.into_iter().chain(names).map(chain).collect();
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
