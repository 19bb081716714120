//! The time a dump was taken, by its own words.

/// Seconds since 1970 of `Thu Sep  3 15:56:50 2015`. It has no zone; nodes mostly keep UTC, and so it is read.
pub(super) fn seconds(ctime: &[u8]) -> Option<i64> {
    let words: Vec<&str> = std::str::from_utf8(ctime).ok()?.split_ascii_whitespace().collect();
    let [_, month, day, time, year] = words[..] else { return None };
    let month = MONTHS.iter().position(|name| *name == month)?;
    let mut parts = time.split(':').map(|part| part.parse::<i64>().ok().filter(|part| (0..=60).contains(part)));
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let day: i64 = day.parse().ok().filter(|day| (1..=31).contains(day))?;
    let year: i64 = year.parse().ok().filter(|year| (1970..10_000).contains(year))?;
    Some(((days_before(year, month) + day - 1) * 24 + hour) * 3600 + minute * 60 + second)
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Days of the year before each month.
const BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

fn days_before(year: i64, month: usize) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let past = year - 1;
    let leaps = |year: i64| year / 4 - year / 100 + year / 400;
    (year - 1970) * 365 + leaps(past) - leaps(1969) + BEFORE[month] + i64::from(is_leap && month > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_stamp_without_zone_counts_as_utc() {
        assert_eq!(seconds(b"Thu Jan  1 00:00:00 1970"), Some(0));
        assert_eq!(seconds(b"Thu Sep  3 15:56:50 2015"), Some(1_441_295_810));
        assert_eq!(seconds(b"Thu Feb 29 12:00:00 2024"), Some(1_709_208_000));
        assert_eq!(seconds(b"Sun Nov 22 08:35:59 2026"), Some(1_795_336_559));
    }

    #[test]
    fn other_text_is_no_time() {
        for text in ["", "Thu", "Thu Foo  3 15:56:50 2015", "Thu Sep x 15:56:50 2015", "Thu Sep 3 15 2015"] {
            assert_eq!(seconds(text.as_bytes()), None, "{text}");
        }
    }
}
