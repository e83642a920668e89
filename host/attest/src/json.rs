//! JSON that says one thing to everybody who reads it.

use crate::rejection::{Document, Rejection};
use model::strict_json::{self, Integers, Object, StrictJsonError};
use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde_json::Value;

/// Reads an object, and refuses bytes that two readers may understand differently.
pub(crate) fn read<T: DeserializeOwned>(document: Document, bytes: &[u8]) -> Result<T, Rejection> {
    object(document, value(document, bytes)?)
}

/// Reads JSON, and refuses bytes that two readers may understand differently.
pub(crate) fn value(document: Document, bytes: &[u8]) -> Result<Value, Rejection> {
    strict_json::parse(bytes, Integers::Any).map_err(|error| match error {
        StrictJsonError::DuplicateKey { key } => Rejection::DuplicateField {
            document,
            field: key,
        },
        source => Rejection::NotJson { document, source },
    })
}

/// Reads an object out of one that was read.
pub(crate) fn object<'de, T: Deserialize<'de>>(
    document: Document,
    value: impl Deserializer<'de, Error = serde_json::Error>,
) -> Result<T, Rejection> {
    let Object(object) = Object::<T>::deserialize(value).map_err(|error| Rejection::Malformed {
        document,
        source: error.into(),
    })?;
    Ok(object)
}
