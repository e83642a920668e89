use super::*;
use crate::builtin::builtin_set;
use ::attest::{LogPolicy, SigningKey, VERIFIER_ID};
use model::canonical;
use model::trust::TrustedBy;
use rstest::rstest;
use std::fs;
use tempfile::TempDir;

/// A folder with the public keys of two signers.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["ci.pub", "security.pub"] {
        let key = SigningKey::generate().unwrap();
        fs::write(folder.path().join(name), key.public_key().to_pem()).unwrap();
    }
    folder
}

fn standard() -> Digest {
    builtin_set("standard").unwrap().digest
}

fn resolve_in(folder: &TempDir, text: &str) -> Result<TrustPolicy, TrustPolicyError> {
    let document = TrustDocument::parse(text.as_bytes()).unwrap();
    TrustPolicy::resolve(&document.in_folder(folder.path()))
}

fn resolve(text: &str) -> Result<TrustPolicy, TrustPolicyError> {
    resolve_in(&folder(), text)
}

const SMALLEST: &str =
    "signers: { ci: { keys: [ci.pub] } }\nstatements: [{ claims: [security.scan], signers: [ci] }]";

#[test]
fn every_default_is_written_out() {
    let policy = resolve(SMALLEST).unwrap();
    let rule = &policy.rules()[0];
    assert_eq!(rule.number, Some(1));
    assert_eq!(rule.definition.threshold, 1);
    assert_eq!(
        rule.definition.verifier_ids,
        [VERIFIER_ID.to_owned()].into()
    );
    assert_eq!(
        rule.definition.policy_sets[0].by,
        TrustedBy::Digest(standard())
    );
    let accepted = AcceptedPolicySet {
        uri: Some("polcheck:set/standard".to_owned()),
        digest: standard(),
    };
    assert_eq!(rule.policy_sets, [accepted]);
    assert_eq!(rule.trust.log, LogPolicy::Identities);
    assert!(!rule.trust.require_timestamp && !rule.trust.ignore_scts);
    assert!(rule.trust.root.is_none());
    assert_eq!(rule.trust.keys.len(), 1);
}

