//! Faults in the filter table, and in dumps as such.

use crate::Fault;
use crate::dump::word;

pub(crate) const FAULTS: &[Fault] = &[
    (
        "forward-drop",
        |dump| {
            let at = dump.find_in("filter", ":FORWARD ACCEPT", &[])?;
            let jump = dump.find_in("filter", "-A FORWARD ", &["-j KUBE-FORWARD"])?;
            dump.0[at] = dump.0[at].replace("ACCEPT", "DROP");
            dump.0.remove(jump);
            dump.find_in("filter", ":FORWARD DROP", &[])
        },
        &[],
    ),
    (
        "filter-not-hooked",
        |dump| {
            dump.find_in("filter", ":FORWARD ACCEPT", &[])?;
            let jump = dump.find_in("filter", "-A FORWARD ", &["-j KUBE-FORWARD"])?;
            dump.0.remove(jump);
            dump.find_in("filter", ":FORWARD ACCEPT", &[])
        },
        &[],
    ),
    (
        "policy-hole",
        |dump| {
            let at = dump.find_in("nat", "-A KUBE-EXT-", &["-j KUBE-SVL-"])?;
            let chain = word(&dump.0[at], 1).to_owned();
            dump.0.remove(at);
            dump.find_in("nat", &format!(":{chain} "), &[])
        },
        &[("orphan-chain", "nothing leads to the chain of the local pods any more")],
    ),
    (
        "source-ranges-unenforced",
        |dump| {
            let at =
                dump.find_in("filter", "-A KUBE-PROXY-FIREWALL ", &["traffic not accepted by KUBE-FW-", "-j DROP"])?;
            let chain = dump.0[at].split("accepted by ").nth(1)?.split('"').next()?.to_owned();
            dump.0.remove(at);
            dump.find_in("nat", &format!(":{chain} "), &[])
        },
        &[],
    ),
    (
        "localnet-guard-missing",
        |dump| {
            dump.find_in("nat", "-A KUBE-NODEPORTS ", &[]).filter(|_| dump.has_canary())?;
            let at = dump.find_in("filter", "-A KUBE-FIREWALL ", &["block incoming localnet connections"])?;
            dump.0.remove(at);
            dump.find_in("nat", "-A KUBE-SERVICES ", &["-j KUBE-NODEPORTS"])
        },
        &[],
    ),
    (
        "hollow-drop-mark",
        |dump| {
            let at = dump.find_in("nat", "-A KUBE-MARK-DROP ", &["-j MARK"])?;
            dump.find_in("nat", "-A KUBE-", &["-j KUBE-MARK-DROP"])?;
            dump.0.remove(at);
            dump.find_in("nat", ":KUBE-MARK-DROP ", &[])
        },
        &[],
    ),
    (
        "unconditional-firewall-drop",
        |dump| {
            let at = dump.find_in("filter", "-A KUBE-FIREWALL ", &[])?;
            dump.0.insert(at, "-A KUBE-FIREWALL -j DROP".into());
            Some(at)
        },
        &[("filter-not-hooked", "the jumps behind the one to KUBE-FIREWALL are never reached")],
    ),
    (
        "truncated-dump",
        |dump| {
            let end = dump.0.iter().rposition(|line| line == "COMMIT")?;
            dump.0.truncate(end);
            Some(end - 1)
        },
        &[],
    ),
    (
        "unparsed-lines",
        |dump| dump.put_first("nat", "-A KUBE-SERVICES -d 192.0.2.1/32 -p tcp -m tcp --dport"),
        &[("foreign-rule", "half a rule is none of kube-proxy's")],
    ),
    (
        "two-backends",
        |dump| {
            let chain = dump.find_in("nat", ":KUBE-SVC-", &[])?;
            let first = dump.find_in("nat", ":KUBE-", &[])?;
            let chain = (first..=chain).find(|&at| {
                ["SVC", "SVL", "FW", "XLB", "EXT"].iter().any(|kind| dump.0[at].starts_with(&format!(":KUBE-{kind}-")))
            })?;
            let is_nft = dump.0.iter().any(|line| line.contains("(nf_tables)"));
            let count = dump.0.len();
            let copies = dump.0.iter().map(|line| match line.split_once(" on ") {
                Some((before, after)) if line.starts_with("# Generated") && is_nft => {
                    format!("{} on {after}", before.replace(" (nf_tables)", ""))
                }
                Some((before, after)) if line.starts_with("# Generated") => format!("{before} (nf_tables) on {after}"),
                _ => line.clone(),
            });
            let copies: Vec<String> = copies.collect();
            dump.0.extend(copies);
            Some(if is_nft { count + chain } else { chain })
        },
        &[],
    ),
    (
        "missing-table",
        |dump| {
            let lines = dump.table("filter")?;
            dump.0.drain(lines.start..=lines.end);
            dump.0.iter().position(|line| line.starts_with(':'))
        },
        &[],
    ),
    (
        "old-proxy-leftovers",
        |dump| {
            dump.find_in("nat", ":KUBE-EXT-", &[])?;
            let at = dump.find_in("nat", ":KUBE-SERVICES ", &[])?;
            dump.0.insert(at, ":KUBE-XLB-AAAAAAAAAAAAAAAA - [0:0]".into());
            Some(at)
        },
        &[],
    ),
    (
        "blocking-reference",
        |dump| {
            // What 1.23 left when 1.24 or later took over.
            dump.find_in("nat", ":KUBE-EXT-", &[])?;
            let capture = dump.captures().into_iter().next()?;
            let old = format!("KUBE-XLB-{}", capture.hash());
            let nat = dump.table("nat")?;
            dump.0.insert(nat.start + 1, format!(":{old} - [0:0]"));
            let comment = "\"Redirect pods trying to reach external loadbalancer VIP to clusterIP\"";
            dump.put_first("nat", format!("-A {old} -m comment --comment {comment} -j {}", capture.chain))
        },
        &[],
    ),
    (
        "mode-leftovers",
        |dump| {
            dump.captures().first()?;
            let nat = dump.table("nat")?;
            let own = ":KUBE-NODE-PORT - [0:0]";
            dump.0.insert(nat.start + 1, own.into());
            let jump = dump.find_in("nat", "-A KUBE-SERVICES ", &[])?;
            dump.0.insert(jump, "-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT".into());
            Some(nat.start + 1)
        },
        &[],
    ),
    (
        "masquerade-all",
        |dump| {
            let is_it = |line: &String| line.contains("cluster IP\" ") && line.ends_with("-j KUBE-MARK-MASQ");
            // The service whose address stands first is the one that is shown.
            let capture = dump.find_in("nat", "-A KUBE-SERVICES -d ", &["cluster IP\" ", "-j KUBE-SV"])?;
            let comment = format!("\"{}\" ", dump.0[capture].split('"').nth(1)?);
            let first = dump.0.iter().position(|line| is_it(line) && line.contains(&comment))?;
            let own = dump.0[first].split(" ! -s ").nth(1)?.split(' ').next()?.to_owned();
            for line in dump.0.iter_mut().filter(|line| is_it(line)) {
                *line = line.replace(&format!(" ! -s {own} "), " ");
            }
            Some(first)
        },
        &[],
    ),
];
