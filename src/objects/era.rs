//! Which kube-proxy: a range of Kubernetes versions, and what they make of the same objects.

use std::fmt;

/// A Kubernetes release line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// `1` of `1.28`.
    pub major: u16,
    /// `28` of `1.28`.
    pub minor: u16,
}

impl Version {
    /// The newest release whose behaviour is described here.
    pub const NEWEST: Self = Self::minor(37);

    /// Version `1.minor`.
    #[must_use]
    pub const fn minor(minor: u16) -> Self {
        Self { major: 1, minor }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// The versions a dump may come from; both ends are included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Era {
    /// The oldest.
    pub from: Version,
    /// The newest.
    pub to: Version,
}

impl Era {
    /// The era of one release line alone.
    #[must_use]
    pub const fn only(version: Version) -> Self {
        Self { from: version, to: version }
    }

    /// The range of these versions; an open end stands for the oldest or the newest known one.
    #[must_use]
    pub fn between(from: Option<Version>, to: Option<Version>) -> Self {
        Self { from: from.unwrap_or(Version::minor(1)), to: to.unwrap_or(Version::NEWEST) }
    }

    /// What its versions do, each way once: the newest first, what needs a feature gate last.
    pub(super) fn behaviours(self) -> Vec<Behaviour> {
        let newest = self.to.min(Version::NEWEST).minor;
        let oldest = self.from.minor.min(newest);
        let minors = || (oldest..=newest).rev();
        let usual = minors().map(Behaviour::of);
        let mut distinct: Vec<Behaviour> = Vec::new();
        for behaviour in usual.chain(minors().filter_map(Behaviour::gated)) {
            if !distinct.contains(&behaviour) {
                distinct.push(behaviour);
            }
        }
        distinct
    }
}

/// How a Service's internal traffic policy is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InternalPolicy {
    /// Not at all (before 1.22; 1.21 has a gate).
    Ignored,
    /// KUBE-SVC lists the node's own endpoints only, unless the external policy is Local (1.22, 1.23).
    InServiceChain,
    /// KUBE-SVL is its chain (1.24 on).
    InLocalChain,
}

/// When an endpoint's zone hints are heeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ZoneHints {
    /// Never (before 1.24; 1.21 to 1.23 have a gate).
    Ignored,
    /// Where the annotation says `Auto` (1.24 to 1.26).
    Auto,
    /// Where an annotation stands and does not say `Disabled` (1.27 to 1.30).
    Annotated,
    /// Wherever there are hints (1.31 on, with traffic distribution).
    Always,
}

/// What decides which endpoints a version of kube-proxy uses.
#[expect(clippy::struct_excessive_bools, reason = "each is one independent change of behaviour")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Behaviour {
    /// `EndpointSlices` are read, not Endpoints (1.19 on).
    pub(super) reads_slices: bool,
    /// The internal traffic policy.
    pub(super) internal_policy: InternalPolicy,
    /// Zone hints.
    pub(super) zone_hints: ZoneHints,
    /// Node hints (1.34 on).
    pub(super) node_hints: bool,
    /// Serving endpoints that terminate are used when none is ready (1.26 on).
    pub(super) falls_back_to_terminating: bool,
    /// Load balancer addresses with ipMode Proxy are left out (1.30 on; 1.29 has a gate).
    pub(super) heeds_ip_mode: bool,
    /// `ClusterIP` services with external IPs may have an external policy (1.25 on).
    pub(super) external_ips_have_policy: bool,
}

impl Behaviour {
    /// That of version `1.minor` with its default feature gates.
    fn of(minor: u16) -> Self {
        Self {
            reads_slices: minor >= 19,
            internal_policy: match minor {
                ..=21 => InternalPolicy::Ignored,
                22..=23 => InternalPolicy::InServiceChain,
                24.. => InternalPolicy::InLocalChain,
            },
            zone_hints: match minor {
                ..=23 => ZoneHints::Ignored,
                24..=26 => ZoneHints::Auto,
                27..=30 => ZoneHints::Annotated,
                31.. => ZoneHints::Always,
            },
            node_hints: minor >= 34,
            falls_back_to_terminating: minor >= 26,
            heeds_ip_mode: minor >= 30,
            external_ips_have_policy: minor >= 25,
        }
    }

    /// What it does with a feature gate turned on that is off by default.
    fn gated(minor: u16) -> Option<Self> {
        let usual = Self::of(minor);
        match minor {
            21 => Some(Self { internal_policy: InternalPolicy::InServiceChain, ..usual }),
            22 | 23 => Some(Self { zone_hints: ZoneHints::Auto, ..usual }),
            29 => Some(Self { heeds_ip_mode: true, ..usual }),
            30 => Some(Self { zone_hints: ZoneHints::Always, ..usual }),
            33 => Some(Self { node_hints: true, ..usual }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_that_do_the_same_are_one_behaviour() {
        let era = Era { from: Version::minor(27), to: Version::minor(28) };
        assert_eq!(era.behaviours(), [Behaviour::of(28)]);
    }

    #[test]
    fn a_range_starts_with_the_newest_and_ends_with_the_gates() {
        let behaviours = Era { from: Version::minor(28), to: Version::minor(30) }.behaviours();
        assert_eq!(behaviours[..2], [Behaviour::of(30), Behaviour::of(28)]);
        // With its gate 1.30 heeds hints without annotation; with its gate 1.29 does what 1.30 does anyway.
        assert_eq!(behaviours[2..], [Behaviour { zone_hints: ZoneHints::Always, ..Behaviour::of(30) }]);
    }

    #[test]
    fn a_range_the_wrong_way_round_is_its_newer_end() {
        let era = Era { from: Version::minor(30), to: Version::minor(14) };
        assert_eq!(era.behaviours()[0], Behaviour::of(14));
    }

    #[test]
    fn an_open_end_reaches_to_the_newest_version() {
        let era = Era::between(Some(Version::minor(36)), None);
        assert_eq!((era.to, era.behaviours().len()), (Version::NEWEST, 1));
    }
}
