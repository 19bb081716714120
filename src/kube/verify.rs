//! Chain names are checksums: whether each is the one that its service, protocol and endpoint give.

/// Whether a chain's name is the checksum of what the rules say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// It is: proof that name, protocol (and endpoint) belong to the chain.
    Verified,
    /// It is not.
    Contradicted,
    /// The dump does not say what it should be the checksum of.
    #[default]
    Unknown,
}

/// How many chain names are what they should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// Chains that verify.
    pub verified: u32,
    /// Chains that are contradicted.
    pub contradicted: u32,
    /// Chains about which the dump does not tell enough.
    pub unknown: u32,
}

impl Verification {
    /// Whether names can serve as witnesses: where fewer than half of those that can be recomputed verify, the dump
    /// was anonymised or written by something else.
    #[must_use]
    pub fn is_trustworthy(self) -> bool {
        self.verified > 0 && self.verified >= self.contradicted
    }
}