#[test]
fn a_policy_says_all_that_it_can_say() {
    let text = "
signers:
  ci:
    keys: [ci.pub]
    identities:
    - { identityRegexp: ^https://ci\\.test/, issuer: https://token.ci.test }
  security: { keys: [security.pub] }
statements:
- claims: [security.*, SLSA_BUILD_LEVEL_3]
  repositories: [registry.example.com/shop/**]
  policySets: [builtin:standard, 'https://example.com/a@sha256:0000000000000000000000000000000000000000000000000000000000000000', { publisher: security, uri: https://example.com/b }]
  verifierIds: [https://example.com/verifier]
  signers: [ci, security]
  threshold: 2
  maxAge: 30d
  log: required
  timestamp: required
  sct: ignored
";
    let policy = resolve(text).unwrap();
    let rule = &policy.rules()[0];
    assert_eq!(rule.definition.max_age, Some(30 * 86_400));
    assert_eq!(rule.trust.log, LogPolicy::Everybody);
    assert!(rule.trust.require_timestamp && rule.trust.ignore_scts);
    assert_eq!((rule.trust.keys.len(), rule.trust.identities.len()), (2, 1));
    // The publisher has published nothing yet.
    assert_eq!(rule.policy_sets.len(), 2);
    // Identities are checked with the trusted root of the public Sigstore.
    assert!(rule.trust.root.is_some());
    let definition = policy.definition().unwrap();
    assert_eq!(definition.trusted_root, None);
    assert_eq!(definition.signers.len(), 2);
}

#[rstest]
#[case(None, Some("r.io/a"), true)]
#[case(None, None, true)]
#[case(Some("r.io/shop/*"), Some("r.io/shop/api"), true)]
#[case(Some("r.io/shop/*"), Some("r.io/shop/api/x"), false)]
#[case(Some("r.io/shop/*"), Some("r.io.evil.example/shop/api"), false)]
#[case(Some("**"), Some("r.io/shop/api"), true)]
#[case(Some("**"), None, false)]
fn a_rule_is_about_the_repositories_that_it_names(
    #[case] repositories: Option<&str>,
    #[case] repository: Option<&str>,
    #[case] expected: bool,
) {
    let repositories =
        repositories.map_or_else(String::new, |glob| format!(", repositories: ['{glob}']"));
    let text = SMALLEST.replace(
        ", signers: [ci] }",
        &format!(", signers: [ci]{repositories} }}"),
    );
    let policy = resolve(&text).unwrap();
    assert_eq!(policy.rules_for(repository).count(), usize::from(expected));
}

#[rstest]
#[case("security.scan", "security.scan=passed", true)]
#[case("security.scan=passed", "security.scan=passed", true)]
#[case("security.*", "security.scan=passed", true)]
#[case("*", "SLSA_BUILD_LEVEL_3", true)]
#[case("SLSA_BUILD_LEVEL_3", "SLSA_BUILD_LEVEL_3", true)]
#[case("security.scan", "security.scan=failed", false)]
#[case("security.scan", "security.scanned=passed", false)]
#[case("scan", "security.scan=passed", false)]
fn a_claim_is_named_with_or_without_its_result(
    #[case] name: &str,
    #[case] claim: &str,
    #[case] expected: bool,
) {
    assert_eq!(names_claim(name, claim), expected);
}

#[rstest]
#[case::no_key(
    "signers: { ci: {} }\nstatements: [{ claims: [a], signers: [ci] }]",
    "neither a key nor an identity",
    Some("ci")
)]
#[case::key_gone(
    "signers: { ci: { keys: [gone.pub] } }\nstatements: [{ claims: [a], signers: [ci] }]",
    "cannot read",
    None
)]
#[case::no_pem(
    "signers: { ci: { keys: ['-----BEGIN PUBLIC KEY-----'] } }\nstatements: [{ claims: [a], signers: [ci] }]",
    "cannot use a key of the signer `ci`",
    Some("ci")
)]
#[case::key_of_two(
    "signers: { a: { keys: [ci.pub] }, b: { keys: [ci.pub] } }\nstatements: [{ claims: [a], signers: [a, b], threshold: 2 }]",
    "belongs to two signers, `a` and `b`",
    Some("b")
)]
#[case::no_issuer(
    "signers: { ci: { identities: [{ identity: a }] } }\nstatements: [{ claims: [a], signers: [ci] }]",
    "needs either `issuer` or `issuerRegexp`",
    Some("ci")
)]
#[case::two_identities(
    "signers: { ci: { identities: [{ identity: a, identityRegexp: a, issuer: b }] } }\nstatements: [{ claims: [a], signers: [ci] }]",
    "needs either `identity` or `identityRegexp`",
    Some("ci")
)]
#[case::empty_identity(
    "signers: { ci: { identities: [{ identity: '', issuer: b }] } }\nstatements: [{ claims: [a], signers: [ci] }]",
    "needs either `identity` or `identityRegexp`",
    Some("ci")
)]
#[case::pattern(
    "signers: { ci: { identities: [{ identityRegexp: '(', issuer: b }] } }\nstatements: [{ claims: [a], signers: [ci] }]",
    "cannot use an identity",
    Some("(")
)]
#[case::unknown_signer(
    "signers: { ci: { keys: [ci.pub] } }\nstatements: [{ claims: [a], signers: [cl] }]",
    "there is no signer `cl`",
    Some("cl")
)]
#[case::no_claims(
    "signers: { ci: { keys: [ci.pub] } }\nstatements: [{ claims: [], signers: [ci] }]",
    "`claims` of the 1. entry",
    None
)]
#[case::no_signers(
    "signers: { ci: { keys: [ci.pub] } }\nstatements: [{ claims: [a], signers: [] }]",
    "`signers` of the 1. entry",
    None
)]
#[case::no_repositories(
    "signers: { ci: { keys: [ci.pub] } }\nstatements: [{ claims: [a], signers: [ci], repositories: [] }]",
    "`repositories` of the 1. entry",
    None
)]
#[case::no_sets(
    "signers: { ci: { keys: [ci.pub] } }\nstatements: [{ claims: [a], signers: [ci], policySets: [] }]",
    "`policySets` of the 1. entry",
    None
)]
#[case::no_verifiers(
    "signers: { ci: { keys: [ci.pub] } }\nstatements: [{ claims: [a], signers: [ci], verifierIds: [] }]",
    "`verifierIds` of the 1. entry",
    None
)]
#[case::threshold_of_nobody(
    "signers: { ci: { keys: [ci.pub] } }\nstatements: [{ claims: [a], signers: [ci], threshold: 0 }]",
    "`threshold` of the 1. entry of `statements` is 0",
    None
)]
#[case::threshold_of_more(
    "signers: { ci: { keys: [ci.pub] } }\nstatements: [{ claims: [a], signers: [ci], threshold: 2 }]",
    "is 2, and it names 1 signers",
    None
)]
#[case::nothing(
    "signers: { ci: { keys: [ci.pub] } }\nstatements: []",
    "accepts no statement",
    None
)]
#[case::unknown_set(
    "signers: { ci: { keys: [ci.pub] } }\nstatements: [{ claims: [a], signers: [ci], policySets: ['builtin:lax'] }]",
    "no built-in policy set `lax`",
    None
)]
#[case::no_set(
    "signers: { ci: { keys: [ci.pub] } }\nstatements: [{ claims: [a], signers: [ci], policySets: [standard] }]",
    "`standard` is not a policy set",
    Some("standard")
)]
#[case::no_digest(
    "signers: { ci: { keys: [ci.pub] } }\nstatements: [{ claims: [a], signers: [ci], policySets: [{ uri: 'https://a' }] }]",
    "either a `digest`, or a `publisher` and a `uri`",
    Some("https://a")
)]
#[case::no_uri(
    "signers: { ci: { keys: [ci.pub] } }\nstatements: [{ claims: [a], signers: [ci], policySets: [{ publisher: ci }] }]",
    "either a `digest`, or a `publisher` and a `uri`",
    Some("ci")
)]
#[case::unknown_publisher(
    "signers: { ci: { keys: [ci.pub] } }\nstatements: [{ claims: [a], signers: [ci], policySets: [{ publisher: me, uri: 'https://a' }] }]",
    "there is no signer `me`",
    Some("me")
)]
#[case::reserved_uri(
    "signers: { ci: { keys: [ci.pub] } }\nstatements: [{ claims: [a], signers: [ci], policySets: [{ publisher: ci, uri: 'polcheck:set/standard' }] }]",
    "reserved for built-in policy sets",
    Some("polcheck:set/standard")
)]
#[case::no_publisher(
    "signers: { ci: { keys: [ci.pub] } }\npolicySetStatements: [ci.pub]\nstatements: [{ claims: [a], signers: [ci] }]",
    "no `policySets` names a publisher",
    None
)]
#[case::no_publication(
    "signers: { ci: { keys: [ci.pub] } }\npolicySetStatements: [ci.pub]\nstatements: [{ claims: [a], signers: [ci], policySets: [{ publisher: ci, uri: 'https://a' }] }]",
    "is not a statement of a publisher",
    None
)]
#[case::no_root(
    "signers: { ci: { keys: [ci.pub] } }\ntrustedRoot: ci.pub\nstatements: [{ claims: [a], signers: [ci] }]",
    "cannot use the trusted root",
    Some("trustedRoot")
)]
fn what_cannot_be_meant_is_refused_with_a_cure(
    #[case] text: &str,
    #[case] says: &str,
    #[case] word: Option<&str>,
) {
    let error = resolve(text).unwrap_err();
    assert!(error.to_string().contains(says), "{error}");
    assert!(error.help().is_some(), "{error}");
    assert_eq!(error.word(), word, "{error}");
}

#[rstest]
#[case::unknown_field("signers: {}\nstatements: []\nzzz: 1", "line 3")]
#[case::no_statements("signers: {}", "statements")]
#[case::unknown_log(
    "signers: {}\nstatements: [{ claims: [a], signers: [a], log: maybe }]",
    "line 2"
)]
#[case::no_age(
    "signers: {}\nstatements: [{ claims: [a], signers: [a], maxAge: soon }]",
    "`soon` is not an age"
)]
#[case::age_of_months(
    "signers: {}\nstatements: [{ claims: [a], signers: [a], maxAge: 1mo }]",
    "`1mo` is not an age"
)]
#[case::negative_age(
    "signers: {}\nstatements: [{ claims: [a], signers: [a], maxAge: -1h }]",
    "`-1h` is not an age"
)]
#[case::field_of_a_set(
    "signers: {}\nstatements: [{ claims: [a], signers: [a], policySets: [{ zzz: 1 }] }]",
    "zzz"
)]
fn an_error_of_form_is_shown_where_it_is(#[case] text: &str, #[case] says: &str) {
    let error = TrustDocument::parse(text.as_bytes()).unwrap_err();
    assert!(error.contains(says), "{error}");
}

#[rstest]
#[case("720h", "30d")]
#[case("2w", "14d")]
#[case("90m", "5400s")]
fn an_age_has_many_spellings(#[case] one: &str, #[case] other: &str) {
    let [one, other] = [one, other].map(|text| text.parse::<crate::Age>().unwrap());
    assert_eq!(one, other);
    assert_eq!(String::from(one).parse(), Ok(other));
}

#[test]
fn the_definition_says_what_is_trusted_and_not_how_it_was_written() {
    let folder = folder();
    let pem = fs::read_to_string(folder.path().join("ci.pub")).unwrap();
    let written_out = serde_json::json!({
        "statements": [{ "claims": ["security.scan"], "signers": ["ci"], "threshold": 1, "log": "identities" }],
        "signers": { "ci": { "keys": [pem] } },
    });
    let digest = |text: &str| {
        let policy = resolve_in(&folder, text).unwrap();
        canonical::digest(policy.definition().unwrap()).unwrap()
    };
    assert_eq!(digest(SMALLEST), digest(&written_out.to_string()));
    let other = fs::read(folder.path().join("security.pub")).unwrap();
    let before = digest(SMALLEST);
    fs::write(folder.path().join("ci.pub"), other).unwrap();
    assert_ne!(digest(SMALLEST), before);
}

#[test]
fn whoever_signs_is_known_by_name() {
    let folder = folder();
    let text = "
signers:
  ci: { keys: [ci.pub] }
  team: { identities: [{ identityRegexp: '@acme\\.test$', issuer: https://accounts.test }] }
statements: [{ claims: [a], signers: [ci] }]";
    let policy = resolve_in(&folder, text).unwrap();
    let key = PublicKey::from_pem(&fs::read(folder.path().join("ci.pub")).unwrap()).unwrap();
    assert_eq!(
        policy.names_of(&Signer::Key(key.fingerprint().clone())),
        ["ci"]
    );
    let person = |issuer: &str| Signer::Identity {
        subject: "a@acme.test".to_owned(),
        issuer: issuer.to_owned(),
    };
    assert_eq!(policy.names_of(&person("https://accounts.test")), ["team"]);
    assert_eq!(
        policy.names_of(&person("https://evil.test")),
        Vec::<&str>::new()
    );
    assert_eq!(
        policy.names_of(&Signer::Key(standard())),
        Vec::<&str>::new()
    );
    let everybody = policy.everybody();
    assert_eq!((everybody.keys.len(), everybody.identities.len()), (1, 1));
    assert!(everybody.root.is_some());
}
