//! Lines that a terminal or a mail program broke at some width: a piece that cannot begin a line is glued to the one
//! before.
//!
//! Prose between rules stays prose: a piece is glued only if the line before is unfinished, if the piece goes on with
//! options, or if the lines are broken at one and the same width.

use super::form::{Line, is_counters, is_list_head, is_list_row, is_output, is_policy, is_rule, is_save, lines};
use super::rewrite::Rewrite;
use super::words::{leaves_quote_open, words};
use super::{Mended, counted};
use bstr::ByteSlice;
use memchr::memmem;

/// Widths terminals are usually given.
const USUAL: &[usize] = &[80, 100, 120, 132, 160];
/// A break that stands alone tells nothing; this many at one width do.
const MANY: usize = 3;
/// No rule is longer than a few thousand bytes, so it never falls into more pieces.
const PIECES: usize = 64;
/// Of a longer piece only the start is looked at.
const LONGEST: usize = 4096;

pub(super) fn mend(text: &[u8]) -> Option<Mended> {
    if lines(text).all(|line| line.text.is_empty() || is_save(line.text)) {
        return None;
    }
    let breaks = Breaks::of(text);
    let mut rewrite = Rewrite::new(text);
    let mut count = 0;
    let mut whole = Whole::default();
    let mut before: Option<Line<'_>> = None;
    for line in lines(text) {
        if let Some(last) = before
            && whole.goes_on(last, line, &breaks)
        {
            let blank = breaks.parts_words(last.text, line.text);
            rewrite.replace(last.end()..line.start, if blank { b" " } else { b"" });
            whole.extend(line.text);
            count += 1;
        } else {
            whole.begin(line.text);
        }
        before = Some(line);
    }
    let note = format!("{} glued to the line before: the text had been wrapped", counted(count, "line"));
    Some(Mended { repaired: rewrite.finish()?, note: Some(note) })
}

/// Where the lines of this text are broken.
#[derive(Debug, Default)]
struct Breaks {
    /// The width of the terminal, when lines are broken at one regardless of words.
    hard: Option<usize>,
    /// No broken line is longer.
    widest: usize,
    /// Breaks that are none of a quoted line end.
    certain: usize,
}

impl Breaks {
    fn of(text: &[u8]) -> Self {
        let mut widths: Vec<usize> = Vec::new();
        let mut breaks = Self::default();
        let mut halves_a_word = false;
        let mut whole = Whole::default();
        let mut before: Option<Line<'_>> = None;
        for line in lines(text) {
            if let Some(last) = before.filter(|last| whole.kind != Kind::Other && may_continue(last.text, line.text)) {
                widths.push(width(last.text));
                // Searched for only while it matters, since it takes a look at the whole text.
                halves_a_word |= widths.len() < MANY && is_half_word(text, last.text, line.text);
                breaks.certain += usize::from(!leaves_quote_open(&whole.text) && whole.is_unfinished_before(line.text));
            } else {
                whole.begin(line.text);
            }
            before = Some(line);
        }
        breaks.widest = widths.iter().copied().max().unwrap_or(0);
        let at_widest = widths.iter().filter(|&&width| width == breaks.widest).count();
        // A terminal cuts every line there; some lines end one blank earlier when trailing blanks were lost.
        let most = at_widest > 0 && at_widest * 3 >= widths.len() * 2;
        let certain = at_widest >= MANY || USUAL.contains(&breaks.widest) || halves_a_word;
        breaks.hard = (most && certain).then_some(breaks.widest);
        breaks
    }

    /// Whether this text is broken at blanks throughout, and the next word had no room on the line.
    fn explain(&self, last: &[u8], next: &[u8]) -> bool {
        let word = next.trim_ascii_start().split_str(" ").next().unwrap_or_default();
        self.certain >= MANY && width(last) + 1 + width(word) > self.widest
    }

    /// Whether there was a blank at the break.
    fn parts_words(&self, last: &[u8], next: &[u8]) -> bool {
        // A quote that closes ends its word.
        if last.ends_with(b"\"") && !last.ends_with(b" \"") && !next.starts_with(b" ") {
            return true;
        }
        let blank_there = last.ends_with(b" ") || next.starts_with(b" ");
        let cut_hard = self.hard == Some(width(last));
        // A word processor breaks behind a hyphen inside a word.
        let hyphen = last.len() > 1 && last.ends_with(b"-") && last[last.len() - 2].is_ascii_alphanumeric();
        let hyphen = hyphen && next.first().is_some_and(u8::is_ascii_alphanumeric);
        !(blank_there || cut_hard || hyphen)
    }
}

/// Whether the last word of a line and the first of the next are one word that stands in the text elsewhere.
fn is_half_word(text: &[u8], last: &[u8], next: &[u8]) -> bool {
    let end = last.rsplit(|&byte| byte == b' ').next().unwrap_or_default();
    let start = next.split(|&byte| byte == b' ').next().unwrap_or_default();
    let word = [b" ", end, start].concat();
    // Options and numbers are too short to tell.
    !end.is_empty() && !start.is_empty() && (9..64).contains(&word.len()) && memmem::find(text, &word).is_some()
}

fn width(line: &[u8]) -> usize {
    if line.is_ascii() { line.len() } else { line.chars().count() }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    Save,
    List,
    #[default]
    Other,
}

/// The line as glued so far; of a very long one only what decides.
#[derive(Debug, Default)]
struct Whole {
    kind: Kind,
    pieces: usize,
    text: Vec<u8>,
}

