//! The target column, and the phrase its options print at the end of the line.

use super::phrase::{any_word, key, other, split, value};
use crate::ruleset::{ConnmarkAction, Family, Mark, Target, Translation, TranslationBox, is_extension};
use crate::syntax::fault::{Read, Wanted};
use crate::syntax::target::{read_place, read_ports};
use crate::syntax::word::{any_number, mark, net, wanted};
use bstr::{BStr, ByteSlice};
use nom::Parser;
use nom::combinator::opt;
use nom::sequence::preceded;

/// The phrase of the target `name`, if `text` begins with it. A target we give no meaning to takes the rest of the line
/// when it prints its own name first (`TTL set to 42`).
pub(crate) fn options<'src>(name: &[u8], text: &'src [u8]) -> Read<'src, Target<'src>> {
    let (first, rest) = split(text);
    match name {
        b"DNAT" if first.starts_with(b"to:") => translation(text).map(|(rest, to)| (rest, Target::Dnat(to))),
        b"SNAT" if first.starts_with(b"to:") => translation(text).map(|(rest, to)| (rest, Target::Snat(to))),
        b"MASQUERADE" => to_ports("masq", "ports:", text).map(|(rest, to)| (rest, Target::Masquerade(to))),
        b"REDIRECT" => to_ports("redir", "ports", text).map(|(rest, to)| (rest, Target::Redirect(to))),
        b"NETMAP" if first.starts_with(b"to:") => match net(&first[3..]) {
            Some(net) => Ok((rest, Target::Netmap(net))),
            None => Err(wanted("an address or a net", &text[3..])),
        },
        b"REJECT" => preceded(key("reject-with"), any_word).map(|kind| Target::Reject(kind.as_bstr())).parse(text),
        b"MARK" if first == b"MARK" => or_words(set_mark(rest).map(|(rest, mark)| (rest, Target::Mark(mark))), text),
        b"CONNMARK" if first == b"CONNMARK" => {
            or_words(connmark(rest).map(|(rest, action)| (rest, Target::Connmark(action))), text)
        }
        b"CT" if text == b"NOTRACK" => Ok((b"", Target::Notrack { old_form: true })),
        name if name == first && is_extension(name) => Ok((b"", named(name, text, rest))),
        _ => other(text),
    }
}

/// Word for word, where a phrase has words of another version.
fn or_words<'src>(read: Read<'src, Target<'src>>, text: &'src [u8]) -> Read<'src, Target<'src>> {
    match read {
        Err(nom::Err::Error(_)) => Ok((b"", Target::Other(text.as_bstr()))),
        read => read,
    }
}

/// A target whose phrase begins with its own name.
fn named<'src>(name: &[u8], text: &'src [u8], rest: &'src [u8]) -> Target<'src> {
    match name {
        b"CT" if rest == b"notrack" => Target::Notrack { old_form: false },
        b"CT" => Target::Ct(rest.as_bstr()),
        b"LOG" => Target::Log(rest.as_bstr()),
        b"TPROXY" => Target::Tproxy(rest.as_bstr()),
        b"QUEUE" | b"NFQUEUE" => Target::Queue(text.as_bstr()),
        _ => Target::Other(text.as_bstr()),
    }
}

/// The target `name` when its text shows no options of it.
pub(crate) fn without_options(name: &[u8], is_goto: bool, family: Option<Family>) -> Option<Target<'_>> {
    Some(match name {
        b"" => return None,
        name if is_goto => Target::Goto(name.as_bstr()),
        b"ACCEPT" => Target::Accept,
        b"DROP" => Target::Drop,
        b"RETURN" => Target::Return,
        b"QUEUE" | b"NFQUEUE" => Target::Queue(name.as_bstr()),
        b"MASQUERADE" => Target::Masquerade(Translation::default().into()),
        b"REDIRECT" => Target::Redirect(Translation::default().into()),
        b"REJECT" if family == Some(Family::Ipv6) => Target::Reject(BStr::new("icmp6-port-unreachable")),
        b"REJECT" => Target::Reject(BStr::new("icmp-port-unreachable")),
        b"NOTRACK" => Target::Notrack { old_form: true },
        b"LOG" => Target::Log(BStr::new("")),
        extension if is_extension(extension) => Target::Other(name.as_bstr()),
        chain => Target::Jump(chain.as_bstr()),
    })
}

/// `to:10.0.0.2:53`, `to:[fd00::2]:8080`, `to::80`, and the words behind it.
fn translation(text: &[u8]) -> Read<'_, TranslationBox> {
    let (place, rest) = split(&text[3..]);
    let mut to = Translation::default();
    if read_place(place, &mut to).is_none() {
        return Err(wanted("an address, a port behind a colon, or both", &text[3..]));
    }
    Ok((manner(rest, &mut to), to.into()))
}

