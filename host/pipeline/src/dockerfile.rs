//! The Dockerfile of an image: given by the user, from its build provenance, or written from its history.

use crate::subject::Manifest;
use crate::{Dockerfile, DockerfileText};
use ::facts::{BuildInputs, ProvenanceDockerfile, is_provenance, provenance};
use ::registry::{Image, RegistryError};
use model::facts::{DockerfileFacts, ImageFacts, Origin};
use model::{Digest, Fact, FactError};

/// The largest provenance that is read: `BuildKit`'s own limit.
const MAX_PROVENANCE_BYTES: u64 = 40 * 1024 * 1024;

/// A Dockerfile as policies are told of it, and its text, for whoever shows places in it.
pub(crate) struct FoundDockerfile {
    pub(crate) facts: Fact<Box<DockerfileFacts>>,
    pub(crate) text: Option<DockerfileText>,
}

/// The one that was given, held against the image.
pub(crate) fn given(file: &Dockerfile, image: &ImageFacts) -> FoundDockerfile {
    FoundDockerfile {
        facts: file.facts(Some(image)),
        text: Some(file.text()),
    }
}

/// The one of the provenance that the builder attached, else one that is written from the history.
pub(crate) async fn find(
    image: &Image,
    manifest: &Manifest,
    image_facts: &ImageFacts,
) -> FoundDockerfile {
    match from_provenance(image, manifest).await {
        Err(error) => FoundDockerfile {
            facts: Err(error),
            text: None,
        },
        Ok(Some(found)) => of_provenance(found, image_facts),
        Ok(None) => FoundDockerfile {
            facts: reconstructed(image_facts),
            text: None,
        },
    }
}

fn of_provenance(found: ProvenanceDockerfile, image: &ImageFacts) -> FoundDockerfile {
    let inputs = BuildInputs {
        target: found.target,
        build_args: found.build_args,
        ..BuildInputs::default()
    };
    let facts = ::facts::dockerfile(&found.bytes, Origin::Provenance, &inputs, Some(image));
    FoundDockerfile {
        facts: Ok(Box::new(facts)),
        text: Some(DockerfileText {
            path: found.name.unwrap_or_else(|| "Dockerfile".to_owned()),
            text: String::from_utf8_lossy(&found.bytes).into_owned(),
        }),
    }
}

fn reconstructed(image: &ImageFacts) -> Fact<Box<DockerfileFacts>> {
    // Why there is no history is said of the image.
    let history = image.history.as_ref().map_err(|_| FactError::Absent)?;
    if history.is_empty() {
        return Err(FactError::Absent);
    }
    Ok(Box::new(::facts::reconstructed_dockerfile(history)))
}

/// The Dockerfile in the provenance of this manifest. An image without provenance is a normal image.
async fn from_provenance(image: &Image, manifest: &Manifest) -> Fact<Option<ProvenanceDockerfile>> {
    let Some(attestation) = &manifest.attestation else {
        return Ok(None);
    };
    let unavailable = |error: RegistryError| FactError::Unavailable(error.to_string());
    let statements = image.statements(attestation).await.map_err(unavailable)?;
    for (predicate_type, descriptor) in statements {
        if !is_provenance(&predicate_type) {
            continue;
        }
        if descriptor.size() > MAX_PROVENANCE_BYTES {
            return Err(FactError::TooLarge(format!(
                "the provenance has {} bytes, and {MAX_PROVENANCE_BYTES} are allowed",
                descriptor.size()
            )));
        }
        let statement = image.blob(&descriptor, MAX_PROVENANCE_BYTES).await;
        let found = provenance(&statement.map_err(unavailable)?)?;
        if let Some(found) = found {
            return about(found, manifest.digest()).map(Some);
        }
    }
    Ok(None)
}

/// Provenance counts only for the manifest that it is about.
fn about(found: ProvenanceDockerfile, digest: &Digest) -> Fact<ProvenanceDockerfile> {
    if found.subjects.is_empty() || found.subjects.contains(digest) {
        return Ok(found);
    }
    let message = "the provenance is about another image";
    Err(FactError::Malformed(message.to_owned()))
}
