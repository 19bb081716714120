//! One service port, found and wanted. Of several outcomes the releases of the era have, the nearest one counts.

use super::captures::Captures;
use super::fields::{Field, health_check, hidden_policy, others, policies};
use super::node::{Targets, targets};
use super::wanted::wanted;
use crate::kube::{Balancing, CaptureState, Prefix, Proxy, ServicePort};
use crate::objects::{Era, ExpectedPort, Members, TrafficPolicy, Version, View};
use crate::ruleset::RuleId;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::net::SocketAddr;

/// What the rules of one ruleset can tell.
#[derive(Clone, Copy)]
pub(super) struct Sight<'a, 'p, 'src> {
    pub(super) proxy: &'a Proxy<'p, 'src>,
    pub(super) era: Era,
    /// Whether the filter table is there as a whole.
    pub(super) has_filter: bool,
    /// The node's name, if it is known.
    pub(super) node: Option<&'a str>,
}

/// How a service port differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Differing {
    /// Endpoints that should not be there, with the rules that lead to them.
    pub(super) stale: BTreeMap<SocketAddr, Vec<RuleId>>,
    /// Endpoints that should be there.
    pub(super) missing: BTreeSet<SocketAddr>,
    /// Fields.
    pub(super) fields: Vec<Field>,
}

impl Differing {
    fn count(&self) -> usize {
        self.stale.len() + self.missing.len() + self.fields.len()
    }
}

impl Sight<'_, '_, '_> {
    /// Whether what is not routed may be absent from the rules.
    pub(super) fn may_hide(&self) -> bool {
        !self.has_filter || self.era.from < Version::minor(14)
    }

    /// Whether a service port that nothing captures may be in step.
    pub(super) fn may_be_absent(&self, port: &ExpectedPort<'_>) -> bool {
        let is_hidden = |view: &View| {
            let all = wanted(port, view, self.era);
            all.iter().all(|wanted| !wanted.is_routed() && (self.may_hide() || wanted.states.is_empty()))
        };
        port.views.iter().any(is_hidden)
    }

    /// How the service differs from what is expected; nothing if any outcome of the era agrees.
    pub(super) fn differing(&self, service: &ServicePort<'_>, port: &ExpectedPort<'_>) -> Differing {
        let mut best: Option<Differing> = None;
        for view in &port.views {
            let differing = self.by_view(service, port, view);
            if best.as_ref().is_none_or(|best| differing.count() < best.count()) {
                best = Some(differing);
            }
        }
        best.unwrap_or_default()
    }

    fn by_view(&self, service: &ServicePort<'_>, port: &ExpectedPort<'_>, view: &View) -> Differing {
        let wanted = wanted(port, view, self.era);
        let policies: Vec<Field> = policies(service, view).collect();
        let same = |name| !policies.iter().any(|field: &Field| field.name == name);
        let (same_internal, same_external) = (same("internalTrafficPolicy"), same("externalTrafficPolicy"));
        let mut differing = Differing::default();
        let has_cluster = view.cluster != Members::NotUsed && service.chain(Prefix::Svc).is_some();
        if (same_internal && same_external) || has_cluster {
            self.endpoints(self.proxy.cluster_endpoints(service), &view.cluster, &mut differing);
        }
        if same_internal && same_external {
            self.endpoints(self.proxy.local_endpoints(service), &view.local, &mut differing);
            self.look_for_hidden_policy(service, port, view, &mut differing);
        }
        let captures =
            Captures { found: &service.captures, wanted: &wanted, may_hide: self.may_hide(), index: port.index };
        differing.fields.extend(captures.fields());
        differing.fields.extend(others(service, port, view, self.era));
        if self.has_filter && same_external {
            differing.fields.extend(health_check(service, port, self.era));
        }
        differing.fields.extend(policies);
        if differing.count() == 0 && self.has_filter {
            differing.fields.extend(refusal(service, &wanted));
        }
        differing
    }

    fn endpoints(&self, balancing: &[Balancing], members: &Members, differing: &mut Differing) {
        let Targets { known, has_unknown } = targets(self.proxy, balancing);
        let members = match members {
            Members::Unknown => return,
            members => members.addresses(),
        };
        let wanted: HashSet<SocketAddr> = members.iter().copied().collect();
        let mut found = HashSet::with_capacity(known.len());
        for (address, rule) in known {
            found.insert(address);
            if !wanted.contains(&address) {
                differing.stale.entry(address).or_default().push(rule);
            }
        }
        if !has_unknown {
            differing.missing.extend(members.iter().filter(|address| !found.contains(address)));
        }
    }

    /// 1.22 and 1.23 carry the internal policy out in KUBE-SVC and do not show it: endpoints that are just those of
    /// the other policy are one field, not many endpoints.
    fn look_for_hidden_policy(
        &self,
        service: &ServicePort<'_>,
        port: &ExpectedPort<'_>,
        view: &View,
        differing: &mut Differing,
    ) {
        let tells = self.era.to < Version::minor(22) || self.era.from > Version::minor(23);
        let is_local = view.external_policy == TrafficPolicy::Local;
        let is_same = differing.stale.is_empty() && differing.missing.is_empty();
        if tells || is_local || is_same || service.internal_policy.is_some() {
            return;
        }
        let Some(node) = self.node else { return };
        let is_meant = |candidate: &&crate::objects::Candidate<'_>| {
            candidate.endpoint.is_ready && (view.internal_policy == TrafficPolicy::Local || candidate.is_on(node))
        };
        let other: BTreeSet<SocketAddr> = port.candidates.iter().filter(is_meant).map(|each| each.address).collect();
        let found = targets(self.proxy, self.proxy.cluster_endpoints(service)).known;
        let found: BTreeSet<SocketAddr> = found.into_iter().map(|(address, _)| address).collect();
        if found == other && !(found.is_empty() && view.internal_policy == TrafficPolicy::Local) {
            *differing = Differing { fields: vec![hidden_policy(view)], ..Differing::default() };
        }
    }
}

/// An address that is rejected instead of dropped, or the other way round: once for all captures.
fn refusal(service: &ServicePort<'_>, wanted: &[super::wanted::Wanted]) -> Option<Field> {
    let word = |state| match state {
        CaptureState::Routed => "routed",
        CaptureState::Rejected => "rejected",
        CaptureState::Dropped => "dropped",
    };
    service.captures.iter().find_map(|capture| {
        let is_it = |wanted: &&super::wanted::Wanted| {
            wanted.kind == capture.kind && (wanted.address.is_none() || wanted.address == capture.address)
        };
        let [only] = wanted.iter().find(is_it)?.states[..] else { return None };
        let is_refused = |state| state != CaptureState::Routed;
        (only != capture.state && is_refused(only) && is_refused(capture.state)).then(|| Field {
            name: "state",
            path: "spec".into(),
            expected: word(only).into(),
            found: word(capture.state).into(),
            rules: Vec::new(),
        })
    })
}
