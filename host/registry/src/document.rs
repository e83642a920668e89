//! Manifests and indexes, read so that nobody else can read them differently.
//!
//! A tag names bytes, and whoever runs the image reads them with another parser than ours. Where two parsers may differ
//! the document is refused: the verdict would be about one image and the engine would run another.

use crate::verify::descriptor_of;
use bytes::Bytes;
use model::Digest;
use model::canonical::MAX_SAFE_INTEGER;
use model::excerpt;
use model::strict_json::{self, Integers, StrictJsonError, check_field_names};
use oci_spec::image::{Descriptor, ImageIndex, ImageManifest, MediaType};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The media types that are asked for, those of the OCI first.
pub(crate) const ACCEPTED: [&str; 4] = [OCI_INDEX, OCI_MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST];

pub(crate) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const SCHEMA_ONE: [&str; 2] = [
    "application/vnd.docker.distribution.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
];

/// The fields of manifests and indexes of any kind.
const DOCUMENT_FIELDS: [&str; 11] = [
    "schemaVersion",
    "mediaType",
    "artifactType",
    "config",
    "layers",
    "manifests",
    "subject",
    "annotations",
    "fsLayers",
    "history",
    "signatures",
];
const DESCRIPTOR_FIELDS: [&str; 8] = [
    "mediaType",
    "digest",
    "size",
    "urls",
    "annotations",
    "data",
    "artifactType",
    "platform",
];
const PLATFORM_FIELDS: [&str; 6] = [
    "architecture",
    "os",
    "os.version",
    "os.features",
    "variant",
    "features",
];

/// A manifest or an index, with the bytes that its digest is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Of the bytes.
    pub digest: Digest,
    /// As its bytes, its descriptor or its registry say it; where several do, they agree.
    pub media_type: MediaType,
    /// Exactly as they were stored.
    pub bytes: Bytes,
    /// What they say.
    pub content: Content,
}

/// What a document is.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// The manifest of an image or an artifact.
    Manifest(Box<ImageManifest>),
    /// An index of manifests.
    Index(Box<ImageIndex>),
}

/// Why a document cannot be used. The author's or the registry's fault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// Not JSON, or JSON that two readers may read differently.
    #[error(transparent)]
    Json(#[from] StrictJsonError),
    /// The first, abandoned version of manifests.
    #[error("it has the schema version 1")]
    SchemaOne,
    /// No schema version, or one of the future.
    #[error("it does not have the schema version 2")]
    SchemaVersion,
    /// Manifest and index at once, as one reader sees the one and another the other (CVE-2021-41190).
    #[error("it is a manifest and an index at once")]
    Ambiguous,
    /// Neither a manifest nor an index.
    #[error("it is neither a manifest nor an index")]
    Neither,
    /// The bytes claim another media type than the registry or the descriptor does.
    #[error("it has the media type `{actual}` and is announced as `{announced}`")]
    MediaType {
        /// From the registry or the descriptor.
        announced: String,
        /// From the bytes.
        actual: String,
    },
    /// Neither a manifest nor an index by its media type, or a manifest that claims to be an index.
    #[error("it does not have the form of its media type `{media_type}`")]
    Form {
        /// The media type.
        media_type: String,
    },
    /// A size below zero or not exact for every reader.
    #[error("it has a descriptor with the size {size}")]
    Size {
        /// As written.
        size: String,
    },
    /// A field of the wrong type, or one that is missing.
    #[error("a field is missing or wrong: {reason}")]
    Field {
        /// Which, and how.
        reason: String,
    },
}

impl Document {
    /// Reads bytes whose digest is known. The media type is what the registry or the descriptor announces.
    pub(crate) fn parse(
        bytes: Bytes,
        digest: Digest,
        announced: Option<&str>,
    ) -> Result<Self, DocumentError> {
        let (media_type, content) = read(&bytes, announced)?;
        Ok(Self {
            digest,
            media_type,
            bytes,
            content,
        })
    }

    /// What names this document.
    pub fn descriptor(&self) -> Descriptor {
        Descriptor::new(
            self.media_type.clone(),
            self.bytes.len() as u64,
            self.digest.clone(),
        )
    }

    /// The manifest, if it is one.
    pub fn manifest(&self) -> Option<&ImageManifest> {
        match &self.content {
            Content::Manifest(manifest) => Some(manifest),
            Content::Index(_) => None,
        }
    }

    /// The index, if it is one.
    pub fn index(&self) -> Option<&ImageIndex> {
        match &self.content {
            Content::Index(index) => Some(index),
            Content::Manifest(_) => None,
        }
    }

    /// The manifest that this document refers to.
    pub fn subject(&self) -> Option<&Descriptor> {
        match &self.content {
            Content::Manifest(manifest) => manifest.subject().as_ref(),
            Content::Index(index) => index.subject().as_ref(),
        }
    }

