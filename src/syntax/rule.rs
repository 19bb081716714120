//! A rule in the form of iptables-save: what stands behind `-A CHAIN`.
//!
//! Takes the options in any order, since kube-proxy's own input has another one than iptables prints. An option or a
//! module we have no type for is kept word for word.

use super::fault::{Read, Wanted};
use super::module::{self, Module};
use super::target;
use super::word::{self, is_blank, skip_blanks, valued, wanted, word};
use crate::ruleset::{Counters, Match, Protocol, Side, Target, Test};
use bstr::ByteSlice;

/// Where the parts of a rule are collected.
pub(crate) struct Parts<'a, 'src> {
    /// The matches of all rules of the table; this rule's are those from `start` on.
    pub(crate) matches: &'a mut Vec<Match<'src>>,
    /// Where the matches of the module loaded last begin.
    pub(crate) start: usize,
    /// The target, once it was read.
    pub(crate) target: Option<Target<'src>>,
    /// The protocol that `-p` or the last `-m tcp` or its like named: whose `--dport` it is.
    pub(crate) transport: Option<Protocol>,
    /// The module whose options may follow.
    pub(crate) module: Module,
    /// What `-c PACKETS BYTES` among the options says, where `iptables -S -v` prints it.
    pub(crate) counters: Option<Counters>,
    /// Whether a word was read that is kept nowhere: the name of a module, a target before the last one.
    pub(crate) drops_words: bool,
}

impl<'src> Parts<'_, 'src> {
    /// Loads a module: the options that follow are its own.
    pub(crate) fn begin(&mut self, module: Module) {
        (self.module, self.start) = (module, self.matches.len());
    }

    /// Adds one match.
    pub(crate) fn push(&mut self, inverted: bool, test: Test<'src>) {
        self.matches.push(Match::new(inverted, test));
    }

    /// Sets the target; the last one counts.
    pub(crate) fn lead(&mut self, target: Target<'src>) {
        self.drops_words |= self.target.replace(target).is_some();
    }
}

/// What a rule holds besides its matches.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Options<'src> {
    /// Its target.
    pub(crate) target: Option<Target<'src>>,
    /// Counters among its options, where `iptables -S -v` prints them.
    pub(crate) counters: Option<Counters>,
    /// Whether it has words that are kept nowhere.
    pub(crate) drops_words: bool,
}

/// The options of a rule to the end of the line: matches into `matches`, and the rest of it.
pub(crate) fn options<'src>(line: &'src [u8], matches: &mut Vec<Match<'src>>) -> Result<Options<'src>, Wanted<'src>> {
    let start = matches.len();
    let (target, transport, counters) = (None, None, None);
    let mut parts = Parts { matches, start, target, transport, module: Module::Other, counters, drops_words: false };
    let mut rest = skip_blanks(line);
    while !rest.is_empty() {
        rest = match option(rest, &mut parts) {
            Ok((after, ())) => skip_blanks(after),
            Err(nom::Err::Error(wanted) | nom::Err::Failure(wanted)) => return Err(wanted),
            Err(nom::Err::Incomplete(_)) => return Err(Wanted { what: "the rest of the rule", rest }),
        };
    }
    Ok(Options { target: parts.target, counters: parts.counters, drops_words: parts.drops_words })
}

