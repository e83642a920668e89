//! Numbers as Go reads them.

use crate::quote::quoted;

/// `strconv.ParseBool`
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// `strconv.ParseUint` with 32 bits: digits only, no sign.
pub(crate) fn unsigned(text: &str, base: u32) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits
        .then(|| u32::from_str_radix(text, base).ok())
        .flatten()
}

/// `strconv.ParseInt` with 32 bits; the error is what Go says.
pub(crate) fn integer(text: &str) -> Result<i32, String> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let reason = if is_number {
        "value out of range"
    } else {
        "invalid syntax"
    };
    let number = if is_number { text.parse().ok() } else { None };
    number.ok_or_else(|| format!("strconv.ParseInt: parsing {}: {reason}", quoted(text)))
}

/// A size with a unit, in bytes: `units.RAMInBytes` of Docker.
pub(crate) fn size(text: &str) -> Option<i64> {
    let last = text.rfind(|read: char| read.is_ascii_digit() || matches!(read, '.' | ' '))?;
    let (number, unit) = match text.split_at_checked(last)? {
        (number, rest) if rest.starts_with(' ') => (number, rest.strip_prefix(' ')?),
        _ => text.split_at_checked(last + 1)?,
    };
    let spelled = number.strip_prefix(['+', '-']).unwrap_or(number);
    let number: f64 = number.parse().ok()?;
    let out_of_range = number.is_infinite()
        && spelled.starts_with(|read: char| read.is_ascii_digit() || read == '.');
    if number < 0.0 || out_of_range {
        return None;
    }
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        "t" | "tb" | "tib" => 1 << 40,
        "p" | "pb" | "pib" => 1 << 50,
        _ => return None,
    };
    Some(truncated(number, factor))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "Go converts in the same way, and what does not fit becomes the least number on its usual platforms"
)]
fn truncated(number: f64, factor: u64) -> i64 {
    let bytes = number * factor as f64;
    if bytes < i64::MAX as f64 {
        bytes as i64
    } else {
        i64::MIN
    }
}

/// `time.ParseDuration`: nanoseconds; the error is what Go says.
pub(crate) fn duration(text: &str) -> Result<i64, String> {
    nanoseconds(text).map_err(|why| format!("time: {why} {}", quote_plainly(text)))
}

fn nanoseconds(text: &str) -> Result<i64, String> {
    const MOST: u64 = 1 << 63;
    let invalid = || "invalid duration".to_owned();
    let negative = text.starts_with('-');
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut sum: u64 = 0;
    while !rest.is_empty() {
        let (whole, behind) = split_digits(rest);
        let has_digits = !whole.is_empty();
        let whole: u64 = if has_digits {
            whole.parse().map_err(|_| invalid())?
        } else {
            0
        };
        if whole > MOST {
            return Err(invalid());
        }
        let (fraction, behind) = match behind.strip_prefix('.') {
            Some(behind) => split_digits(behind),
            None => ("", behind),
        };
        if !has_digits && fraction.is_empty() {
            return Err(invalid());
        }
        let end = behind.find(|read: char| read.is_ascii_digit() || read == '.');
        let (unit, behind) = end
            .and_then(|end| behind.split_at_checked(end))
            .unwrap_or((behind, ""));
        if unit.is_empty() {
            return Err("missing unit in duration".to_owned());
        }
        let factor = unit_of(unit)
            .ok_or_else(|| format!("unknown unit {} in duration", quote_plainly(unit)))?;
        let part = whole
            .checked_mul(factor)
            .filter(|part| *part <= MOST)
            .ok_or_else(invalid)?;
        let part = part + part_of(fraction, factor);
        sum = sum
            .checked_add(part)
            .filter(|sum| *sum <= MOST && part <= MOST)
            .ok_or_else(invalid)?;
        rest = behind;
    }
    if negative {
        return Ok(0_i64.wrapping_sub_unsigned(sum));
    }
    i64::try_from(sum).map_err(|_| invalid())
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn unit_of(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        // With the micro sign, and with the Greek letter.
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// The nanoseconds behind the decimal point, with the digits that Go takes.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "Go calculates in the same way, and the result is less than the unit"
)]
fn part_of(digits: &str, factor: u64) -> u64 {
    let mut fraction: u64 = 0;
    let mut scale = 1.0;
    for digit in digits.bytes() {
        let next = u64::from(digit.wrapping_sub(b'0')) + fraction.saturating_mul(10);
        if fraction > (u64::MAX / 2) / 10 || next > 1 << 63 {
            break;
        }
        fraction = next;
        scale *= 10.0;
    }
    (fraction as f64 * (factor as f64 / scale)) as u64
}

