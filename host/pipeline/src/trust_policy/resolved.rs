//! From a trust policy as people write it to one that can judge.

use super::publications::Publications;
use super::{TrustPolicy, TrustRule, TrustedSigner};
use crate::builtin::{BUILTIN, builtin_set};
use crate::error::TrustPolicyError;
use crate::set_file::BUILTIN_URI;
use crate::trust_document::{
    IdentityDocument, PolicySetDocument, PolicySetFields, SignerDocument, StatementsDocument,
    TrustDocument, is_pem,
};
use ::attest::{Identity, LogPolicy, Matcher, PublicKey, Trust, TrustedRoot, VERIFIER_ID};
use jiff::Timestamp;
use model::reference::parse_digest;
use model::trust::{
    IdentityDefinition, LogRequirement, SctRequirement, SignerDefinition, StatementRule,
    TextDefinition, TimestampRequirement, TrustedBy, TrustedPolicySet,
};
use model::{TrustDefinition, canonical, matching};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

type Signers = BTreeMap<String, TrustedSigner>;

/// Resolves a document.
pub(super) fn resolve(
    document: &TrustDocument,
    now: Timestamp,
) -> Result<TrustPolicy, TrustPolicyError> {
    let mut signers = Signers::new();
    let mut defined = BTreeMap::new();
    for (name, written) in &document.signers {
        let (signer, definition) = signer(name, written)?;
        signers.insert(name.clone(), signer);
        defined.insert(name.clone(), definition);
    }
    require_one_name_for_each_key(&defined)?;
    let (root, trusted_root) = root(document, &signers)?;
    let mut publications = Publications::read(&document.policy_set_statements)?;
    let mut rules = Vec::new();
    let mut statements = Vec::new();
    for (number, written) in (1..).zip(&document.statements) {
        check(written, number, &signers)?;
        let definition = define(written, &signers)?;
        let trust_in = |names: &[&str]| trust(&definition, names, &signers, root.clone());
        let names: Vec<&str> = definition.signers.iter().map(String::as_str).collect();
        let policy_sets =
            publications.accepted(&definition.policy_sets, |name| trust_in(&[name]), now);
        rules.push(TrustRule {
            number: Some(number),
            trust: trust_in(&names),
            policy_sets,
            definition: definition.clone(),
        });
        statements.push(definition);
    }
    publications.require_all_accepted()?;
    if rules.is_empty() {
        return Err(TrustPolicyError::NoStatements);
    }
    Ok(TrustPolicy {
        rules,
        signers,
        root,
        root_file: document.trusted_root.as_ref().map(PathBuf::from),
        definition: Some(TrustDefinition {
            signers: defined,
            trusted_root,
            statements,
        }),
    })
}

/// A signer, and what it is made of.
fn signer(
    name: &str,
    written: &SignerDocument,
) -> Result<(TrustedSigner, SignerDefinition), TrustPolicyError> {
    if written.keys.is_empty() && written.identities.is_empty() {
        return Err(TrustPolicyError::NobodySigns {
            signer: name.to_owned(),
        });
    }
    let keys = written
        .keys
        .iter()
        .map(|key| public_key(name, key))
        .collect::<Result<Vec<_>, _>>()?;
    let identities = written
        .identities
        .iter()
        .map(|written| identity(name, written))
        .collect::<Result<Vec<_>, _>>()?;
    let (identities, definitions): (Vec<_>, BTreeSet<_>) = identities.into_iter().unzip();
    let fingerprints = keys.iter().map(|key| key.fingerprint().to_string());
    let definition = SignerDefinition {
        keys: fingerprints.collect(),
        identities: definitions,
    };
    Ok((TrustedSigner { keys, identities }, definition))
}

fn public_key(signer: &str, key: &str) -> Result<PublicKey, TrustPolicyError> {
    let pem = if is_pem(key) {
        key.as_bytes().to_vec()
    } else {
        read(Path::new(key))?
    };
    PublicKey::from_pem(&pem).map_err(|source| TrustPolicyError::Key {
        signer: signer.to_owned(),
        file: (!is_pem(key)).then(|| key.to_owned()),
        source,
    })
}

