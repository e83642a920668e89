//! Provenance as SLSA says it, in the versions that are in use.

use polcheck_sdk::attestations::{Attestation, Subject, Verification};
use polcheck_sdk::{FactError, Facts};

/// SLSA v0.2, which `BuildKit` wrote until it wrote v1.
const SLSA_02: &str = "https://slsa.dev/provenance/v0.2";
/// SLSA v1.
const SLSA_1: &str = "https://slsa.dev/provenance/v1";

/// Where a version has what is read of it.
struct Paths {
    builder: &'static str,
    build_type: &'static str,
    /// How `BuildKit` says which steps it made. In the mode `min` it does not.
    steps: &'static str,
}

const PATHS_02: Paths = Paths {
    builder: "/builder/id",
    build_type: "/buildType",
    steps: "/buildConfig",
};
const PATHS_1: Paths = Paths {
    builder: "/runDetails/builder/id",
    build_type: "/buildDefinition/buildType",
    steps: "/buildDefinition/internalParameters/buildConfig",
};

/// What provenance says of a build.
pub(crate) struct Provenance {
    /// Who built it; empty where the builder has no name, as that of a developer's machine.
    pub(crate) builder: String,
    /// Whether it leaves out the steps of the build.
    pub(crate) is_short: bool,
    /// What came of verifying it.
    pub(crate) verification: Verification,
}

/// The provenance that is attached to the image and can be read, and does not pretend to be somebody's.
pub(crate) fn all(facts: &Facts) -> Result<Vec<Provenance>, FactError> {
    let rows = facts
        .attestations()
        .attached(Subject::Image, &[SLSA_02, SLSA_1])?;
    let rows = rows
        .iter()
        .filter(|row| row.verification != Verification::Invalid);
    Ok(rows.filter_map(|row| read(facts, row)).collect())
}

/// What one says, if it is provenance at all: SLSA asks for a builder, and calls the build by a type.
fn read(facts: &Facts, row: &Attestation) -> Option<Provenance> {
    let paths = match row.predicate_type.as_deref() {
        Some(SLSA_02) => PATHS_02,
        _ => PATHS_1,
    };
    let attestations = facts.attestations();
    let text = |pointer| attestations.predicate_text(row.id, pointer).ok().flatten();
    let builder = text(paths.builder)?;
    let build_type = text(paths.build_type).filter(|it| !it.is_empty())?;
    let steps = || {
        attestations
            .predicate_value(row.id, paths.steps)
            .ok()
            .flatten()
    };
    Some(Provenance {
        builder,
        is_short: is_of_buildkit(&build_type) && steps().is_none(),
        verification: row.verification,
    })
}

/// `https://mobyproject.org/buildkit@v1`, or the page of a branch of `github.com/moby/buildkit`.
fn is_of_buildkit(build_type: &str) -> bool {
    build_type.starts_with("https://mobyproject.org/buildkit")
        || build_type.starts_with("https://github.com/moby/buildkit/")
}
