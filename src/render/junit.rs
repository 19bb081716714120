//! Findings → the XML that test runners write: a test case a check, failed by what it found, skipped where it could
//! not be asked.

use super::escape::is_spelled_out;
use crate::checks::{CATALOGUE, Finding, Level};
use crate::view::Node;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Writes the checks of `asked` (all of the catalogue if it is empty) as a suite. Notes are output, no failure.
///
/// # Errors
/// Those of `out`.
pub fn write(node: &Node<'_, '_>, is_asked: &dyn Fn(&str) -> bool, out: &mut dyn Write) -> io::Result<()> {
    let checks: Vec<&str> = CATALOGUE.iter().map(|check| check.name).filter(|name| is_asked(name)).collect();
    let cases: Vec<Case<'_>> = checks.into_iter().map(|name| case(node, name)).collect();
    let failed = cases.iter().filter(|case| !case.failures.is_empty()).count();
    let skipped = cases.iter().filter(|case| case.is_skipped()).count();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    let counts = format!("tests=\"{}\" failures=\"{failed}\" skipped=\"{skipped}\" errors=\"0\"", cases.len());
    writeln!(out, "<testsuites name=\"kubenat\" {counts}>")?;
    writeln!(out, "  <testsuite name=\"kubenat check\" {counts}>")?;
    cases.iter().try_for_each(|case| case.write(node, out))?;
    writeln!(out, "  </testsuite>\n</testsuites>")
}

/// One check with what became of it.
struct Case<'n> {
    name: &'n str,
    failures: Vec<&'n Finding>,
    notes: Vec<&'n Finding>,
    reason: Option<&'n str>,
}

fn case<'n>(node: &'n Node<'_, '_>, name: &'n str) -> Case<'n> {
    let own = node.report.findings.iter().filter(|finding| finding.check == name);
    let (notes, failures) = own.partition(|finding| finding.level == Level::Info);
    let reason = node.report.not_evaluated.iter().find(|each| each.check == name).map(|each| each.reason.as_str());
    Case { name, failures, notes, reason }
}

impl Case<'_> {
    fn is_skipped(&self) -> bool {
        self.reason.is_some() && self.failures.is_empty() && self.notes.is_empty()
    }

    fn write(&self, node: &Node<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "    <testcase classname=\"kubenat\" name=\"{}\"", escaped(self.name))?;
        if self.failures.is_empty() && self.notes.is_empty() && self.reason.is_none() {
            return writeln!(out, "/>");
        }
        writeln!(out, ">")?;
        for finding in &self.failures {
            let title = format!("{}: {}", finding.subject, finding.message);
            writeln!(out, "      <failure type=\"{}\" message=\"{}\">", finding.level, escaped(&title))?;
            writeln!(out, "{}</failure>", escaped(&told(node, finding)))?;
        }
        if let Some(reason) = self.reason.filter(|_| self.is_skipped()) {
            writeln!(out, "      <skipped message=\"{}\"/>", escaped(reason))?;
        }
        if !self.notes.is_empty() {
            let notes: Vec<String> = self.notes.iter().map(|finding| told(node, finding)).collect();
            writeln!(out, "      <system-out>{}</system-out>", escaped(&notes.join("\n")))?;
        }
        writeln!(out, "    </testcase>")
    }
}

/// A finding in lines of plain text.
fn told(node: &Node<'_, '_>, finding: &Finding) -> String {
    let mut text = String::new();
    let first = (&finding.subject, &finding.message, &finding.evidence);
    let also = finding.also.iter().map(|more| (&more.subject, &more.message, &more.evidence));
    for (subject, message, evidence) in std::iter::once(first).chain(also) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{subject}: {message}");
        for place in evidence.iter().filter_map(|each| node.sources.place(each.span)) {
            let _ = writeln!(text, "  {}:{}:{}: {}", place.file, place.line, place.column, place.text);
        }
    }
    let _ = writeln!(text, "{}\n{}", finding.effect, finding.remedy);
    text
}

/// Text as XML takes it: characters it forbids become U+FFFD, those a terminal would obey are spelled out.
fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\n' | '\t' => xml.push(letter),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => xml.push('\u{fffd}'),
            _ if is_spelled_out(letter) => {
                // Writing to a string cannot fail.
                let _ = write!(xml, "&#x{:x};", u32::from(letter));
            }
            _ => xml.push(letter),
        }
    }
    xml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_forbids_never_comes_through() {
        assert_eq!(escaped("a<b>&\"\u{1b}[31m"), "a&lt;b&gt;&amp;&quot;\u{fffd}[31m");
        assert_eq!(escaped("\u{9b}\u{202e}é"), "&#x9b;&#x202e;é");
    }
}
