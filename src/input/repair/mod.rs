//! Damaged text → the text iptables printed, as far as that can be told, and a sentence for each kind of damage.
//!
//! A chain of small steps, one file each, from the outermost damage to the innermost. Each step looks for evidence of
//! its damage first and leaves the text alone without it. What iptables itself prints is never changed.

mod ansi;
mod clean;
mod continuation;
mod diff;
mod escaped;
mod fences;
mod form;
mod indent;
#[cfg(test)]
mod laws;
mod markup;
mod one_line;
mod prefix;
mod remarks;
mod rewrite;
#[cfg(test)]
mod tests;
mod typography;
mod words;
mod wrapped;

use crate::source::Repaired;

/// What a step made of a text, and the sentence about it where the damage is not harmless.
#[derive(Debug)]
struct Mended {
    repaired: Repaired,
    note: Option<String>,
}

type Step = fn(&[u8]) -> Option<Mended>;

/// What wraps the text as a whole.
const OUTER: &[Step] = &[ansi::mend, markup::mend, escaped::mend, fences::mend];
/// What stands in front of lines; one may hide behind another.
const PREFIXES: &[Step] = &[indent::mend, prefix::mend, diff::mend];
/// What happened to the lines themselves.
const INNER: &[Step] = &[one_line::mend, typography::mend, continuation::mend, wrapped::mend, remarks::mend];
/// So many prefixes may stand one behind another: a quoted mail of an indented grep of a log.
const DEPTH: usize = 4;

/// `text` as it can be read, with a sentence for each kind of damage; `None` for undamaged text.
pub(super) fn repair(text: &[u8]) -> Option<(Repaired, Vec<String>)> {
    // Larger texts have no 32-bit offsets; the sources refuse them.
    if clean::is_clean(text) || u32::try_from(text.len()).is_err() { None } else { mended(text) }
}

/// The same by the close look alone.
fn mended(text: &[u8]) -> Option<(Repaired, Vec<String>)> {
    let mut patient = Patient { text, repaired: None, notes: Vec::new() };
    patient.take(OUTER);
    for _ in 0..DEPTH {
        if !patient.take(PREFIXES) {
            break;
        }
    }
    patient.take(INNER);
    patient.repaired.map(|repaired| (repaired, patient.notes))
}

/// The text between two steps.
struct Patient<'t> {
    text: &'t [u8],
    repaired: Option<Repaired>,
    notes: Vec<String>,
}

impl Patient<'_> {
    /// Goes through `steps`; whether one of them changed something.
    fn take(&mut self, steps: &[Step]) -> bool {
        let mut changed = false;
        for step in steps {
            let text = self.repaired.as_ref().map_or(self.text, |repaired| &repaired.text);
            if let Some(mended) = step(text) {
                self.accept(mended);
                changed = true;
            }
        }
        changed
    }

    fn accept(&mut self, mended: Mended) {
        let Repaired { text, mut origins } = mended.repaired;
        if let Some(before) = &self.repaired {
            origins = rewrite::joined(&before.origins, &origins, text.len());
        }
        self.repaired = Some(Repaired { text, origins });
        self.notes.extend(mended.note);
    }
}

/// `1 line`, `214 lines`.
fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