impl Whole {
    fn begin(&mut self, line: &[u8]) {
        self.kind = match () {
            () if is_rule(line) || is_half_or_whole_chain(line) || is_save(line) && line.starts_with(b"#") => {
                Kind::Save
            }
            () if is_list_row(line) || is_list_head(line) => Kind::List,
            () => Kind::Other,
        };
        self.text.clear();
        self.pieces = 0;
        self.extend(line);
    }

    fn extend(&mut self, line: &[u8]) {
        self.pieces += 1;
        if self.pieces > PIECES {
            self.kind = Kind::Other;
        }
        if self.kind != Kind::Other {
            self.text.extend_from_slice(&line[..line.len().min(LONGEST)]);
            self.text.push(b' ');
        }
    }

    fn goes_on(&self, last: Line<'_>, next: Line<'_>, breaks: &Breaks) -> bool {
        if self.kind == Kind::Other || !may_continue(last.text, next.text) {
            return false;
        }
        let at_width = breaks.hard == Some(width(last.text));
        if self.kind == Kind::Save && leaves_quote_open(&self.text) {
            // A comment may hold a line end by right, so something else has to tell that this text is wrapped.
            return at_width || breaks.certain > 0;
        }
        at_width || breaks.explain(last.text, next.text) || self.is_unfinished_before(next.text)
    }

    /// Whether the text itself, apart from its width, shows that it goes on with `next`.
    fn is_unfinished_before(&self, next: &[u8]) -> bool {
        match self.kind {
            Kind::Save if self.text.starts_with(b"#") => !ends_with_year(&self.text) && ends_with_year(next),
            Kind::Save => is_option(next) || self.lacks_value() || self.is_half_chain(next),
            Kind::List => {
                self.text.ends_with(b" ! ")
                    || is_extension(next)
                    || memmem::rfind(&self.text, b"/*") > memmem::rfind(&self.text, b"*/")
            }
            Kind::Other => false,
        }
    }

    /// Whether the last word is an option, or the rule has no target yet.
    fn lacks_value(&self) -> bool {
        let is_whole = [b"-N", b"-P", b"-F", b"-X", b"-Z"].iter().any(|command| self.text.starts_with(*command));
        if is_whole || !is_rule(&self.text) {
            return false;
        }
        let (mut aimed, mut last): (bool, &[u8]) = (false, b"");
        for word in words(&self.text) {
            aimed |= matches!(last, b"-j" | b"-g");
            last = &self.text[word];
        }
        last.starts_with(b"-") && last.len() > 1 || last == b"!" || !aimed && words(&self.text).count() > 4
    }

    /// Whether a chain's declaration lacks what `next` begins with: its policy, or its counters.
    fn is_half_chain(&self, next: &[u8]) -> bool {
        let first = next.trim_ascii().split_str(" ").next().unwrap_or(b"");
        let own = words(&self.text).count();
        self.text.starts_with(b":") && (own == 1 && is_policy(first) || own == 2 && is_counters(first))
    }
}

/// `:KUBE-SVC-X`, with or without what follows it.
fn is_half_or_whole_chain(line: &[u8]) -> bool {
    line.len() > 2 && line.starts_with(b":") && words(line).count() <= 3
}

/// Headers end with one.
fn ends_with_year(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    line.len() >= 4 && line[line.len() - 4..].iter().all(u8::is_ascii_digit)
}

/// Whether the line can be a piece: no output of its own, no prompt, no separator, nothing of a shell.
fn may_continue(last: &[u8], line: &[u8]) -> bool {
    let start = line.trim_ascii_start();
    let own: [&[u8]; 8] = [b"#", b"- ", b"--", b"$ ", b"> ", b"...", b"Chain ", b"* "];
    !(start.is_empty() || is_output(start))
        && (is_option(start)
            || is_arrow(start)
            || last.ends_with(b" /") && line.starts_with(b"* ")
            || !own.iter().any(|own| start.starts_with(own)))
        && memmem::find(&line[..line.len().min(200)], b"tables").is_none()
}

/// The second half of kube-proxy's ` -> 10.0.0.1:80`.
fn is_arrow(line: &[u8]) -> bool {
    line.strip_prefix(b"> ").and_then(<[u8]>::first).is_some_and(|&byte| byte.is_ascii_digit() || byte == b'[')
}

/// `-m …`, `--dport …`, `! -s …`
fn is_option(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    let line = line.strip_prefix(b"! ").unwrap_or(line);
    match line {
        [b'-', b'-', letter, ..] => letter.is_ascii_lowercase(),
        [b'-', letter, b' ', value, ..] => letter.is_ascii_alphabetic() && *letter != b'A' && *value != b' ',
        _ => false,
    }
}

/// What extensions print behind the addresses of a listing.
fn is_extension(line: &[u8]) -> bool {
    let starts: [&[u8]; 22] = [
        b"/* ",
        b"tcp dpt",
        b"udp dpt",
        b"sctp dpt",
        b"dpt:",
        b"to:",
        b"statistic ",
        b"probability ",
        b"mode random",
        b"ADDRTYPE ",
        b"MARK ",
        b"recent: ",
        b"reject-with ",
        b"mark match",
        b"multiport ",
        b"ctstate ",
        b"state ",
        b"limit: ",
        b"match-set ",
        b"masq ports",
        b"redir ports",
        b"destination",
    ];
    let line = line.trim_ascii_start();
    starts.iter().any(|start| line.starts_with(start)) || line.ends_with(b" */")
}
