//! What cosign 3.1.3 wrote.

use crate::support::{CLAIM, SET_URI, time};
use model::{Digest, canonical};
use polcheck_attest::{
    AcceptedPolicySet, Artifact, ClaimedSigner, Expected, KeyError, Password, PublicKey, Rejection,
    SigningKey, Trust, Verified, contents, verify, verify_signature, verify_signer,
};
use rstest::rstest;

const KEY: &[u8] = include_bytes!("../data/cosign.key");
const PUBLIC_KEY: &str = include_str!("../data/cosign.pub");
pub(crate) const BUNDLE: &[u8] = include_bytes!("../data/cosign-bundle.json");
const MESSAGE_SIGNATURE: &[u8] = include_bytes!("../data/cosign-message-signature.json");
const IMAGE: &str = "sha256:930252843fdf3b6b90a742e453940a5b559dc9aa30f20d17c929a9ab9446f1df";

fn open(password: &str) -> Result<SigningKey, KeyError> {
    SigningKey::from_pem(KEY, || Ok(Password::new(password)))
}

pub(crate) fn trust() -> Trust {
    Trust::of_keys(vec![PublicKey::from_pem(PUBLIC_KEY.as_bytes()).unwrap()])
}

pub(crate) fn expected() -> Expected {
    let digest = |text: &str| -> Digest { text.parse().unwrap() };
    let mut expected = Expected::new(digest(IMAGE), time("2026-11-23T13:00:00Z"));
    expected.claims = vec![CLAIM.to_owned()];
    expected.policy_sets = vec![AcceptedPolicySet {
        uri: Some(SET_URI.to_owned()),
        digest: digest(&format!("sha256:{}", "1".repeat(64))),
    }];
    expected
}

#[test]
fn its_attestation_verifies() {
    let verified = verify(BUNDLE, &trust(), &expected()).unwrap();
    assert_eq!(verified.claims(), [CLAIM]);
    assert_eq!(verified.policies().count(), 2);
    assert_eq!(verified.evidence(), None);
}

#[test]
fn what_its_bundles_say_can_be_shown_without_a_key() {
    let said = contents(BUNDLE).unwrap();
    let name = Some(trust().keys[0].fingerprint().to_string());
    assert_eq!(said.signer, ClaimedSigner::Key { name });
    let statement = said.statement.unwrap();
    assert_eq!(statement.subjects.len(), 1);
    assert_eq!(statement.result.unwrap().claims, [CLAIM]);
    assert_eq!(contents(MESSAGE_SIGNATURE).unwrap().statement, None);
}

#[test]
fn its_signature_counts_for_the_image_that_it_is_about_only() {
    let [image, other] =
        [IMAGE, &format!("sha256:{}", "1".repeat(64))].map(|it| it.parse().unwrap());
    let now = expected().now;
    let signature = verify_signer(BUNDLE, &trust(), &image, now).unwrap();
    assert_eq!(signature.key(), Some(trust().keys[0].fingerprint()));
    let rejection = verify_signer(BUNDLE, &trust(), &other, now).unwrap_err();
    assert!(
        matches!(rejection, Rejection::Subject { .. }),
        "{rejection}"
    );
    let stranger = Trust::of_keys(vec![SigningKey::generate().unwrap().public_key().clone()]);
    let rejection = verify_signer(BUNDLE, &stranger, &image, now).unwrap_err();
    assert!(
        matches!(rejection, Rejection::UntrustedKey { .. }),
        "{rejection}"
    );
}

#[test]
fn its_signature_of_a_file_is_no_statement() {
    let rejection = verify(MESSAGE_SIGNATURE, &trust(), &expected()).unwrap_err();
    assert!(matches!(rejection, Rejection::MessageSignature));
}

#[test]
fn its_encrypted_key_opens_and_is_the_one_of_its_public_key() {
    let key = open("correct horse").unwrap();
    assert_eq!(key.public_key().to_pem(), PUBLIC_KEY);
    assert_eq!(
        key.public_key().hint(),
        "Tu8iUB4CEmT73SW+czrRSoWUGoPz0pCK5L56LVLDa6c="
    );
    assert_eq!(
        key.public_key().fingerprint().as_ref(),
        "sha256:4eef22501e021264fbdd25be733ad14a85941a83f3d2908ae4be7a2d52c36ba7"
    );
}

#[test]
fn the_label_of_older_versions_is_read_too() {
    let older = str::from_utf8(KEY).unwrap().replace("SIGSTORE", "COSIGN");
    let key =
        SigningKey::from_pem(older.as_bytes(), || Ok(Password::new("correct horse"))).unwrap();
    assert_eq!(key.public_key().to_pem(), PUBLIC_KEY);
}

#[test]
fn a_wrong_password_is_its_own_error() {
    for password in ["", "correct horse\n", "Correct horse"] {
        assert!(matches!(open(password), Err(KeyError::WrongPassword)));
    }
}

