//! Rules and chains as iptables-save prints them. Bytes, not text: names and comments may hold anything.

use super::listed::{as_options, ct_options, log_options, tproxy_options};
use super::{
    AddressTypes, Chain, ChainKind, ConnmarkAction, ConntrackOption, ConntrackStates, Counters, IcmpType, IfaceLimit,
    Match, Net, PhysdevTest, Policy, PortRange, Protocol, Recent, RecentAction, Rule, Side, StateModule, Table, Target,
    Test, Translation,
};
use bstr::{BStr, BString};
use std::fmt::Display;
use std::net::IpAddr;

/// `:NAME POLICY [PACKETS:BYTES]`, the line that declares a chain.
#[must_use]
pub fn chain_line(chain: &Chain<'_>) -> BString {
    let (policy, counters) = match &chain.kind {
        ChainKind::BuiltIn { policy, counters } => (
            if *policy == Some(Policy::Drop) { "DROP" } else { "ACCEPT" },
            counters.as_deref().copied().unwrap_or_default(),
        ),
        ChainKind::UserDefined { .. } => ("-", Counters::default()),
    };
    let mut line = Line(BString::from(":"));
    line.raw(chain.name);
    line.word(policy);
    line.word(format_args!("[{}:{}]", counters.packets, counters.bytes));
    line.0
}

/// `-A CHAIN MATCHES -j TARGET`, put together from the parts of the rule. A rule that was read in this form has it word
/// for word in its span, which is to be preferred.
#[must_use]
pub fn rule_line(table: &Table<'_>, rule: &Rule<'_>) -> BString {
    let mut line = Line(BString::from("-A "));
    line.raw(table.chain(rule.chain).name);
    let matches = table.matches(rule);
    let mut module = None;
    let mut group = 0;
    for (at, each) in matches.iter().enumerate() {
        let next = module_of(each.test());
        let goes_on = next == module && fits_in(&matches[group..at], each.test());
        if let Some(name) = next.filter(|_| !goes_on) {
            group = at;
            line.word("-m");
            line.word(name);
        }
        module = next;
        line.test(each);
    }
    if let Some(target) = &rule.target {
        line.target(target);
    }
    line.0
}

/// One option of a rule alone, without its `-m`.
#[must_use]
pub fn match_line(each: &Match<'_>) -> BString {
    let mut line = Line(BString::default());
    line.test(each);
    BString::from(line.0.trim_ascii())
}

/// A target alone, with its options: `DNAT --to-destination …`, a chain's name, `-g NAME`.
#[must_use]
pub fn target_line(target: &Target<'_>) -> BString {
    let mut line = Line(BString::default());
    line.target(target);
    let words = line.0.trim_ascii();
    BString::from(words.strip_prefix(b"-j ").unwrap_or(words))
}

