//! JSON that every reader understands the same way.
//!
//! Readers of JSON differ where a document repeats a key, spells a known field in another case, or nests too deeply:
//! one takes the first value, another the last, and whoever chose the document chooses who sees what. What is read here
//! has no such places, so a judgement over it is a judgement over what everybody else runs.

use crate::canonical::MAX_SAFE_INTEGER;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::marker::PhantomData;

/// How many objects and arrays may lie inside one another.
pub const MAX_DEPTH: usize = 64;

/// How many values one document may have. A value takes up to 100 times the memory that it takes as text, so the length
/// of the text alone is no limit.
pub const MAX_VALUES: usize = 100_000;

/// How much of a key is repeated in an error.
const SHOWN_CHARS: usize = 100;

/// Which integers are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Integers {
    /// All that fit into 64 bits; larger ones lose their last digits.
    Any,
    /// Only those between -(2^53-1) and 2^53-1, which every reader keeps exact.
    Safe,
}

/// Why bytes are not JSON that every reader understands the same way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StrictJsonError {
    /// The bytes are no text.
    #[error("it is not UTF-8 from byte {offset} on")]
    NotUtf8 {
        /// Where the text ends.
        offset: usize,
    },
    /// The text is no JSON, or more than one JSON value.
    #[error("it is not JSON: {reason}")]
    Syntax {
        /// What is wrong and where.
        reason: String,
    },
    /// An object has a key twice.
    #[error("the key `{}` occurs twice in one object", .key.escape_debug())]
    DuplicateKey {
        /// The key, cut short.
        key: String,
    },
    /// A key is a known field in another case, which some readers take for the field.
    #[error("the key `{}` differs from the field `{field}` only in case", .key.escape_debug())]
    FoldedKey {
        /// The key as written.
        key: String,
        /// The field it may be taken for.
        field: String,
    },
    /// Objects and arrays inside one another, deeper than 64.
    #[error("it is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// More than 100,000 values.
    #[error("it has more than {MAX_VALUES} values")]
    TooManyValues,
    /// An integer that not every reader keeps exact.
    #[error("the number `{number}` is not exact for every reader")]
    UnsafeInteger {
        /// The number as read.
        number: String,
    },
}

/// Reads one JSON value, and refuses whatever two readers may understand differently.
///
/// # Errors
/// If the bytes are not UTF-8, not exactly one JSON value, nested too deeply, or have a key twice in one object, or,
/// where only safe integers are asked for, another one.
pub fn parse(bytes: &[u8], integers: Integers) -> Result<Value, StrictJsonError> {
    let text = str::from_utf8(bytes).map_err(|error| StrictJsonError::NotUtf8 {
        offset: error.valid_up_to(),
    })?;
    let problem = RefCell::new(None);
    let values = Cell::new(0);
    let reader = Reader {
        problem: &problem,
        values: &values,
        integers,
        depth: 0,
    };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = reader
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    match (read, problem.take()) {
        (Ok(value), None) => Ok(value),
        (_, Some(problem)) => Err(problem),
        (Err(error), None) => Err(StrictJsonError::Syntax {
            reason: error.to_string(),
        }),
    }
}

/// Refuses a key of an object that is none of the known fields and yet equals one when case is ignored, as Go's
/// standard library ignores it. Anything but an object has no keys.
///
/// # Errors
/// The first such key.
pub fn check_field_names(value: &Value, fields: &[&str]) -> Result<(), StrictJsonError> {
    let Value::Object(object) = value else {
        return Ok(());
    };
    for key in object.keys().filter(|key| !fields.contains(&key.as_str())) {
        if let Some(field) = fields.iter().find(|field| equals_folded(key, field)) {
            return Err(StrictJsonError::FoldedKey {
                key: key.clone(),
                field: (*field).to_owned(),
            });
        }
    }
    Ok(())
}

