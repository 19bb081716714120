//! Lines that stand around dumps and are no part of them: prompts, separators, messages of the tools.

use super::word::next_word;
use crate::ruleset::{Family, TableName};
use bstr::ByteSlice;

/// What such a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noise<'src> {
    /// A command at a prompt: what follows is its output.
    Shell(Shell<'src>),
    /// Any other command at a prompt, which ends the output before it.
    Prompt,
    /// A line that parts two captures, as `--- node-1 ---`.
    Separator,
    /// A message of a tool.
    Message,
    /// A line of `nft list ruleset`.
    Nft {
        /// Whether it opens a table of kube-proxy's nftables mode.
        of_kube_proxy: bool,
    },
}

/// What a command line tells about its output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shell<'src> {
    /// IPv4 for `iptables`, IPv6 for `ip6tables`.
    pub(super) family: Option<Family>,
    /// The table after `-t`; for `iptables -L` and `-S` without one it is filter.
    pub(super) table: Option<TableName<'src>>,
    /// Whether it prints all tables of a node at once.
    pub(super) is_save: bool,
}

/// What the line is, if it is one of these.
pub(super) fn noise(text: &[u8]) -> Option<Noise<'_>> {
    if let Some(shell) = shell(text) {
        return Some(Noise::Shell(shell));
    }
    if let Some(table) = title(text) {
        return Some(Noise::Shell(Shell { family: None, table: Some(table), is_save: false }));
    }
    if is_prompt(text) {
        return Some(Noise::Prompt);
    }
    if is_separator(text) {
        return Some(Noise::Separator);
    }
    if is_nft(text) {
        return Some(Noise::Nft {
            of_kube_proxy: text.contains_str(" kube-proxy ") || is_nft_json_of_kube_proxy(text),
        });
    }
    is_message(text).then_some(Noise::Message)
}

/// `table ip kube-proxy {` as `nft list ruleset` prints it, or the one line of `nft -j list ruleset`.
fn is_nft(text: &[u8]) -> bool {
    const FAMILIES: [&[u8]; 6] = [b"ip", b"ip6", b"inet", b"arp", b"bridge", b"netdev"];
    let (after, first) = next_word(text);
    let (after, family) = next_word(after);
    let (after, _) = next_word(after);
    let is_text = first == b"table" && FAMILIES.contains(&family) && next_word(after).1.first() == Some(&b'{');
    is_text || text.starts_with(b"{\"nftables\":")
}

fn is_nft_json_of_kube_proxy(text: &[u8]) -> bool {
    text.starts_with(b"{\"nftables\":") && text.contains_str("\"table\": \"kube-proxy\"")
}

/// A command line with one of iptables' programs in it, behind a prompt or a `+` of `set -x`.
fn shell(text: &[u8]) -> Option<Shell<'_>> {
    let program = ["ip6tables", "iptables"].iter().find_map(|name| text.find(name).map(|at| (at, *name)))?;
    let before = text[..program.0].trim_end();
    let is_prompt = before.is_empty()
        || before.ends_with(b"#")
        || before.ends_with(b"$")
        || before.ends_with(b">")
        || before.ends_with(b"+")
        || before.ends_with(b"sudo")
        || before.ends_with(b"/sbin/")
        || before.ends_with(b"/bin/")
        || before.ends_with(b"--");
    if !is_prompt || before.starts_with(b"# ") {
        return None;
    }
    let command = &text[program.0..];
    let family = Some(if program.1 == "ip6tables" { Family::Ipv6 } else { Family::Ipv4 });
    let is_save = next_word(command).1.contains_str("save");
    let named = table_option(command);
    let table = if is_save { None } else { named.or(Some(TableName::Filter)) };
    Some(Shell { family, table: table.or(named), is_save: is_save && named.is_none() })
}

/// `Table: nat`, as `service iptables status` prints it in front of each table.
fn title(text: &[u8]) -> Option<TableName<'_>> {
    let name = TableName::from_name(text.strip_prefix(b"Table: ")?.trim_end());
    (!matches!(name, TableName::Other(_))).then_some(name)
}

/// `root@node:~# …`, `[root@node ~]# …`, `sh-4.2$ …`, with or without a command.
fn is_prompt(text: &[u8]) -> bool {
    let sign = text.find_byteset(b"#$%").filter(|&at| at > 0 && text.get(at + 1).is_none_or(|&byte| byte == b' '));
    let Some(before) = sign.map(|at| text[..at].trim_end()) else { return false };
    let is_bracketed = before.starts_with(b"[") && before.ends_with(b"]") && before.contains(&b'@');
    let is_shell = before.starts_with(b"sh-") || before.starts_with(b"bash-");
    let has_blank = before.contains(&b' ');
    before.len() < 100 && (is_bracketed || !has_blank && (is_shell || before.contains(&b'@')))
}

/// What is left of a log line in JSON whose message was the dump.
fn is_json(text: &[u8]) -> bool {
    let starts: [&[u8]; 4] = [b"{\"", b",\"", b"\"}", b"}"];
    starts.iter().any(|start| text.starts_with(start)) && matches!(text.last(), Some(b'}' | b':' | b','))
}