/// What belongs to two signers would count twice.
fn require_one_name_for_each_key(
    signers: &BTreeMap<String, SignerDefinition>,
) -> Result<(), TrustPolicyError> {
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, signer) in signers {
        for key in &signer.keys {
            if let Some(other) = names.insert(key, name) {
                return Err(TrustPolicyError::KeyOfTwo {
                    key: key.clone(),
                    names: [other.to_owned(), name.clone()],
                });
            }
        }
    }
    Ok(())
}

fn identity(
    signer: &str,
    written: &IdentityDocument,
) -> Result<(Identity, IdentityDefinition), TrustPolicyError> {
    let text = |what, exact: &Option<String>, regexp: &Option<String>| {
        let texts = (exact.as_deref(), regexp.as_deref());
        match texts {
            (Some(exact), None) if !exact.is_empty() => Ok((
                Matcher::Exact(exact.to_owned()),
                TextDefinition::Exact(exact.to_owned()),
            )),
            (None, Some(pattern)) => Matcher::regexp(pattern)
                .map(|matcher| (matcher, TextDefinition::Regexp(pattern.to_owned())))
                .map_err(|source| TrustPolicyError::Pattern {
                    signer: signer.to_owned(),
                    pattern: pattern.to_owned(),
                    source,
                }),
            _ => Err(TrustPolicyError::Identity {
                signer: signer.to_owned(),
                what,
            }),
        }
    };
    let (subject, of_subject) = text("identity", &written.identity, &written.identity_regexp)?;
    let (issuer, of_issuer) = text("issuer", &written.issuer, &written.issuer_regexp)?;
    let definition = IdentityDefinition {
        subject: of_subject,
        issuer: of_issuer,
    };
    Ok((Identity { subject, issuer }, definition))
}

/// The trusted root, and the digest of its file. Identities need one.
fn root(
    document: &TrustDocument,
    signers: &Signers,
) -> Result<(Option<TrustedRoot>, Option<model::Digest>), TrustPolicyError> {
    let unusable = |path: Option<&String>| {
        let path = path.cloned();
        move |source| TrustPolicyError::TrustedRoot { path, source }
    };
    if let Some(path) = &document.trusted_root {
        let bytes = read(Path::new(path))?;
        let root = TrustedRoot::from_json(&bytes).map_err(unusable(Some(path)))?;
        return Ok((Some(root), Some(canonical::sha256(&bytes))));
    }
    let mut identities = signers.values().flat_map(|signer| &signer.identities);
    if identities.next().is_none() {
        return Ok((None, None));
    }
    let root = TrustedRoot::public_good().map_err(unusable(None))?;
    Ok((Some(root), None))
}

/// Whether a rule can mean anything.
fn check(
    written: &StatementsDocument,
    number: usize,
    signers: &Signers,
) -> Result<(), TrustPolicyError> {
    let empty = |what| Err(TrustPolicyError::Empty { number, what });
    if written.claims.is_empty() {
        return empty("claims");
    }
    if written.signers.is_empty() {
        return empty("signers");
    }
    if written
        .repositories
        .as_ref()
        .is_some_and(BTreeSet::is_empty)
    {
        return empty("repositories");
    }
    if written
        .verifier_ids
        .as_ref()
        .is_some_and(BTreeSet::is_empty)
    {
        return empty("verifierIds");
    }
    if written.policy_sets.as_ref().is_some_and(Vec::is_empty) {
        return empty("policySets");
    }
    for name in &written.signers {
        known(name, signers)?;
    }
    if !(1..=written.signers.len()).contains(&written.threshold) {
        return Err(TrustPolicyError::Threshold {
            number,
            threshold: written.threshold,
            signers: written.signers.len(),
        });
    }
    for glob in written
        .claims
        .iter()
        .chain(written.repositories.iter().flatten())
    {
        matching::check_glob(glob)?;
    }
    Ok(())
}

