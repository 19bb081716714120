//! Changes tables at random: what a tired hand, a half-finished sync or another program would leave behind.

use std::fmt::Write as _;

/// A generator of numbers, the same for the same seed (`SplitMix64`).
#[derive(Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % sides.max(1) as u64) as usize
    }

    pub(crate) fn pick<'t, T: ?Sized>(&mut self, from: &[&'t T]) -> Option<&'t T> {
        (!from.is_empty()).then(|| from[self.roll(from.len())])
    }
}

/// A table with some of its rules changed. `hit` are rules that matter to the flows asked about.
pub(crate) fn mutated(save: &str, hit: &[&str], dice: &mut Dice) -> String {
    let mut lines: Vec<String> = save.lines().map(str::to_owned).collect();
    for _ in 0..=dice.roll(4) {
        let rules: Vec<usize> = (0..lines.len()).filter(|&at| lines[at].starts_with("-A ")).collect();
        let hot: Vec<usize> = rules.iter().copied().filter(|&at| hit.contains(&lines[at].as_str())).collect();
        let from = if hot.is_empty() || dice.roll(5) == 0 { &rules } else { &hot };
        if from.is_empty() {
            break;
        }
        let at = from[dice.roll(from.len())];
        change(&mut lines, at, dice);
    }
    lines.join("\n") + "\n"
}

fn change(lines: &mut Vec<String>, at: usize, dice: &mut Dice) {
    match dice.roll(14) {
        0 => drop(lines.remove(at)),
        1 if lines.get(at + 1).is_some_and(|next| chain(next) == chain(&lines[at])) => lines.swap(at, at + 1),
        2 => lines[at] = with_probability(&lines[at], dice),
        3 => lines[at] = other_protocol(&lines[at]),
        4 => lines[at] = other_value(lines, at, &["-d ", "-s ", "--to-destination "], dice),
        5 => lines[at] = other_value(lines, at, &["--dport ", "--to-destination "], dice),
        6 | 7 => {
            let rule = &lines[at];
            let before = rule.rfind(" -j ").or(rule.rfind(" -g ")).map_or(rule.as_str(), |end| &rule[..end]);
            lines[at] = format!("{before} {}", target(lines, at, dice));
        }
        8 => lines[at] = negated(&lines[at]),
        9 => policy(lines, dice),
        _ => {
            let rule = format!("-A {}{} {}", chain(&lines[at]), condition(lines, dice), target(lines, at, dice));
            lines.insert(at + dice.roll(2), rule);
        }
    }
}

fn chain(rule: &str) -> &str {
    rule.split(' ').nth(1).unwrap_or_default()
}

fn table(lines: &[String], at: usize) -> &str {
    lines[..at].iter().rev().find_map(|line| line.strip_prefix('*')).unwrap_or_default()
}

fn probability(dice: &mut Dice) -> String {
    let parts = ["0.00000000000", "0.10000000009", "0.33333333349", "0.50000000000", "0.89999999991", "1.00000000000"];
    format!("-m statistic --mode random --probability {}", parts[dice.roll(parts.len())])
}

fn with_probability(rule: &str, dice: &mut Dice) -> String {
    if let Some(start) = rule.find("-m statistic --mode random --probability ") {
        let rest = &rule[start + 41..];
        let end = rest.find(' ').map_or("", |end| &rest[end..]);
        return format!("{}{}{end}", &rule[..start], probability(dice));
    }
    let Some(end) = rule.rfind(" -j ") else { return rule.to_owned() };
    format!("{} {}{}", &rule[..end], probability(dice), &rule[end..])
}

fn other_protocol(rule: &str) -> String {
    if rule.contains("-p tcp") {
        rule.replace("-p tcp", "-p udp").replace("-m tcp", "-m udp")
    } else {
        rule.replace("-p udp", "-p tcp").replace("-m udp", "-m tcp")
    }
}

/// Values that stand behind an option anywhere in the text.
fn values<'t>(lines: &'t [String], option: &str) -> Vec<&'t str> {
    lines.iter().filter_map(|line| value(line, option)).collect()
}

fn value<'t>(line: &'t str, option: &str) -> Option<&'t str> {
    let start = line.find(option)? + option.len();
    line[start..].split(' ').next()
}

