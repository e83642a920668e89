//! JSON that says one thing to everybody who reads it.

use crate::rejection::{Document, Rejection};
use model::strict_json::{self, Integers, Object, StrictJsonError};
use serde::de::DeserializeOwned;
use serde_json::Value;

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
