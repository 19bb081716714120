//! Targets: `-j NAME` and the options that follow it, `-g CHAIN`.

use super::fault::{Read, Wanted};
use super::module::{is_own_option, untyped_end};
use super::rule::Parts;
use super::word::{self, next_word, place_of, skip_blanks, valued, wanted, word};
use crate::ruleset::{ConnmarkAction, Mark, PortRange, Target, Translation, TranslationBox, is_extension};
use bstr::{BStr, ByteSlice};
use nom::Err;
use std::net::IpAddr;

/// A target, or `None` where an option of it has no type.
type Typed<'src, T = Target<'src>> = Result<Option<T>, Err<Wanted<'src>>>;

/// `-g CHAIN`, behind the flag.
pub(crate) fn goto<'src>(input: &'src [u8], parts: &mut Parts<'_, 'src>) -> Read<'src, ()> {
    let (rest, name) = word(input).map_err(|_| wanted("the name of a chain", skip_blanks(input)))?;
    parts.lead(Target::Goto(name));
    Ok((rest, ()))
}

/// `-j NAME` with its options, behind the flag. With an option we have no type for the whole stays word for word.
pub(crate) fn jump<'src>(input: &'src [u8], parts: &mut Parts<'_, 'src>) -> Read<'src, ()> {
    let start = skip_blanks(input);
    let (rest, name) = word(start).map_err(|_| wanted("the name of a target or a chain", start))?;
    if let Some((after, target)) = translating(name, rest)? {
        parts.lead(target);
        return Ok((after, ()));
    }
    if !is_extension(name) {
        parts.lead(match name.as_bytes() {
            b"ACCEPT" => Target::Accept,
            b"DROP" => Target::Drop,
            b"RETURN" => Target::Return,
            b"QUEUE" => Target::Queue(name),
            _ => Target::Jump(name),
        });
        return Ok((rest, ()));
    }
    let (options, after) = rest.split_at(untyped_end(rest));
    let whole = || start[..start.len() - after.len()].trim_ascii_end().as_bstr();
    let target = if name == "NFQUEUE" { Some(Target::Queue(whole())) } else { typed(name, options)? };
    parts.lead(target.unwrap_or_else(|| Target::Other(whole())));
    Ok((after, ()))
}

/// A target that exchanges addresses or ports, if `name` is one, and the text behind its options; `None` if one of them
/// has no type.
fn translating<'src>(name: &[u8], rest: &'src [u8]) -> Typed<'src, (&'src [u8], Target<'src>)> {
    let (flag, target): (&[u8], fn(TranslationBox) -> Target<'src>) = match name {
        b"DNAT" => (b"--to-destination", Target::Dnat),
        b"SNAT" => (b"--to-source", Target::Snat),
        b"MASQUERADE" => (b"--to-ports", Target::Masquerade),
        b"REDIRECT" => (b"--to-ports", Target::Redirect),
        _ => return Ok(None),
    };
    Ok(translation(rest, flag)?.map(|(after, to)| (after, target(to))))
}

fn typed<'src>(name: &[u8], options: &'src [u8]) -> Typed<'src> {
    let words = options.trim_ascii().as_bstr();
    Ok(match name {
        b"MARK" => set_mark(options)?.map(Target::Mark),
        b"CONNMARK" => connmark(options)?.map(Target::Connmark),
        b"REJECT" if words.is_empty() => Some(Target::Reject(BStr::new("icmp-port-unreachable"))),
        b"REJECT" => only_value(options, b"--reject-with").map(Target::Reject),
        b"NETMAP" => match only_value(options, b"--to") {
            Some(value) => Some(Target::Netmap(word::net(value).ok_or_else(|| wanted("an address or a net", value))?)),
            None => None,
        },
        b"NOTRACK" if words.is_empty() => Some(Target::Notrack { old_form: true }),
        b"CT" if words == "--notrack" => Some(Target::Notrack { old_form: false }),
        b"CT" => Some(Target::Ct(words)),
        b"LOG" => Some(Target::Log(words)),
        b"TPROXY" => Some(Target::Tproxy(words)),
        _ => None,
    })
}

/// The value of `flag` if the options are just that.
fn only_value<'src>(options: &'src [u8], flag: &[u8]) -> Option<&'src BStr> {
    let (rest, found) = next_word(options);
    let (rest, value) = next_word(rest);
    (found == flag && !value.is_empty() && skip_blanks(rest).is_empty()).then_some(value.as_bstr())
}