/// Whether a key equals an ASCII field name under Unicode's simple case folding.
fn equals_folded(key: &str, field: &str) -> bool {
    key.chars().map(fold).eq(field.chars().map(fold))
}

fn fold(character: char) -> char {
    match character {
        // The only characters outside of ASCII that fold to a letter of ASCII: the long s and the Kelvin sign.
        '\u{017f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    }
}

/// Builds a value and leaves the reason behind where it cannot, since the parser's own error carries only text.
#[derive(Clone, Copy)]
struct Reader<'a> {
    problem: &'a RefCell<Option<StrictJsonError>>,
    values: &'a Cell<usize>,
    integers: Integers,
    depth: usize,
}

impl Reader<'_> {
    fn refuse<E: serde::de::Error>(self, problem: StrictJsonError) -> E {
        let error = E::custom(&problem);
        self.problem.replace(Some(problem));
        error
    }

    fn inside<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.depth + 1;
        if depth > MAX_DEPTH {
            return Err(self.refuse(StrictJsonError::TooDeep));
        }
        Ok(Self { depth, ..self })
    }

    fn integer<E: serde::de::Error>(self, number: Number, magnitude: u64) -> Result<Value, E> {
        if self.integers == Integers::Safe && magnitude > MAX_SAFE_INTEGER {
            return Err(self.refuse(StrictJsonError::UnsafeInteger {
                number: number.to_string(),
            }));
        }
        Ok(Value::Number(number))
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.values.set(self.values.get() + 1);
        if self.values.get() > MAX_VALUES {
            return Err(self.refuse(StrictJsonError::TooManyValues));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        self.integer(value.into(), value)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        self.integer(value.into(), value.unsigned_abs())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("not a finite number"))?;
        // An integer too large for 64 bits arrives here, already rounded; 2^53 is exact as a float.
        let is_unsafe_integer = value.fract() == 0.0 && value.abs() >= 9_007_199_254_740_992.0;
        self.integer(number, if is_unsafe_integer { u64::MAX } else { 0 })
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: serde::de::Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(inside)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if object.contains_key(&key) {
                let key = key.chars().take(SHOWN_CHARS).collect();
                return Err(self.refuse(StrictJsonError::DuplicateKey { key }));
            }
            object.insert(key, entries.next_value_seed(inside)?);
        }
        Ok(Value::Object(object))
    }
}