/// Quotes as Go's package `time` does it: whatever is not plain ASCII as bytes.
fn quote_plainly(text: &str) -> String {
    let mut quoted = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', char::from(byte)]),
            b' '..=0x7f => quoted.push(char::from(byte)),
            _ => quoted.extend(format!("\\x{byte:02x}").chars()),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::{duration, integer, size, unsigned};
    use rstest::rstest;

    #[rstest]
    #[case("0", 0)]
    #[case("-0", 0)]
    #[case("30s", 30_000_000_000)]
    #[case("1h2m3.5s", 3_723_500_000_000)]
    #[case(".5us", 500)]
    #[case("1.s", 1_000_000_000)]
    #[case("-2\u{b5}s", -2_000)]
    #[case("9223372036854775807ns", i64::MAX)]
    #[case("-9223372036854775808ns", i64::MIN)]
    fn durations_have_units(#[case] text: &str, #[case] expected: i64) {
        assert_eq!(duration(text), Ok(expected));
    }

    #[rstest]
    #[case("", "time: invalid duration \"\"")]
    #[case("-", "time: invalid duration \"-\"")]
    #[case("abc", "time: invalid duration \"abc\"")]
    #[case("5", "time: missing unit in duration \"5\"")]
    #[case("1s5", "time: missing unit in duration \"1s5\"")]
    #[case("5 s", "time: unknown unit \" s\" in duration \"5 s\"")]
    #[case(
        "5\"\u{e9}",
        "time: unknown unit \"\\\"\\xc3\\xa9\" in duration \"5\\\"\\xc3\\xa9\""
    )]
    #[case(
        "9223372036854775808ns",
        "time: invalid duration \"9223372036854775808ns\""
    )]
    #[case(
        "99999999999999999999h",
        "time: invalid duration \"99999999999999999999h\""
    )]
    #[case(".s", "time: invalid duration \".s\"")]
    fn errors_of_durations_are_those_of_go(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(duration(text).unwrap_err(), expected);
    }

    #[rstest]
    #[case("5", Some(5))]
    #[case("5b", Some(5))]
    #[case("1.5k", Some(1536))]
    #[case("2 MiB", Some(2 << 20))]
    #[case("1G", Some(1 << 30))]
    #[case("", None)]
    #[case("k", None)]
    #[case("-1", None)]
    #[case("1x", None)]
    #[case("1bb", None)]
    #[case("1  k", None)]
    fn sizes_have_units(#[case] text: &str, #[case] expected: Option<i64>) {
        assert_eq!(size(text), expected);
    }

    #[test]
    fn numbers_are_plain() {
        assert_eq!(unsigned("0755", 8), Some(0o755));
        assert_eq!(unsigned("8", 8), None);
        assert_eq!(unsigned("+1", 10), None);
        assert_eq!(unsigned("4294967296", 10), None);
        assert_eq!(unsigned("", 10), None);
        assert_eq!(integer("+3"), Ok(3));
        assert_eq!(
            integer("2147483648").unwrap_err(),
            "strconv.ParseInt: parsing \"2147483648\": value out of range"
        );
        assert_eq!(
            integer("_1").unwrap_err(),
            "strconv.ParseInt: parsing \"_1\": invalid syntax"
        );
    }
}