/// Options of DNAT, SNAT, MASQUERADE and REDIRECT, and the text behind them; `flag` is the one with the place.
fn translation<'src>(options: &'src [u8], flag: &[u8]) -> Typed<'src, (&'src [u8], TranslationBox)> {
    let mut to = Translation::default();
    let mut rest = options;
    loop {
        let (after, found) = next_word(rest);
        rest = match found {
            b"" => return Ok(Some((rest, to.into()))),
            b"--random" => set(&mut to.random, after),
            b"--random-fully" => set(&mut to.random_fully, after),
            b"--persistent" => set(&mut to.persistent, after),
            _ if found == flag && to.addresses.is_none() && to.ports.is_none() => {
                let at = skip_blanks(after);
                let (after, place) = next_word(after);
                if flag == b"--to-ports" {
                    read_ports(place, &mut to).ok_or_else(|| wanted("a port, or two with `-` between", at))?;
                } else {
                    let what = "an address, a port behind a colon, or both";
                    read_place(place, &mut to).ok_or_else(|| wanted(what, at))?;
                }
                after
            }
            b"!" if is_own_option(next_word(after).1) => return Ok(Some((rest, to.into()))),
            _ if is_own_option(found) => return Ok(Some((rest, to.into()))),
            // The flag again (kernels before 2.6.11), or one of another version.
            _ => return Ok(None),
        };
    }
}

fn set<'src>(flag: &mut bool, rest: &'src [u8]) -> &'src [u8] {
    *flag = true;
    rest
}

/// `P`, `P-Q`, `P-Q/BASE`.
pub(crate) fn read_ports(word: &[u8], to: &mut Translation) -> Option<()> {
    let (range, base) = match place_of(b'/', word) {
        Some(slash) => (&word[..slash], Some(word::number(&word[slash + 1..])?)),
        None => (word, None),
    };
    let ports = match place_of(b'-', range) {
        Some(at) => PortRange { first: word::number(&range[..at])?, last: word::number(&range[at + 1..])? },
        None => PortRange::single(word::number(range)?),
    };
    (to.ports, to.base_port) = (Some(ports), base);
    Some(())
}

/// `A`, `A-B`, `A:P-Q`, `:P`, `[V6]:P`, `[V6-V6]:P`, `V6`: the value of `--to-destination` and `--to-source`.
pub(crate) fn read_place(word: &[u8], to: &mut Translation) -> Option<()> {
    let (addresses, ports) = match word.strip_prefix(b"[") {
        Some(inner) => {
            let close = place_of(b']', inner)?;
            let ports = &inner[close + 1..];
            (&inner[..close], if ports.is_empty() { None } else { Some(ports.strip_prefix(b":")?) })
        }
        None => match place_of(b':', word).map(|colon| (&word[..colon], &word[colon + 1..])) {
            Some((addresses, ports)) if place_of(b':', ports).is_none() => (addresses, Some(ports)),
            _ => (word, None),
        },
    };
    if let Some(ports) = ports {
        read_ports(ports, to)?;
    }
    if !addresses.is_empty() {
        to.addresses = Some(read_addresses(addresses)?);
    }
    (to.addresses.is_some() || to.ports.is_some()).then_some(())
}

fn read_addresses(word: &[u8]) -> Option<(IpAddr, IpAddr)> {
    word::address(word).map(|only| (only, only)).or_else(|| word::address_range(word))
}

/// The forms of MARK, brought to `(mark & !mask) ^ value` as iptables does.
fn set_mark(options: &[u8]) -> Result<Option<Mark>, Err<Wanted<'_>>> {
    let (rest, flag) = next_word(options);
    let form: fn(Mark) -> Mark = match flag {
        b"--set-xmark" => |mark| mark,
        b"--set-mark" => |Mark { value, mask }| Mark { value, mask: mask | value },
        b"--or-mark" => |Mark { value, .. }| Mark { value, mask: value },
        b"--xor-mark" => |Mark { value, .. }| Mark { value, mask: 0 },
        b"--and-mark" => |Mark { value, .. }| Mark { value: 0, mask: !value },
        _ => return Ok(None),
    };
    let (rest, mark) = valued("a mark, or a mark and a mask", word::mark)(rest)?;
    Ok(skip_blanks(rest).is_empty().then(|| form(mark)))
}

/// `--set-xmark`, `--save-mark` and `--restore-mark`, the latter with `--nfmask` and `--ctmask` or one `--mask`.
fn connmark(options: &[u8]) -> Result<Option<ConnmarkAction>, Err<Wanted<'_>>> {
    let (rest, flag) = next_word(options);
    if !matches!(flag, b"--save-mark" | b"--restore-mark") {
        return Ok(set_mark(options)?.map(ConnmarkAction::Set));
    }
    let (mut nfmask, mut ctmask) = (u32::MAX, u32::MAX);
    let mut open = rest;
    loop {
        let (after, mask) = next_word(open);
        match mask {
            b"" => break,
            b"--nfmask" | b"--ctmask" | b"--mask" => {
                let (after, value) = valued("a mask", word::any_number)(after)?;
                if mask != b"--ctmask" {
                    nfmask = value;
                }
                if mask != b"--nfmask" {
                    ctmask = value;
                }
                open = after;
            }
            _ => return Ok(None),
        }
    }
    Ok(Some(if flag == b"--save-mark" {
        ConnmarkAction::Save { nfmask, ctmask }
    } else {
        ConnmarkAction::Restore { nfmask, ctmask }
    }))
}