#[rstest]
#[case::p384(
    include_bytes!("../data/cosign/p384.key"),
    include_bytes!("../data/cosign/p384.pub"),
    include_bytes!("../data/cosign/p384.bundle.json"),
    include_bytes!("../data/cosign/p384.blob.json")
)]
#[case::p521(
    include_bytes!("../data/cosign/p521.key"),
    include_bytes!("../data/cosign/p521.pub"),
    include_bytes!("../data/cosign/p521.bundle.json"),
    include_bytes!("../data/cosign/p521.blob.json")
)]
#[case::rsa2048(
    include_bytes!("../data/cosign/rsa2048.key"),
    include_bytes!("../data/cosign/rsa2048.pub"),
    include_bytes!("../data/cosign/rsa2048.bundle.json"),
    include_bytes!("../data/cosign/rsa2048.blob.json")
)]
#[case::rsa3072(
    include_bytes!("../data/cosign/rsa3072.key"),
    include_bytes!("../data/cosign/rsa3072.pub"),
    include_bytes!("../data/cosign/rsa3072.bundle.json"),
    include_bytes!("../data/cosign/rsa3072.blob.json")
)]
#[case::rsa4096(
    include_bytes!("../data/cosign/rsa4096.key"),
    include_bytes!("../data/cosign/rsa4096.pub"),
    include_bytes!("../data/cosign/rsa4096.bundle.json"),
    include_bytes!("../data/cosign/rsa4096.blob.json")
)]
fn what_it_signs_with_a_key_of_its_other_algorithms_verifies(
    #[case] private: &[u8],
    #[case] public: &[u8],
    #[case] attestation: &[u8],
    #[case] blob: &[u8],
) {
    let key = SigningKey::from_pem(private, || Ok(Password::new("x"))).unwrap();
    assert_eq!(key.public_key().to_pem().as_bytes(), public);
    let trust = Trust::of_keys(vec![PublicKey::from_pem(public).unwrap()]);
    let now = time("2026-11-23T13:00:00Z");
    let foo = canonical::sha256(b"foo\n");
    let expected = Expected {
        subject: foo.clone(),
        ..expected()
    };
    assert!(verify(attestation, &trust, &expected).is_ok());
    let verify_blob =
        |artifact: &[u8]| verify_signature(blob, Some(Artifact::Bytes(artifact)), &trust, now);
    assert!(matches!(verify_blob(b"foo\n"), Ok(Verified::Artifact(_))));
    assert!(verify_blob(b"bar\n").is_err());
    let other = Trust::of_keys(vec![SigningKey::generate().unwrap().public_key().clone()]);
    let rejection = verify_signature(blob, Some(Artifact::Bytes(b"foo\n")), &other, now);
    assert!(matches!(rejection, Err(Rejection::UntrustedKey { .. })));
}

/// cosign 3.1.3 signs statements with Ed25519ph, which it then does not verify itself, and files with Ed25519.
#[test]
fn its_files_signed_with_ed25519_verify_and_its_statements_do_not() {
    let public = include_bytes!("../data/cosign/ed25519.pub");
    let key = include_bytes!("../data/cosign/ed25519.key");
    let key = SigningKey::from_pem(key, || Ok(Password::new("x"))).unwrap();
    assert_eq!(key.public_key().to_pem().as_bytes(), public);
    let trust = Trust::of_keys(vec![PublicKey::from_pem(public).unwrap()]);
    let now = time("2026-11-23T13:00:00Z");
    let blob = include_bytes!("../data/cosign/ed25519.blob.json");
    let foo = canonical::sha256(b"foo\n");
    assert!(verify_signature(blob, Some(Artifact::Bytes(b"foo\n")), &trust, now).is_ok());
    let without = verify_signature(blob, Some(Artifact::Digest(&foo)), &trust, now);
    assert!(matches!(without, Err(Rejection::WholeArtifact)));
    let statement = include_bytes!("../data/cosign/ed25519ph.bundle.json");
    let rejection = verify(statement, &trust, &expected()).unwrap_err();
    assert!(matches!(rejection, Rejection::Signature { .. }));
}

#[rstest]
#[case(include_bytes!("../data/cosign/rsa2048.pub"), include_bytes!("../data/cosign/rsa2048.blob.json"))]
fn a_digest_is_enough_where_the_key_signs_digests(#[case] public: &[u8], #[case] blob: &[u8]) {
    let trust = Trust::of_keys(vec![PublicKey::from_pem(public).unwrap()]);
    let now = time("2026-11-23T13:00:00Z");
    let foo = canonical::sha256(b"foo\n");
    assert!(verify_signature(blob, Some(Artifact::Digest(&foo)), &trust, now).is_ok());
    let bar = canonical::sha256(b"bar\n");
    let rejection = verify_signature(blob, Some(Artifact::Digest(&bar)), &trust, now);
    assert!(matches!(rejection, Err(Rejection::Artifact { .. })));
}
