//! How much something may be, as people write it.

use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// The units, each 1024 times the one before.
const UNITS: [char; 4] = ['K', 'M', 'G', 'T'];

/// A number of bytes: `0`, `500M`, `2G`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteSize(pub u64);

/// A text that is no number of bytes. The user's fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a size: write a number of bytes, or one with K, M, G or T behind it, such as `500M`"
)]
pub struct InvalidByteSize {
    /// As written.
    pub text: String,
}

impl FromStr for ByteSize {
    type Err = InvalidByteSize;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let size = || {
            let unit = text.chars().last()?.to_ascii_uppercase();
            let power = UNITS.iter().position(|known| *known == unit);
            let (number, factor) = match power {
                None => (text, 1),
                Some(power) => {
                    let number = text.get(..text.len() - 1)?;
                    (number, 1024u64.checked_pow(u32::try_from(power).ok()? + 1)?)
                }
            };
            let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
            let number: u64 = number.parse().ok().filter(|_| is_number)?;
            number.checked_mul(factor)
        };
        size().map(Self).ok_or_else(|| InvalidByteSize {
            text: text.to_owned(),
        })
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut number = self.0;
        let mut unit = None;
        let mut units = UNITS.iter();
        while number > 0 && number.is_multiple_of(1024) {
            let Some(next) = units.next() else { break };
            number /= 1024;
            unit = Some(next);
        }
        write!(f, "{number}")?;
        unit.map_or(Ok(()), |unit| write!(f, "{unit}"))
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ByteSizeVisitor)
    }
}

struct ByteSizeVisitor;

impl Visitor<'_> for ByteSizeVisitor {
    type Value = ByteSize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a size such as `500M`")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<ByteSize, E> {
        Ok(ByteSize(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<ByteSize, E> {
        u64::try_from(number).map(ByteSize).map_err(E::custom)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<ByteSize, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("0", 0, "0")]
    #[case("1000", 1000, "1000")]
    #[case("2048", 2048, "2K")]
    #[case("500M", 500 << 20, "500M")]
    #[case("2g", 2 << 30, "2G")]
    #[case("1T", 1 << 40, "1T")]
    #[case("2048T", 2048 << 40, "2048T")]
    fn a_size_is_read_and_written(#[case] text: &str, #[case] bytes: u64, #[case] again: &str) {
        let size: ByteSize = text.parse().unwrap();
        assert_eq!((size.0, size.to_string().as_str()), (bytes, again));
        let json = serde_json::to_value(size).unwrap();
        assert_eq!(serde_json::from_value::<ByteSize>(json).unwrap(), size);
    }

    #[rstest]
    #[case("")]
    #[case("M")]
    #[case("-1")]
    #[case("+1")]
    #[case("1.5G")]
    #[case("5MB")]
    #[case("99999999999T")]
    #[case("5 M")]
    fn anything_else_is_no_size(#[case] text: &str) {
        assert!(text.parse::<ByteSize>().is_err(), "{text}");
    }
}
