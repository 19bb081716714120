//! Numbers and things in words: shares, counts, times.

/// A share of 0 to 1 as people read it: `33.33 %`, `50 %`, `< 0.01 %`. Never 0 or 100 for what is not.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{} %", hundredths(share))
}

/// The same without its unit, for lists of shares.
#[must_use]
pub fn hundredths(share: f64) -> String {
    // A sum of nothing is -0.
    let exact = share * 100.0 + 0.0;
    if exact > 1e-7 && exact < 0.005 {
        return "< 0.01".into();
    }
    if exact > 99.995 && exact < 100.0 - 1e-7 {
        return "> 99.99".into();
    }
    let text = format!("{exact:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `1 pod`, `3 pods`, `12,345 pods`.
#[must_use]
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// A number with a comma between thousands.
#[must_use]
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Seconds in the largest unit that says them exactly: `3 h`, `10 min`, `90 s`.
#[must_use]
pub fn duration(seconds: u32) -> String {
    match seconds {
        0 => "0 s".into(),
        seconds if seconds % 86_400 == 0 => format!("{} d", seconds / 86_400),
        seconds if seconds % 3_600 == 0 => format!("{} h", seconds / 3_600),
        seconds if seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}

/// `a`, `a and b`, `a, b and c`.
#[must_use]
pub fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The first letter in capital, as a sentence begins.
#[must_use]
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_two_digits_and_no_empty_ones() {
        for (share, text) in [(1.0 / 3.0, "33.33 %"), (0.5, "50 %"), (1.0, "100 %"), (0.0, "0 %"), (0.125, "12.5 %")] {
            assert_eq!(percent(share), text);
        }
    }

    #[test]
    fn what_is_nearly_nothing_or_nearly_all_is_not_called_so() {
        assert_eq!(percent(0.000_001), "< 0.01 %");
        assert_eq!(percent(0.999_999), "> 99.99 %");
    }

    #[test]
    fn counts_are_grouped_and_agree_with_their_noun() {
        assert_eq!(counted(1, "pod", "pods"), "1 pod");
        assert_eq!(counted(12_345, "pod", "pods"), "12,345 pods");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000_000), "1,000,000");
    }

    #[test]
    fn a_time_is_said_in_its_largest_whole_unit() {
        for (seconds, text) in [(10_800, "3 h"), (600, "10 min"), (90, "90 s"), (86_400, "1 d"), (0, "0 s")] {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn lists_end_in_and() {
        let words = |text: &str| text.split(' ').map(Into::into).collect::<Vec<String>>();
        assert_eq!(listed(&words("a b c")), "a, b and c");
        assert_eq!(listed(&words("a")), "a");
        assert_eq!(sentence("one pod"), "One pod");
    }
}
