//! The packs and policy sets that lie in the binary. Packs were compiled when polcheck was built, so that the first run
//! on a fresh machine compiles nothing.

use crate::catalogue::Catalogue;
use crate::error::PoliciesError;
use crate::resolve::resolve;
use crate::set_file::read_set;
use ::attest::AcceptedPolicySet;
use ::engine::{Engine, LoadError, Pack};
use model::PackDescription;
use model::report::EnforcementPoint;
use std::sync::{Arc, LazyLock};

/// A pack in the binary.
#[derive(Debug)]
pub struct BuiltinPack {
    /// `core`, as in `builtin:core`.
    pub name: &'static str,
    /// What it said of itself when polcheck was built: policy sets are resolved without the machine code.
    description: LazyLock<Arc<PackDescription>>,
    /// The machine code.
    code: &'static [u8],
}

/// A policy set in the binary.
#[derive(Clone, Copy, Debug)]
pub struct BuiltinSet {
    /// `standard`, as in `builtin:standard`.
    pub name: &'static str,
    /// The document.
    pub(crate) text: &'static str,
}

/// Marks what lies in the binary: `builtin:core`.
pub const BUILTIN: &str = "builtin:";

/// All packs in the binary.
pub static PACKS: [BuiltinPack; 2] = [
    BuiltinPack {
        name: "core",
        description: LazyLock::new(|| {
            described(include_str!(concat!(env!("POLCHECK_PACKS"), "/core.json")))
        }),
        code: include_bytes!(concat!(env!("POLCHECK_PACKS"), "/core.cwasm")),
    },
    BuiltinPack {
        name: "supply",
        description: LazyLock::new(|| {
            described(include_str!(concat!(
                env!("POLCHECK_PACKS"),
                "/supply.json"
            )))
        }),
        code: include_bytes!(concat!(env!("POLCHECK_PACKS"), "/supply.cwasm")),
    },
];

/// All policy sets in the binary.
pub const SETS: [BuiltinSet; 7] = [
    BuiltinSet {
        name: "standard",
        text: include_str!("../../../policies/sets/standard.yaml"),
    },
    BuiltinSet {
        name: "strict",
        text: include_str!("../../../policies/sets/strict.yaml"),
    },
    BuiltinSet {
        name: "cis-docker",
        text: include_str!("../../../policies/sets/cis-docker.yaml"),
    },
    BuiltinSet {
        name: "microservice",
        text: include_str!("../../../policies/sets/microservice.yaml"),
    },
    BuiltinSet {
        name: "api-gateway",
        text: include_str!("../../../policies/sets/api-gateway.yaml"),
    },
    BuiltinSet {
        name: "database-migration",
        text: include_str!("../../../policies/sets/database-migration.yaml"),
    },
    BuiltinSet {
        name: "ml-serving",
        text: include_str!("../../../policies/sets/ml-serving.yaml"),
    },
];

/// The set that is used where none is named.
pub const DEFAULT_SET: &str = "builtin:standard";

/// The pack of that name.
pub(crate) fn builtin_pack(name: &str) -> Result<&'static BuiltinPack, PoliciesError> {
    let found = PACKS.iter().find(|pack| pack.name == name);
    found.ok_or_else(|| PoliciesError::UnknownPack {
        name: name.to_owned(),
        known: PACKS.iter().map(|pack| pack.name).collect(),
    })
}

/// A built-in policy set as whoever trusts it accepts it.
///
/// # Errors
/// If there is none of that name.
pub fn builtin_set(name: &str) -> Result<AcceptedPolicySet, PoliciesError> {
    let document = read_set(&format!("{BUILTIN}{name}"))?.at(EnforcementPoint::default());
    let mut catalogue = Catalogue::default();
    for pack in &document.packs {
        let pack = builtin_pack(pack.strip_prefix(BUILTIN).unwrap_or(pack))?;
        catalogue.add(Arc::clone(pack.description()))?;
    }
    let set = resolve(&document, &catalogue, None)?;
    Ok(AcceptedPolicySet {
        digest: set.digest()?,
        uri: set.uri,
    })
}

#[expect(clippy::expect_used, reason = "the build wrote it")]
fn described(json: &str) -> Arc<PackDescription> {
    Arc::new(serde_json::from_str(json).expect("the description of a built-in pack"))
}

impl BuiltinPack {
    /// What is known of it before it runs.
    pub fn description(&self) -> &Arc<PackDescription> {
        &self.description
    }

    /// Loads it.
    ///
    /// # Errors
    /// If this machine cannot run its code.
    pub fn load(&self, engine: &Engine) -> Result<Pack, LoadError> {
        engine.load_described(Arc::clone(&self.description), self.code)
    }
}
