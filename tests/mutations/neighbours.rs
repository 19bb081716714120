//! What other software puts beside kube-proxy's rules as a matter of course is no fault.

use crate::dump::Dump;
use crate::{SOUND, report, sound};

/// Whose rules, and the lines of each table: declarations, rules before all others (`^`), rules behind them.
type Neighbour = (&'static str, &'static [(&'static str, &'static [&'static str])]);

/// Forms as their programs write them, for IPv4.
const NEIGHBOURS: &[Neighbour] = &[
    (
        "Calico",
        &[
            (
                "nat",
                &[
                    ":cali-POSTROUTING - [0:0]",
                    ":cali-PREROUTING - [0:0]",
                    ":cali-fip-dnat - [0:0]",
                    ":cali-nat-outgoing - [0:0]",
                    "^-A PREROUTING -m comment --comment \"cali:6gwbT8clXdHdC1b1\" -j cali-PREROUTING",
                    "^-A POSTROUTING -m comment --comment \"cali:O3lYWMrLQYEMJtB5\" -j cali-POSTROUTING",
                    "-A cali-POSTROUTING -j cali-nat-outgoing",
                    "-A cali-PREROUTING -j cali-fip-dnat",
                    "-A cali-nat-outgoing -m set --match-set cali40masq-ipam-pools src -m set ! --match-set \
                     cali40all-ipam-pools dst -j MASQUERADE --random-fully",
                ],
            ),
            (
                "filter",
                &[
                    ":cali-FORWARD - [0:0]",
                    "^-A FORWARD -m comment --comment \"cali:wUHhoiAYhphO9Mso\" -j cali-FORWARD",
                    "-A FORWARD -m comment --comment \"Policy explicitly accepted packet.\" -m mark --mark \
                     0x10000/0x10000 -j ACCEPT",
                ],
            ),
        ],
    ),
    (
        "Cilium",
        &[(
            "nat",
            &[
                ":CILIUM_POST_nat - [0:0]",
                ":CILIUM_PRE_nat - [0:0]",
                "^-A PREROUTING -m comment --comment \"cilium-feeder: CILIUM_PRE_nat\" -j CILIUM_PRE_nat",
                "^-A POSTROUTING -m comment --comment \"cilium-feeder: CILIUM_POST_nat\" -j CILIUM_POST_nat",
                "-A CILIUM_POST_nat -s 10.244.1.0/24 ! -d 10.244.1.0/24 ! -o cilium_+ -m comment --comment \"cilium \
                 masquerade non-cluster\" -j MASQUERADE",
                "-A CILIUM_POST_nat -m mark --mark 0xa00/0xe00 -m comment --comment \"exclude proxy return traffic \
                 from masquerade\" -j ACCEPT",
            ],
        )],
    ),
    (
        "Docker",
        &[(
            "nat",
            &[
                ":DOCKER - [0:0]",
                "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
                "-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER",
                "-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE",
                "-A DOCKER -i docker0 -j RETURN",
                "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8088 -j DNAT --to-destination 172.17.0.2:80",
            ],
        )],
    ),
    (
        "kube-router",
        &[(
            "filter",
            &[
                ":KUBE-NWPLCY-DEFAULT - [0:0]",
                ":KUBE-POD-FW-ABCDEFGHIJKLMNOP - [0:0]",
                ":KUBE-ROUTER-FORWARD - [0:0]",
                "^-A FORWARD -m comment --comment \"kube-router netpol - TEMCG2JMHZYE7H7T\" -j KUBE-ROUTER-FORWARD",
                "-A KUBE-ROUTER-FORWARD -d 10.244.1.5/32 -j KUBE-POD-FW-ABCDEFGHIJKLMNOP",
                "-A KUBE-POD-FW-ABCDEFGHIJKLMNOP -j MARK --set-xmark 0x0/0x10000",
                "-A FORWARD -m comment --comment \"rule to explicitly ACCEPT traffic\" -m mark --mark 0x20000/0x20000 \
                 -j ACCEPT",
            ],
        )],
    ),
    (
        "ip-masq-agent",
        &[(
            "nat",
            &[
                ":IP-MASQ-AGENT - [0:0]",
                "-A POSTROUTING -m addrtype ! --dst-type LOCAL -j IP-MASQ-AGENT",
                "-A IP-MASQ-AGENT -d 10.0.0.0/8 -j RETURN",
                "-A IP-MASQ-AGENT -j MASQUERADE",
            ],
        )],
    ),
    (
        "libvirt and Tailscale",
        &[(
            "nat",
            &[
                ":LIBVIRT_PRT - [0:0]",
                ":ts-postrouting - [0:0]",
                "^-A POSTROUTING -j LIBVIRT_PRT",
                "^-A POSTROUTING -j ts-postrouting",
                "-A LIBVIRT_PRT -s 192.168.122.0/24 -d 224.0.0.0/24 -j RETURN",
                "-A LIBVIRT_PRT -s 192.168.122.0/24 ! -d 192.168.122.0/24 -j MASQUERADE",
                "-A ts-postrouting -m mark --mark 0x40000/0xff0000 -j MASQUERADE",
            ],
        )],
    ),
    (
        "flannel",
        &[(
            "nat",
            &[
                "-A POSTROUTING -s 10.244.0.0/16 -d 10.244.0.0/16 -j RETURN",
                "-A POSTROUTING -s 10.244.0.0/16 ! -d 224.0.0.0/4 -j MASQUERADE --random-fully",
                "-A POSTROUTING ! -s 10.244.0.0/16 -d 10.244.1.0/24 -j RETURN",
                "-A POSTROUTING ! -s 10.244.0.0/16 -d 10.244.0.0/16 -j MASQUERADE --random-fully",
            ],
        )],
    ),
    (
        "Weave Net",
        &[
            (
                "nat",
                &[
                    ":WEAVE - [0:0]",
                    "-A POSTROUTING -j WEAVE",
                    "-A WEAVE -s 10.32.0.0/12 -d 224.0.0.0/4 -j RETURN",
                    "-A WEAVE ! -s 10.32.0.0/12 -d 10.32.0.0/12 -j MASQUERADE",
                ],
            ),
            (
                "filter",
                &[
                    ":WEAVE-NPC - [0:0]",
                    "^-A FORWARD -o weave -j WEAVE-NPC",
                    "-A FORWARD -o weave -m state --state NEW -j NFLOG --nflog-group 86",
                    "-A FORWARD -o weave -j DROP",
                    "-A FORWARD -i weave ! -o weave -j ACCEPT",
                ],
            ),
        ],
    ),
    (
        "a kubelet before 1.28",
        &[
            ("nat", &[":KUBE-MARK-DROP - [0:0]", "-A KUBE-MARK-DROP -j MARK --set-xmark 0x8000/0x8000"]),
            (
                "filter",
                &["-A KUBE-FIREWALL -m comment --comment \"kubernetes firewall for dropping marked packets\" -m mark \
                   --mark 0x8000/0x8000 -j DROP"],
            ),
        ],
    ),
];

/// Puts the lines of a table where they belong; those that are there already are not put twice.
fn settle(dump: &mut Dump, table: &str, lines: &[&str]) {
    for line in
        lines.iter().filter(|line| dump.find_in(table, line.trim_start_matches('^'), &[]).is_none()).collect::<Vec<_>>()
    {
        let range = dump.table(table).expect("the table is there");
        let rules = range.clone().find(|&at| dump.0[at].starts_with("-A ")).unwrap_or(range.end);
        let at = if line.starts_with(':') || line.starts_with('^') { rules } else { range.end };
        dump.0.insert(at, line.trim_start_matches('^').to_owned());
    }
}

#[test]
fn rules_of_other_software_beside_those_of_kube_proxy_give_no_error_and_no_warning() {
    for (era, case) in SOUND.into_iter().filter(|(era, _)| !era.ends_with("v6")) {
        let text = sound(case);
        let before = report(&text).loud;
        for (owner, tables) in NEIGHBOURS {
            let mut dump = Dump::of(&text);
            for (table, lines) in *tables {
                settle(&mut dump, table, lines);
            }
            let is_old = |check: &str, line: &str| before.iter().any(|(own, _, text)| *own == check && text == line);
            let loud = report(&dump.text()).loud;
            let new: Vec<_> = loud.iter().filter(|(check, _, line)| !is_old(check, line)).collect();
            assert!(new.is_empty(), "{era} {owner}: {new:#?}");
        }
    }
}
