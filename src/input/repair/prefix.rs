//! What logs, mails and grep put in front of lines. Each kind has its own look; it is stripped from every line that
//! has it once enough of them hold output of iptables behind it.

use super::form::{convinces, is_list_head, is_list_row, is_output, is_save, lines};
use super::rewrite::Rewrite;
use super::{Mended, counted};
use bstr::ByteSlice;

/// One kind of prefix.
struct Kind {
    /// What to call it, with the first one found in its place.
    name: &'static str,
    /// Its length at the start of a line.
    length: fn(&[u8]) -> Option<usize>,
    /// Whether it goes only from lines that hold output behind it, since prose may look the same.
    wary: bool,
}

const KINDS: &[Kind] = &[
    Kind { name: "the quote mark", length: quote, wary: false },
    Kind { name: "the container log's prefix", length: container, wary: false },
    Kind { name: "the klog prefix", length: klog, wary: false },
    Kind { name: "the syslog prefix", length: syslog, wary: false },
    Kind { name: "the time", length: time, wary: false },
    Kind { name: "the prefix", length: bracketed, wary: true },
    Kind { name: "the line number", length: number, wary: false },
    Kind { name: "the file name", length: file, wary: true },
    Kind { name: "the list mark", length: bullet, wary: true },
];

pub(super) fn mend(text: &[u8]) -> Option<Mended> {
    KINDS.iter().find_map(|kind| strip(text, kind))
}

fn strip(text: &[u8], kind: &Kind) -> Option<Mended> {
    let (mut showing, mut all) = (0, 0);
    for line in lines(text).filter(|line| !line.text.is_empty()) {
        all += 1;
        showing += usize::from(prefix(line.text, kind).is_some_and(|len| shows(&line.text[len..])));
    }
    if !convinces(showing, all) {
        return None;
    }
    let mut rewrite = Rewrite::new(text);
    let mut count = 0;
    let mut first: &[u8] = b"";
    for line in lines(text) {
        // An empty line has nothing but the prefix.
        let empty = count > 0 && line.text == first;
        let len = prefix(line.text, kind).filter(|&len| !kind.wary || shows(&line.text[len..]));
        let Some(len) = len.or(empty.then_some(first.len())) else { continue };
        rewrite.delete(line.start..line.start + len);
        if count == 0 {
            first = &line.text[..len];
        }
        count += 1;
    }
    let first = &first[..first.len().min(60)];
    let note = format!("{} `{}` was stripped from {}", kind.name, first.as_bstr(), counted(count, "line"));
    Some(Mended { repaired: rewrite.finish()?, note: Some(note) })
}

/// Length of the prefix of this kind. A healthy line has none.
fn prefix(line: &[u8], kind: &Kind) -> Option<usize> {
    if is_save(line) { None } else { (kind.length)(line) }
}

/// Output may still be indented behind the prefix, or hide behind another prefix.
fn shows(rest: &[u8]) -> bool {
    let inside = rest.trim_start();
    is_output(inside) || KINDS[..7].iter().any(|kind| (kind.length)(inside).is_some_and(|len| is_save(&inside[len..])))
}

/// `> `
fn quote(line: &[u8]) -> Option<usize> {
    let mark = line.strip_prefix(b">")?;
    // `>> command` and `>>> command` are prompts.
    (!mark.starts_with(b">")).then_some(1 + usize::from(mark.starts_with(b" ")))
}

/// `2024-01-01T00:00:00.000Z stdout F `
fn container(line: &[u8]) -> Option<usize> {
    let len = timestamp(line)?;
    let rest = &line[len..];
    let streams: [&[u8]; 4] = [b"stdout F ", b"stderr F ", b"stdout P ", b"stderr P "];
    streams.iter().find(|stream| rest.starts_with(stream)).map(|stream| len + stream.len())
}

/// `I1225 03:04:45.320763       1 proxier.go:1355] `
fn klog(line: &[u8]) -> Option<usize> {
    let rest = line.strip_prefix(b"I").or_else(|| line.strip_prefix(b"W")).or_else(|| line.strip_prefix(b"E"))?;
    let dated = rest.len() > 5 && rest[..4].iter().all(u8::is_ascii_digit) && rest[4] == b' ';
    let close = dated.then(|| line[..line.len().min(160)].find(b"] ")).flatten()?;
    Some(close + 2)
}

/// `Nov 14 11:06:11 host kube-proxy[12085]: `, or with an ISO time.
fn syslog(line: &[u8]) -> Option<usize> {
    let len = month_time(line).or_else(|| timestamp(line))?;
    let rest = &line[len..];
    let host = rest.find_byte(b' ')?;
    let tag = &rest[host + 1..rest.len().min(host + 100)];
    let end = tag.find(b": ")?;
    (host > 0 && !tag[..end].contains(&b' ')).then_some(len + host + 1 + end + 2)
}

