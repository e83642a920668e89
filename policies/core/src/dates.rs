//! Days, counted from 1970-01-01.

const SECONDS: u64 = 24 * 60 * 60;

/// The day of a time in seconds.
pub(crate) fn day_of(time: u64) -> i64 {
    i64::try_from(time / SECONDS).unwrap_or(i64::MAX)
}

/// The day of `2025-05-09`; none of what is no day of the Gregorian calendar.
pub(crate) fn day(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, '-');
    let mut part = || parts.next()?.parse::<i64>().ok();
    let (year, month, date) = (part()?, part()?, part()?);
    if !(0..=9999).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    if !(1..=length(year, month)).contains(&date) {
        return None;
    }
    // Years that begin with March have their leap day at the end.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(year * 365 + leap_days + (month * 153 + 2) / 5 + date - 1 - 719_468)
}

fn length(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && year % 100 != 0 || year % 400 == 0;
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("1970-01-01", Some(0))]
    #[case("2000-02-29", Some(11_016))]
    #[case("2026-11-23", Some(20_780))]
    #[case("2025-02-29", None)]
    #[case("2025-13-01", None)]
    #[case("2025-05", None)]
    #[case("soon", None)]
    fn days_are_counted(#[case] text: &str, #[case] expected: Option<i64>) {
        assert_eq!(day(text), expected);
    }
}
