//! The columns of a listing: which ones its header names, and a rule line cut into them.
//!
//! Columns are parted by blanks, never by width: a long chain name or address moves the rest. Two of them can be empty:
//! the target, and `opt` in listings of ip6tables up to 1.8.7.

use super::header::{counters, scaled};
use super::phrase::{split, trim};
use super::place::{begins_with_place, is_ipv6_place, is_place};
use crate::ruleset::{Counters, Family, Protocol};
use crate::syntax::fault::Wanted;
use crate::syntax::word::number;

/// Which columns a listing has besides `target prot opt source destination`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    /// `num`: `--line-numbers`.
    pub(crate) is_numbered: bool,
    /// `pkts bytes`: `-v`.
    pub(crate) is_counted: bool,
    /// `in out`: `-v`.
    pub(crate) is_verbose: bool,
}

/// The columns that the line over the rules of a chain names; `None` if it is some other line.
pub(crate) fn column_header(line: &[u8]) -> Option<Layout> {
    let (mut layout, mut rest) = (Layout::default(), trim(line));
    let (mut has_target, mut has_place) = (false, false);
    // No header has more than ten words; a line of others ends at its first.
    while !rest.is_empty() {
        let (word, after) = split(rest);
        match word {
            b"num" => layout.is_numbered = true,
            b"pkts" => layout.is_counted = true,
            b"in" => layout.is_verbose = true,
            b"target" => has_target = true,
            b"source" | b"destination" => has_place = true,
            b"bytes" | b"prot" | b"opt" | b"out" => {}
            _ => return None,
        }
        rest = after;
    }
    (has_target && has_place).then_some(layout)
}

/// The columns a rule line seems to have, where no header tells.
pub(crate) fn guess_layout(line: &[u8]) -> Layout {
    let mut rest = trim(line);
    let mut numbers = 0;
    while numbers < 3 && scaled(split(rest).0).is_some() && !is_opt(split(split(rest).1).0) {
        rest = split(rest).1;
        numbers += 1;
    }
    let (is_numbered, is_counted) = (numbers % 2 == 1, numbers >= 2);
    let fields = Fields::read(rest);
    let is_third_place = || begins_with_place(split(split(fields.rest).1).1);
    let is_verbose = !begins_with_place(fields.rest) && (is_third_place() || is_counted);
    Layout { is_numbered, is_counted, is_verbose }
}

/// A rule line in columns, none of them read yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Columns<'src> {
    pub(crate) number: Option<u32>,
    pub(crate) counters: Option<Counters>,
    /// Empty where the rule has no target.
    pub(crate) target: &'src [u8],
    pub(crate) protocol: &'src [u8],
    /// Empty where the listing leaves it out.
    pub(crate) opt: &'src [u8],
    /// `in` and `out`.
    pub(crate) interfaces: Option<(&'src [u8], &'src [u8])>,
    pub(crate) source: &'src [u8],
    pub(crate) destination: &'src [u8],
    /// What stands behind the columns.
    pub(crate) text: &'src [u8],
}

/// Cuts a rule line. `family` is what the caller knows of the listing.
pub(crate) fn columns(line: &[u8], layout: Layout, family: Option<Family>) -> Result<Columns<'_>, Wanted<'_>> {
    let mut rest = trim(line);
    let mut number = None;
    if layout.is_numbered {
        (number, rest) = column(rest, "the number of a rule", self::number).map(|(value, rest)| (Some(value), rest))?;
    }
    let mut counted = None;
    if layout.is_counted {
        let (packets, after) = column(rest, "a number of packets", scaled)?;
        let (bytes, after) = column(after, "a number of bytes", scaled)?;
        (counted, rest) = (Some(counters(packets, bytes)), after);
    }
    let fields = Fields::read(rest);
    let (interfaces, places) = if layout.is_verbose {
        let (input, after) = split(fields.rest);
        let (output, after) = split(after);
        (Some((input, output)), after)
    } else {
        (None, fields.rest)
    };
    let (source, after) = split(places);
    let (destination, text) = split(after);
    if !fields.are_plausible(source, destination, family) {
        return Err(Wanted { what: "a rule: target, protocol, options, source, destination", rest });
    }
    if destination.is_empty() {
        return Err(Wanted { what: "a source and a destination", rest: places });
    }
    let Fields { target, protocol, opt, .. } = fields;
    Ok(Columns { number, counters: counted, target, protocol, opt, interfaces, source, destination, text })
}