/// `Nov 14 11:06:11 `, the day padded with a blank.
fn month_time(line: &[u8]) -> Option<usize> {
    const MONTHS: &[u8] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    let named = line.len() > 16 && MONTHS.chunks(3).any(|month| line.starts_with(month));
    let shaped = named && line[3] == b' ' && line[6] == b' ' && is_clock(&line[7..15]) && line[15] == b' ';
    shaped.then_some(16)
}

fn is_clock(text: &[u8]) -> bool {
    text.len() >= 8
        && text[..8]
            .iter()
            .enumerate()
            .all(|(at, byte)| if at % 3 == 2 { *byte == b':' } else { byte.is_ascii_digit() })
}

/// `2024-01-01T00:00:00.000Z `, `[2024-01-01 00:00:00] `, `11:06:11 `
fn time(line: &[u8]) -> Option<usize> {
    timestamp(line)
        .or_else(|| {
            let inside = line.strip_prefix(b"[")?;
            let close = inside[..inside.len().min(48)].find(b"] ")?;
            let whole = timestamp(&inside[..close]).is_some_and(|len| len == close);
            whole.then_some(close + 3)
        })
        .or_else(|| (is_clock(line) && line.get(8) == Some(&b' ')).then_some(9))
        .or_else(|| month_time(line))
}

/// Length of an ISO time with the blank behind it.
fn timestamp(line: &[u8]) -> Option<usize> {
    let date = line.get(..10)?;
    let is_date = date
        .iter()
        .enumerate()
        .all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() });
    let clock = line.get(11..)?;
    if !is_date || !matches!(line[10], b'T' | b' ') || !is_clock(clock) {
        return None;
    }
    let rest = &clock[8..];
    let zone = rest.iter().take(24).take_while(|byte| byte.is_ascii_digit() || b".,:+-Z".contains(byte)).count();
    let blank = usize::from(rest.get(zone) == Some(&b' '));
    (blank == 1 || rest.len() == zone).then_some(19 + zone + blank)
}

/// `[pod/kube-proxy-x/kube-proxy] `, `kube-proxy-1  | `
fn bracketed(line: &[u8]) -> Option<usize> {
    let head = &line[..line.len().min(128)];
    if head.starts_with(b"[") {
        return head.find(b"] ").map(|close| close + 2);
    }
    let bar = head.find(b" | ")?;
    (!head[..bar].trim_end().contains(&b' ')).then_some(bar + 3)
}

/// `12:`, `12-` of grep -n; `    12<TAB>` of `cat -n`.
fn number(line: &[u8]) -> Option<usize> {
    let start = line.iter().take(8).take_while(|&&byte| byte == b' ').count();
    let digits = line[start..].iter().take(10).take_while(|byte| byte.is_ascii_digit()).count();
    let rest = &line[start + digits..];
    match rest.first()? {
        _ if digits == 0 => None,
        b'\t' => Some(start + digits + 1),
        b':' if start == 0 => Some(digits + 1),
        // `10-0-0-1` may be a target of a listing.
        b'-' if start == 0 && is_context(&rest[1..]) => Some(digits + 1),
        // Of an editor with numbers; a listing has numbers of its own.
        b' ' => {
            let blanks = rest.iter().take_while(|&&byte| byte == b' ').count();
            is_save(&rest[blanks..]).then_some(start + digits + blanks)
        }
        _ => None,
    }
}

fn is_context(rest: &[u8]) -> bool {
    rest.is_empty() || is_save(rest) || is_list_head(rest)
}

/// `file:`, `file:12:`, `file-12-` of grep -r. The target of a listing's rule may look like it.
fn file(line: &[u8]) -> Option<usize> {
    let head = &line[..line.len().min(256)];
    let word = &head[..head.find_byteset(b" \t").unwrap_or(head.len())];
    let mut ends =
        word.iter().enumerate().filter(|&(at, byte)| at > 0 && matches!(byte, b':' | b'-')).map(|(at, _)| at);
    let at = ends.find(|&at| is_behind_file(&line[..at], line[at], &line[at + 1..]))?;
    Some(at + 1)
}

fn is_behind_file(name: &[u8], mark: u8, rest: &[u8]) -> bool {
    let path = name.contains(&b'/') || name.contains(&b'.');
    !is_digits(name) && (is_save(rest) || is_list_head(rest) || mark == b':' && path && is_list_row(rest))
}

fn is_digits(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit)
}

/// `- `, `* `, `1. ` of a list.
fn bullet(line: &[u8]) -> Option<usize> {
    let marks: [&[u8]; 3] = [b"- ", b"* ", "• ".as_bytes()];
    marks.iter().find(|mark| line.starts_with(mark)).map(|mark| mark.len())
}
