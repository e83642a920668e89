//! YAML, and JSON with it, as people write it.

use serde::de::DeserializeOwned;

/// Reads a document.
///
/// # Errors
/// What is wrong with it in one line, with line and column.
pub(crate) fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, String> {
    serde_saphyr::from_slice(text).map_err(|error| error.without_snippet().to_string())
}