fn column<'src, T>(
    text: &'src [u8],
    what: &'static str,
    read: impl Fn(&[u8]) -> Option<T>,
) -> Result<(T, &'src [u8]), Wanted<'src>> {
    let (word, rest) = split(text);
    read(word).map(|value| (value, rest)).ok_or(Wanted { what, rest: text })
}

/// The columns before the interfaces, and what follows them.
struct Fields<'src> {
    target: &'src [u8],
    protocol: &'src [u8],
    opt: &'src [u8],
    rest: &'src [u8],
}

impl<'src> Fields<'src> {
    /// `opt` shows where the protocol is, so it shows whether there is a target. Without it the protocol itself must be
    /// one we know.
    fn read(text: &'src [u8]) -> Self {
        let (first, behind_first) = split(text);
        let (second, behind_second) = split(behind_first);
        let (third, behind_third) = split(behind_second);
        if is_opt(second) {
            return Self { target: b"", protocol: first, opt: second, rest: behind_second };
        }
        if is_opt(third) {
            return Self { target: first, protocol: second, opt: third, rest: behind_third };
        }
        // iptables 1.8.8 glues long names to the column: `ipv6-icmp--`.
        if let Some((protocol, opt)) = glued(second) {
            return Self { target: first, protocol, opt, rest: behind_second };
        }
        if let Some((protocol, opt)) = glued(first) {
            return Self { target: b"", protocol, opt, rest: behind_first };
        }
        if !is_protocol(second) && is_protocol(first) {
            return Self { target: b"", protocol: first, opt: b"", rest: behind_first };
        }
        Self { target: first, protocol: second, opt: b"", rest: behind_second }
    }

    /// Prose must not be taken for a rule. Only listings of IPv6 leave `opt` out, so then one of the places must show
    /// that it is IPv6, unless both are addresses or the caller knows the family.
    fn are_plausible(&self, source: &[u8], destination: &[u8], family: Option<Family>) -> bool {
        !self.opt.is_empty()
            || is_ipv6_place(source)
            || is_ipv6_place(destination)
            || is_place(source) && is_place(destination)
            || family == Some(Family::Ipv6) && is_protocol(self.protocol)
    }
}

/// `--`, or `-f` and `!f` for fragments; the dashes also as a word processor sets them.
fn is_opt(word: &[u8]) -> bool {
    matches!(word, b"--" | b"-f" | b"!f" | b"\xe2\x80\x93" | b"\xe2\x80\x94")
}

fn glued(word: &[u8]) -> Option<(&[u8], &[u8])> {
    let (protocol, opt) = word.split_at_checked(word.len().checked_sub(2)?)?;
    (opt == b"--" && is_protocol(protocol)).then_some((protocol, opt))
}

