//! What a bundle says, whoever says it.

use crate::bundle::{self, Content, Material, Received};
use crate::rejection::Rejection;
use crate::result::ResultStatement;
use crate::sign::PAYLOAD_TYPE;
use crate::signature::key_digest;
use crate::statement::PredicateType;
use crate::verify::{ResourceDescriptor, StatementJson};
use jiff::Timestamp;
use model::Digest;
use model::strict_json::Object;
use serde_json::Value;
use sigstore_verify::crypto::parse_certificate_info;

/// What a bundle says. Nobody vouches for any of it: it is to be shown, or to be relied on where
/// [`verify_signer()`](crate::verify_signer()) accepts the very same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// By what it is signed.
    pub signer: ClaimedSigner,
    /// The statement that is signed; none where it is a signature alone.
    pub statement: Option<StatementContents>,
}

/// By what a bundle says that it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimedSigner {
    /// A key.
    Key {
        /// The fingerprint, or what else the bundle calls the key; none where it calls it nothing.
        name: Option<String>,
    },
    /// The certificate of an identity.
    Certificate {
        /// Whom it names; none where it cannot be read.
        identity: Option<String>,
        /// Who vouched for that name.
        issuer: Option<String>,
    },
}

/// What a statement says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementContents {
    /// What it is about.
    pub subjects: Vec<ResourceDescriptor>,
    /// Of which kind it is.
    pub predicate_type: String,
    /// What it says.
    pub predicate: Value,
    /// What it claims, where it is a verification result as polcheck makes them.
    pub result: Option<ResultContents>,
}

impl StatementContents {
    /// Whether it is about something with a digest.
    pub fn is_about(&self, digest: &Digest) -> bool {
        self.subjects.iter().any(|subject| subject.has(digest))
    }
}

/// What a verification result says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultContents {
    /// In which form it says it.
    pub predicate_type: PredicateType,
    /// Who verified.
    pub verifier_id: String,
    /// By which policy set.
    pub policy_set: Option<ResourceDescriptor>,
    /// Its claims.
    pub claims: Vec<String>,
    /// When it was made.
    pub time_created: Timestamp,
    /// Until when it counts, if it says so.
    pub valid_until: Option<Timestamp>,
}

impl ResultContents {
    /// Whether this result says all that an older one said, in the same form, under the same name and by the same policy
    /// set, so that nobody misses the older one.
    pub fn supersedes(&self, older: &Self) -> bool {
        let set = |result: &Self| result.policy_set.as_ref()?.uri.clone();
        let lasts = match (self.valid_until, older.valid_until) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(until), Some(older)) => until >= older,
        };
        older.time_created < self.time_created
            && older.predicate_type == self.predicate_type
            && older.verifier_id == self.verifier_id
            && set(self).is_some_and(|uri| set(older) == Some(uri))
            && older.claims.iter().all(|claim| self.claims.contains(claim))
            && lasts
    }
}

/// Reads what a bundle says. It is not verified.
///
/// # Errors
/// If it is no bundle, or what it holds is no statement.
pub fn contents(bundle: &[u8]) -> Result<Contents, Rejection> {
    of_received(bundle::read(bundle)?)
}

/// Reads what was received as a bundle, or would be one.
pub(crate) fn of_received(received: Received) -> Result<Contents, Rejection> {
    let signer = signer(&received);
    let Content::Envelope {
        payload,
        payload_type,
    } = received.content
    else {
        return Ok(Contents {
            signer,
            statement: None,
        });
    };
    if payload_type != PAYLOAD_TYPE {
        return Err(Rejection::PayloadType {
            found: payload_type,
        });
    }
    Ok(Contents {
        signer,
        statement: Some(statement_contents(payload.as_bytes())?),
    })
}

