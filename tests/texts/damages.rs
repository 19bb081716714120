//! What happens to a text on its way: each damage is undone, and told in one line where it is not harmless.

use super::shown::{reads, shown};

/// A small dump; its quotes, brackets and blanks are what damage shows at.
const DUMP: &str = "*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-SVC-A - [0:0]\n:KUBE-SEP-B - [0:0]\n-A PREROUTING -d 10.96.0.1/32 -p tcp -m comment --comment \"a/b:c -> d\" -m tcp --dport 443 -j KUBE-SVC-A\n-A KUBE-SVC-A -m comment --comment \"a/b:c\" -j KUBE-SEP-B\n-A KUBE-SEP-B -p tcp -m tcp -j DNAT --to-destination 10.0.0.2:6443\nCOMMIT\n";

/// What is read from it.
const READ: [&str; 8] = [
    "IPv4 unknown",
    "*nat",
    ":PREROUTING ACCEPT",
    "-A PREROUTING -d 10.96.0.1/32 -p tcp -m comment --comment \"a/b:c -> d\" -m tcp --dport 443 -j KUBE-SVC-A",
    ":KUBE-SVC-A",
    "-A KUBE-SVC-A -m comment --comment \"a/b:c\" -j KUBE-SEP-B",
    ":KUBE-SEP-B",
    "-A KUBE-SEP-B -p tcp -m tcp -j DNAT --to-destination 10.0.0.2:6443",
];

/// Asserts that the whole dump is read from the text; gives what is told besides.
#[track_caller]
fn comes_back(damaged: impl AsRef<[u8]>) -> Vec<String> {
    let mut lines = shown(damaged.as_ref());
    assert!(lines.len() >= READ.len(), "{lines:#?}");
    let told = lines.split_off(READ.len());
    assert_eq!(lines, READ);
    told
}

fn each_line(change: impl Fn(usize, &str) -> String) -> String {
    DUMP.lines().enumerate().map(|(at, line)| change(at + 1, line) + "\n").collect()
}

#[track_caller]
fn harmless(damaged: impl AsRef<[u8]>) {
    assert_eq!(comes_back(damaged), [""; 0]);
}

#[track_caller]
fn told_once(damaged: impl AsRef<[u8]>) {
    let told = comes_back(damaged);
    assert!(told.len() == 1 && told[0].starts_with("note: "), "{told:?}");
}

#[test]
fn line_ends_of_windows_and_a_byte_order_mark_are_harmless() {
    harmless(DUMP);
    harmless(DUMP.replace('\n', "\r\n"));
    harmless(format!("\u{feff}{DUMP}"));
}

#[test]
fn sixteen_bit_text_is_read() {
    let wide = |mark: [u8; 2], order: fn(u16) -> [u8; 2]| {
        mark.into_iter().chain(DUMP.replace('\n', "\r\n").encode_utf16().flat_map(order)).collect::<Vec<u8>>()
    };
    harmless(wide([0xff, 0xfe], u16::to_le_bytes));
    harmless(wide([0xfe, 0xff], u16::to_be_bytes));
}

#[test]
fn gzip_is_unpacked() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, DUMP.as_bytes()).unwrap();
    harmless(packed.finish().unwrap());
}

#[test]
fn lines_found_by_grep_may_have_prefixes() {
    told_once(each_line(|at, line| format!("{at}:{line}")));
    told_once(each_line(|_, line| format!("node-1.save:{line}")));
    told_once(each_line(|at, line| format!("dumps/node-1.save:{at}:{line}")));
}

#[test]
fn grep_with_context_parts_its_finds() {
    reads(
        "12:-A A -j KUBE-SVC-X\n--\n20-:KUBE-SVC-X - [0:0]\n21:-A KUBE-SVC-X -j KUBE-SEP-Y\n",
        &[
            "IPv4 unknown",
            "*nat? …",
            ":A?",
            "-A A -j KUBE-SVC-X",
            ":KUBE-SVC-X",
            "-A KUBE-SVC-X -j KUBE-SEP-Y",
            "note: the line number `12:` was stripped from 3 lines",
        ],
    );
}

#[test]
fn of_a_grep_chains_and_tables_are_unknown() {
    reads(
        "-A KUBE-SERVICES -d 10.96.0.1/32 -j KUBE-SVC-X\n:KUBE-SVC-X - [0:0]\n-A KUBE-SVC-X -j KUBE-SEP-Y\n",
        &[
            "IPv4 unknown",
            "*nat? …",
            ":KUBE-SERVICES?",
            "-A KUBE-SERVICES -d 10.96.0.1/32 -j KUBE-SVC-X",
            ":KUBE-SVC-X",
            "-A KUBE-SVC-X -j KUBE-SEP-Y",
        ],
    );
}

#[test]
fn a_dump_on_one_line_is_split_again() {
    told_once(DUMP.trim_end().replace('\n', " "));
}

#[test]
fn escapes_of_a_log_are_undone() {
    told_once(DUMP.replace('"', "\\\"").replace('\n', "\\n"));
    told_once(format!("{{\"level\":\"info\",\"msg\":\"{}\"}}\n", DUMP.replace('"', "\\\"").replace('\n', "\\n")));
}

