//! Which manifest of an index is for which platform.

use crate::error::RegistryError;
use model::{Digest, Platform};
use oci_spec::image::{Descriptor, ImageIndex};

/// What `BuildKit` annotates its attestation manifests with.
const REFERENCE_TYPE: &str = "vnd.docker.reference.type";
const ATTESTATION_MANIFEST: &str = "attestation-manifest";
/// What they are about.
const REFERENCE_DIGEST: &str = "vnd.docker.reference.digest";
/// The media type of an in-toto statement.
pub(crate) const IN_TOTO: &str = "application/vnd.in-toto+json";

/// The first manifest that is for exactly this platform, as container engines choose it.
pub fn choose<'a>(index: &'a ImageIndex, platform: &Platform) -> Option<&'a Descriptor> {
    index
        .manifests()
        .iter()
        .find(|descriptor| of(descriptor).as_ref() == Some(platform))
}

/// The same, or an error that lists the platforms there are.
///
/// # Errors
/// If the index has no manifest for the platform.
pub fn require<'a>(
    index: &'a ImageIndex,
    platform: &Platform,
    reference: &impl ToString,
) -> Result<&'a Descriptor, RegistryError> {
    choose(index, platform).ok_or_else(|| RegistryError::MissingPlatform {
        reference: reference.to_string(),
        wanted: platform.clone(),
        available: platforms(index),
    })
}

/// The platforms of an index, each once, in the order of its manifests. Manifests that are for no platform are left out.
pub fn platforms(index: &ImageIndex) -> Vec<Platform> {
    let mut platforms = Vec::new();
    for platform in index.manifests().iter().filter_map(of) {
        if !is_unknown(&platform) && !platforms.contains(&platform) {
            platforms.push(platform);
        }
    }
    platforms
}

/// The platform that an index claims for a manifest, normalised. The config of the manifest may claim another.
pub fn of(descriptor: &Descriptor) -> Option<Platform> {
    let platform = descriptor.platform().as_ref()?;
    Some(Platform::new(
        &platform.os().to_string(),
        &platform.architecture().to_string(),
        platform.variant().as_deref(),
    ))
}

/// Whether an index claims that a manifest is one of `BuildKit`'s attestations. The claim alone proves nothing.
pub(crate) fn claims_attestation(descriptor: &Descriptor) -> bool {
    let annotations = descriptor.annotations().as_ref();
    let reference_type = annotations.and_then(|annotations| annotations.get(REFERENCE_TYPE));
    of(descriptor).is_some_and(|platform| is_unknown(&platform))
        && reference_type.is_some_and(|value| value == ATTESTATION_MANIFEST)
}

/// What an index calls `BuildKit`'s attestations about a manifest.
pub fn attestation_of<'a>(index: &'a ImageIndex, manifest: &Digest) -> Option<&'a Descriptor> {
    let is_about = |descriptor: &&Descriptor| {
        let annotations = descriptor.annotations().as_ref();
        annotations
            .and_then(|annotations| annotations.get(REFERENCE_DIGEST))
            .is_some_and(|digest| digest == manifest.as_ref())
    };
    let entries = index.manifests().iter();
    entries
        .filter(|entry| claims_attestation(entry))
        .find(is_about)
}

fn is_unknown(platform: &Platform) -> bool {
    platform.os() == "unknown" && platform.architecture() == "unknown"
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn index(platforms: &[&str]) -> ImageIndex {
        let manifests: Vec<_> = platforms
            .iter()
            .enumerate()
            .map(|(size, platform)| {
                let digest = model::canonical::sha256(platform.as_bytes());
                let mut parts = platform.split('/');
                let mut next = || parts.next();
                let platform = json!({ "os": next(), "architecture": next(), "variant": next() });
                json!({ "mediaType": "x/y", "digest": digest, "size": size, "platform": platform })
            })
            .collect();
        let index = json!({ "schemaVersion": 2, "manifests": manifests });
        serde_json::from_value(index).unwrap()
    }

    const ALL: [&str; 7] = [
        "linux/amd64",
        "linux/arm/v7",
        "linux/arm64/v8",
        "linux/amd64",
        "windows/amd64",
        "unknown/unknown",
        "linux/amd64/v3",
    ];

    #[rstest]
    #[case("linux/amd64", Some(0))]
    #[case("linux/x86_64", Some(0))]
    #[case("linux/arm64", Some(2))]
    #[case("linux/aarch64", Some(2))]
    #[case("linux/arm", Some(1))]
    #[case("linux/arm/v6", None)]
    #[case("linux/amd64/v3", Some(6))]
    #[case("windows/amd64", Some(4))]
    #[case("linux/riscv64", None)]
    fn the_first_exact_match_is_chosen(#[case] platform: &str, #[case] expected: Option<u64>) {
        let index = index(&ALL);
        let chosen = choose(&index, &platform.parse().unwrap());
        assert_eq!(chosen.map(Descriptor::size), expected);
    }

    #[test]
    fn a_missing_platform_says_which_there_are() {
        let platform = "linux/riscv64".parse().unwrap();
        let error = require(&index(&ALL), &platform, &"r.io/app").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`r.io/app` has no image for linux/riscv64"
        );
        assert_eq!(
            error.help().unwrap(),
            "choose another with `--platform`: there is linux/amd64, linux/arm/v7, linux/arm64, windows/amd64, linux/amd64/v3"
        );
    }

    #[test]
    fn a_manifest_without_a_platform_is_for_none() {
        let index = json!({ "schemaVersion": 2, "manifests": [
            { "mediaType": "x/y", "digest": model::canonical::sha256(b""), "size": 0 },
        ] });
        let index: ImageIndex = serde_json::from_value(index).unwrap();
        assert_eq!(platforms(&index), []);
        assert!(choose(&index, &"linux/amd64".parse().unwrap()).is_none());
    }
}