/// `masq ports: 1024-65535 random`, `redir ports 8080`, `random-fully`: ports or a word about how they are chosen.
fn to_ports<'src>(first: &'static str, second: &'static str, text: &'src [u8]) -> Read<'src, TranslationBox> {
    let mut to = Translation::default();
    let mut rest = text;
    if let Ok((ports, _)) = (key(first), key(second)).parse(text) {
        let (word, after) = split(ports);
        if read_ports(word, &mut to).is_none() {
            return Err(wanted("a port, or two with `-` between", ports));
        }
        rest = after;
    }
    let after = manner(rest, &mut to);
    if after.len() == text.len() { other(text) } else { Ok((after, to.into())) }
}

/// Takes `random`, `random-fully` and `persistent`; what is left of the text.
fn manner<'src>(text: &'src [u8], to: &mut Translation) -> &'src [u8] {
    let mut rest = text;
    loop {
        let (word, after) = split(rest);
        match word {
            b"random" => to.random = true,
            b"random-fully" => to.random_fully = true,
            b"persistent" => to.persistent = true,
            _ => return rest,
        }
        rest = after;
    }
}

/// The words of MARK, brought to `(mark & !mask) ^ value`.
fn set_mark(text: &[u8]) -> Read<'_, Mark> {
    let (word, rest) = split(text);
    let form: fn(Mark) -> Mark = match word {
        b"xset" => |mark| mark,
        b"set" => |Mark { value, .. }| Mark { value, mask: u32::MAX },
        b"or" => |Mark { value, .. }| Mark { value, mask: value },
        b"xor" => |Mark { value, .. }| Mark { value, mask: 0 },
        b"and" => |Mark { value, .. }| Mark { value: 0, mask: !value },
        _ => return other(text),
    };
    value("a mark, or a mark and a mask", mark).map(form).parse(rest)
}

/// `set 0x1` and its like, `save`, `restore mask 0xff`, `save nfmask 0xff ctmask ~0xffff` (the `~` means nothing).
fn connmark(text: &[u8]) -> Read<'_, ConnmarkAction> {
    let (word, rest) = split(text);
    if !matches!(word, b"save" | b"restore") {
        return set_mark(text).map(|(rest, mark)| (rest, ConnmarkAction::Set(mark)));
    }
    let (rest, both) = opt(mask("mask")).parse(rest)?;
    let (rest, before) = opt(mask("ctmask")).parse(rest)?;
    let (rest, nfmask) = opt(mask("nfmask")).parse(rest)?;
    let (rest, behind) = opt(mask("ctmask")).parse(rest)?;
    let nfmask = both.or(nfmask).unwrap_or(u32::MAX);
    let ctmask = both.or(before).or(behind).unwrap_or(u32::MAX);
    let is_save = word == b"save";
    Ok((
        rest,
        if is_save { ConnmarkAction::Save { nfmask, ctmask } } else { ConnmarkAction::Restore { nfmask, ctmask } },
    ))
}