/// A value that stands in JSON as an object. Without it, serde reads the fields of a struct from an array too, which no
/// other reader does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields)).map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[test]
    fn what_is_plain_is_read_as_everybody_reads_it() {
        let text = r#" {"a": [1, -2, 2.5, 1e3, true, null, "ü😀"], "b": {"a": {}}} "#;
        assert_eq!(
            parse(text.as_bytes(), Integers::Safe).unwrap(),
            serde_json::from_str::<Value>(text).unwrap()
        );
    }

    #[rstest]
    #[case(r#"{"a":1,"a":1}"#, "the key `a` occurs twice in one object")]
    #[case(
        r#"[{"b":{"a":1,"\u0061":2}}]"#,
        "the key `a` occurs twice in one object"
    )]
    #[case("", "it is not JSON: EOF while parsing a value at line 1 column 0")]
    #[case("{} {}", "it is not JSON: trailing characters at line 1 column 4")]
    #[case("\u{feff}{}", "it is not JSON: expected value at line 1 column 1")]
    #[case(r#"{"a":1,}"#, "it is not JSON: trailing comma at line 1 column 8")]
    #[case(
        r#""\ud800""#,
        "it is not JSON: unexpected end of hex escape at line 1 column 8"
    )]
    #[case("NaN", "it is not JSON: expected value at line 1 column 1")]
    #[case("1e999", "it is not JSON: number out of range at line 1 column 5")]
    #[case(
        "9007199254740992",
        "the number `9007199254740992` is not exact for every reader"
    )]
    #[case(
        "-9007199254740992",
        "the number `-9007199254740992` is not exact for every reader"
    )]
    #[case("1e20", "the number `1e+20` is not exact for every reader")]
    #[case(
        "18446744073709551617",
        "the number `1.8446744073709552e+19` is not exact for every reader"
    )]
    fn what_two_readers_may_read_differently_is_refused(
        #[case] text: &str,
        #[case] expected: &str,
    ) {
        let error = parse(text.as_bytes(), Integers::Safe).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn large_integers_are_read_where_they_are_asked_for() {
        let value = parse(b"18446744073709551615", Integers::Any).unwrap();
        assert_eq!(value, Value::from(u64::MAX));
        assert!(parse(b"9007199254740991", Integers::Safe).is_ok());
        assert!(parse(b"-9007199254740991", Integers::Safe).is_ok());
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        assert_eq!(
            parse(b"{\"a\":\"\xff\"}", Integers::Any),
            Err(StrictJsonError::NotUtf8 { offset: 6 })
        );
    }

    #[rstest]
    #[case(MAX_DEPTH, true)]
    #[case(MAX_DEPTH + 1, false)]
    #[case(100_000, false)]
    fn depth_is_bounded(#[case] depth: usize, #[case] expected: bool) {
        let text = "[".repeat(depth) + &"]".repeat(depth);
        let read = parse(text.as_bytes(), Integers::Any);
        assert_eq!(read.is_ok(), expected);
        if !expected {
            assert_eq!(read, Err(StrictJsonError::TooDeep));
        }
    }

    #[test]
    fn the_number_of_values_is_bounded() {
        let list = |length: usize| format!("[{}0]", "0,".repeat(length - 1));
        assert!(parse(list(MAX_VALUES - 1).as_bytes(), Integers::Any).is_ok());
        assert_eq!(
            parse(list(MAX_VALUES).as_bytes(), Integers::Any),
            Err(StrictJsonError::TooManyValues)
        );
    }

    #[test]
    fn a_key_in_an_error_is_short_and_cannot_write_on_the_terminal() {
        let key = format!("\\u001b[31m{}", "x".repeat(10_000));
        let text = format!(r#"{{"{key}":1,"{key}":1}}"#);
        let error = parse(text.as_bytes(), Integers::Any)
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with(r"the key `\u{1b}[31mxxx") && error.len() < 200,
            "{error}"
        );
    }

    #[rstest]
    #[case("layers", None)]
    #[case("other", None)]
    #[case("Layers", Some("layers"))]
    #[case("LAYERS", Some("layers"))]
    #[case("layer\u{017f}", Some("layers"))]
    #[case("\u{212a}ind", Some("kind"))]
    #[case("layers\u{0301}", None)]
    #[case("läyers", None)]
    fn a_field_in_another_case_is_refused(#[case] key: &str, #[case] field: Option<&str>) {
        let value = serde_json::json!({ key: 1 });
        let expected = field.map(|field| StrictJsonError::FoldedKey {
            key: key.to_owned(),
            field: field.to_owned(),
        });
        assert_eq!(
            check_field_names(&value, &["kind", "layers"]).err(),
            expected
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
            let _ = parse(&bytes, Integers::Safe);
        }

        #[test]
        fn what_it_reads_serde_json_reads_too(text in r#"[\[\]{}",:a0-9.eE+ -]{0,40}"#) {
            if let Ok(value) = parse(text.as_bytes(), Integers::Any) {
                prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
            }
        }
    }

    #[test]
    fn an_object_is_not_an_array() {
        #[derive(Debug, Deserialize)]
        struct Point {
            x: u8,
        }
        let read = |text| serde_json::from_str::<Object<Point>>(text);
        assert_eq!(read(r#"{"x":1}"#).unwrap().0.x, 1);
        assert!(read("[1]").is_err());
        assert!(serde_json::from_str::<Point>("[1]").is_ok());
    }
}
