//! Changes to a dump that concern a whole service: its pods, its policy, its existence.

use crate::dump::{Capture, Dump, word};
use kubenat::kube::{ServicePortName, endpoint_hash};
use kubenat::ruleset::Protocol;
use std::net::SocketAddr;

impl Capture {
    /// What the names of its chains end in.
    pub(crate) fn hash(&self) -> &str {
        self.chain.rsplit('-').next().unwrap_or_default()
    }

    /// The namespace of the service.
    pub(crate) fn namespace(&self) -> &str {
        self.service.split('/').next().unwrap_or_default()
    }
}

impl Dump {
    /// The first service with nothing else than its cluster IP that can have a pod like this in the place of one of
    /// its own, with the chain of that one: kube-proxy sorts pods by address.
    pub(crate) fn place_for(&self, by: SocketAddr, fits: impl Fn(&Capture) -> bool) -> Option<(Capture, String)> {
        self.captures().into_iter().filter(fits).find_map(|capture| {
            let pods: Vec<String> = self.pods(&capture.chain).into_iter().map(|at| self.target(at)).collect();
            let own: Option<Vec<String>> = pods.iter().map(|pod| Some(self.destination(pod)?.to_string())).collect();
            let own = own?;
            let fits = |at: &usize| {
                let mut then = own.clone();
                then[*at] = by.to_string();
                then.is_sorted_by(|one, next| one < next) && self.leads_to(&pods[*at]) == 1
            };
            let at = (0..own.len()).find(fits)?;
            Some((capture, pods[at].clone()))
        })
    }

    /// How many rules lead to a chain.
    fn leads_to(&self, chain: &str) -> usize {
        self.0.iter().filter(|line| line.ends_with(&format!("-j {chain}"))).count()
    }

    /// The rules of a service chain that lead to pods.
    pub(crate) fn pods(&self, chain: &str) -> Vec<usize> {
        let start = format!("-A {chain} ");
        let is_it = |at: &usize| self.0[*at].starts_with(&start) && self.0[*at].contains("-j KUBE-SEP-");
        (0..self.0.len()).filter(is_it).collect()
    }

    /// Where the DNAT rule of a pod's chain leads to.
    pub(crate) fn destination(&self, pod: &str) -> Option<SocketAddr> {
        let at = self.find(&[&format!("-A {pod} "), "-j DNAT"])?;
        self.0[at].split("--to-destination ").nth(1)?.split(' ').next()?.parse().ok()
    }

    /// Gives a service another pod in place of its own, in all that kube-proxy writes of a pod: the name of its
    /// chain, what masquerades it to itself, the translation and the comments. Tells the line of the translation.
    pub(crate) fn replace_pod(&mut self, of: &Capture, pod: &str, by: SocketAddr) -> Option<usize> {
        let own = self.destination(pod)?;
        let protocol = if of.protocol == "udp" { Protocol::UDP } else { Protocol::TCP };
        let hash = endpoint_hash(ServicePortName::parse(of.service.as_bytes())?, protocol, by);
        let name = format!("KUBE-SEP-{hash}");
        for line in self.0.iter_mut().filter(|line| line.contains(pod)) {
            *line = line
                .replace(pod, &name)
                .replace(&own.to_string(), &by.to_string())
                .replace(&format!("-s {}/", own.ip()), &format!("-s {}/", by.ip()));
        }
        self.find(&[&format!("-A {name} "), "-j DNAT"])
    }

    /// The hashes of services that have a pod on this node and Local policy: such pods have a way of their own.
    pub(crate) fn local_services(&self) -> Vec<String> {
        let leads = |line: &&String| {
            line.contains("-j KUBE-SVL-") || line.starts_with("-A KUBE-XLB-") && line.contains("-j KUBE-SEP-")
        };
        let hash = |line: &String| match line.split("-j KUBE-SVL-").nth(1) {
            Some(hash) => hash.to_owned(),
            None => word(line, 1).rsplit('-').next().unwrap_or_default().to_owned(),
        };
        let mut all: Vec<String> = self.0.iter().filter(leads).map(hash).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Removes a service: its chains, what leads to them, and pods that are nobody else's.
    pub(crate) fn remove_service(&mut self, hash: &str) {
        let ending = format!("-{hash}");
        let of_it = |line: &String| line.split(' ').any(|word| word.trim_start_matches(':').ends_with(&ending));
        let quoted = self.0.iter().filter(|line| line.starts_with("-A KUBE-SERVICES ") && of_it(line));
        let names: Vec<String> = quoted
            .filter_map(|line| line.split('"').nth(1)?.strip_suffix(" cluster IP").map(|name| format!("\"{name}")))
            .collect();
        let is_named = |line: &String| {
            names.iter().any(|name| {
                line.split_once(name.as_str()).is_some_and(|(_, rest)| rest.starts_with('"') || rest.starts_with(' '))
            })
        };
        let outside =
            ["-A KUBE-SERVICES ", "-A KUBE-NODEPORTS ", "-A KUBE-EXTERNAL-SERVICES ", "-A KUBE-PROXY-FIREWALL "];
        let leads = |line: &String| outside.iter().any(|start| line.starts_with(start)) && is_named(line);
        self.0.retain(|line| !of_it(line) && !leads(line));
        let pods: Vec<String> = self.0.iter().filter_map(|line| declared(line, "KUBE-SEP-")).collect();
        for pod in pods {
            if self.leads_to(&pod) == 0 {
                self.remove_chain(&pod);
            }
        }
    }
}

/// The name of the chain that a line declares, if it begins so.
fn declared(line: &str, start: &str) -> Option<String> {
    let name = line.strip_prefix(':')?.split(' ').next()?;
    name.starts_with(start).then(|| name.to_owned())
}
