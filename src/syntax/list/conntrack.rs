//! The phrases of `-m conntrack` and `-m state`: each option of theirs prints one of its own.

use super::phrase::{other, value};
use crate::ruleset::{ConntrackOption, ConntrackStates, Protocol, Side, StateModule, Test};
use crate::syntax::fault::Read;
use crate::syntax::word::{bits, net, number, ports};
use nom::Parser;

/// `ctstate NEW`, `ctorigdstport 80` and the like, behind the keyword. The pair fits the other phrases: none of these
/// has a `!` inside.
pub(crate) fn option<'src>(keyword: &[u8], rest: &'src [u8]) -> Read<'src, (bool, Test<'src>)> {
    let (rest, test) = match keyword {
        b"ctstate" => states(StateModule::Conntrack, rest)?,
        b"state" => states(StateModule::State, rest)?,
        _ => {
            let (rest, option) = other_option(keyword, rest)?;
            (rest, Test::Conntrack(Box::new(option)))
        }
    };
    Ok((rest, (false, test)))
}

fn states(module: StateModule, text: &[u8]) -> Read<'_, Test<'_>> {
    value("states of a connection", |word| u8::try_from(bits(word, &ConntrackStates::NAMES)?).ok())
        .map(|states| Test::State { module, states: ConntrackStates(states) })
        .parse(text)
}

fn other_option<'src>(keyword: &[u8], rest: &'src [u8]) -> Read<'src, ConntrackOption> {
    let address = || value("an address or a net", net);
    let port = || value("a port from 0 to 65535", |word| ports(word, b':'));
    match keyword {
        b"ctorigsrc" => address().map(original(Side::Source)).parse(rest),
        b"ctorigdst" => address().map(original(Side::Destination)).parse(rest),
        b"ctreplsrc" => address().map(|net| ConntrackOption::ReplyAddress { side: Side::Source, net }).parse(rest),
        b"ctrepldst" => address().map(|net| ConntrackOption::ReplyAddress { side: Side::Destination, net }).parse(rest),
        b"ctorigsrcport" => port().map(|ports| ConntrackOption::OriginalPort { side: Side::Source, ports }).parse(rest),
        b"ctorigdstport" => {
            port().map(|ports| ConntrackOption::OriginalPort { side: Side::Destination, ports }).parse(rest)
        }
        b"ctproto" => {
            value("a protocol up to 255", |word| number(word).map(Protocol)).map(ConntrackOption::Protocol).parse(rest)
        }
        b"ctdir" => value("`ORIGINAL` or `REPLY`", direction).map(ConntrackOption::IsOriginal).parse(rest),
        _ => other(rest),
    }
}

fn original(side: Side) -> impl Fn(crate::ruleset::Net) -> ConntrackOption {
    move |net| ConntrackOption::OriginalAddress { side, net }
}

fn direction(word: &[u8]) -> Option<bool> {
    match word {
        b"ORIGINAL" => Some(true),
        b"REPLY" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::clause::tests::{impossible, reads, refuses};
    use super::*;
    use crate::ruleset::{Match, Net, PortRange};

    #[track_caller]
    fn states(text: &str, inverted: bool, module: StateModule, states: ConntrackStates) {
        reads(text, &[Match::new(inverted, Test::State { module, states })]);
    }

    #[track_caller]
    fn asks(text: &str, option: ConntrackOption) {
        reads(text, &[Match::of(Test::Conntrack(Box::new(option)))]);
    }

    #[test]
    fn states_are_asked_by_two_modules() {
        let known = ConntrackStates::RELATED.with(ConntrackStates::ESTABLISHED);
        states("ctstate RELATED,ESTABLISHED", false, StateModule::Conntrack, known);
        states("! ctstate INVALID", true, StateModule::Conntrack, ConntrackStates::INVALID);
        states("state NEW", false, StateModule::State, ConntrackStates::NEW);
        states("ctstate SNAT,DNAT", false, StateModule::Conntrack, ConntrackStates(0b110_0000));
    }

    #[test]
    fn every_option_prints_a_phrase_of_its_own() {
        let net = |prefix| Net::new("10.0.0.0".parse().unwrap(), prefix).unwrap();
        asks("ctorigsrc 10.0.0.0/8", ConntrackOption::OriginalAddress { side: Side::Source, net: net(8) });
        asks("ctorigdst 10.0.0.0", ConntrackOption::OriginalAddress { side: Side::Destination, net: net(32) });
        asks("ctrepldst 10.0.0.0/8", ConntrackOption::ReplyAddress { side: Side::Destination, net: net(8) });
        let ports = PortRange { first: 3, last: 4 };
        asks("ctorigsrcport 3:4", ConntrackOption::OriginalPort { side: Side::Source, ports });
        asks("ctproto 6", ConntrackOption::Protocol(Protocol::TCP));
        asks("ctdir REPLY", ConntrackOption::IsOriginal(false));
    }

    #[test]
    fn options_without_a_type_are_other_text() {
        refuses("ctreplsrcport 4");
        refuses("ctexpire 3");
        refuses("ctstate UNHEARD_OF");
        impossible("ctorigdstport 70000", "a port from 0 to 65535", "70000");
        impossible("ctorigsrc 10.0.0.0/33", "an address or a net", "10.0.0.0/33");
    }
}
