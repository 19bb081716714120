//! Which `1/k` a probability is, and which kube-proxy wrote it.
//!
//! Of `n` endpoints the rule at place `i` (from 0) is taken with probability `1/(n-i)`, printed with ten digits since
//! 1.17 and with five before; iptables keeps `round(p · 2³¹)`, so either form leaves thresholds of its own.

use crate::ruleset::Threshold;

/// Whose rounding a probability shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// `%0.10f`: 1.17 and later.
    TenDigits,
    /// `%0.5f`: up to 1.16.
    FiveDigits,
    /// The two agree (1/2, 1/4, 1/5, 1/8 …).
    Either,
}

/// A probability that kube-proxy writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    /// It is `1/choices`: so many endpoints are left to choose from.
    pub choices: u32,
    /// Whose rounding it shows.
    pub writer: Writer,
}

/// Beyond this many endpoints the thresholds of neighbours in ten digits come too near each other (R§4.3).
const MOST: u32 = 5000;

/// The rung that `threshold` is; `None` if no kube-proxy writes it. Rule 1 of 1 has no probability, so 2 is the least.
#[must_use]
pub fn rung(threshold: Threshold) -> Option<Rung> {
    let guess = (1.0 / threshold.probability()).round();
    if !(2.0..=f64::from(MOST)).contains(&guess) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked just before")]
    let guess = guess as u32;
    let exact = |digits, choices: u32| Some(threshold) == rounded(choices, digits);
    if exact(10, guess) {
        let writer = if exact(5, guess) { Writer::Either } else { Writer::TenDigits };
        return Some(Rung { choices: guess, writer });
    }
    // Five digits are coarse: the rung may lie some steps beside the guess, the farther the smaller the probability.
    let slack = guess * guess / 150_000 + 1;
    let near = guess.saturating_sub(slack).max(2)..=(guess + slack).min(MOST);
    near.min_by_key(|choices| if exact(5, *choices) { choices.abs_diff(guess) } else { u32::MAX })
        .filter(|choices| exact(5, *choices))
        .map(|choices| Rung { choices, writer: Writer::FiveDigits })
}

/// The threshold of `1/choices` printed with that many digits.
fn rounded(choices: u32, digits: u32) -> Option<Threshold> {
    let scale = 10_u64.pow(digits);
    let choices = u64::from(choices);
    // Rounded half up in whole numbers; a tie needs 2·scale/choices to be odd and exact, where printf goes to even.
    let (whole, rest) = (scale / choices, scale % choices);
    let up = 2 * rest > choices || (2 * rest == choices && whole % 2 == 1);
    let decimal = whole + u64::from(up);
    #[expect(clippy::cast_precision_loss, reason = "at most ten digits")]
    Threshold::from_probability(decimal as f64 / scale as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is(digits: &str, expected: Option<(u32, Writer)>) {
        let threshold = Threshold::from_probability(digits.parse().unwrap()).unwrap();
        assert_eq!(rung(threshold).map(|rung| (rung.choices, rung.writer)), expected, "{digits}");
    }

    #[test]
    fn ten_digits_are_of_1_17_and_later() {
        is("0.33333333349", Some((3, Writer::TenDigits)));
        is("0.14285714272", Some((7, Writer::TenDigits)));
        is("0.01176470611", Some((85, Writer::TenDigits)));
    }

    #[test]
    fn five_digits_are_older() {
        is("0.33332999982", Some((3, Writer::FiveDigits)));
        is("0.14286000002", Some((7, Writer::FiveDigits)));
        is("0.01135999989", Some((88, Writer::FiveDigits)));
    }

    #[test]
    fn both_agree_on_round_numbers() {
        is("0.50000000000", Some((2, Writer::Either)));
        is("0.20000000019", Some((5, Writer::Either)));
        is("0.00999999978", Some((100, Writer::Either)));
    }

    #[test]
    fn other_probabilities_are_nobodys() {
        for digits in ["0.33000000007", "0.00000000000", "1.00000000000", "0.90000000000", "0.66666666651"] {
            is(digits, None);
        }
    }

    #[test]
    fn every_rung_is_found_again() {
        for choices in 2..=MOST {
            let threshold = rounded(choices, 10).unwrap();
            assert_eq!(rung(threshold).map(|rung| rung.choices), Some(choices));
        }
        for choices in 2..319 {
            let threshold = rounded(choices, 5).unwrap();
            assert_eq!(rung(threshold).map(|rung| rung.choices), Some(choices));
        }
    }
}