/// One option with its values. `!` may stand before it, and before its value in dumps of iptables < 1.4.3.
fn option<'src>(input: &'src [u8], parts: &mut Parts<'_, 'src>) -> Read<'src, ()> {
    // Every rule of kube-proxy has a comment.
    if let Some(rest) = input.strip_prefix(b"-m comment --comment ") {
        return module::commented(rest, parts);
    }
    let (inverted, positive) = old_bang(false, input);
    let (letter, rest) = if let [b'-', letter, b' ', rest @ ..] = skip_blanks(positive) {
        (*letter, rest)
    } else {
        let (rest, flag) = word(positive)?;
        (letter_of(flag), rest)
    };
    match letter {
        // Most of those that balance draw lots.
        b'm' => match rest.strip_prefix(b"statistic --mode random --probability ") {
            Some(rest) => module::drawn(rest, parts),
            None => module::load(input, rest, parts),
        },
        b'j' => target::jump(rest, parts),
        b'g' => target::goto(rest, parts),
        b's' => address(Side::Source, inverted, rest, parts),
        b'd' => address(Side::Destination, inverted, rest, parts),
        b'i' => interface(Side::Source, inverted, rest, parts),
        b'o' => interface(Side::Destination, inverted, rest, parts),
        b'p' => protocol(inverted, rest, parts),
        b'f' => {
            parts.push(inverted, Test::Fragment);
            Ok((rest, ()))
        }
        b'c' => counters(rest, parts),
        _ => module::option(input, parts),
    }
}

/// The letter of an option of iptables itself, also written in full as in hand-made files; 0 for options of modules.
fn letter_of(flag: &[u8]) -> u8 {
    match flag {
        [b'-', letter] => *letter,
        b"--match" => b'm',
        b"--jump" => b'j',
        b"--goto" => b'g',
        b"--source" | b"--src" => b's',
        b"--destination" | b"--dst" => b'd',
        b"--in-interface" => b'i',
        b"--out-interface" => b'o',
        b"--protocol" | b"--proto" => b'p',
        b"--fragment" => b'f',
        b"--set-counters" => b'c',
        _ => 0,
    }
}

/// `! VALUE`, as iptables < 1.4.3 printed inverted options.
pub(crate) fn old_bang(inverted: bool, rest: &[u8]) -> (bool, &[u8]) {
    match skip_blanks(rest) {
        [b'!', after @ ..] if after.first().is_none_or(|&byte| is_blank(byte)) => (!inverted, after),
        _ => (inverted, rest),
    }
}

fn address<'src>(side: Side, inverted: bool, rest: &'src [u8], parts: &mut Parts<'_, 'src>) -> Read<'src, ()> {
    let (inverted, rest) = old_bang(inverted, rest);
    let (after, name) = word(rest).map_err(|_| wanted("an address", skip_blanks(rest)))?;
    let test = match word::net(name) {
        Some(net) => Test::Address { side, net },
        None if is_host_name(name) => Test::Host { side, name },
        None => return Err(wanted("an address, or a net with a prefix or mask of its family", skip_blanks(rest))),
    };
    parts.push(inverted, test);
    Ok((after, ()))
}

/// Whether it can be a name, perhaps with a mask as in `loopback/8`: has a letter that no address has.
fn is_host_name(name: &[u8]) -> bool {
    let (name, mask) = name.split_once_str("/").unwrap_or((name, b"0"));
    let is_hex = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    let is_mask = word::number::<u8>(mask).is_some_and(|prefix| prefix <= 128) || word::address(mask).is_some();
    !name.starts_with(b"-") && !name.iter().all(is_hex) && is_mask
}

fn interface<'src>(side: Side, inverted: bool, rest: &'src [u8], parts: &mut Parts<'_, 'src>) -> Read<'src, ()> {
    let (inverted, rest) = old_bang(inverted, rest);
    let (after, name) = word(rest).map_err(|_| wanted("the name of an interface", skip_blanks(rest)))?;
    parts.push(inverted, Test::Interface { side, name });
    Ok((after, ()))
}

fn protocol<'src>(inverted: bool, rest: &'src [u8], parts: &mut Parts<'_, 'src>) -> Read<'src, ()> {
    let (inverted, rest) = old_bang(inverted, rest);
    let (after, name) = word(rest).map_err(|_| wanted("a protocol", skip_blanks(rest)))?;
    match Protocol::from_name(name) {
        Some(Protocol::ALL) if !inverted => {}
        Some(protocol) => {
            parts.transport = Some(protocol);
            parts.push(inverted, Test::Protocol(protocol));
        }
        None if name.iter().all(u8::is_ascii_digit) || name.starts_with(b"-") => {
            return Err(wanted("a protocol, by name or by a number up to 255", skip_blanks(rest)));
        }
        None => parts.push(inverted, Test::ProtocolName(name)),
    }
    Ok((after, ()))
}

