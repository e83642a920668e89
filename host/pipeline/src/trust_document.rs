//! Trust policies as people write them, in YAML or JSON: a file of its own, or the section `trust` of a policy set.

use crate::yaml;
use jiff::{SignedDuration, Span, SpanRelativeTo};
use model::trust::{LogRequirement, SctRequirement, TimestampRequirement};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// How every key in PEM begins, and no path does.
const PEM: &str = "-----BEGIN ";

/// Whose statements count.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrustDocument {
    /// Whoever may sign, by names that the rules call them by.
    pub signers: BTreeMap<String, SignerDocument>,
    /// The file of the trusted root that certificates, log entries and timestamps are checked with; none: that of the public
    /// Sigstore, where identities are trusted.
    pub trusted_root: Option<String>,
    /// Bundles in which publishers state that a policy set is theirs: files, or folders of files.
    #[serde(default)]
    pub policy_set_statements: Vec<String>,
    /// Which statements count. Each claim is decided by the rules that name it.
    pub statements: Vec<StatementsDocument>,
}

/// One signer. Whatever it signs with, it is one signer.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignerDocument {
    /// Public keys: PEM, or the path of a file.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Identities, as an authority vouches for them.
    #[serde(default)]
    pub identities: Vec<IdentityDocument>,
}

/// An identity, and who has to vouch for it: each exactly, or as a regular expression.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentityDocument {
    /// The address or URI in the certificate, exactly.
    pub identity: Option<String>,
    /// A regular expression that is found in it.
    pub identity_regexp: Option<String>,
    /// The issuer of the token, exactly.
    pub issuer: Option<String>,
    /// A regular expression that is found in it.
    pub issuer_regexp: Option<String>,
}

/// Which statements count for some claims about some images.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StatementsDocument {
    /// The claims, as globs. `security.scan` stands for `security.scan=passed`, too.
    pub claims: BTreeSet<String>,
    /// The repositories, as globs over `HOST/REPOSITORY`; none: all images, also those in no repository.
    pub repositories: Option<BTreeSet<String>>,
    /// The policy sets that may have judged; none: `builtin:standard` as this binary has it.
    pub policy_sets: Option<Vec<PolicySetDocument>>,
    /// The verifiers that may have judged; none: polcheck under its own name.
    pub verifier_ids: Option<BTreeSet<String>>,
    /// Whose signatures count, by name.
    pub signers: BTreeSet<String>,
    /// How many of them have to state a claim.
    #[serde(default = "one")]
    pub threshold: usize,
    /// How old a statement may be, such as `720h` or `30d`.
    pub max_age: Option<Age>,
    /// Which signatures have to be in a transparency log.
    #[serde(default)]
    pub log: LogRequirement,
    /// Whether signatures need a timestamp by an authority.
    #[serde(default)]
    pub timestamp: TimestampRequirement,
    /// Whether certificates need the promise of a certificate transparency log.
    #[serde(default)]
    pub sct: SctRequirement,
}

fn one() -> usize {
    1
}

/// A policy set that may have judged.
#[derive(Clone, Debug, PartialEq)]
pub enum PolicySetDocument {
    /// `builtin:NAME`, `URI@DIGEST` or `DIGEST`.
    Named(String),
    /// The same in two fields, or whatever a publisher states to be theirs under a URI.
    Described(PolicySetFields),
}

/// A policy set by its fields.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicySetFields {
    /// Where it was published.
    pub uri: Option<String>,
    /// Its canonical digest.
    pub digest: Option<String>,
    /// The signer who published it, by name.
    pub publisher: Option<String>,
}

impl<'de> Deserialize<'de> for PolicySetDocument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = PolicySetDocument;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a policy set")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(PolicySetDocument::Named(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                PolicySetFields::deserialize(MapAccessDeserializer::new(map))
                    .map(PolicySetDocument::Described)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// How old something may be: `720h`, `30d`, `2w`. A day has 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Age(pub SignedDuration);

/// A text that is no age. The user's fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an age: write hours, days or weeks, such as `720h` or `30d`")]
pub struct InvalidAge {
    /// As written.
    pub text: String,
}

impl FromStr for Age {
    type Err = InvalidAge;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let days = SpanRelativeTo::days_are_24_hours();
        let span = text.parse::<Span>().ok();
        span.and_then(|span| span.to_duration(days).ok())
            .filter(SignedDuration::is_positive)
            .map(Self)
            .ok_or_else(|| InvalidAge {
                text: text.to_owned(),
            })
    }
}

impl TryFrom<String> for Age {
    type Error = InvalidAge;

    fn try_from(text: String) -> Result<Self, InvalidAge> {
        text.parse()
    }
}

impl From<Age> for String {
    fn from(Age(age): Age) -> Self {
        format!("{age:#}")
    }
}

impl TrustDocument {
    /// Reads a document. Paths in it stay as they are.
    ///
    /// # Errors
    /// What is wrong with it in one line, with line and column.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        yaml::read(text)
    }

    /// The document with the paths in it taken from a folder.
    #[must_use]
    pub(crate) fn in_folder(mut self, folder: &Path) -> Self {
        let of_signers = self.signers.values_mut();
        let keys = of_signers.flat_map(|signer| &mut signer.keys);
        let paths = keys
            .filter(|key| !is_pem(key))
            .chain(&mut self.trusted_root)
            .chain(&mut self.policy_set_statements);
        for path in paths {
            *path = folder.join(&*path).display().to_string();
        }
        self
    }
}

/// Whether a key is written out, and not the path of one.
pub(crate) fn is_pem(key: &str) -> bool {
    key.trim_start().starts_with(PEM)
}