/// A rule with every default written out.
fn define(
    written: &StatementsDocument,
    signers: &Signers,
) -> Result<StatementRule, TrustPolicyError> {
    let default = [PolicySetDocument::Named(crate::DEFAULT_SET.to_owned())];
    let sets = written.policy_sets.as_deref().unwrap_or(&default);
    let sets = sets.iter().map(|set| policy_set(set, signers));
    Ok(StatementRule {
        claims: written.claims.clone(),
        repositories: written.repositories.clone(),
        policy_sets: sets.collect::<Result<_, _>>()?,
        verifier_ids: written
            .verifier_ids
            .clone()
            .unwrap_or_else(|| BTreeSet::from([VERIFIER_ID.to_owned()])),
        signers: written.signers.clone(),
        threshold: written.threshold,
        max_age: written.max_age.map(|age| age.0.as_secs()),
        log: written.log,
        timestamp: written.timestamp,
        sct: written.sct,
    })
}

fn known(name: &str, signers: &Signers) -> Result<(), TrustPolicyError> {
    if signers.contains_key(name) {
        return Ok(());
    }
    Err(TrustPolicyError::UnknownSigner {
        name: name.to_owned(),
        known: signers.keys().cloned().collect(),
    })
}

fn policy_set(
    written: &PolicySetDocument,
    signers: &Signers,
) -> Result<TrustedPolicySet, TrustPolicyError> {
    let of_digest = |uri: Option<String>, digest: &str| {
        let digest = parse_digest(digest).map_err(|_| TrustPolicyError::PolicySet {
            set: digest.to_owned(),
        })?;
        Ok(TrustedPolicySet {
            uri,
            by: TrustedBy::Digest(digest),
        })
    };
    match written {
        PolicySetDocument::Named(set) => {
            if let Some(name) = set.strip_prefix(BUILTIN) {
                let set = builtin_set(name)
                    .map_err(|error| TrustPolicyError::Builtin(Box::new(error)))?;
                return Ok(TrustedPolicySet {
                    uri: set.uri,
                    by: TrustedBy::Digest(set.digest),
                });
            }
            match set.rsplit_once('@') {
                Some((uri, digest)) => of_digest(Some(uri.to_owned()), digest),
                None => of_digest(None, set),
            }
        }
        PolicySetDocument::Described(PolicySetFields {
            uri,
            digest: Some(digest),
            publisher: None,
        }) => of_digest(uri.clone(), digest),
        PolicySetDocument::Described(PolicySetFields {
            uri: Some(uri),
            digest: None,
            publisher: Some(publisher),
        }) => {
            known(publisher, signers)?;
            if uri.starts_with(BUILTIN_URI) {
                return Err(TrustPolicyError::PublishedBuiltin { uri: uri.clone() });
            }
            Ok(TrustedPolicySet {
                uri: Some(uri.clone()),
                by: TrustedBy::Publisher(publisher.clone()),
            })
        }
        PolicySetDocument::Described(fields) => Err(TrustPolicyError::PolicySetFields {
            fields: fields.clone(),
        }),
    }
}

/// The trust that a rule puts in some signers.
fn trust(
    rule: &StatementRule,
    names: &[&str],
    signers: &Signers,
    root: Option<TrustedRoot>,
) -> Trust {
    let trusted = || names.iter().filter_map(|name| signers.get(*name));
    Trust {
        keys: trusted().flat_map(|signer| signer.keys.clone()).collect(),
        identities: trusted()
            .flat_map(|signer| signer.identities.clone())
            .collect(),
        root,
        log: match rule.log {
            LogRequirement::Required => LogPolicy::Everybody,
            LogRequirement::Identities => LogPolicy::Identities,
            LogRequirement::Ignored => LogPolicy::Nobody,
        },
        require_timestamp: rule.timestamp == TimestampRequirement::Required,
        ignore_scts: rule.sct == SctRequirement::Ignored,
    }
}

/// Reads a file that a trust policy names.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, TrustPolicyError> {
    fs::read(path).map_err(|source| TrustPolicyError::Read {
        path: path.to_owned(),
        source,
    })
}