/// The module whose option a test is; `None` for the options iptables has built in.
fn module_of(test: &Test<'_>) -> Option<&'static str> {
    match test {
        Test::Comment { .. } => Some("comment"),
        Test::Port { module, .. } | Test::Module(module) => module.name(),
        Test::Multiport { .. } => Some("multiport"),
        Test::TcpFlags { .. } => Some("tcp"),
        Test::Icmp { module, .. } | Test::IcmpName { module, .. } => {
            Some(if *module == Protocol::ICMPV6 { "icmp6" } else { "icmp" })
        }
        Test::AddressType { .. } => Some("addrtype"),
        Test::Mark(_) => Some("mark"),
        Test::Connmark(_) => Some("connmark"),
        Test::State { module: StateModule::State, .. } => Some("state"),
        Test::State { module: StateModule::Conntrack, .. } | Test::Conntrack(_) => Some("conntrack"),
        Test::Random(_) | Test::Nth { .. } => Some("statistic"),
        Test::Recent(_) => Some("recent"),
        Test::AddressRange { .. } => Some("iprange"),
        Test::Set(_) => Some("set"),
        Test::Physdev { .. } => Some("physdev"),
        Test::Limit(_) => Some("limit"),
        Test::Nfacct(_) => Some("nfacct"),
        Test::Address { .. }
        | Test::Host { .. }
        | Test::Interface { .. }
        | Test::Protocol(_)
        | Test::ProtocolName(_)
        | Test::Fragment
        | Test::Other(_)
        | Test::Listed(_) => None,
    }
}

/// Whether the option fits behind those before it without a `-m` of its own: a module takes each option once, and some
/// take one in all.
fn fits_in(before: &[Match<'_>], test: &Test<'_>) -> bool {
    let Some(option) = option_of(test) else { return false };
    !before.is_empty() && before.iter().all(|each| option_of(each.test()).is_some_and(|other| other != option))
}

/// Which of the options of its module it is; `None` where it always gets a `-m` of its own.
fn option_of(test: &Test<'_>) -> Option<(u8, Side)> {
    Some(match test {
        Test::Port { side, .. } | Test::AddressType { side, limit: None, .. } | Test::AddressRange { side, .. } => {
            (0, *side)
        }
        Test::TcpFlags { .. } | Test::State { .. } => (1, Side::Either),
        Test::Conntrack(option) => match &**option {
            ConntrackOption::OriginalAddress { side, .. } => (2, *side),
            ConntrackOption::ReplyAddress { side, .. } => (3, *side),
            ConntrackOption::OriginalPort { side, .. } => (4, *side),
            ConntrackOption::Protocol(_) => (5, Side::Either),
            ConntrackOption::IsOriginal(_) => (6, Side::Either),
        },
        Test::Physdev { test, .. } => match test {
            PhysdevTest::In => (7, Side::Either),
            PhysdevTest::Out => (8, Side::Either),
            PhysdevTest::IsIn => (9, Side::Either),
            PhysdevTest::IsOut => (10, Side::Either),
            PhysdevTest::IsBridged => (11, Side::Either),
        },
        _ => return None,
    })
}

/// A line under construction; each word brings the blank before it.
struct Line(BString);

impl Line {
    fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn word(&mut self, word: impl Display) {
        self.raw(b" ");
        self.raw(word.to_string().as_bytes());
    }

    fn words(&mut self, words: &BStr) {
        if !words.is_empty() {
            self.raw(b" ");
            self.raw(words);
        }
    }

    fn option(&mut self, flag: &str, value: impl Display) {
        self.word(flag);
        self.word(value);
    }

    fn flag_if(&mut self, flag: &str, given: bool) {
        if given {
            self.word(flag);
        }
    }

    fn option_raw(&mut self, flag: &str, value: &BStr) {
        self.word(flag);
        self.words(value);
    }

    fn test(&mut self, each: &Match<'_>) {
        // `-m statistic` has its `!` behind the mode.
        let bang_later = matches!(*each.test(), Test::Random(_) | Test::Nth { .. });
        self.flag_if("!", each.inverted() && !bang_later);
        let bang = if each.inverted() { "! " } else { "" };
        match each.test() {
            Test::Address { side, net } => self.option(by_side(*side, "-s", "-d"), net),
            Test::Host { side, name } => self.option_raw(by_side(*side, "-s", "-d"), name),
            Test::Interface { side, name } => self.option_raw(by_side(*side, "-i", "-o"), name),
            Test::Protocol(protocol) => self.option("-p", protocol),
            Test::ProtocolName(name) => self.option_raw("-p", name),
            Test::Fragment => self.word("-f"),
            Test::Comment { raw, quoted: true } => self.option_raw("--comment", raw),
            Test::Comment { raw, quoted: false } => self.quoted("--comment", raw),
            Test::Port { side, ports, .. } => self.option(by_side(*side, "--sport", "--dport"), ports),
            Test::Module(_) => {}
            Test::Multiport { side, ports } => self.multiport(*side, ports),
            Test::TcpFlags { mask, set } => {
                self.option("--tcp-flags", names(u16::from(*mask), &TCP_FLAGS));
                self.word(names(u16::from(*set), &TCP_FLAGS));
            }
            Test::Icmp { module, kind } => {
                self.word(icmp_flag(*module));
                match kind {
                    IcmpType::Any => self.word("any"),
                    IcmpType::Number { kind, code: None } => self.word(kind),
                    IcmpType::Number { kind, code: Some(code) } => self.word(format_args!("{kind}/{code}")),
                }
            }
            Test::IcmpName { module, name } => self.option_raw(icmp_flag(*module), name),
            Test::AddressType { side, types, limit } => {
                self.option(by_side(*side, "--src-type", "--dst-type"), names(types.0, &AddressTypes::NAMES));
                self.flag_if("--limit-iface-in", *limit == Some(IfaceLimit::In));
                self.flag_if("--limit-iface-out", *limit == Some(IfaceLimit::Out));
            }
            Test::Mark(mark) | Test::Connmark(mark) => self.option("--mark", mark),
            Test::State { module, states } => {
                let flag = if *module == StateModule::State { "--state" } else { "--ctstate" };
                self.option(flag, names(u16::from(states.0), &ConntrackStates::NAMES));
            }
            Test::Conntrack(option) => self.conntrack(option),
            Test::Random(threshold) => self.word(format_args!("--mode random {bang}--probability {threshold}")),
            Test::Nth { every, packet } => {
                self.word(format_args!("--mode nth {bang}--every {every} --packet {packet}"));
            }
            Test::Recent(recent) => self.recent(recent),
            Test::AddressRange { side, range } => {
                let value = format_args!("{}-{}", range.0, range.1).to_string();
                self.option(by_side(*side, "--src-range", "--dst-range"), value);
            }
            Test::Set(words) => self.option_raw("--match-set", words),
            Test::Physdev { test, name } => self.physdev(*test, name),
            Test::Limit(options) | Test::Other(options) => self.words(options),
            Test::Nfacct(name) => {
                self.word("--nfacct-name ");
                self.words(name);
            }
            Test::Listed(text) => self.quoted("-m comment --comment", text),
        }
    }

    /// A string option as `xtables_save_string` prints it: bare if it is one plain word, else in quotes with a
    /// backslash before each quote, apostrophe and backslash.
    fn quoted(&mut self, flag: &str, text: &BStr) {
        self.word(flag);
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if !text.is_empty() && text.iter().all(is_plain) {
            return self.words(text);
        }
        self.raw(b" \"");
        for &byte in text.iter() {
            if matches!(byte, b'"' | b'\\' | b'\'') {
                self.raw(b"\\");
            }
            self.raw(&[byte]);
        }
        self.raw(b"\"");
    }

    fn multiport(&mut self, side: Side, ports: &[PortRange]) {
        self.word(match side {
            Side::Source => "--sports",
            Side::Destination => "--dports",
            Side::Either => "--ports",
        });
        self.word(ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
    }

    fn conntrack(&mut self, option: &ConntrackOption) {
        match option {
            ConntrackOption::OriginalAddress { side, net } => {
                self.option(by_side(*side, "--ctorigsrc", "--ctorigdst"), host_or_net(net));
            }
            ConntrackOption::ReplyAddress { side, net } => {
                self.option(by_side(*side, "--ctreplsrc", "--ctrepldst"), host_or_net(net));
            }
            ConntrackOption::OriginalPort { side, ports } => {
                self.option(by_side(*side, "--ctorigsrcport", "--ctorigdstport"), ports);
            }
            ConntrackOption::Protocol(protocol) => self.option("--ctproto", protocol.0),
            ConntrackOption::IsOriginal(is_original) => {
                self.option("--ctdir", if *is_original { "ORIGINAL" } else { "REPLY" });
            }
        }
    }

    fn recent(&mut self, recent: &Recent<'_>) {
        self.word(match recent.action {
            RecentAction::Set => "--set",
            RecentAction::Check => "--rcheck",
            RecentAction::Update => "--update",
            RecentAction::Remove => "--remove",
        });
        if let Some(seconds) = recent.seconds {
            self.option("--seconds", seconds);
        }
        self.flag_if("--reap", recent.reap);
        if let Some(hitcount) = recent.hitcount {
            self.option("--hitcount", hitcount);
        }
        self.flag_if("--rttl", recent.rttl);
        self.option_raw("--name", recent.name);
        if let Some(mask) = recent.mask {
            self.option_raw("--mask", mask);
        }
        self.word(if recent.side == Side::Destination { "--rdest" } else { "--rsource" });
    }

    fn physdev(&mut self, test: PhysdevTest, name: &BStr) {
        match test {
            PhysdevTest::In => self.option_raw("--physdev-in", name),
            PhysdevTest::Out => self.option_raw("--physdev-out", name),
            PhysdevTest::IsIn => self.word("--physdev-is-in"),
            PhysdevTest::IsOut => self.word("--physdev-is-out"),
            PhysdevTest::IsBridged => self.word("--physdev-is-bridged"),
        }
    }

    fn target(&mut self, target: &Target<'_>) {
        match target {
            Target::Jump(name) => self.option_raw("-j", name),
            Target::Goto(name) => self.option_raw("-g", name),
            Target::Accept => self.word("-j ACCEPT"),
            Target::Drop => self.word("-j DROP"),
            Target::Return => self.word("-j RETURN"),
            Target::Queue(words) | Target::Other(words) => self.option_raw("-j", words),
            Target::Reject(kind) => self.option_raw("-j REJECT --reject-with", kind),
            Target::Dnat(to) => self.translation("-j DNAT", "--to-destination", to.get()),
            Target::Snat(to) => self.translation("-j SNAT", "--to-source", to.get()),
            Target::Masquerade(to) => self.translation("-j MASQUERADE", "--to-ports", to.get()),
            Target::Redirect(to) => self.translation("-j REDIRECT", "--to-ports", to.get()),
            Target::Netmap(net) => self.option("-j NETMAP --to", net),
            Target::Mark(mark) => self.option("-j MARK --set-xmark", xmark(mark.value, mark.mask)),
            Target::Connmark(action) => self.connmark(*action),
            Target::Notrack { old_form } => self.word(if *old_form { "-j NOTRACK" } else { "-j CT --notrack" }),
            Target::Ct(words) => self.option_raw("-j CT", BStr::new(&*as_options(words, ct_options))),
            Target::Log(words) => self.option_raw("-j LOG", BStr::new(&*as_options(words, log_options))),
            Target::Tproxy(words) => self.option_raw("-j TPROXY", BStr::new(&*as_options(words, tproxy_options))),
        }
    }

    fn translation(&mut self, target: &str, flag: &str, to: Translation) {
        self.word(target);
        let place = place(to);
        if !place.is_empty() {
            // Without an address, DNAT and SNAT take the ports behind a colon, MASQUERADE and REDIRECT bare.
            let colon = if to.addresses.is_none() && flag != "--to-ports" { ":" } else { "" };
            self.option(flag, format_args!("{colon}{place}"));
        }
        self.flag_if("--random", to.random);
        self.flag_if("--random-fully", to.random_fully);
        self.flag_if("--persistent", to.persistent);
    }

    fn connmark(&mut self, action: ConnmarkAction) {
        self.word("-j CONNMARK");
        let (flag, nfmask, ctmask) = match action {
            ConnmarkAction::Set(mark) => return self.option("--set-xmark", xmark(mark.value, mark.mask)),
            ConnmarkAction::Save { nfmask, ctmask } => ("--save-mark", nfmask, ctmask),
            ConnmarkAction::Restore { nfmask, ctmask } => ("--restore-mark", nfmask, ctmask),
        };
        self.option(flag, format_args!("--nfmask {nfmask:#x} --ctmask {ctmask:#x}"));
    }
}

fn icmp_flag(module: Protocol) -> &'static str {
    if module == Protocol::ICMPV6 { "--icmpv6-type" } else { "--icmp-type" }
}

fn by_side(side: Side, source: &'static str, destination: &'static str) -> &'static str {
    if side == Side::Source { source } else { destination }
}

/// `-m conntrack` prints one address without `/32`.
fn host_or_net(net: &Net) -> String {
    net.as_host().map_or_else(|| net.to_string(), |addr| addr.to_string())
}

fn xmark(value: u32, mask: u32) -> String {
    format!("{value:#x}/{mask:#x}")
}

/// Flags of the TCP header, lowest bit first, in the order iptables prints them.
const TCP_FLAGS: [&str; 6] = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"];

/// The names of the bits set, joined by commas; `NONE` for none.
fn names(bits: u16, names: &[&str]) -> String {
    let set: Vec<_> = (0..names.len()).filter(|bit| bits & (1 << bit) != 0).map(|bit| names[bit]).collect();
    if set.is_empty() { "NONE".into() } else { set.join(",") }
}

/// `ADDRESS:PORT` of a translation in the form of `--to-destination`, IPv6 in brackets if a port follows; for a
/// translation without address just the ports, which `--to-destination` wants behind a colon.
fn place(to: Translation) -> String {
    let ports = to.ports.map(|ports| match (ports.as_single(), to.base_port) {
        (Some(port), None) => port.to_string(),
        (_, None) => format!("{}-{}", ports.first, ports.last),
        (_, Some(base)) => format!("{}-{}/{base}", ports.first, ports.last),
    });
    let Some((first, last)) = to.addresses else { return ports.unwrap_or_default() };
    let addresses = if first == last { first.to_string() } else { format!("{first}-{last}") };
    match (first, ports) {
        (_, None) => addresses,
        (IpAddr::V4(_), Some(ports)) => format!("{addresses}:{ports}"),
        (IpAddr::V6(_), Some(ports)) => format!("[{addresses}]:{ports}"),
    }
}
