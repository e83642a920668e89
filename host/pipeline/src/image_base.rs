//! What an image was built on, as it is said with it, and what that is now.

use crate::attestations::error;
use crate::base_images::{Found, source};
use crate::subject;
use ::facts::{Material, image_materials};
use ::registry::{Image, Registry, RegistryError, Resolved, Source};
use model::facts::attestations::{BaseSource, Verification};
use model::facts::dockerfile::Stage;
use model::facts::{AttestationFacts, DockerfileFacts, ImageBase, ImageFacts, Origin};
use model::{Digest, Fact, FactError, Facts, Platform, Reference};
use std::collections::BTreeMap;

/// SPEC: OCI image specification §Annotations: "Image reference of the image this image is based on."
const NAME: &str = "org.opencontainers.image.base.name";
/// SPEC: the same: "Digest of the image this image is based on."
const DIGEST: &str = "org.opencontainers.image.base.digest";
/// What BuildKit runs to read a Dockerfile, and names among what it built from.
const FRONTENDS: [&str; 2] = ["docker/dockerfile", "docker/dockerfile-upstream"];

/// What an image was built on, and where to ask about it.
pub(crate) struct BuiltOn {
    pub(crate) fact: ImageBase,
    /// At the digest that it had.
    pub(crate) source: Source,
    /// All that it goes by: an index, and the manifest of the platform.
    pub(crate) digests: Vec<Digest>,
}

/// Finds out what the image was built on and asks its registry.
pub(crate) async fn find(
    registry: &Registry,
    facts: &Facts,
    attestations: Option<&AttestationFacts>,
) -> Fact<BuiltOn> {
    let image = facts.image.as_ref().ok_or(FactError::Absent)?;
    let file = facts
        .dockerfile
        .as_ref()
        .and_then(|file| file.as_deref().ok());
    let said = said(image, file, attestations).ok_or(FactError::Absent)?;
    said.ask(registry, image).await
}

/// What somebody says.
#[derive(Clone, Debug)]
struct Said {
    reference: Reference,
    digest: Option<Digest>,
    by: BaseSource,
}

/// What is said by whoever is to be believed most: provenance, then the image itself, then the Dockerfile.
fn said(
    image: &ImageFacts,
    file: Option<&DockerfileFacts>,
    attestations: Option<&AttestationFacts>,
) -> Option<Said> {
    let file = file.filter(|file| file.origin != Origin::Reconstructed);
    let root = file.and_then(root_stage);
    if root.is_some_and(|root| root.from_scratch) {
        return None;
    }
    let named: Option<Reference> = root.and_then(|root| root.base.parse().ok());
    let of_provenance = attestations.and_then(|facts| by_provenance(facts, named.as_ref()));
    let annotations = image.manifest.as_ref().ok();
    let annotations = annotations.map(|manifest| &manifest.annotations);
    let labels = image.config.as_ref().ok().map(|config| &config.labels);
    let of_image = || by_names(annotations?, BaseSource::Annotation);
    let of_labels = || by_names(labels?, BaseSource::Label);
    let of_file = || {
        let reference = named.clone()?;
        Some(Said {
            digest: reference.digest().cloned(),
            reference,
            by: BaseSource::Dockerfile,
        })
    };
    of_provenance
        .or_else(of_image)
        .or_else(of_labels)
        .or_else(of_file)
}

/// The stage that names the image which the target is built on.
fn root_stage(file: &DockerfileFacts) -> Option<&Stage> {
    let by_index = |index: u32| file.stages.iter().find(|stage| stage.index == index);
    let mut stage = by_index(file.target?)?;
    // Each is built on an earlier one.
    while let Some(earlier) = stage.base_stage.filter(|earlier| *earlier < stage.index) {
        stage = by_index(earlier)?;
    }
    Some(stage)
}

fn by_names(names: &BTreeMap<String, String>, by: BaseSource) -> Option<Said> {
    let reference: Reference = names.get(NAME)?.parse().ok()?;
    let digest = names.get(DIGEST).and_then(|text| text.parse().ok());
    Some(Said {
        digest: digest.or_else(|| reference.digest().cloned()),
        reference,
        by,
    })
}

/// What provenance says: verified one before any other. A build uses many images; the base is the one that the Dockerfile names,
/// or the only one.
fn by_provenance(facts: &AttestationFacts, named: Option<&Reference>) -> Option<Said> {
    let by = |verification: Verification| match verification {
        Verification::Verified => Some(BaseSource::VerifiedProvenance),
        // What the builder put into the index, which no stranger can change without another digest.
        Verification::Unsigned => Some(BaseSource::Provenance),
        Verification::Untrusted | Verification::Invalid => None,
    };
    let mut rows: Vec<_> = facts.image.iter().collect();
    rows.sort_by_key(|row| row.verification);
    rows.into_iter().find_map(|row| {
        let by = by(row.verification)?;
        let materials =
            image_materials(row.predicate_type.as_deref()?, row.predicate.as_ref().ok()?);
        let material = base_among(&materials, named)?;
        Some(Said {
            reference: material.reference.clone(),
            digest: Some(material.digest.clone()),
            by,
        })
    })
}

