//! Names of fields as numbers. Half of a large answer are the names of the fields of what it holds a hundred thousand
//! times; names that the [`Layout`](super::layout::Layout) knows need not be searched for letters that must be escaped.

use serde::{Serialize, Serializer};

/// A field of an endpoint or of a line of the dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Address,
    Port,
    Chain,
    Identity,
    MadeFor,
    RuleProbability,
    Threshold,
    IntendedShare,
    Share,
    Hairpin,
    Evidence,
    File,
    Line,
    Column,
    Text,
    Label,
}

/// In the order of [`Field`].
const NAMES: [&str; 16] = [
    "address",
    "port",
    "chain",
    "identity",
    "madeFor",
    "ruleProbability",
    "threshold",
    "intendedShare",
    "share",
    "hairpin",
    "evidence",
    "file",
    "line",
    "column",
    "text",
    "label",
];

/// The name of a field by its number.
pub(super) fn name(number: u8) -> &'static str {
    NAMES.get(usize::from(number)).copied().unwrap_or_default()
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*self as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_has_its_own_name() {
        for (field, expected) in [
            (Field::Address, "address"),
            (Field::MadeFor, "madeFor"),
            (Field::IntendedShare, "intendedShare"),
            (Field::Evidence, "evidence"),
            (Field::Label, "label"),
        ] {
            assert_eq!(name(field as u8), expected);
        }
    }
}