fn is_protocol(word: &[u8]) -> bool {
    Protocol::from_name(word.strip_prefix(b"!").unwrap_or(word)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Layout = Layout { is_numbered: false, is_counted: false, is_verbose: false };
    const VERBOSE: Layout = Layout { is_numbered: false, is_counted: true, is_verbose: true };
    const NUMBERED: Layout = Layout { is_numbered: true, is_counted: true, is_verbose: true };

    #[test]
    fn a_header_says_which_columns_there_are() {
        for (line, expected) in [
            ("target     prot opt source               destination         ", Some(PLAIN)),
            ("target prot opt source destination", Some(PLAIN)),
            ("num  target     prot opt source destination", Some(Layout { is_numbered: true, ..PLAIN })),
            (" pkts bytes target     prot opt in     out     source               destination", Some(VERBOSE)),
            ("num   pkts bytes target     prot opt in     out     source      destination", Some(NUMBERED)),
            ("target     all  --  anywhere             anywhere", None),
            ("", None),
        ] {
            assert_eq!(column_header(line.as_bytes()), expected, "{line}");
        }
    }

    #[track_caller]
    fn cuts(line: &str, layout: Layout, expected: [&str; 8]) {
        let columns = columns(line.as_bytes(), layout, None).unwrap();
        let (input, output) = columns.interfaces.unwrap_or_default();
        let Columns { target, protocol, opt, source, destination, text, .. } = columns;
        let found = [target, protocol, opt, input, output, source, destination, text];
        assert_eq!(found.map(|part| std::str::from_utf8(part).unwrap()), expected, "{line}");
        assert_eq!(guess_layout(line.as_bytes()), layout, "{line}");
    }

    #[test]
    fn columns_are_parted_by_blanks_whatever_their_width() {
        cuts(
            "KUBE-SVC-TCOU7JCQXEZGVUNU  tcp  --  0.0.0.0/0            10.96.0.10           tcp dpt:80",
            PLAIN,
            ["KUBE-SVC-TCOU7JCQXEZGVUNU", "tcp", "--", "", "", "0.0.0.0/0", "10.96.0.10", "tcp dpt:80"],
        );
        cuts("A all -- anywhere anywhere", PLAIN, ["A", "all", "--", "", "", "anywhere", "anywhere", ""]);
        cuts(
            "1        0     0 RETURN    !6    --  *      !eth0  !10.0.0.0/8          !10.1.2.3            ",
            NUMBERED,
            ["RETURN", "!6", "--", "*", "!eth0", "!10.0.0.0/8", "!10.1.2.3", ""],
        );
    }

    #[test]
    fn a_target_may_be_missing() {
        cuts(
            "           tcp  --  0.0.0.0/0            0.0.0.0/0           ",
            PLAIN,
            ["", "tcp", "--", "", "", "0.0.0.0/0", "0.0.0.0/0", ""],
        );
        cuts(
            "  100K  150M            6    --  *      *       0.0.0.0/0            0.0.0.0/0            x",
            VERBOSE,
            ["", "6", "--", "*", "*", "0.0.0.0/0", "0.0.0.0/0", "x"],
        );
        cuts("12 0 0 0 -- * * ::/0 ::/0 eui64", NUMBERED, ["", "0", "--", "*", "*", "::/0", "::/0", "eui64"]);
    }

    #[test]
    fn old_listings_of_ipv6_have_no_opt() {
        cuts(
            "KUBE-MARK-MASQ  tcp     !fd00:2::/64  fd00:1::10    tcp dpt:80",
            PLAIN,
            ["KUBE-MARK-MASQ", "tcp", "", "", "", "!fd00:2::/64", "fd00:1::10", "tcp dpt:80"],
        );
        cuts("           all      anywhere node-1 x", PLAIN, ["", "all", "", "", "", "anywhere", "node-1", "x"]);
        cuts(
            "    0     0 DROP       all      lo     *       ::/0                 ::/0",
            VERBOSE,
            ["DROP", "all", "", "lo", "*", "::/0", "::/0", ""],
        );
        cuts(
            "    0     0            esp      any    any     anywhere anywhere",
            VERBOSE,
            ["", "esp", "", "any", "any", "anywhere", "anywhere", ""],
        );
    }

    #[test]
    fn a_long_protocol_may_be_glued_to_opt() {
        cuts(
            "ACCEPT     ipv6-icmp--  anywhere  anywhere",
            PLAIN,
            ["ACCEPT", "ipv6-icmp", "--", "", "", "anywhere", "anywhere", ""],
        );
        cuts("           !ipv6-icmp--  ::/0  ::/0", PLAIN, ["", "!ipv6-icmp", "--", "", "", "::/0", "::/0", ""]);
    }

    #[test]
    fn prose_is_no_rule() {
        for line in [
            "- three pods are left to choose from here, so the first rule takes 1/3 = 0.3333",
            "- the third rule takes what remains: 1",
            "allow tcp from 10.0.0.0/8 please",
            "A",
            "",
        ] {
            assert_eq!(
                columns(line.as_bytes(), PLAIN, None).map_err(|wanted| wanted.what),
                Err("a rule: target, protocol, options, source, destination"),
                "{line}"
            );
        }
    }

    #[test]
    fn a_line_that_was_cut_off_says_what_it_lacks() {
        for (line, layout, what, rest) in [
            ("x  0 0 A all -- * * ::/0 ::/0", NUMBERED, "the number of a rule", "x  0 0 A all -- * * ::/0 ::/0"),
            ("1 2", NUMBERED, "a number of bytes", ""),
            ("1 99999999999999999999 3", NUMBERED, "a number of packets", "99999999999999999999 3"),
            ("A tcp -- anywhere", PLAIN, "a source and a destination", "anywhere"),
        ] {
            let expected = Wanted { what, rest: rest.as_bytes() };
            assert_eq!(columns(line.as_bytes(), layout, None), Err(expected), "{line}");
        }
    }
}