fn base_among<'m>(materials: &'m [Material], named: Option<&Reference>) -> Option<&'m Material> {
    if let Some(named) = named {
        let is_it = |material: &&Material| {
            let found = &material.reference;
            found.name() == named.name() && (found.tag() == named.tag() || named.digest().is_some())
        };
        return materials.iter().find(is_it);
    }
    let is_frontend = |material: &&Material| FRONTENDS.contains(&material.reference.repository());
    let mut images = materials.iter().filter(|it| !is_frontend(it));
    let only = images.next()?;
    images.next().is_none().then_some(only)
}

impl Said {
    async fn ask(self, registry: &Registry, image: &ImageFacts) -> Fact<BuiltOn> {
        let wanted = subject::platform(image);
        let name = self.reference.name();
        let tag = self.reference.tag();
        let tagged = match tag {
            Some(tag) => open(registry, &format!("{name}:{tag}"), &wanted).await?,
            None => None,
        };
        let is_same = |(_, found): &(Image, Found)| {
            let digest = self.digest.as_ref();
            digest.is_none_or(|it| [&found.digest, &found.platform_digest].contains(&it))
        };
        let then = match (&self.digest, &tagged) {
            (None, None) => return Err(FactError::Absent),
            (Some(digest), found) if !found.as_ref().is_some_and(is_same) => {
                open(registry, &format!("{name}@{digest}"), &wanted).await?
            }
            _ => None,
        };
        let built_on = then.as_ref().or(tagged.as_ref().filter(|it| is_same(it)));
        let layers_match = match built_on {
            Some((opened, found)) => begins_with(image, &found.config(opened).await?),
            None => None,
        };
        let reference = match tag {
            Some(tag) => format!("{name}:{tag}"),
            None => self.reference.to_string(),
        };
        let now = tagged.as_ref().map(|(_, found)| found);
        let digests = digests(self.digest.as_ref(), built_on.map(|(_, found)| found));
        let asked = match digests.first() {
            Some(digest) => format!("{name}@{digest}"),
            None => reference.clone(),
        };
        Ok(BuiltOn {
            source: source(&asked)?,
            fact: ImageBase {
                tag_digest: now.map(|now| comparable(now, built_on.map(|(_, found)| found))),
                reference,
                digest: self.digest,
                said_by: self.by,
                layers_match,
            },
            digests,
        })
    }
}

/// Some write down the index, some the manifest of the platform: what the tag names now is said as the same.
fn comparable(now: &Found, then: Option<&Found>) -> Digest {
    match then {
        Some(then) if then.digest == then.platform_digest => now.platform_digest.clone(),
        _ => now.digest.clone(),
    }
}

fn digests(written: Option<&Digest>, found: Option<&Found>) -> Vec<Digest> {
    let found = found.map(|found| [&found.digest, &found.platform_digest]);
    let mut digests: Vec<Digest> = written
        .into_iter()
        .chain(found.into_iter().flatten())
        .cloned()
        .collect();
    digests.dedup();
    digests
}

/// What a reference names; none where there is nothing any more.
async fn open(
    registry: &Registry,
    reference: &str,
    wanted: &Platform,
) -> Fact<Option<(Image, Found)>> {
    let image = registry.open(&source(reference)?).await.map_err(error)?;
    let document = match image.resolve().await {
        Ok(Resolved::Document(document)) => *document,
        Ok(Resolved::DockerImage(_)) | Err(RegistryError::UnknownImage { .. }) => return Ok(None),
        Err(other) => return Err(error(other)),
    };
    let found = Found::of(&image, document, wanted).await?;
    Ok(Some((image, found)))
}

/// Whether the layers of an image begin with those of the image whose config this is; none where one of them has none.
fn begins_with(image: &ImageFacts, config: &[u8]) -> Option<bool> {
    let layers = image.layers.as_ref().ok()?;
    let base = ::facts::image(config, None);
    let config = base.raw_config.ok()?;
    let base: Vec<&str> = config
        .pointer("/rootfs/diff_ids")?
        .as_array()?
        .iter()
        .filter_map(serde_json::Value::as_str)
        .collect();
    if base.is_empty() {
        return None;
    }
    let own: Vec<&str> = layers.iter().map(|layer| layer.diff_id.as_ref()).collect();
    Some(own.starts_with(&base))
}

#[cfg(test)]
mod tests;
