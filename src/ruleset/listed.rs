//! Words of a listing → options of iptables-save, for the targets whose options are kept word for word
//! (`libxt_LOG`, `libxt_CT`, `libxt_TPROXY`).

use bstr::{BStr, ByteSlice};
use std::borrow::Cow;

/// The options as iptables-save writes them: as they stand, or what `options` makes of the words of a listing. Words of
/// another version stay as they are.
pub(super) fn as_options(words: &BStr, options: fn(&BStr) -> Option<Vec<u8>>) -> Cow<'_, [u8]> {
    if words.is_empty() || words.starts_with(b"-") {
        return Cow::Borrowed(words);
    }
    options(words).map_or(Cow::Borrowed(words), Cow::Owned)
}

/// Names of levels (`-L` without `-n`), by number.
const LEVELS: [&str; 8] = ["emerg", "alert", "crit", "error", "warning", "notice", "info", "debug"];

/// The level that iptables-save leaves out.
const USUAL_LEVEL: usize = 4;

/// What `flags N` stands for, lowest bit first: the option, and its word in a listing without `-n`.
const LOG_FLAGS: [(&str, &str); 4] = [
    ("--log-tcp-sequence", "tcp-sequence"),
    ("--log-tcp-options", "tcp-options"),
    ("--log-ip-options", "ip-options"),
    ("--log-uid", "uid"),
];

/// The bit and the option of `macdecode`, which stands apart.
const MAC_DECODE: (u32, &str) = (0x20, "--log-macdecode");

/// `flags 0 level 4 prefix "x: "`, `level warning tcp-options prefix "x: "`.
pub(super) fn log_options(words: &BStr) -> Option<Vec<u8>> {
    let words = words.as_bytes();
    let begin = words.find(b"prefix \"");
    let plain = &words[..begin.unwrap_or(words.len())];
    let prefix = begin.map(|at| &words[at + b"prefix ".len()..]);
    let (mut level, mut flags) = (USUAL_LEVEL, 0_u32);
    let mut rest = plain.fields();
    while let Some(word) = rest.next() {
        match word {
            b"flags" => flags = rest.next()?.to_str().ok()?.parse().ok()?,
            b"level" => level = level_of(rest.next()?.to_str().ok()?)?,
            b"macdecode" => flags |= MAC_DECODE.0,
            other => flags |= 1 << LOG_FLAGS.iter().position(|(_, word)| word.as_bytes() == other)?,
        }
    }
    let mut options: Vec<Vec<u8>> = Vec::new();
    options.extend(prefix.map(|prefix| [b"--log-prefix ".as_slice(), prefix].concat()));
    options.extend((level != USUAL_LEVEL).then(|| format!("--log-level {level}").into_bytes()));
    let set = (0..).zip(LOG_FLAGS).filter(|(bit, _)| flags & 1 << bit != 0);
    options.extend(set.map(|(_, (option, _))| option.into()));
    options.extend((flags & MAC_DECODE.0 != 0).then(|| MAC_DECODE.1.into()));
    Some(options.join(b" ".as_slice()))
}

fn level_of(word: &str) -> Option<usize> {
    let named = LEVELS.iter().position(|level| *level == word);
    named.or_else(|| word.parse().ok().filter(|level| *level < LEVELS.len()))
}

/// `helper ftp`, `ctevents new,destroy zone 3`: each word and its value.
pub(super) fn ct_options(words: &BStr) -> Option<Vec<u8>> {
    const WITH_VALUE: [&str; 7] = ["helper", "ctevents", "expevents", "timeout", "zone", "zone-orig", "zone-reply"];
    let mut options: Vec<Vec<u8>> = Vec::new();
    let mut rest = words.fields();
    while let Some(word) = rest.next() {
        WITH_VALUE.iter().find(|known| known.as_bytes() == word)?;
        options.push([b"--", word, b" ", rest.next()?].concat());
    }
    Some(options.join(b" ".as_slice()))
}

/// `redirect ADDRESS:PORT mark VALUE/MASK`.
pub(super) fn tproxy_options(words: &BStr) -> Option<Vec<u8>> {
    let words: Vec<&[u8]> = words.fields().collect();
    let [b"redirect", place, b"mark", mark] = words[..] else { return None };
    let colon = place.rfind_byte(b':')?;
    let (address, port) = (&place[..colon], &place[colon + 1..]);
    let address = address.strip_prefix(b"[").and_then(|inner| inner.strip_suffix(b"]")).unwrap_or(address);
    Some([b"--on-port ", port, b" --on-ip ", address, b" --tproxy-mark ", mark].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn becomes(options: fn(&BStr) -> Option<Vec<u8>>, words: &str, expected: &str) {
        assert_eq!(as_options(words.into(), options).as_bstr(), expected, "{words}");
    }

    #[test]
    fn a_log_has_a_prefix_a_level_and_flags() {
        becomes(log_options, r#"flags 0 level 4 prefix "x: ""#, r#"--log-prefix "x: ""#);
        becomes(log_options, "flags 0 level 4", "");
        becomes(
            log_options,
            r#"flags 43 level 6 prefix "level 1""#,
            r#"--log-prefix "level 1" --log-level 6 --log-tcp-sequence --log-tcp-options --log-uid --log-macdecode"#,
        );
        becomes(log_options, "level debug tcp-options ip-options", "--log-level 7 --log-tcp-options --log-ip-options");
        becomes(log_options, "--log-prefix x", "--log-prefix x");
        becomes(log_options, "level unheard-of", "level unheard-of");
    }

    #[test]
    fn each_word_of_ct_is_an_option() {
        becomes(ct_options, "ctevents new,destroy zone 3", "--ctevents new,destroy --zone 3");
        becomes(ct_options, "helper ftp", "--helper ftp");
        becomes(ct_options, "zone", "zone");
    }

    #[test]
    fn tproxy_names_a_port_an_address_and_a_mark() {
        becomes(
            tproxy_options,
            "redirect 10.0.0.1:80 mark 0x1/0x1",
            "--on-port 80 --on-ip 10.0.0.1 --tproxy-mark 0x1/0x1",
        );
        becomes(tproxy_options, "redirect [::1]:80 mark 0x1/0x1", "--on-port 80 --on-ip ::1 --tproxy-mark 0x1/0x1");
    }
}
