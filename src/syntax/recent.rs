//! `-m recent`: one match of many options.

use super::fault::Read;
use super::rule::Parts;
use super::word::{self, next_word, valued, word};
use crate::ruleset::{Recent, RecentAction, Side, Test};
use bstr::BStr;

/// The options behind `-m recent`, to the first that is not one of its own.
pub(super) fn recent<'src>(input: &'src [u8], parts: &mut Parts<'_, 'src>) -> Read<'src, ()> {
    let mut found = Recent {
        action: RecentAction::Check,
        seconds: None,
        hitcount: None,
        reap: false,
        rttl: false,
        name: BStr::new("DEFAULT"),
        mask: None,
        side: Side::Source,
    };
    let mut inverted = false;
    let mut rest = input;
    while let (after, true) = option(rest, &mut found, &mut inverted)? {
        rest = after;
    }
    parts.push(inverted, Test::Recent(Box::new(found)));
    Ok((rest, ()))
}

/// One option; whether there was one of this module.
fn option<'src>(input: &'src [u8], found: &mut Recent<'src>, inverted: &mut bool) -> Read<'src, bool> {
    let (after, flag) = next_word(input);
    let rest = match flag {
        b"!" => match next_word(after).1 {
            b"--set" | b"--rcheck" | b"--update" | b"--remove" => {
                *inverted = true;
                after
            }
            _ => return Ok((input, false)),
        },
        b"--set" => act(found, RecentAction::Set, after),
        b"--rcheck" => act(found, RecentAction::Check, after),
        b"--update" => act(found, RecentAction::Update, after),
        b"--remove" => act(found, RecentAction::Remove, after),
        b"--seconds" => put(&mut found.seconds, "a number of seconds", after)?,
        b"--hitcount" => put(&mut found.hitcount, "a number of hits", after)?,
        b"--reap" => set(&mut found.reap, after),
        b"--rttl" => set(&mut found.rttl, after),
        b"--name" => {
            let (rest, name) = word(after)?;
            found.name = name;
            rest
        }
        b"--mask" => {
            let (rest, mask) = word(after)?;
            found.mask = Some(mask);
            rest
        }
        b"--rsource" => face(found, Side::Source, after),
        b"--rdest" => face(found, Side::Destination, after),
        _ => return Ok((input, false)),
    };
    Ok((rest, true))
}

fn act<'src>(found: &mut Recent<'src>, action: RecentAction, rest: &'src [u8]) -> &'src [u8] {
    found.action = action;
    rest
}

fn face<'src>(found: &mut Recent<'src>, side: Side, rest: &'src [u8]) -> &'src [u8] {
    found.side = side;
    rest
}

fn set<'src>(flag: &mut bool, rest: &'src [u8]) -> &'src [u8] {
    *flag = true;
    rest
}

fn put<'src>(
    slot: &mut Option<u32>,
    what: &'static str,
    rest: &'src [u8],
) -> Result<&'src [u8], nom::Err<super::fault::Wanted<'src>>> {
    let (rest, value) = valued(what, word::number)(rest)?;
    *slot = Some(value);
    Ok(rest)
}
