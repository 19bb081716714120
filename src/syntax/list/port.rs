//! Ports in figures, or by the names of /etc/services.

use super::service::port_of;
use crate::ruleset::PortRange;
use crate::syntax::word::{number, ports};
use memchr::memchr;

/// Ports, and whether a name stood for one of them.
pub(crate) type Named<T> = (T, bool);

/// `80`, `1:1024`, `http`, `ftp-data:ssh`; nothing for a name we do not know.
pub(crate) fn port_range(word: &[u8]) -> Option<Named<PortRange>> {
    if let Some(range) = ports(word, b':') {
        return Some((range, false));
    }
    let (first, last) = memchr(b':', word).map_or((word, word), |at| (&word[..at], &word[at + 1..]));
    Some((PortRange { first: port(first)?, last: port(last)? }, true))
}

/// `80,443,8000:8010` or `http,https`.
pub(crate) fn port_list(word: &[u8]) -> Option<Named<Box<[PortRange]>>> {
    let mut is_named = false;
    let ranges = word.split(|&byte| byte == b',').map(|part| {
        let (range, named) = port_range(part)?;
        is_named |= named;
        Some(range)
    });
    let ranges = ranges.collect::<Option<_>>()?;
    Some((ranges, is_named))
}

fn port(word: &[u8]) -> Option<u16> {
    number(word).or_else(|| port_of(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_figures_or_names_of_services() {
        let range = |first, last| PortRange { first, last };
        for (word, expected) in [
            ("80", Some((range(80, 80), false))),
            ("1:1024", Some((range(1, 1024), false))),
            ("http", Some((range(80, 80), true))),
            ("ftp-data:ssh", Some((range(20, 22), true))),
            ("domain:1024", Some((range(53, 1024), true))),
            ("frobnicate", None),
            ("70000", None),
            ("", None),
        ] {
            assert_eq!(port_range(word.as_bytes()), expected, "{word}");
        }
    }

    #[test]
    fn a_list_with_one_name_is_a_list_with_names() {
        let ranges = [PortRange::single(80), PortRange::single(443), PortRange { first: 8000, last: 8010 }];
        assert_eq!(port_list(b"http,443,8000:8010"), Some((ranges.into(), true)));
        assert_eq!(port_list(b"80,443,8000:8010"), Some((ranges.into(), false)));
        assert_eq!(port_list(b"80,nowhere"), None);
        assert_eq!(port_list(b"80,"), None);
    }
}
