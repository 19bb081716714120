//! How the new connections of one chain are spread over its endpoints, and how that is said.

use super::words::{hundredths, percent};
use crate::doc::{Text, bad, dim, plain, warn};
use crate::shares::ChainShare;

/// More than so many different shares are not listed one by one.
const LISTED: usize = 6;

/// So few are spelled out even if some are alike.
const SPELLED: usize = 3;

/// How a chain spreads new connections.
#[derive(Clone, Debug, PartialEq)]
pub enum Spread {
    /// There is no endpoint.
    Nothing,
    /// The dump does not tell.
    Unknown,
    /// All get the same.
    Even {
        /// The share of each.
        each: f64,
        /// How many they are.
        pods: usize,
    },
    /// They do not.
    Uneven(Vec<f64>),
    /// Part of the connections leaves without an endpoint.
    Leaking {
        /// The part that leaves.
        lost: f64,
        /// The shares of the endpoints.
        shares: Vec<f64>,
    },
}

impl Spread {
    /// What the walk of a chain says.
    #[must_use]
    pub fn of(share: Option<&ChainShare>) -> Self {
        let Some(share) = share else { return Self::Nothing };
        let known: Option<Vec<f64>> = share.endpoints.iter().map(|endpoint| endpoint.share).collect();
        let (Some(shares), Some(lost)) = (known, share.unrouted) else { return Self::Unknown };
        if shares.is_empty() {
            return Self::Nothing;
        }
        if lost > 1e-6 {
            return Self::Leaking { lost, shares };
        }
        match even(&shares) {
            Some(each) => Self::Even { each, pods: shares.len() },
            None => Self::Uneven(shares),
        }
    }

    /// Whether it is broken: connections are lost, or a pod gets half as much again as another.
    #[must_use]
    pub fn is_severe(&self) -> bool {
        match self {
            Self::Leaking { .. } => true,
            Self::Uneven(shares) => {
                let (least, most) = extremes(shares);
                most >= 1.5 * least
            }
            Self::Nothing | Self::Unknown | Self::Even { .. } => false,
        }
    }

    /// Whether a reader should look at it.
    #[must_use]
    pub fn is_odd(&self) -> bool {
        matches!(self, Self::Uneven(_))
    }

    /// In a few words.
    pub(super) fn text(&self) -> Text {
        match self {
            Self::Nothing => dim("–").into(),
            Self::Unknown => warn("unknown").into(),
            Self::Even { pods: 1, .. } => plain("100 %").into(),
            Self::Even { each, .. } => plain(format!("{} each", percent(*each))).into(),
            Self::Uneven(shares) if self.is_severe() => bad(format!("✗ {}", several(shares))).into(),
            Self::Uneven(shares) => warn(format!("! {}", several(shares))).into(),
            Self::Leaking { lost, shares } if shares.iter().all(|share| *share <= 0.0) => {
                bad(format!("✗ none: {} not translated", percent(*lost))).into()
            }
            Self::Leaking { lost, shares } => {
                bad(format!("✗ {}, {} not translated", several(shares), percent(*lost))).into()
            }
        }
    }
}

/// The mean, if none is further from it than probabilities of five digits explain (kube-proxy up to 1.13).
fn even(shares: &[f64]) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a chain has fewer than 2^52 endpoints")]
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    shares.iter().all(|share| (share - mean).abs() <= mean * 0.01).then_some(mean)
}

fn extremes(shares: &[f64]) -> (f64, f64) {
    shares.iter().fold((1.0_f64, 0.0_f64), |(least, most), &share| (least.min(share), most.max(share)))
}

/// The shares in their order; in longer lists those alike stand together: `2 × 14.29 / 4 × 17.86 %`.
fn several(shares: &[f64]) -> String {
    let texts: Vec<String> = shares.iter().map(|share| hundredths(*share)).collect();
    if texts.len() <= SPELLED {
        return format!("{} %", texts.join(" / "));
    }
    let runs: Vec<String> = texts
        .chunk_by(|one, next| one == next)
        .map(|run| if run.len() == 1 { run[0].clone() } else { format!("{} × {}", run.len(), run[0]) })
        .collect();
    match runs.len() {
        1 => format!("{} % each", texts[0]),
        2..=LISTED => format!("{} %", runs.join(" / ")),
        _ => {
            let (least, most) = extremes(shares);
            format!("{} to {}", percent(least), percent(most))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shares::EndpointShare;

    fn spread(shares: &[f64], unrouted: f64) -> Spread {
        let endpoints = shares.iter().map(|&share| EndpointShare { intended: share, share: Some(share) }).collect();
        Spread::of(Some(&ChainShare { endpoints, unrouted: Some(unrouted), flags: Vec::new() }))
    }

    #[test]
    fn thirds_are_even_though_thresholds_are_rounded() {
        let Spread::Even { pods: 3, .. } = spread(&[0.333_333_333_49, 0.333_333_333_2, 0.333_333_333_3], 0.0) else {
            panic!("not even")
        };
    }

    #[test]
    fn two_thirds_for_one_pod_are_not_even() {
        let spread = spread(&[2.0 / 3.0, 1.0 / 6.0, 1.0 / 6.0], 0.0);
        assert_eq!(spread.text(), bad("✗ 66.67 / 16.67 / 16.67 %").into());
    }

    #[test]
    fn of_many_shares_those_alike_stand_together() {
        assert_eq!(several(&[0.25, 0.25, 0.125, 0.375]), "2 × 25 / 12.5 / 37.5 %");
        assert_eq!(several(&[0.02; 50]), "2 % each");
        let all_different: Vec<f64> = (1..=7).map(|share| f64::from(share) / 28.0).collect();
        assert_eq!(several(&all_different), "3.57 % to 25 %");
    }

    #[test]
    fn what_reaches_no_pod_is_said_first() {
        assert_eq!(spread(&[0.0, 0.0], 1.0).text(), bad("✗ none: 100 % not translated").into());
        assert_eq!(spread(&[0.5, 0.25], 0.25).text(), bad("✗ 50 / 25 %, 25 % not translated").into());
    }

    #[test]
    fn what_the_dump_does_not_tell_is_unknown() {
        let endpoints = vec![EndpointShare { intended: 1.0, share: None }];
        let share = ChainShare { endpoints, unrouted: None, flags: Vec::new() };
        assert_eq!(Spread::of(Some(&share)), Spread::Unknown);
    }
}
