//! What really arrives at the pods of service chains, for those chains that are not as kube-proxy writes them.
//!
//! A chain that holds the ladder of `1/n`, `1/(n-1)` … over sound endpoint chains needs no walk: each pod gets `1/n`.
//! All others are walked.

use super::context::Context;
use crate::facts::Facts;
use crate::kube::{Balancing, Prefix, Proxy, ServiceChain, ServiceChainId, ServicePort, rung};
use crate::shares::{ChainShare, EndpointShare, chain_share, is_plain};
use crate::trace::Machine;

/// The walk through one service chain.
pub(super) struct Walked {
    pub(super) chain: ServiceChainId,
    /// Its service, by index.
    pub(super) service: u32,
    /// By balancing rule: its part of new connections. Rules that lead to one endpoint chain share its part.
    pub(super) shares: Vec<f64>,
    /// What leaves without translation.
    pub(super) leaked: f64,
}

/// Walks all chains that are not plain, and of which the dump tells enough.
pub(super) fn walked(cx: &Context<'_, '_>) -> Vec<Walked> {
    let proxy = cx.proxy;
    cx.chains()
        .filter_map(|(id, chain)| {
            let &service = chain.services.first().filter(|_| chain.balances() && !chain.balancing.is_empty())?;
            let port = &proxy.services[service as usize];
            if is_even(cx, port, chain) { None } else { walk(cx.machine(), proxy, (id, chain), (service, port)) }
        })
        .collect()
}

/// As kube-proxy writes it, with every pod's chain sound.
fn is_even(cx: &Context<'_, '_>, service: &ServicePort<'_>, chain: &ServiceChain<'_>) -> bool {
    is_ladder(chain) && is_plain(cx.machine(), cx.proxy, chain, service.protocol)
}

/// Whether the rules ask for one of `n`, one of `n-1` …, and the last takes all that is left.
fn is_ladder(chain: &ServiceChain<'_>) -> bool {
    let count = chain.balancing.len();
    chain.balancing.iter().enumerate().all(|(at, rule)| match rule.threshold {
        Some(threshold) => rung(threshold).is_some_and(|rung| rung.choices as usize == count - at),
        None => at + 1 == count,
    })
}

fn walk<'src>(
    machine: &Machine<'_, 'src>,
    proxy: &Proxy<'_, 'src>,
    (id, chain): (ServiceChainId, &ServiceChain<'src>),
    (service, port): (u32, &ServicePort<'src>),
) -> Option<Walked> {
    // A local chain of old releases answers pods otherwise: of all others an address must be known.
    let is_local = matches!(chain.prefix, Prefix::Xlb | Prefix::Svl);
    if !is_local && port.captures.iter().all(|capture| capture.address.is_none()) {
        return None;
    }
    let ChainShare { endpoints, unrouted, .. } = chain_share(machine, proxy, port, chain, &Facts::default());
    let shares = chain.balancing.iter().zip(&endpoints).map(of_rule).collect::<Option<Vec<f64>>>()?;
    Some(Walked { chain: id, service, shares, leaked: unrouted? })
}

/// A rule that leads to no chain gives nothing; that no connection gets lost there is asked of the whole chain.
fn of_rule((rule, own): (&Balancing, &EndpointShare)) -> Option<f64> {
    if rule.endpoint.is_none() { Some(0.0) } else { own.share }
}

/// A share as people read it: `33.33 %`.
pub(super) fn percent(share: f64) -> String {
    let text = format!("{:.2}", share.max(0.0) * 100.0);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "0" && share > 0.0 { "less than 0.01 %".into() } else { format!("{text} %") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_read_in_per_cent() {
        let read = [0.25, 1.0 / 3.0, 1.0, 0.0, 0.000_01].map(percent);
        assert_eq!(read, ["25 %", "33.33 %", "100 %", "0 %", "less than 0.01 %"]);
    }
}
