//! How likely chance alone is to stray so far: the upper tail of the chi-squared distribution.

/// From here on a term adds nothing to a sum of doubles.
const LEAST: f64 = 1e-15;

/// Enough terms for thousands of degrees of freedom; near the middle a few times their root are needed.
const MOST_TERMS: u32 = 20_000;

/// The probability that chi-squared of so many degrees of freedom is `statistic` or more.
///
/// That is `Q(a, x) = Γ(a, x) / Γ(a)` with half of each: by the series of DLMF 8.7.1 below `a + 1`, else by the
/// continued fraction of DLMF 8.9.2.
pub(super) fn upper_tail(statistic: f64, degrees: u32) -> f64 {
    let (a, x) = (f64::from(degrees) / 2.0, statistic / 2.0);
    if x <= 0.0 || degrees == 0 {
        return 1.0;
    }
    let scale = (a * x.ln() - x - ln_gamma_of_half(degrees)).exp();
    let tail = if x < a + 1.0 { 1.0 - scale * lower_series(a, x) } else { scale * upper_fraction(a, x) };
    tail.clamp(0.0, 1.0)
}

/// `ln Γ(degrees / 2)`, from `Γ(1) = 1` or `Γ(1/2) = √π` upwards by `Γ(z + 1) = z Γ(z)`.
fn ln_gamma_of_half(degrees: u32) -> f64 {
    let is_odd = degrees % 2 == 1;
    let (first, start) = if is_odd { (1, std::f64::consts::PI.ln() / 2.0) } else { (2, 0.0) };
    (first..degrees).step_by(2).map(|twice| (f64::from(twice) / 2.0).ln()).sum::<f64>() + start
}

/// `Σ xᵏ / (a (a+1) … (a+k))`.
fn lower_series(a: f64, x: f64) -> f64 {
    let mut term = 1.0 / a;
    let mut sum = term;
    for at in 1..MOST_TERMS {
        term *= x / (a + f64::from(at));
        sum += term;
        if term < sum * LEAST {
            break;
        }
    }
    sum
}

/// `1/(x+1-a - 1(1-a)/(x+3-a - 2(2-a)/(x+5-a - …` by Lentz's method; no denominator is zero for `x > a + 1`.
fn upper_fraction(a: f64, x: f64) -> f64 {
    let mut divisor = x + 1.0 - a;
    let mut forward = f64::MAX.sqrt();
    let mut backward = 1.0 / divisor;
    let mut value = backward;
    for at in 1..MOST_TERMS {
        let at = f64::from(at);
        let numerator = at * (a - at);
        divisor += 2.0;
        backward = 1.0 / (numerator * backward + divisor);
        forward = divisor + numerator / forward;
        let step = forward * backward;
        value *= step;
        if (step - 1.0).abs() < LEAST {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is_about(statistic: f64, degrees: u32, expected: f64) {
        let tail = upper_tail(statistic, degrees);
        assert!((tail / expected - 1.0).abs() < 1e-5, "{tail} instead of {expected}");
    }

    #[test]
    fn the_tail_is_that_of_printed_tables() {
        is_about(3.841_459, 1, 0.05);
        is_about(5.991_465, 2, 0.05);
        is_about(18.307_038, 10, 0.05);
        is_about(149.449_253, 100, 0.001);
    }

    #[test]
    fn two_degrees_are_an_exponential_on_both_sides_of_the_middle() {
        for statistic in [0.5_f64, 1.0, 3.0, 8.0, 40.0, 300.0] {
            is_about(statistic, 2, (-statistic / 2.0).exp());
        }
    }

    #[test]
    fn what_cannot_stray_is_certain() {
        assert!(upper_tail(0.0, 3) >= 1.0 && upper_tail(7.0, 0) >= 1.0);
    }

    #[test]
    fn thousands_of_degrees_stay_in_bounds() {
        assert!((upper_tail(5000.0, 5000) - 0.5).abs() < 0.01);
        assert!(upper_tail(1e6, 5000) < 1e-9);
    }
}
