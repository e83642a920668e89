//! The images that build provenance names among what a build was made from.

use crate::provenance::{SLSA_1, SLSA_02};
use model::reference::parse_digest;
use model::{Digest, Reference};
use serde_json::Value;

/// How BuildKit and others name images: a package URL of the type `docker`.
const PURL: &str = "pkg:docker/";

/// An image that a build was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Material {
    /// Its name and tag.
    pub reference: Reference,
    /// What it was.
    pub digest: Digest,
}

/// The images among the materials (SLSA v0.2) or resolved dependencies (SLSA v1) of a predicate, in their order. What is no
/// image, or has no digest, is left out, as is everything of any other predicate.
pub fn image_materials(predicate_type: &str, predicate: &Value) -> Vec<Material> {
    let pointer = match predicate_type {
        SLSA_02 => "/materials",
        SLSA_1 => "/buildDefinition/resolvedDependencies",
        _ => return Vec::new(),
    };
    let materials = predicate.pointer(pointer).and_then(Value::as_array);
    let materials = materials.into_iter().flatten();
    materials.filter_map(material).collect()
}

fn material(value: &Value) -> Option<Material> {
    let uri = value.get("uri")?.as_str()?;
    let digest = value.pointer("/digest/sha256")?.as_str()?;
    Some(Material {
        reference: reference(uri)?,
        digest: parse_digest(&format!("sha256:{digest}")).ok()?,
    })
}

/// SPEC: package URL §docker: `pkg:docker/[NAMESPACE/]NAME@VERSION`, where the version is a tag or a digest.
fn reference(uri: &str) -> Option<Reference> {
    let path = uri.strip_prefix(PURL)?;
    let path = path.split(['?', '#']).next()?;
    let path = decoded(path)?;
    match path.split_once('@') {
        None => path.parse().ok(),
        Some((name, version)) if version.contains(':') => format!("{name}@{version}").parse().ok(),
        Some((name, version)) => format!("{name}:{version}").parse().ok(),
    }
}

/// A text without percent-encoding.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next()?, rest.next()?];
        let digits = std::str::from_utf8(&digits).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case(
        "pkg:docker/alpine@3.22?platform=linux%2Famd64",
        Some("docker.io/library/alpine:3.22")
    )]
    #[case("pkg:docker/ghcr.io/acme/base@1", Some("ghcr.io/acme/base:1"))]
    #[case(
        "pkg:docker/localhost%3A5000/base@1?platform=linux%2Famd64",
        Some("localhost:5000/base:1")
    )]
    #[case("pkg:docker/acme/base", Some("docker.io/acme/base:latest"))]
    #[case("pkg:npm/left-pad@1", None)]
    #[case("pkg:docker/%zz@1", None)]
    #[case("pkg:docker/%", None)]
    #[case("https://github.com/acme/shop.git#main", None)]
    fn images_are_read_out_of_package_urls(#[case] uri: &str, #[case] expected: Option<&str>) {
        let digest = "1".repeat(64);
        let predicate = json!({ "materials": [{ "uri": uri, "digest": { "sha256": digest } }] });
        let found = image_materials(SLSA_02, &predicate);
        let found: Vec<String> = found.iter().map(|it| it.reference.to_string()).collect();
        assert_eq!(found, Vec::from_iter(expected.map(str::to_owned)));
    }

    #[test]
    fn what_has_no_digest_or_is_no_list_names_nothing() {
        let uri = "pkg:docker/alpine@3.22";
        for predicate in [
            json!({ "materials": [{ "uri": uri }] }),
            json!({ "materials": [{ "uri": uri, "digest": { "sha256": "zz" } }] }),
            json!({ "materials": uri }),
            json!([uri]),
            json!("materials"),
        ] {
            assert_eq!(image_materials(SLSA_02, &predicate), []);
        }
    }

    #[test]
    fn both_versions_are_read_and_no_other() {
        let materials =
            json!([{ "uri": "pkg:docker/alpine@3.22", "digest": { "sha256": "1".repeat(64) } }]);
        let v1 = json!({ "buildDefinition": { "resolvedDependencies": materials } });
        assert_eq!(image_materials(SLSA_1, &v1).len(), 1);
        assert_eq!(image_materials("https://slsa.dev/provenance/v2", &v1), []);
    }
}