/// Reads what a statement says that nobody has signed, or of which nobody has checked the signature.
///
/// # Errors
/// If it is no statement.
pub fn statement_contents(statement: &[u8]) -> Result<StatementContents, Rejection> {
    let statement = StatementJson::read(statement)?;
    let result = PredicateType::from_uri(&statement.predicate_type)
        .is_some()
        .then(|| ResultStatement::read(&statement.predicate_type, statement.predicate.clone()))
        .transpose()?
        .map(ResultContents::from);
    let subjects = statement.subject.into_iter();
    Ok(StatementContents {
        subjects: subjects.map(|Object(subject)| subject).collect(),
        predicate_type: statement.predicate_type,
        predicate: statement.predicate,
        result,
    })
}

/// By what a bundle says that it is signed. A certificate is read as it is where it is verified.
fn signer(received: &Received) -> ClaimedSigner {
    match &received.material {
        Material::Key { hint } => ClaimedSigner::Key {
            name: key_digest(hint)
                .map(|digest| format!("sha256:{}", digest.to_hex()))
                .or_else(|| Some(hint.clone()))
                .filter(|name| !name.is_empty()),
        },
        Material::Certificate => {
            let certificate = received.certificate();
            let read = certificate.and_then(|it| parse_certificate_info(&it).ok());
            let (identity, issuer) = read.map(|it| (it.identity, it.issuer)).unwrap_or_default();
            ClaimedSigner::Certificate {
                identity: identity.map(|identity| identity.as_str().to_owned()),
                issuer,
            }
        }
    }
}

impl From<ResultStatement> for ResultContents {
    fn from(result: ResultStatement) -> Self {
        Self {
            predicate_type: result.predicate_type,
            verifier_id: result.verifier_id,
            policy_set: result.policy_set,
            claims: result.claims,
            time_created: result.time_created,
            valid_until: result.valid_until,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn older() -> ResultContents {
        ResultContents {
            predicate_type: PredicateType::Svr,
            verifier_id: "https://example.com/v1".to_owned(),
            policy_set: Some(set("https://example.com/set", "1")),
            claims: vec!["a=passed".to_owned()],
            time_created: time("2026-01-01T00:00:00Z"),
            valid_until: Some(time("2026-02-01T00:00:00Z")),
        }
    }

    fn set(uri: &str, digest: &str) -> ResourceDescriptor {
        ResourceDescriptor {
            name: None,
            uri: Some(uri.to_owned()),
            digest: [("sha256".to_owned(), digest.to_owned())].into(),
        }
    }

    fn newer() -> ResultContents {
        ResultContents {
            policy_set: Some(set("https://example.com/set", "2")),
            claims: vec!["b=passed".to_owned(), "a=passed".to_owned()],
            time_created: time("2026-01-01T00:00:01Z"),
            ..older()
        }
    }

    #[test]
    fn a_newer_result_that_says_as_much_supersedes_an_older_one() {
        assert!(newer().supersedes(&older()));
        let for_ever = ResultContents {
            valid_until: None,
            ..newer()
        };
        assert!(for_ever.supersedes(&older()));
        assert!(!older().supersedes(&newer()));
    }

    #[rstest]
    #[case(ResultContents { time_created: older().time_created, ..newer() })]
    #[case(ResultContents { verifier_id: "https://example.com/v2".to_owned(), ..newer() })]
    #[case(ResultContents { policy_set: Some(set("https://example.com/other", "1")), ..newer() })]
    #[case(ResultContents { policy_set: None, ..newer() })]
    #[case(ResultContents { predicate_type: PredicateType::Vsa, ..newer() })]
    #[case(ResultContents { claims: vec!["b=passed".to_owned()], ..newer() })]
    #[case(ResultContents { valid_until: Some(time("2026-01-31T00:00:00Z")), ..newer() })]
    fn whatever_says_less_supersedes_nothing(#[case] newer: ResultContents) {
        assert!(!newer.supersedes(&older()));
    }

    #[test]
    fn results_by_sets_without_a_uri_do_not_supersede_one_another() {
        let without = |result: ResultContents| ResultContents {
            policy_set: None,
            ..result
        };
        assert!(!without(newer()).supersedes(&without(older())));
    }
}
