//! Why a pack cannot be used.

use model::rule::InvalidRuleId;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why an engine could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The machine cannot give what the engine asks for, mostly address space for a pool.
    #[error("the sandbox cannot be set up")]
    Setup(#[source] wasmtime::Error),
    /// The thread that enforces deadlines could not be started.
    #[error("the clock of the sandbox cannot be started")]
    Clock(#[source] io::Error),
}

/// Why a component is not a pack that can be run. Mostly the fault of its author.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// Larger than [`crate::MAX_COMPONENT_BYTES`].
    #[error("the policy has {size} bytes, and {limit} are allowed")]
    TooLarge {
        /// Its bytes.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// Something else: a text, a native library, an empty file.
    #[error("the policy is not WebAssembly")]
    NotWebAssembly,
    /// WebAssembly that is broken, or cut short.
    #[error("the policy is not a WebAssembly component")]
    NotAComponent(#[source] wasmparser::BinaryReaderError),
    /// A core module, which has no types.
    #[error("the policy is a core module, not a component")]
    CoreModule,
    /// It imports something that no policy can have.
    #[error("the policy imports `{import}`, which no policy can have")]
    ForeignImport {
        /// The import's name.
        import: String,
    },
    /// It imports an interface of the contract that this version does not serve.
    #[error("the policy imports `{import}`, which this version does not serve")]
    UnknownInterface {
        /// The import's name.
        import: String,
    },
    /// It speaks another contract.
    #[error("the policy exports `{export}`, and this version runs `polcheck:policy/check@0.1`")]
    OtherContract {
        /// The export's name.
        export: String,
    },
    /// It exports no contract at all.
    #[error("the policy does not export `polcheck:policy/check@0.1`")]
    NoContract,
    /// It could not be compiled.
    #[error("the policy cannot be compiled: {reason}")]
    Compile {
        /// What the compiler says.
        reason: String,
    },
    /// Compiling it took too long.
    #[error("the policy was not compiled within {} seconds", limit.as_secs())]
    CompileTimeout {
        /// The limit.
        limit: Duration,
    },
    /// The compiler process could not be run: a problem of this machine.
    #[error("the compiler process cannot be run")]
    Compiler(#[source] io::Error),
    /// Its types are not those of the contract, or it needs more than the engine has.
    #[error("the policy does not fit the contract")]
    Link(#[source] wasmtime::Error),
    /// Its `describe` trapped, looped, or called an import.
    #[error("the policy cannot describe itself: {reason}")]
    Describe {
        /// What happened.
        reason: String,
        /// What the sandbox says.
        #[source]
        source: wasmtime::Error,
    },
    /// Its description is not usable.
    #[error("the policy describes itself wrongly: {0}")]
    Metadata(#[source] MetadataError),
}

/// What is wrong with the description of a pack.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// The id of the pack is not kebab-case.
    #[error("`{0}` is not a pack id, which is kebab-case")]
    PackId(String),
    /// The version is not a semantic version.
    #[error("`{0}` is not a semantic version")]
    Version(String),
    /// A pack without rules.
    #[error("it has no rules")]
    NoRules,
    /// An id that is not one.
    #[error(transparent)]
    RuleId(#[from] InvalidRuleId),
    /// Two rules with one id.
    #[error("it has two rules `{0}`")]
    SameRule(String),
    /// The settings schema of a rule is not a JSON object.
    #[error("the settings schema of `{0}` is not a JSON object")]
    Schema(String),
}

/// Why the cache of compiled code cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// Somebody else owns the directory or may write into it; compiled code in it could be anybody's.
    #[error("the cache directory `{}` is not ours alone", dir.display())]
    NotPrivate {
        /// The directory.
        dir: PathBuf,
    },
    /// It cannot be made or read.
    #[error("the cache directory `{}` cannot be used", dir.display())]
    Io {
        /// The directory.
        dir: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

impl LoadError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::CoreModule => "wrap it with `wasm-tools component new`",
            Self::NotAComponent(_) | Self::NotWebAssembly => {
                "a policy is a component that exports `polcheck:policy/check@0.1`"
            }
            Self::ForeignImport { import } if import.starts_with("wasi:") => {
                "policies have no WASI: build for `wasm32-unknown-unknown`, or stub WASI at build time"
            }
            Self::ForeignImport { .. } => "a policy may import `polcheck:policy/*` only",
            Self::UnknownInterface { .. } | Self::OtherContract { .. } => {
                "use a newer polcheck, or build the policy against the contract in `wit/`"
            }
            Self::NoContract => {
                "export the interface `check` of the world `polcheck:policy/policy`"
            }
            Self::TooLarge { .. } => "strip it and build it for size",
            Self::Describe { .. } => "`describe` must not call any import",
            Self::Link(_) => "build the policy against the contract in `wit/`",
            _ => return None,
        };
        Some(help.to_owned())
    }
}
