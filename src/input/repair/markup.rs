//! A web page's source: tags go, entities become characters.
//!
//! A comment may hold `&gt;` by right. So there has to be a tag, or an entity outside of quotes, or the arrow of
//! kube-proxy's endpoint comments written `-&gt;` throughout.

use super::Mended;
use super::form::lines;
use super::rewrite::Rewrite;
use super::words::{is_sealed, words};
use memchr::{memchr, memchr2, memchr2_iter, memmem};

const ENTITIES: &[(&[u8], &[u8])] = &[
    (b"&gt;", b">"),
    (b"&lt;", b"<"),
    (b"&quot;", b"\""),
    (b"&#34;", b"\""),
    (b"&#x22;", b"\""),
    (b"&#39;", b"'"),
    (b"&#x27;", b"'"),
    (b"&apos;", b"'"),
    (b"&nbsp;", b" "),
    (b"&#160;", b" "),
    (b"&amp;", b"&"),
];
const TAGS: &[&str] = &[
    "a",
    "b",
    "br",
    "code",
    "div",
    "em",
    "font",
    "html",
    "body",
    "i",
    "li",
    "ol",
    "p",
    "pre",
    "span",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "tr",
    "tt",
    "ul",
    "wbr",
    "blockquote",
    "h1",
    "h2",
    "h3",
    "head",
    "title",
];
/// Tags behind which a browser begins a new line.
const BREAKS: &[&str] = &["br", "div", "li", "p", "pre", "tr", "blockquote"];

pub(super) fn mend(text: &[u8]) -> Option<Mended> {
    memchr2(b'&', b'<', text)?;
    if !is_markup(text) {
        return None;
    }
    let mut rewrite = Rewrite::new(text);
    let (mut done, mut count) = (0, 0);
    for at in memchr2_iter(b'&', b'<', text) {
        let Some((len, with)) = (at >= done).then(|| piece(&text[at..])).flatten() else { continue };
        done = at + len;
        count += 1;
        // A break where a line ends anyway adds nothing.
        let with = if with == b"\n" && matches!(text.get(done), None | Some(b'\n' | b'\r')) { b"" } else { with };
        rewrite.replace(at..done, with);
    }
    let note = format!("tags and entities of HTML turned into plain text ({count} in all)");
    Some(Mended { repaired: rewrite.finish()?, note: Some(note) })
}

fn is_markup(text: &[u8]) -> bool {
    lines(text).any(|line| memchr2(b'&', b'<', line.text).is_some() && is_marked_up(line.text)) || has_arrows_only(text)
}

/// Whether a tag or an entity stands outside of quotes.
fn is_marked_up(line: &[u8]) -> bool {
    words(line)
        .filter(|word| !is_sealed(&line[word.clone()]))
        .any(|word| memchr2_iter(b'&', b'<', &line[word.clone()]).any(|at| piece(&line[word.start + at..]).is_some()))
}

/// kube-proxy writes `ns/name:port -> address`; a page that escaped every `>` has no other.
fn has_arrows_only(text: &[u8]) -> bool {
    memchr(b'>', text).is_none() && memmem::find_iter(text, b" -&gt; ").nth(2).is_some()
}

/// Length of the tag or entity at the start, and what comes instead.
fn piece(text: &[u8]) -> Option<(usize, &'static [u8])> {
    if text.starts_with(b"<") {
        return tag(text);
    }
    ENTITIES.iter().find(|(entity, _)| text.starts_with(entity)).map(|(entity, with)| (entity.len(), *with))
}

fn tag(text: &[u8]) -> Option<(usize, &'static [u8])> {
    let ends = |byte: &u8| matches!(byte, b'>' | b'<' | b'\n');
    let close = text[1..].iter().take(512).position(ends).map(|at| at + 1).filter(|&at| text[at] == b'>')?;
    let inside = text[1..close].strip_prefix(b"/").unwrap_or(&text[1..close]);
    let name: String =
        inside.iter().take_while(|byte| byte.is_ascii_alphanumeric()).map(|&byte| char::from(byte)).collect();
    let name = name.to_ascii_lowercase();
    let rest = &inside[name.len()..];
    if !TAGS.contains(&name.as_str()) || !matches!(rest.first(), None | Some(b' ' | b'/' | b'\t')) {
        return None;
    }
    let ends = text.get(1) == Some(&b'/') || name == "br";
    Some((close + 1, if ends && BREAKS.contains(&name.as_str()) { b"\n" } else { b"" }))
}
