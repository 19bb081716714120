//! Whose chains stand beside kube-proxy's.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::{ChainName, Prefix};
use crate::source::Span;

pub(super) static CHECK: Check = Check {
    name: "other-owners",
    level: Level::Info,
    proof: Proof::Dump,
    summary: "other software has chains of its own here",
    page: include_str!("other_owners.md"),
    needs: Needs::NOTHING,
    question: Question::Ruleset(check),
};

/// How names of chains begin, and whose they are. The first that fits counts.
const OWNERS: [(&str, &str); 29] = [
    ("DOCKER", "Docker"),
    ("CNI-", "CNI plugins (portmap, bridge)"),
    ("FLANNEL-", "flannel"),
    ("cali-", "Calico"),
    ("califw-", "Calico"),
    ("CILIUM_", "Cilium"),
    ("OLD_CILIUM_", "Cilium"),
    ("AWS-", "Amazon VPC CNI"),
    ("WEAVE", "Weave Net"),
    ("KUBE-ROUTER-", "kube-router"),
    ("KUBE-POD-FW-", "kube-router"),
    ("KUBE-NWPLCY-", "kube-router"),
    ("KUBE-METADATA-", "GKE"),
    ("IP-MASQ", "ip-masq-agent"),
    ("ANTREA-", "Antrea"),
    ("OVN-KUBE-", "OVN-Kubernetes"),
    ("OPENSHIFT-", "OpenShift"),
    ("ISTIO_", "Istio"),
    ("LINKERD", "Linkerd"),
    ("PROXY_INIT_", "Linkerd"),
    ("NETAVARK", "Podman"),
    ("LIBVIRT_", "libvirt"),
    ("LXC_", "LXC"),
    ("ufw", "ufw"),
    ("f2b-", "fail2ban"),
    ("fail2ban-", "fail2ban"),
    ("ts-", "Tailscale"),
    ("nixos-", "NixOS"),
    ("cloud-", "a cloud agent"),
];

/// What an owner has in one ruleset.
struct Owned {
    owner: &'static str,
    first: Span,
    chains: usize,
    rules: usize,
}

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let mut all: Vec<Owned> = Vec::new();
    for table in &cx.proxy.resolved.ruleset.tables {
        let others = cx.other_chains(table);
        for chain in others.into_iter().map(|id| table.chain(id)).filter(|chain| !chain.is_built_in()) {
            let Some(owner) = owner(chain.name) else { continue };
            let at = all.iter().position(|owned| owned.owner == owner).unwrap_or_else(|| {
                all.push(Owned { owner, first: chain.span, chains: 0, rules: 0 });
                all.len() - 1
            });
            all[at].chains += 1;
            all[at].rules += chain.rules.len();
        }
    }
    let Some((first, rest)) = all.split_first() else { return };
    let names: Vec<_> = all.iter().map(|owned| owned.owner).collect();
    let mut finding =
        Finding::new("other software", format!("chains of {}", names.join(", ")), first.first).label(label(first));
    for owned in rest {
        finding = finding.line(owned.first, label(owned));
    }
    found.push(
        finding
            .effect("None by itself. Their rules are walked like all others; where they get in the way another finding says so.")
            .remedy("Nothing."),
    );
}

fn label(owned: &Owned) -> String {
    format!("{}: {} chains, {} rules", owned.owner, owned.chains, owned.rules)
}

fn owner(name: &[u8]) -> Option<&'static str> {
    match ChainName::of(name) {
        ChainName::Hashed(Prefix::HostPort, _) => Some("host ports of kubelet or CRI-O"),
        ChainName::Hashed(..) | ChainName::Static(_) => None,
        ChainName::Foreign => {
            let known = OWNERS.iter().find(|(prefix, _)| name.starts_with(prefix.as_bytes()));
            Some(known.map_or("unknown software", |(_, owner)| owner))
        }
    }
}
