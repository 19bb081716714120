//! A dump whose line ends were lost: a line is split in front of every word that only ever begins one.

use super::form::{Line, is_counters, is_policy, is_save, is_table, lines};
use super::rewrite::Rewrite;
use super::words::words;
use super::{Mended, counted};
use memchr::memmem;
use std::ops::Range;

/// A hand-written comment may talk about a rule or two.
const ENOUGH_IN_PROSE: usize = 3;

pub(super) fn mend(text: &[u8]) -> Option<Mended> {
    let mut rewrite = Rewrite::new(text);
    let mut count = 0;
    let signs = [" -A ", " COMMIT", " *", " -N ", " :"].map(memmem::Finder::new);
    for line in lines(text) {
        if signs.iter().any(|sign| sign.find(line.text).is_some()) {
            count += usize::from(split(line, &mut rewrite));
        }
    }
    let note = format!("{} held many: split where a rule or declaration begins", counted(count, "line"));
    Some(Mended { repaired: rewrite.finish()?, note: Some(note) })
}

fn split(line: Line<'_>, rewrite: &mut Rewrite<'_>) -> bool {
    let starts = starts(line.text);
    let certain = starts.iter().filter(|start| start.certain).count();
    let begins = is_save(line.text);
    // `iptables -A …; iptables -A …` is a command.
    let command = !begins && memmem::find(&line.text[..line.text.len().min(256)], b"tables -").is_some();
    let needed = if begins { 1 } else { ENOUGH_IN_PROSE };
    if certain < needed || command {
        return false;
    }
    for start in starts.iter().filter(|start| start.certain || certain >= ENOUGH_IN_PROSE) {
        // The blank becomes the line end; a second one would be an indent.
        let at = line.start + start.at;
        rewrite.replace(at - 1..at, b"\n");
    }
    true
}

/// A word, not the first, that may begin a line.
struct Start {
    at: usize,
    /// Nothing iptables prints has it inside a line.
    certain: bool,
}

/// Goes through the line with the last few words at hand.
fn starts(line: &[u8]) -> Vec<Start> {
    let mut found = Vec::new();
    let mut segment = Segment { chain: line.starts_with(b":"), words: 0, last: None };
    let mut all = words(line).peekable();
    while let Some(word) = all.next() {
        let this = &line[word.clone()];
        let next = all.peek().map(|next| &line[next.clone()]);
        let before = segment.last.clone().map(|last| &line[last]);
        let behind_blank = word.start > 0 && line[word.start - 1] == b' ';
        if let (true, Some(certain)) = (behind_blank, begins(this, next, before)) {
            let at = segment.rule_counters(line, this).unwrap_or(word.start);
            if at > 0 {
                found.push(Start { at, certain });
                segment = Segment { chain: this.starts_with(b":"), words: 0, last: None };
            }
        }
        segment.words += 1;
        segment.last = Some(word);
    }
    found
}

/// What was seen since the last start.
struct Segment {
    chain: bool,
    words: usize,
    last: Option<Range<usize>>,
}

impl Segment {
    /// The counters of a rule stand in front of its `-A`; those of a chain behind its policy, as the third word.
    fn rule_counters(&self, line: &[u8], word: &[u8]) -> Option<usize> {
        let last = self.last.clone()?;
        let its_own = is_counters(&line[last.clone()]) && !(self.chain && self.words <= 3);
        (word == b"-A" && its_own).then_some(last.start)
    }
}

/// Whether this option's value may look like anything: names, and the words of comments.
fn takes_any_value(option: &[u8]) -> bool {
    const NAMED: [&[u8]; 7] =
        [b"--comment", b"--log-prefix", b"--nflog-prefix", b"--string", b"--name", b"--hashlimit-name", b"--match-set"];
    matches!(option, [b'-', letter] if letter.is_ascii_alphabetic()) || NAMED.contains(&option)
}

/// Whether `word` begins a line: surely, perhaps, or (`None`) not.
fn begins(word: &[u8], next: Option<&[u8]>, before: Option<&[u8]>) -> Option<bool> {
    let value = before.is_some_and(takes_any_value);
    match (word, next) {
        _ if value => None,
        (b"-A" | b"-N" | b"-P", Some(name)) if !name.starts_with(b"-") => Some(true),
        (b"COMMIT", _) | (b"#", Some(b"Generated" | b"Completed" | b"Warning:")) => Some(true),
        (b"#", Some(_)) => Some(false),
        ([b':', _, ..], Some(policy)) if is_policy(policy) => Some(true),
        ([b'*', ..], _) if is_table(word) => Some(true),
        _ => None,
    }
}