#[cfg(test)]
mod tests {
    use super::super::rule::{options, tests::faults};
    use super::*;

    #[track_caller]
    fn leads(line: &str, expected: Target<'_>) {
        let read = options(line.as_bytes(), &mut Vec::new()).map(|read| read.target);
        assert_eq!(read, Ok(Some(expected)), "{line}");
    }

    fn to(place: &str) -> Translation {
        let mut to = Translation::default();
        read_place(place.as_bytes(), &mut to).unwrap();
        to
    }

    #[test]
    fn a_destination_is_an_address_a_port_or_both() {
        let address = "10.0.0.2".parse().unwrap();
        leads(
            "-j DNAT --to-destination 10.0.0.2:53",
            Target::Dnat(
                Translation {
                    addresses: Some((address, address)),
                    ports: Some(PortRange::single(53)),
                    ..Translation::default()
                }
                .into(),
            ),
        );
        assert_eq!(to(":80").addresses, None);
        assert_eq!(to("fd00::2").addresses.map(|(first, _)| first.to_string()).as_deref(), Some("fd00::2"));
        assert_eq!(to("[fd00::1-fd00::5]:80-90").ports, Some(PortRange { first: 80, last: 90 }));
        assert_eq!(to("10.0.0.1-10.0.0.9:5000-5050/100").base_port, Some(100));
        for after in ["", " -m comment --comment x", " ! -s 10.0.0.1"] {
            let line = format!("-j DNAT --to-destination 10.0.0.2:99999{after}");
            faults(&line, "an address, a port behind a colon, or both", 26);
        }
        faults("-j DNAT --to-destination -p tcp", "an address, a port behind a colon, or both", 26);
    }

    #[test]
    fn what_follows_a_translation_is_none_of_its_options() {
        for (after, count) in [("-p tcp", 1), ("! -s 10.0.0.9 -m mark --mark 0x1", 2)] {
            let mut matches = Vec::new();
            let line = format!("-j DNAT --to-destination 10.0.0.2 --persistent {after}");
            let target = options(line.as_bytes(), &mut matches).unwrap().target;
            let translation = Translation { persistent: true, ..to("10.0.0.2") };
            assert_eq!((target, matches.len()), (Some(Target::Dnat(translation.into())), count), "{line}");
        }
        let line = "-j DNAT --to-destination 10.0.0.2 ! --frob -p tcp";
        leads(line, Target::Other("DNAT --to-destination 10.0.0.2 ! --frob".into()));
    }

    #[test]
    fn every_form_of_mark_becomes_value_and_mask() {
        for (option, value, mask) in [
            ("--set-xmark 0x4000/0x4000", 0x4000, 0x4000),
            ("--or-mark 0x4000", 0x4000, 0x4000),
            ("--xor-mark 0x4000", 0x4000, 0),
            ("--and-mark 0xff", 0, 0xffff_ff00),
            ("--set-mark 0x1", 1, u32::MAX),
            ("--set-mark 0x1/0x2", 1, 3),
        ] {
            leads(&format!("-j MARK {option}"), Target::Mark(Mark { value, mask }));
        }
    }

    #[test]
    fn an_option_without_a_type_keeps_the_target_word_for_word() {
        leads(
            "-j DNAT --to-destination 10.0.0.2 --frob 1",
            Target::Other("DNAT --to-destination 10.0.0.2 --frob 1".into()),
        );
        leads("-j TCPMSS --clamp-mss-to-pmtu", Target::Other("TCPMSS --clamp-mss-to-pmtu".into()));
        leads("-j TRACE", Target::Other("TRACE".into()));
        leads("-j NFQUEUE --queue-num 1", Target::Queue("NFQUEUE --queue-num 1".into()));
    }

    #[test]
    fn what_is_no_extension_is_a_chain() {
        leads("-j KUBE-SVC-X", Target::Jump("KUBE-SVC-X".into()));
        leads("-j #h", Target::Jump("#h".into()));
        leads("-g back\\s", Target::Goto("back\\s".into()));
        leads("-j DROP -p tcp", Target::Drop);
    }

    #[test]
    fn the_usual_targets_have_types() {
        leads("-j REJECT --reject-with icmp-port-unreachable", Target::Reject("icmp-port-unreachable".into()));
        leads("-j CT --notrack", Target::Notrack { old_form: false });
        leads(
            "-j MASQUERADE --random-fully",
            Target::Masquerade(Translation { random_fully: true, ..Translation::default() }.into()),
        );
        leads(
            "-j REDIRECT --to-ports 8080",
            Target::Redirect(Translation { ports: Some(PortRange::single(8080)), ..Translation::default() }.into()),
        );
        leads(
            "-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0x1",
            Target::Connmark(ConnmarkAction::Restore { nfmask: 0xff, ctmask: 1 }),
        );
        leads("-j LOG --log-prefix \"x -j y\"", Target::Log("--log-prefix \"x -j y\"".into()));
    }
}