#[test]
fn markup_around_the_text_is_taken_off() {
    harmless(each_line(|_, line| format!("    {line}")));
    harmless(each_line(|_, line| format!("\t{line}")));
    comes_back(format!("```\n{DUMP}```\n"));
    told_once(each_line(|_, line| format!("> {line}")));
    told_once(each_line(|_, line| format!("+{line}")));
    told_once(DUMP.replace('>', "&gt;").replace('"', "&quot;"));
    told_once(format!("<pre>{}</pre>\n", DUMP.replace('>', "&gt;").replace('"', "&quot;")));
}

#[test]
fn blank_lines_between_the_rules_are_harmless() {
    harmless(DUMP.replace('\n', "\n\n"));
}

#[test]
fn wrapped_lines_are_glued() {
    told_once(each_line(|_, line| {
        let cut: Vec<String> =
            line.as_bytes().chunks(80).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
        cut.join("\n")
    }));
    told_once(DUMP.replace(" -j ", " \\\n    -j "));
}

#[test]
fn prefixes_of_logs_are_stripped() {
    told_once(each_line(|_, line| format!("Nov 14 11:06:11 host kube-proxy[12085]: {line}")));
    told_once(each_line(|_, line| format!("I1225 03:04:45.320763       1 proxier.go:1355] {line}")));
    told_once(each_line(|_, line| format!("2024-01-01T00:00:00.000Z stdout F {line}")));
}

#[test]
fn prompts_and_commands_name_the_table() {
    harmless(format!("root@node:~# iptables-save -t nat\n{DUMP}root@node:~# exit\n"));
    reads(
        "[root@node ~]# ip6tables -n -t mangle -L A\nChain A (1 references)\ntarget     prot opt source               destination         \nDROP       all      ::/0                 ::/0                \n[root@node ~]# \n",
        &["IPv6 unknown", "*mangle …", ":A", "-A A -j DROP"],
    );
    reads("+ iptables -t nat -S\n-N A\n-A A -j RETURN\n", &["IPv4 unknown", "*nat …", ":A", "-A A -j RETURN"]);
    reads("# iptables -t raw -S\n-N A\n-A A -j RETURN\n", &["IPv4 unknown", "*raw …", ":A", "-A A -j RETURN"]);
    reads("[sudo] password for x:\nsh-4.2$ sudo iptables -S A\n-N A\n", &["IPv4 unknown", "*filter …", ":A"]);
}

#[test]
fn noise_of_kubectl_is_known() {
    harmless(format!(
        "Defaulted container \"kube-proxy\" out of: kube-proxy, x\nUnable to use a TTY - input is not a terminal or the right kind of file\n{DUMP}command terminated with exit code 1\n"
    ));
}

#[test]
fn a_text_cut_off_is_read_as_far_as_it_goes_and_proves_no_absence() {
    let cut = "*nat\n:A - [0:0]\n-A A -p tcp -j RETURN\n-A A -p udp -m comment --comment \"half a com";
    let lines = shown(cut.as_bytes());
    assert_eq!(lines[..4], ["IPv4 unknown", "*nat …", ":A", "-A A -p tcp -j RETURN"]);
    assert!(lines.iter().any(|line| line.starts_with("4:")), "{lines:?}");
    reads("*nat\n:A - [0:0]\n-A A -j RETURN\n", &["IPv4 unknown", "*nat …", ":A", "-A A -j RETURN"]);
}

#[test]
fn gaps_that_somebody_left_are_known() {
    for gap in ["...", "<snip>", "[...]", "(many more)"] {
        reads(
            format!("*nat\n:A - [0:0]\n{gap}\n-A A -j RETURN\n"),
            &["IPv4 unknown", "*nat …", ":A", "-A A -j RETURN"],
        );
    }
}

#[test]
fn typography_is_undone() {
    told_once(DUMP.replace(" --", " –").replace(" -m", " –m"));
    told_once(DUMP.replace(" \"", " “").replace("\" ", "” "));
    told_once(DUMP.replace(' ', "\u{a0}"));
}

#[test]
fn notes_typed_behind_rules_are_taken_off() {
    told_once(DUMP.replace(" -j KUBE-SEP-B\n", " -j KUBE-SEP-B   ← 1\n"));
    told_once(DUMP.replace(" -j KUBE-SEP-B\n", " -j KUBE-SEP-B  #1\n"));
}

#[test]
fn colours_and_titles_of_a_terminal_are_stripped() {
    comes_back(each_line(|_, line| format!("\u{1b}[1m{line}\u{1b}[0m")));
    comes_back(format!("Script started on 2024-01-01\n{}Script done on 2024-01-01\n", DUMP.replace('\n', "\r\n")));
}

#[test]
fn several_damages_at_once_are_undone() {
    let log = each_line(|_, line| format!("> Nov 14 11:06:11 host kube-proxy[12085]: {line}")).replace('\n', "\r\n");
    assert_eq!(comes_back(log).len(), 2);
}