fn mask<'src>(name: &'static str) -> impl Parser<&'src [u8], Output = u32, Error = Wanted<'src>> {
    preceded(key(name), value("a mask", |word: &[u8]| any_number(word.strip_prefix(b"~").unwrap_or(word))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruleset::{Net, PortRange};

    #[track_caller]
    fn reads(name: &str, text: &str, expected: Target<'_>) {
        assert_eq!(options(name.as_bytes(), text.as_bytes()), Ok((&b""[..], expected)), "{name}: {text}");
    }

    fn to(addresses: Option<(&str, &str)>, ports: Option<(u16, u16)>) -> Translation {
        let parse = |address: &str| address.parse().unwrap();
        Translation {
            addresses: addresses.map(|(first, last)| (parse(first), parse(last))),
            ports: ports.map(|(first, last)| PortRange { first, last }),
            ..Translation::default()
        }
    }

    #[test]
    fn translations_say_where_they_lead() {
        let host = Some(("10.0.0.2", "10.0.0.2"));
        reads("DNAT", "to:10.0.0.2:53", Target::Dnat(to(host, Some((53, 53))).into()));
        reads("DNAT", "to:10.0.0.2", Target::Dnat(to(host, None).into()));
        reads("DNAT", "to::80", Target::Dnat(to(None, Some((80, 80))).into()));
        reads("DNAT", "to:[fd00::2]:8080", Target::Dnat(to(Some(("fd00::2", "fd00::2")), Some((8080, 8080))).into()));
        let shifted = Translation { base_port: Some(21), ..to(host, Some((10, 20))) };
        reads("DNAT", "to:10.0.0.2:10-20/21", Target::Dnat(shifted.into()));
        let range = to(Some(("1.2.3.4", "1.2.3.9")), Some((80, 90)));
        let range = Translation { random: true, persistent: true, ..range };
        reads("SNAT", "to:1.2.3.4-1.2.3.9:80-90 random persistent", Target::Snat(range.into()));
        let net = Net::new("1.2.3.0".parse().unwrap(), 24).unwrap();
        reads("NETMAP", "to:1.2.3.0/24", Target::Netmap(net));
    }

    #[test]
    fn masquerade_and_redirect_may_name_ports() {
        let fully = Translation { random_fully: true, ..Translation::default() };
        reads("MASQUERADE", "random-fully", Target::Masquerade(fully.into()));
        let ports = Translation { random: true, ..to(None, Some((1024, 65535))) };
        reads("MASQUERADE", "masq ports: 1024-65535 random", Target::Masquerade(ports.into()));
        reads("REDIRECT", "redir ports 8080", Target::Redirect(to(None, Some((8080, 8080))).into()));
    }

    #[test]
    fn every_word_for_a_mark_becomes_value_and_mask() {
        for (text, value, mask) in [
            ("MARK or 0x4000", 0x4000, 0x4000),
            ("MARK xor 0x4000", 0x4000, 0),
            ("MARK and 0xff", 0, 0xffff_ff00),
            ("MARK set 0x1", 1, u32::MAX),
            ("MARK xset 0x1/0x3", 1, 3),
        ] {
            reads("MARK", text, Target::Mark(Mark { value, mask }));
        }
        reads("CONNMARK", "CONNMARK set 0x2", Target::Connmark(ConnmarkAction::Set(Mark { value: 2, mask: u32::MAX })));
    }

    #[test]
    fn connection_marks_are_saved_and_restored_under_two_masks() {
        let all = u32::MAX;
        for (text, action) in [
            ("CONNMARK save", ConnmarkAction::Save { nfmask: all, ctmask: all }),
            ("CONNMARK restore mask 0xff", ConnmarkAction::Restore { nfmask: 0xff, ctmask: 0xff }),
            ("CONNMARK save nfmask 0xf ctmask ~0xffffffff", ConnmarkAction::Save { nfmask: 0xf, ctmask: all }),
            ("CONNMARK restore ctmask 0x1 nfmask ~0xf", ConnmarkAction::Restore { nfmask: 0xf, ctmask: 1 }),
        ] {
            reads("CONNMARK", text, Target::Connmark(action));
        }
    }

    #[test]
    fn other_targets_keep_their_words() {
        reads("REJECT", "reject-with tcp-reset", Target::Reject("tcp-reset".into()));
        reads("LOG", "LOG flags 0 level 4 prefix \"a b\"", Target::Log("flags 0 level 4 prefix \"a b\"".into()));
        reads("CT", "CT notrack", Target::Notrack { old_form: false });
        reads("CT", "NOTRACK", Target::Notrack { old_form: true });
        reads("CT", "CT zone 1", Target::Ct("zone 1".into()));
        reads(
            "TPROXY",
            "TPROXY redirect 10.0.0.1:80 mark 0x1/0x1",
            Target::Tproxy("redirect 10.0.0.1:80 mark 0x1/0x1".into()),
        );
        reads("NFQUEUE", "NFQUEUE num 0", Target::Queue("NFQUEUE num 0".into()));
        reads("TTL", "TTL set to 42", Target::Other("TTL set to 42".into()));
        reads("MARK", "MARK frobbed 1", Target::Other("MARK frobbed 1".into()));
    }

    #[test]
    fn a_target_without_text_is_what_its_name_says() {
        for (name, is_goto, expected) in [
            ("", false, None),
            ("ACCEPT", false, Some(Target::Accept)),
            ("RETURN", false, Some(Target::Return)),
            ("KUBE-X", false, Some(Target::Jump("KUBE-X".into()))),
            ("KUBE-X", true, Some(Target::Goto("KUBE-X".into()))),
            ("MASQUERADE", false, Some(Target::Masquerade(Translation::default().into()))),
            ("TRACE", false, Some(Target::Other("TRACE".into()))),
            ("DNAT", false, Some(Target::Other("DNAT".into()))),
        ] {
            assert_eq!(without_options(name.as_bytes(), is_goto, None), expected, "{name}");
        }
    }

    #[test]
    fn a_place_that_cannot_be_is_a_fault() {
        for (text, rest) in [("to:10.0.0.2:99999", "10.0.0.2:99999"), ("to:", ""), ("to:300.0.0.1:80", "300.0.0.1:80")]
        {
            let expected = wanted("an address, a port behind a colon, or both", rest.as_bytes());
            assert_eq!(options(b"DNAT", text.as_bytes()), Err(expected), "{text}");
        }
    }
}
