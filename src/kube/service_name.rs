//! The name of a service port as kube-proxy writes and hashes it: `namespace/name:port`.

use bstr::{BStr, ByteSlice};
use std::fmt;

/// `namespace/name:port`, `namespace/name`, or `namespace/name:`, the form of unnamed ports up to 1.18.
///
/// It is kept as it stands in the comment, since those very bytes are what chain names are hashes of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServicePortName<'src>(&'src BStr);

/// Which bytes may stand in a namespace or a name, as a table: every comment of a large node is looked at.
const IN_NAMES: [bool; 256] = {
    let mut table = [true; 256];
    let mut at = 0;
    let not = b" \t\n\x0c\r\"\\/";
    while at < not.len() {
        table[not[at] as usize] = false;
        at += 1;
    }
    table
};

impl<'src> ServicePortName<'src> {
    /// Takes `text` for a name if it has the shape of one: two words around a `/`, no blank, no quote.
    #[must_use]
    pub fn parse(text: &'src [u8]) -> Option<Self> {
        let slash = memchr::memchr(b'/', text)?;
        let rest = &text[slash + 1..];
        let is_word = |&byte: &u8| IN_NAMES[usize::from(byte)];
        let named = rest.first().is_some_and(|&first| first != b':');
        (slash > 0 && named && text[..slash].iter().all(is_word) && rest.iter().all(is_word))
            .then_some(Self(text.as_bstr()))
    }

    /// What was parsed before.
    pub(super) fn known(text: &'src BStr) -> Self {
        Self(text)
    }

    /// The text that is hashed.
    #[must_use]
    pub fn text(self) -> &'src BStr {
        self.0
    }

    fn slash(self) -> usize {
        memchr::memchr(b'/', self.0).unwrap_or_default()
    }

    /// Its namespace.
    #[must_use]
    pub fn namespace(self) -> &'src BStr {
        self.0[..self.slash()].as_bstr()
    }

    fn name_and_port(self) -> (&'src BStr, Option<&'src BStr>) {
        let rest: &'src [u8] = &self.0[self.slash() + 1..];
        match memchr::memchr(b':', rest) {
            Some(colon) => (rest[..colon].as_bstr(), Some(rest[colon + 1..].as_bstr())),
            None => (rest.as_bstr(), None),
        }
    }

    /// The service's name.
    #[must_use]
    pub fn name(self) -> &'src BStr {
        self.name_and_port().0
    }

    /// The port's name; empty for an unnamed port.
    #[must_use]
    pub fn port(self) -> &'src BStr {
        self.name_and_port().1.unwrap_or_default()
    }

    /// Whether it is an unnamed port in the form up to 1.18, with the colon kept.
    #[must_use]
    pub fn has_old_colon(self) -> bool {
        self.0.ends_with(b":")
    }

    /// The same without the old colon: two forms of one service port are equal in this.
    #[must_use]
    pub fn modern(self) -> Self {
        Self(self.0.strip_suffix(b":").map_or(self.0, ByteSlice::as_bstr))
    }
}

impl fmt::Display for ServicePortName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for ServicePortName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn parts(text: &str, expected: (&str, &str, &str)) {
        let name = ServicePortName::parse(text.as_bytes()).unwrap();
        assert_eq!(
            (name.namespace(), name.name(), name.port()),
            (expected.0.into(), expected.1.into(), expected.2.into())
        );
        assert_eq!(name.to_string(), text);
    }

    #[test]
    fn a_name_has_a_namespace_a_name_and_perhaps_a_port() {
        parts("shop/web:http", ("shop", "web", "http"));
        parts("shop/web", ("shop", "web", ""));
        parts("shop/web:", ("shop", "web", ""));
    }

    #[test]
    fn the_old_colon_of_unnamed_ports_is_remembered() {
        let old = ServicePortName::parse(b"shop/web:").unwrap();
        assert!(old.has_old_colon());
        assert_eq!(Some(old.modern()), ServicePortName::parse(b"shop/web"));
    }

    #[test]
    fn other_words_are_no_names() {
        for text in ["web", "/web", "shop/", "shop/we b", "a/b/c", "shop/:http", "a/b\\c", ""] {
            assert_eq!(ServicePortName::parse(text.as_bytes()), None, "{text}");
        }
    }
}