/// A command at the prompt of root, `# iptables -t nat -S`: a comment to anyone who does not know it.
pub(super) fn root_shell(text: &[u8]) -> Option<Shell<'_>> {
    let command = text.strip_prefix(b"#")?.trim_start();
    let (_, program) = next_word(command.strip_prefix(b"sudo ").unwrap_or(command));
    let is_command = matches!(program, b"iptables" | b"ip6tables" | b"iptables-save" | b"ip6tables-save");
    shell(command).filter(|_| is_command && command.contains_str(" -"))
}

/// The table that a comment or a separator of few words names: `# table: nat`, `=== filter ===`.
pub(super) fn table_in(text: &[u8]) -> Option<TableName<'_>> {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let words: Vec<&[u8]> = text.split(|&byte| !is_letter(byte)).filter(|word| !word.is_empty()).take(5).collect();
    let mut tables =
        words.iter().map(|word| TableName::from_name(word)).filter(|name| !matches!(name, TableName::Other(_)));
    let name = tables.next().filter(|_| words.len() < 5)?;
    tables.next().is_none().then_some(name)
}

/// The word behind `-t` or `--table`, also glued as in `-tnat`.
fn table_option(command: &[u8]) -> Option<TableName<'_>> {
    let mut rest = command;
    loop {
        let (after, word) = next_word(rest);
        match word {
            b"" => return None,
            b"-t" | b"--table" => return Some(TableName::from_name(next_word(after).1)),
            _ if word.starts_with(b"-t") && word.len() > 2 => return Some(TableName::from_name(&word[2..])),
            _ => rest = after,
        }
    }
}

/// A line of dashes, equal signs and the like, perhaps with a name in it.
fn is_separator(text: &[u8]) -> bool {
    let is_rule = |byte: u8| matches!(byte, b'-' | b'=' | b'#' | b'*' | b'~' | b'_');
    let run = |bytes: &mut dyn Iterator<Item = u8>| bytes.take_while(|&byte| is_rule(byte)).count();
    text == b"--" || (run(&mut text.iter().copied()) >= 3 && run(&mut text.iter().rev().copied()) >= 3)
}

/// Beginnings of lines that tools print around a dump.
const MESSAGES: [&str; 21] = [
    "Defaulted container ",
    "Unable to use a TTY",
    "command terminated with exit code",
    "If you don't see a command prompt",
    "Warning: ",
    "WARNING: ",
    "modprobe: ",
    "Another app is currently holding the xtables lock",
    "Perhaps iptables or your kernel needs to be upgraded",
    "iptables: ",
    "ip6tables: ",
    "iptables v",
    "ip6tables v",
    "[sudo] password",
    "Script started on ",
    "Script done on ",
    "Every ",
    "exit",
    "logout",
    "Last login: ",
    "```",
];

fn is_message(text: &[u8]) -> bool {
    let is_snip = matches!(text, b"..." | b"<snip>" | b"[...]" | b"[snip]" | b"(many more)" | b"\xe2\x80\xa6");
    is_snip || is_json(text) || MESSAGES.iter().any(|start| text.starts_with(start.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_names_the_table_and_the_family() {
        for (text, family, table) in [
            (">> iptables -t nat -L", Family::Ipv4, Some(TableName::Nat)),
            ("[root@node ~]# ip6tables -n -tnat -L KUBE-SERVICES", Family::Ipv6, Some(TableName::Nat)),
            ("sh-4.2$ sudo iptables -L -n", Family::Ipv4, Some(TableName::Filter)),
            ("root@node:~# iptables-save | grep x", Family::Ipv4, None),
            ("+ /usr/sbin/iptables -t mangle -S", Family::Ipv4, Some(TableName::Mangle)),
        ] {
            let is_save = text.contains("-save");
            let shell = Shell { family: Some(family), table, is_save };
            assert_eq!(noise(text.as_bytes()), Some(Noise::Shell(shell)), "{text}");
        }
    }

    #[test]
    fn separators_and_messages_are_known() {
        assert_eq!(noise(b"--- node-1 ---"), Some(Noise::Separator));
        assert_eq!(noise(b"--"), Some(Noise::Separator));
        for prompt in ["root@node:~# exit", "[root@node ~]# ", "sh-4.2$", "bash-5.1# ls -l", "me@host:/tmp$ cat x"] {
            assert_eq!(noise(prompt.as_bytes()), Some(Noise::Prompt), "{prompt}");
        }
        assert_eq!(noise(b"{\"level\":\"info\",\"msg\":"), Some(Noise::Message));
        assert_eq!(noise(b"command terminated with exit code 1"), Some(Noise::Message));
    }

    #[test]
    fn what_nft_prints_is_known_as_text_and_as_json() {
        assert_eq!(noise(b"table ip kube-proxy {"), Some(Noise::Nft { of_kube_proxy: true }));
        assert_eq!(noise(b"table ip6 kube-proxy { # handle 3"), Some(Noise::Nft { of_kube_proxy: true }));
        assert_eq!(noise(b"table inet firewalld {"), Some(Noise::Nft { of_kube_proxy: false }));
        let json = br#"{"nftables": [{"chain": {"family": "ip", "table": "kube-proxy"}}]}"#;
        assert_eq!(noise(json), Some(Noise::Nft { of_kube_proxy: true }));
        assert_eq!(noise(b"table of contents {"), None);
    }

    #[test]
    fn prose_about_iptables_is_not_a_command() {
        assert_eq!(noise(b"mail me at a@b.example for 5 $ or # 7"), None);
        assert_eq!(noise(b"this is what iptables prints"), None);
        assert_eq!(noise(b"- three pods are left to choose from here"), None);
    }
}
