//! The direction of dependencies: nouns below, stages that never import one another, the line over them, front doors on
//! top.

use crate::run::{Failure, Outcome, cargo, output};
use serde_json::Value;
use std::collections::BTreeMap;

/// Each crate, and which of ours it may depend on. What is not here may depend on none.
const MAY_USE: [(&str, &[&str]); 19] = [
    ("polcheck-model", &[]),
    ("polcheck-registry", &["polcheck-model"]),
    ("polcheck-dockerfile", &["polcheck-model"]),
    ("polcheck-facts", &["polcheck-model", "polcheck-dockerfile"]),
    ("polcheck-engine", &["polcheck-model"]),
    ("polcheck-attest", &["polcheck-model"]),
    ("polcheck-sigstore", &["polcheck-model", "polcheck-attest"]),
    (
        "polcheck-pipeline",
        &[
            "polcheck-model",
            "polcheck-registry",
            "polcheck-facts",
            "polcheck-engine",
            "polcheck-attest",
            "polcheck-sigstore",
        ],
    ),
    (
        "polcheck",
        &[
            "polcheck-model",
            "polcheck-registry",
            "polcheck-engine",
            "polcheck-attest",
            "polcheck-sigstore",
            "polcheck-pipeline",
        ],
    ),
    ("polcheck-sdk", &["polcheck-model", "polcheck-facts"]),
    ("polcheck-sdk-build", &[]),
    (
        "polcheck-policy-core",
        &["polcheck-sdk", "polcheck-sdk-build"],
    ),
    (
        "polcheck-policy-supply",
        &["polcheck-sdk", "polcheck-sdk-build"],
    ),
    ("polcheck-test-hostile", &["polcheck-sdk"]),
    ("polcheck-test-registry", &[]),
    ("polcheck-test-sigstore", &[]),
    (
        "polcheck-conformance",
        &["polcheck-attest", "polcheck-model"],
    ),
    ("polcheck-demo", &["polcheck-test-registry"]),
    (
        "polcheck-bench",
        &[
            "polcheck-model",
            "polcheck-facts",
            "polcheck-engine",
            "polcheck-dockerfile",
            "polcheck-attest",
            "polcheck-pipeline",
            "polcheck-test-registry",
            "polcheck-test-sigstore",
        ],
    ),
];

/// Crates that isolate a heavy dependency: nobody else may depend on it.
const ONLY: [(&str, &[&str]); 9] = [
    ("wasmtime", &["polcheck-engine"]),
    ("wit-bindgen", &["polcheck-sdk"]),
    ("reqwest", &["polcheck-registry", "polcheck-sigstore"]),
    ("sigstore-tuf", &["polcheck-sigstore"]),
    ("sigstore-verify", &["polcheck-attest"]),
    (
        "aws-lc-rs",
        &[
            "polcheck-attest",
            "polcheck-sigstore",
            "polcheck-test-sigstore",
        ],
    ),
    ("jsonschema", &["polcheck-pipeline", "polcheck"]),
    ("clap", &["polcheck"]),
    ("annotate-snippets", &["polcheck"]),
];

/// Dependencies that point the wrong way.
pub(super) fn check() -> Outcome<Vec<String>> {
    let metadata = output(&mut cargo(&[
        "metadata",
        "--locked",
        "--no-deps",
        "--format-version",
        "1",
    ]))?;
    let metadata: Value = serde_json::from_str(&metadata)
        .map_err(|error| Failure(format!("cargo metadata: {error}")))?;
    let packages = metadata
        .get("packages")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    Ok(packages.flat_map(of_package).collect())
}

fn of_package(package: &Value) -> Vec<String> {
    let name = text(package, "name");
    let dependencies = package
        .get("dependencies")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    // Tests may look at everything.
    let dependencies = dependencies.filter(|dependency| text(dependency, "kind") != "dev");
    dependencies
        .filter_map(|dependency| problem(name, text(dependency, "name"), dependency))
        .collect()
}

fn problem(package: &str, dependency: &str, entry: &Value) -> Option<String> {
    let may_use: BTreeMap<&str, &[&str]> = MAY_USE.into_iter().collect();
    let is_ours = entry.get("path").is_some();
    if is_ours
        && !may_use
            .get(package)
            .is_some_and(|may_use| may_use.contains(&dependency))
    {
        return Some(format!("`{package}` must not depend on `{dependency}`"));
    }
    let (_, owners) = ONLY.iter().find(|(only, _)| *only == dependency)?;
    (!owners.contains(&package))
        .then(|| format!("only {owners:?} may depend on `{dependency}`, and `{package}` does"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_stage_that_imports_another_one_is_found() {
        let ours = json!({ "path": "host/facts" });
        assert!(problem("polcheck-registry", "polcheck-facts", &ours).is_some());
        assert!(problem("polcheck-model", "polcheck-facts", &ours).is_some());
        assert!(problem("polcheck-pipeline", "polcheck-facts", &ours).is_none());
    }

    #[test]
    fn a_heavy_dependency_has_one_owner() {
        assert!(problem("polcheck-pipeline", "wasmtime", &json!({})).is_some());
        assert!(problem("polcheck-engine", "wasmtime", &json!({})).is_none());
    }
}