/// `-c PACKETS BYTES`.
fn counters<'src>(rest: &'src [u8], parts: &mut Parts<'_, 'src>) -> Read<'src, ()> {
    let (rest, packets) = valued("a number of packets", word::number::<u64>)(rest)?;
    let (rest, bytes) = valued("a number of bytes", word::number::<u64>)(rest)?;
    parts.counters = Some(Counters { packets, bytes, rounded: false });
    Ok((rest, ()))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::ruleset::{Net, PortRange};

    #[track_caller]
    pub(in crate::syntax) fn reads(line: &str, expected: &[Match<'_>]) {
        let mut matches = Vec::new();
        let read = options(line.as_bytes(), &mut matches);
        assert!(read.is_ok(), "{line}: {read:?}");
        assert_eq!(matches, expected, "{line}");
    }

    #[track_caller]
    pub(in crate::syntax) fn faults(line: &str, what: &str, column: usize) {
        let wanted = options(line.as_bytes(), &mut Vec::new()).expect_err(line);
        assert_eq!((wanted.what, line.len() - wanted.rest.len() + 1), (what, column), "{line}");
    }

    fn not(test: Test<'_>) -> Match<'_> {
        Match::not(test)
    }

    fn net(side: Side, text: &str) -> Test<'static> {
        let (addr, prefix) = text.split_once('/').unwrap();
        Test::Address { side, net: Net::new(addr.parse().unwrap(), prefix.parse().unwrap()).unwrap() }
    }

    #[test]
    fn a_bang_inverts_the_option_after_it() {
        reads(
            "! -s 10.0.0.0/8 -d 10.1.2.3/32",
            &[not(net(Side::Source, "10.0.0.0/8")), Match::of(net(Side::Destination, "10.1.2.3/32"))],
        );
        reads(
            "! -i eth+ ! -f",
            &[not(Test::Interface { side: Side::Source, name: "eth+".into() }), not(Test::Fragment)],
        );
    }

    #[test]
    fn counters_may_stand_among_the_options() {
        let counters = Some(Counters { packets: 7, bytes: 420, rounded: false });
        let read = options(b"-s 10.0.0.1/32 -c 7 420 -j DROP", &mut Vec::new());
        assert_eq!(read, Ok(Options { target: Some(Target::Drop), counters, drops_words: false }));
    }

    #[test]
    fn old_dumps_have_the_bang_behind_the_option() {
        reads("-s ! 10.0.0.0/8 -p ! tcp", &[not(net(Side::Source, "10.0.0.0/8")), not(Test::Protocol(Protocol::TCP))]);
    }

    #[test]
    fn options_come_in_any_order() {
        let http = Test::Port { module: Protocol::TCP, side: Side::Destination, ports: PortRange::single(80) };
        reads(
            "-m tcp -p tcp -d 10.0.0.1/32 --dport 80 -j DROP",
            &[
                Match::of(Test::Module(Protocol::TCP)),
                Match::of(Test::Protocol(Protocol::TCP)),
                Match::of(net(Side::Destination, "10.0.0.1/32")),
                Match::of(http.clone()),
            ],
        );
        reads("-p tcp --dport 80", &[Match::of(Test::Protocol(Protocol::TCP)), Match::of(http)]);
    }

    #[test]
    fn what_makes_no_sense_is_told_with_its_column() {
        faults("-s 10.0.0.0/64", "an address, or a net with a prefix or mask of its family", 4);
        faults("-p tcp -m tcp --dport 99999", "a port, or two with a colon between", 23);
        faults("-p 256", "a protocol, by name or by a number up to 255", 4);
        faults("-d", "an address", 3);
        faults("-m statistic --mode random --probability 1.5", "a probability from 0 to 1", 42);
    }
}
