//! JSON that says one thing to everybody who reads it.

use crate::rejection::{Document, Rejection};
use model::strict_json::{self, Integers, StrictJsonError};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;
use std::marker::PhantomData;

/// Reads an object, and refuses bytes that two readers may understand differently.
pub(crate) fn read<T: DeserializeOwned>(document: Document, bytes: &[u8]) -> Result<T, Rejection> {
    let value = strict_json::parse(bytes, Integers::Any).map_err(|error| match error {
        StrictJsonError::DuplicateKey { key } => Rejection::DuplicateField {
            document,
            field: key,
        },
        source => Rejection::NotJson { document, source },
    })?;
    object(document, value)
}

/// Reads an object out of one that was read.
pub(crate) fn object<T: DeserializeOwned>(
    document: Document,
    value: Value,
) -> Result<T, Rejection> {
    let Object(object) = serde_json::from_value(value).map_err(|error| Rejection::Malformed {
        document,
        source: error.into(),
    })?;
    Ok(object)
}

/// A value that stands in JSON as an object. Without it, serde reads the fields of a struct from an array too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields)).map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
