//! What cosign 3.1.3 wrote.

use crate::support::{CLAIM, SET_URI, time};
use model::Digest;
use polcheck_attest::{
    AcceptedPolicySet, Expected, KeyError, Password, PublicKey, Rejection, Signer, SigningKey,
    Trust, contents, verify, verify_signature,
};

const KEY: &[u8] = include_bytes!("../data/cosign.key");
const PUBLIC_KEY: &str = include_str!("../data/cosign.pub");
pub(crate) const BUNDLE: &[u8] = include_bytes!("../data/cosign-bundle.json");
const MESSAGE_SIGNATURE: &[u8] = include_bytes!("../data/cosign-message-signature.json");
const IMAGE: &str = "sha256:930252843fdf3b6b90a742e453940a5b559dc9aa30f20d17c929a9ab9446f1df";

fn open(password: &str) -> Result<SigningKey, KeyError> {
    SigningKey::from_pem(KEY, || Ok(Password::new(password)))
}

pub(crate) fn trust() -> Trust {
    Trust {
        keys: vec![PublicKey::from_pem(PUBLIC_KEY.as_bytes()).unwrap()],
    }
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
    assert_eq!(said.signer, Signer::Key { name });
    let statement = said.statement.unwrap();
    assert_eq!(statement.subjects.len(), 1);
    assert_eq!(statement.result.unwrap().claims, [CLAIM]);
    assert_eq!(contents(MESSAGE_SIGNATURE).unwrap().statement, None);
}

#[test]
fn its_signature_counts_for_the_image_that_it_is_about_only() {
    let [image, other] =
        [IMAGE, &format!("sha256:{}", "1".repeat(64))].map(|it| it.parse().unwrap());
    let key = verify_signature(BUNDLE, &trust(), &image).unwrap();
    assert_eq!(key, *trust().keys[0].fingerprint());
    let rejection = verify_signature(BUNDLE, &trust(), &other).unwrap_err();
    assert!(
        matches!(rejection, Rejection::Subject { .. }),
        "{rejection}"
    );
    let stranger = Trust {
        keys: vec![SigningKey::generate().unwrap().public_key().clone()],
    };
    let rejection = verify_signature(BUNDLE, &stranger, &image).unwrap_err();
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