/// A rule with one value exchanged for another of the same option.
fn other_value(lines: &[String], at: usize, options: &[&str], dice: &mut Dice) -> String {
    let rule = &lines[at];
    let has: Vec<&str> = options.iter().copied().filter(|option| value(rule, option).is_some()).collect();
    let Some(option) = dice.pick(&has) else { return rule.clone() };
    let (own, others) = (value(rule, option).unwrap_or_default(), values(lines, option));
    let other = dice.pick(&others).unwrap_or(own);
    rule.replacen(&format!("{option}{own}"), &format!("{option}{other}"), 1)
}

fn negated(rule: &str) -> String {
    for option in [" -s ", " -d ", " --dst-type ", " -p tcp ", " --mark "] {
        if let Some(bare) = rule.find(&format!(" !{option}")) {
            return format!("{}{}", &rule[..bare], &rule[bare + 2..]);
        }
        if rule.contains(option) && option != " -p tcp " {
            return rule.replacen(option, &format!(" !{option}"), 1);
        }
    }
    rule.to_owned()
}

fn policy(lines: &mut [String], dice: &mut Dice) {
    let built_in: Vec<usize> = (0..lines.len()).filter(|&at| lines[at].contains(" ACCEPT [")).collect();
    if !built_in.is_empty() {
        let at = built_in[dice.roll(built_in.len())];
        lines[at] = lines[at].replace(" ACCEPT [", " DROP [");
    }
}

fn condition(lines: &[String], dice: &mut Dice) -> String {
    let mut text = String::new();
    let add = match dice.roll(17) {
        0 => "-p tcp".into(),
        1 => "-p udp".into(),
        2 | 3 => probability(dice),
        4 => "-m mark --mark 0x4000/0x4000".into(),
        5 => "-m mark ! --mark 0x4000/0x4000".into(),
        6 => format!("-i {}", ["cni0", "eth0", "lo", "eth+"][dice.roll(4)]),
        7 => format!("-o {}", ["cni0", "eth0", "lo", "flannel.1"][dice.roll(4)]),
        8 => format!("-m addrtype --{}-type {}", ["src", "dst"][dice.roll(2)], ["LOCAL", "UNICAST"][dice.roll(2)]),
        9 => format!("-m conntrack --ctstate {}", ["NEW", "DNAT", "SNAT", "INVALID", "NEW,DNAT"][dice.roll(5)]),
        10 => format!("-m conntrack --ctorigdst {}", dice.pick(&values(lines, "-d ")).unwrap_or("10.96.0.1")),
        11 => format!("-p tcp -m multiport --dports 80,8080,443:{}", 444 + dice.roll(9000)),
        12 => format!("-d {}", dice.pick(&values(lines, "-d ")).unwrap_or("10.96.0.1")),
        13 => format!("! -s {}", dice.pick(&values(lines, "-s ")).unwrap_or("10.244.1.99")),
        14 => format!("-s {}", dice.pick(&values(lines, "-s ")).unwrap_or("10.244.1.99")),
        _ => return text,
    };
    let _ = write!(text, " {add}");
    text
}

fn target(lines: &[String], at: usize, dice: &mut Dice) -> String {
    let of_table = table(lines, at);
    let start = lines.iter().position(|line| line.strip_prefix('*') == Some(of_table)).unwrap_or_default();
    let chains = lines[start + 1..].iter().take_while(|line| !line.starts_with('*'));
    let chains: Vec<&str> =
        chains.filter(|line| line.contains(" - [")).filter_map(|line| line[1..].split(' ').next()).collect();
    let other = dice.pick(&chains).unwrap_or("ACCEPT");
    let to = dice.pick(&values(lines, "--to-destination ")).unwrap_or("10.244.1.10:8080");
    let chain = chain(&lines[at]);
    match dice.roll(16) {
        0 | 1 => "-j RETURN".into(),
        2 => "-j ACCEPT".into(),
        3 | 4 if of_table != "nat" => "-j DROP".into(),
        5 if of_table == "filter" => "-j REJECT --reject-with icmp-port-unreachable".into(),
        6 => "-j MARK --set-xmark 0x4000/0x4000".into(),
        7 => "-j MARK --set-xmark 0x4000/0x0".into(),
        8 if of_table == "nat" && !chain.contains("POSTROUTING") => {
            format!("-p tcp -j REDIRECT --to-ports {}", 8000 + dice.roll(100))
        }
        9 if chain.contains("POSTROUTING") => "-j MASQUERADE".into(),
        3 | 4 | 10 | 11 if of_table == "nat" && !chain.contains("POSTROUTING") => {
            format!("-p tcp -j DNAT --to-destination {to}")
        }
        12 | 13 => format!("-g {other}"),
        14 => "-m comment --comment \"only counts\"".into(),
        _ => format!("-j {other}"),
    }
}