    /// The descriptor under which a list of referrers has this document.
    pub(crate) fn referrer(&self) -> Descriptor {
        let mut descriptor = descriptor_of(self.media_type.as_ref(), &self.bytes);
        descriptor.set_digest(self.digest.clone());
        let (artifact_type, annotations) = match &self.content {
            // SPEC: distribution §Listing Referrers: "If the `artifactType` is empty or missing in the image manifest,
            // the value of `artifactType` MUST be set to the config descriptor `mediaType` value."
            Content::Manifest(manifest) => {
                let artifact_type = manifest.artifact_type().clone();
                let artifact_type = artifact_type.filter(|name| !name.as_ref().is_empty());
                let from_config = || manifest.config().media_type().clone();
                (
                    Some(artifact_type.unwrap_or_else(from_config)),
                    manifest.annotations().clone(),
                )
            }
            Content::Index(index) => (index.artifact_type().clone(), index.annotations().clone()),
        };
        descriptor.set_artifact_type(artifact_type);
        descriptor.set_annotations(annotations);
        descriptor
    }
}

/// Strips the parameters of a `Content-Type`; nothing is left of one that says nothing.
pub(crate) fn essence(content_type: &str) -> Option<&str> {
    let essence = content_type.split(';').next().map(str::trim);
    essence.filter(|essence| !essence.is_empty())
}

/// Whether a media type is one of the first, abandoned version.
pub(crate) fn is_schema_one(media_type: &str) -> bool {
    SCHEMA_ONE.contains(&media_type)
}

fn read(bytes: &[u8], announced: Option<&str>) -> Result<(MediaType, Content), DocumentError> {
    let announced = announced.and_then(essence);
    if announced.is_some_and(is_schema_one) {
        return Err(DocumentError::SchemaOne);
    }
    let mut value = strict_json::parse(bytes, Integers::Safe)?;
    check_fields(&value)?;
    let Value::Object(object) = &mut value else {
        return Err(DocumentError::Neither);
    };
    let media_type = media_type(object, announced)?;
    // Writers in Go write an empty list as null.
    for list in ["manifests", "layers"] {
        if object.get(list).is_some_and(Value::is_null) {
            object.insert(list.to_owned(), Value::Array(Vec::new()));
        }
    }
    let content = match media_type {
        OCI_INDEX | DOCKER_INDEX => Content::Index(field(value)?),
        _ => Content::Manifest(field(value)?),
    };
    Ok((media_type.into(), content))
}

fn field<T: DeserializeOwned>(value: Value) -> Result<Box<T>, DocumentError> {
    let read = serde_json::from_value(value).map(Box::new);
    read.map_err(|error| DocumentError::Field {
        reason: excerpt(&error.to_string()),
    })
}

/// Refuses fields in another case, and sizes that are none, wherever the specification knows them.
fn check_fields(document: &Value) -> Result<(), DocumentError> {
    check_field_names(document, &DOCUMENT_FIELDS)?;
    let lists = ["layers", "manifests"]
        .into_iter()
        .filter_map(|list| document.get(list));
    let listed = lists.filter_map(Value::as_array).flatten();
    let single = ["config", "subject"]
        .into_iter()
        .filter_map(|name| document.get(name));
    for descriptor in single.chain(listed) {
        check_field_names(descriptor, &DESCRIPTOR_FIELDS)?;
        if let Some(platform) = descriptor.get("platform") {
            check_field_names(platform, &PLATFORM_FIELDS)?;
        }
        if let Some(size) = descriptor.get("size") {
            let is_good = size.as_u64().is_some_and(|size| size <= MAX_SAFE_INTEGER);
            if !is_good {
                return Err(DocumentError::Size {
                    size: excerpt(&size.to_string()),
                });
            }
        }
    }
    Ok(())
}

/// The one media type that the bytes, their form and whoever announced them agree on.
fn media_type(
    object: &Map<String, Value>,
    announced: Option<&str>,
) -> Result<&'static str, DocumentError> {
    let has = |name: &str| object.contains_key(name);
    if object.get("schemaVersion").and_then(Value::as_u64) == Some(1) || has("fsLayers") {
        return Err(DocumentError::SchemaOne);
    }
    let is_index = has("manifests");
    let is_manifest = has("layers") || has("config");
    let by_form = match (is_index, is_manifest) {
        (true, true) => return Err(DocumentError::Ambiguous),
        (false, false) => return Err(DocumentError::Neither),
        (true, false) => OCI_INDEX,
        (false, true) => OCI_MANIFEST,
    };
    if object.get("schemaVersion").and_then(Value::as_u64) != Some(2) {
        return Err(DocumentError::SchemaVersion);
    }
    let actual = match object.get("mediaType") {
        None => None,
        Some(Value::String(actual)) => Some(actual.as_str()),
        Some(other) => {
            return Err(DocumentError::Form {
                media_type: excerpt(&other.to_string()),
            });
        }
    };
    if let (Some(announced), Some(actual)) = (announced, actual)
        && announced != actual
    {
        return Err(DocumentError::MediaType {
            announced: excerpt(announced),
            actual: excerpt(actual),
        });
    }
    let Some(claimed) = actual.or(announced) else {
        return Ok(by_form);
    };
    let known = ACCEPTED.into_iter().find(|known| *known == claimed);
    known
        .filter(|known| matches!(*known, OCI_INDEX | DOCKER_INDEX) == is_index)
        .ok_or_else(|| DocumentError::Form {
            media_type: excerpt(claimed),
        })
}

#[cfg(test)]
mod tests;
