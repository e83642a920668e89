//! The packs and policy sets that lie in the binary. Packs were compiled when polcheck was built, so that the first run
//! on a fresh machine compiles nothing.

use model::Digest;

/// A pack in the binary.
#[derive(Clone, Copy, Debug)]
pub struct BuiltinPack {
    /// `core`, as in `builtin:core`.
    pub name: &'static str,
    /// The digest of the component.
    digest: &'static str,
    /// The machine code.
    pub(crate) code: &'static [u8],
}

/// A policy set in the binary.
#[derive(Clone, Copy, Debug)]
pub struct BuiltinSet {
    /// `standard`, as in `builtin:standard`.
    pub name: &'static str,
    /// The document.
    pub(crate) text: &'static str,
}

/// All packs in the binary.
pub const PACKS: [BuiltinPack; 2] = [
    BuiltinPack {
        name: "core",
        digest: include_str!(concat!(env!("POLCHECK_PACKS"), "/core.digest")),
        code: include_bytes!(concat!(env!("POLCHECK_PACKS"), "/core.cwasm")),
    },
    BuiltinPack {
        name: "supply",
        digest: include_str!(concat!(env!("POLCHECK_PACKS"), "/supply.digest")),
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

impl BuiltinPack {
    /// The digest of the component.
    #[expect(clippy::expect_used, reason = "the build wrote it")]
    pub fn digest(&self) -> Digest {
        self.digest.parse().expect("the digest of a built-in pack")
    }
}
