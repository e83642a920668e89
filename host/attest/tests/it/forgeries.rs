//! What a Sigstore of our own signs verifies, and every kind of forgery is rejected by its own name.

use crate::support::{expected, report, statement_json, time, verifier};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use model::canonical;
use polcheck_attest::{
    Artifact, Identity, LogEntries, LogPolicy, Matcher, PredicateType, Rejection, Signer,
    SigningKey, Trust, TrustedRoot, TrustedRootError, Verified, VerifiedStatement, sign, statement,
    verify, verify_signature,
};
use rstest::rstest;
use serde_json::{Value, json};
use std::error::Error;
use test_sigstore::{Content, Key, LogVersion, Signing, Sigstore, signed_bytes};

const IDENTITY: &str = "https://ci.test/acme/shop/.workflows/release.yml@refs/heads/main";
const ISSUER: &str = "https://token.ci.test";

/// When everything is signed that nothing else is said about.
fn signed() -> Timestamp {
    time("2026-11-23T12:00:00Z")
}

fn now() -> Timestamp {
    time("2026-11-23T13:00:00Z")
}

fn sigstore() -> Sigstore {
    Sigstore::new(time("2026-01-01T00:00:00Z"))
}

fn root(json: &Value) -> TrustedRoot {
    TrustedRoot::from_json(json.to_string().as_bytes()).unwrap()
}

fn trust(sigstore: &Sigstore) -> Trust {
    Trust {
        identities: vec![Identity {
            subject: Matcher::Exact(IDENTITY.to_owned()),
            issuer: Matcher::Exact(ISSUER.to_owned()),
        }],
        root: Some(root(&sigstore.trusted_root())),
        ..Trust::default()
    }
}

/// A bundle that verifies, and who is trusted for that.
pub(crate) fn good(log: LogVersion) -> (Vec<u8>, Trust) {
    let sigstore = sigstore();
    let signing = Signing {
        log: Some(log),
        ..sigstore.signing(signed())
    };
    let bundle = sigstore.sign(Content::Statement(payload().as_bytes()), &signing);
    (bundle.to_string().into_bytes(), trust(&sigstore))
}

/// The same in a bundle that holds the chain, as those of version 0.2 do.
pub(crate) fn good_with_chain() -> (Vec<u8>, Trust) {
    let sigstore = sigstore();
    let signing = Signing {
        chain: true,
        ..sigstore.signing(signed())
    };
    let bundle = sigstore.sign(Content::Statement(payload().as_bytes()), &signing);
    (bundle.to_string().into_bytes(), trust(&sigstore))
}

fn payload() -> String {
    statement_json().to_string()
}

/// What becomes of a statement that is signed in some way, in a bundle that is changed in some way.
fn outcome<'s>(
    sigstore: &'s Sigstore,
    trust: &Trust,
    how: impl FnOnce(&mut Signing<'s>),
    change: impl FnOnce(&mut Value),
) -> Result<VerifiedStatement, Rejection> {
    let mut signing = sigstore.signing(signed());
    how(&mut signing);
    let mut bundle = sigstore.sign(Content::Statement(payload().as_bytes()), &signing);
    change(&mut bundle);
    verify(bundle.to_string().as_bytes(), trust, &expected())
}

/// The rejection of a bundle that was changed.
fn changed(log: LogVersion, change: impl FnOnce(&mut Value)) -> Rejection {
    let sigstore = sigstore();
    let how = |signing: &mut Signing<'_>| signing.log = Some(log);
    outcome(&sigstore, &trust(&sigstore), how, change).unwrap_err()
}

/// The rejection of a bundle whose log entry was changed.
fn entry(log: LogVersion, change: impl FnOnce(&mut Value)) -> Rejection {
    changed(log, |bundle| {
        change(&mut bundle["verificationMaterial"]["tlogEntries"][0]);
    })
}

/// The rejection of a statement that was signed in another way.
fn otherwise(how: impl FnOnce(&mut Signing<'_>)) -> Rejection {
    let sigstore = sigstore();
    outcome(&sigstore, &trust(&sigstore), how, |_| {}).unwrap_err()
}

fn flip(base64: &mut Value) {
    let mut bytes = STANDARD.decode(base64.as_str().unwrap()).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    *base64 = json!(STANDARD.encode(bytes));
}

fn why(rejection: &Rejection) -> String {
    rejection
        .source()
        .map(ToString::to_string)
        .unwrap_or_default()
}

// What is right.

#[rstest]
#[case::rekor1(Some(LogVersion::One), true, false)]
#[case::rekor1_alone(Some(LogVersion::One), false, false)]
#[case::rekor2(Some(LogVersion::Two), true, false)]
#[case::chain(Some(LogVersion::One), true, true)]
fn a_statement_of_a_trusted_identity_verifies(
    #[case] log: Option<LogVersion>,
    #[case] timestamp: bool,
    #[case] chain: bool,
) {
    let sigstore = sigstore();
    let how = |signing: &mut Signing<'_>| {
        (signing.log, signing.timestamp, signing.chain) = (log, timestamp, chain);
    };
    let verified = outcome(&sigstore, &trust(&sigstore), how, |_| {}).unwrap();
    let signer = Signer::Identity {
        subject: IDENTITY.to_owned(),
        issuer: ISSUER.to_owned(),
    };
    assert_eq!(verified.signature().signer(), &signer);
    assert_eq!(verified.signature().signed_by(), Some(signed()));
    assert_eq!(verified.signature().log_entries(), LogEntries::Verified);
}

#[test]
fn an_intermediate_of_a_trusted_authority_may_be_in_the_bundle_alone() {
    let sigstore = sigstore();
    let mut json = sigstore.trusted_root();
    let certificates = &mut json["certificateAuthorities"][0]["certChain"]["certificates"];
    certificates.as_array_mut().unwrap().remove(0);
    let trust = Trust {
        root: Some(root(&json)),
        ..trust(&sigstore)
    };
    assert!(outcome(&sigstore, &trust, |signing| signing.chain = true, |_| {}).is_ok());
    let rejection = outcome(&sigstore, &trust, |_| {}, |_| {}).unwrap_err();
    assert!(
        matches!(rejection, Rejection::CertificateChain { .. }),
        "{rejection}"
    );
}

#[rstest]
#[case(LogVersion::One)]
#[case(LogVersion::Two)]
fn a_file_of_a_trusted_identity_verifies_with_it_and_with_its_digest_alone(
    #[case] log: LogVersion,
) {
    let sigstore = sigstore();
    let signing = Signing {
        log: Some(log),
        ..sigstore.signing(signed())
    };
    let bundle = sigstore
        .sign(Content::Message(b"polcheck"), &signing)
        .to_string();
    let verify = |artifact| verify_signature(bundle.as_bytes(), artifact, &trust(&sigstore), now());
    let [right, wrong] = [b"polcheck", b"polchick"].map(|bytes| canonical::sha256(bytes));
    assert!(matches!(
        verify(Some(Artifact::Bytes(b"polcheck"))),
        Ok(Verified::Artifact(_))
    ));
    assert!(matches!(
        verify(Some(Artifact::Digest(&right))),
        Ok(Verified::Artifact(_))
    ));
    assert!(matches!(
        verify(Some(Artifact::Bytes(b"polchick"))),
        Err(Rejection::Artifact { .. })
    ));
    assert!(matches!(
        verify(Some(Artifact::Digest(&wrong))),
        Err(Rejection::Artifact { .. })
    ));
    assert!(matches!(verify(None), Err(Rejection::MessageSignature)));
}

#[test]
fn the_public_trusted_root_can_be_used_and_says_how_old_it_is() {
    let root = TrustedRoot::public_good().unwrap();
    assert!(root.as_of().unwrap() > time("2025-01-01T00:00:00Z"));
}

// The identity.

#[rstest]
#[case("https://ci.test/acme/shop/.workflows/release.yml@refs/heads/evil")]
#[case("HTTPS://ci.test/acme/shop/.workflows/release.yml@refs/heads/main")]
#[case("")]
fn another_identity_is_rejected_by_name(#[case] identity: &str) {
    let rejection = otherwise(|signing| signing.identity = identity.to_owned());
    assert!(
        matches!(&rejection, Rejection::Identity { found, issuer } if found == identity && issuer == ISSUER),
        "{rejection}"
    );
}

#[test]
fn another_issuer_is_rejected_by_name() {
    let rejection = otherwise(|signing| signing.issuer = "https://token.evil.test".to_owned());
    assert!(
        matches!(&rejection, Rejection::Issuer { found, identity } if found == "https://token.evil.test" && identity == IDENTITY),
        "{rejection}"
    );
}

#[rstest]
#[case(r"^https://ci\.test/acme/", true)]
#[case(r"^https://ci\.test/other/", false)]
fn an_identity_may_be_a_pattern(#[case] pattern: &str, #[case] expected: bool) {
    let sigstore = sigstore();
    let mut trust = trust(&sigstore);
    trust.identities[0].subject = Matcher::regexp(pattern).unwrap();
    assert_eq!(outcome(&sigstore, &trust, |_| {}, |_| {}).is_ok(), expected);
}

#[test]
fn the_issuer_of_one_trusted_identity_does_not_vouch_for_another() {
    let sigstore = sigstore();
    let mut trust = trust(&sigstore);
    trust.identities[0].issuer = Matcher::Exact("https://other.test".to_owned());
    trust.identities.push(Identity {
        subject: Matcher::Exact("somebody@else.test".to_owned()),
        issuer: Matcher::Exact(ISSUER.to_owned()),
    });
    let rejection = outcome(&sigstore, &trust, |_| {}, |_| {}).unwrap_err();
    assert!(matches!(rejection, Rejection::Issuer { .. }), "{rejection}");
}

#[test]
fn nobody_is_trusted_without_being_named_or_without_a_trusted_root() {
    let sigstore = sigstore();
    let anonymous = Trust {
        identities: vec![],
        ..trust(&sigstore)
    };
    let rejection = outcome(&sigstore, &anonymous, |_| {}, |_| {}).unwrap_err();
    assert!(matches!(rejection, Rejection::Keyless));
    let rootless = Trust {
        root: None,
        ..trust(&sigstore)
    };
    let rejection = outcome(&sigstore, &rootless, |_| {}, |_| {}).unwrap_err();
    assert!(matches!(rejection, Rejection::NoTrustedRoot { .. }));
}

// The certificate.

#[rstest]
#[case::expired(SignedDuration::from_mins(-11))]
#[case::not_yet_valid(SignedDuration::from_mins(1))]
fn a_signature_outside_of_the_certificates_validity_is_rejected_by_name(
    #[case] certified: SignedDuration,
    #[values(Some(LogVersion::One), Some(LogVersion::Two))] log: Option<LogVersion>,
) {
    let from = signed() + certified;
    let rejection = otherwise(|signing| (signing.certified, signing.log) = (from, log));
    assert!(
        matches!(rejection, Rejection::CertificateTime { time, from: found, .. } if time == signed() && found == from),
        "{rejection}"
    );
}

#[test]
fn a_certificate_of_another_authority_is_rejected() {
    let [ours, theirs] = [sigstore(), sigstore()];
    // All but the certificates is ours.
    let mut json = ours.trusted_root();
    json["certificateAuthorities"] = theirs.trusted_root()["certificateAuthorities"].clone();
    let trust = Trust {
        root: Some(root(&json)),
        ..trust(&ours)
    };
    for chain in [false, true] {
        let rejection =
            outcome(&ours, &trust, |signing| signing.chain = chain, |_| {}).unwrap_err();
        assert!(
            matches!(rejection, Rejection::CertificateChain { .. }),
            "{rejection}"
        );
    }
}

#[test]
fn a_certificate_that_no_log_promised_to_publish_is_rejected() {
    let missing = otherwise(|signing| signing.certificate_log = None);
    assert!(
        matches!(missing, Rejection::CertificateTimestamp { .. }),
        "{missing}"
    );
    assert!(why(&missing).contains("missing SCT"), "{}", why(&missing));
}

#[test]
fn a_promise_of_another_log_to_publish_the_certificate_is_rejected() {
    let other = Key::new();
    let sigstore = sigstore();
    let mut signing = sigstore.signing(signed());
    signing.certificate_log = Some(&other);
    let bundle = sigstore.sign(Content::Statement(payload().as_bytes()), &signing);
    let rejection = verify(
        bundle.to_string().as_bytes(),
        &trust(&sigstore),
        &expected(),
    )
    .unwrap_err();
    assert!(
        matches!(rejection, Rejection::CertificateTimestamp { .. }),
        "{rejection}"
    );
    assert!(
        why(&rejection).contains("key not found"),
        "{}",
        why(&rejection)
    );
}

#[test]
fn a_forged_promise_to_publish_the_certificate_is_rejected() {
    let sigstore = sigstore();
    // The id of the other log, under which the trusted root now has a key that signed nothing.
    let other = Key::new();
    let mut json = sigstore.trusted_root();
    json["ctlogs"][0]["publicKey"]["rawBytes"] = json!(STANDARD.encode(other.spki()));
    let trust = Trust {
        root: Some(root(&json)),
        ..trust(&sigstore)
    };
    let rejection = outcome(&sigstore, &trust, |_| {}, |_| {}).unwrap_err();
    assert!(
        matches!(rejection, Rejection::CertificateTimestamp { .. }),
        "{rejection}"
    );
    assert!(
        why(&rejection).contains("signature invalid"),
        "{}",
        why(&rejection)
    );
}

#[test]
fn two_materials_are_rejected() {
    let rejection = changed(LogVersion::One, |bundle| {
        bundle["verificationMaterial"]["publicKey"] = json!({"hint": ""});
    });
    assert!(matches!(rejection, Rejection::TwoMaterials));
    let rejection = changed(LogVersion::One, |bundle| {
        let material = &mut bundle["verificationMaterial"];
        material["x509CertificateChain"] = json!({"certificates": [material["certificate"]]});
    });
    assert!(matches!(rejection, Rejection::TwoMaterials));
}

// The signature.

#[test]
fn a_payload_that_was_changed_is_rejected() {
    let rejection = changed(LogVersion::One, |bundle| {
        let mut statement = statement_json();
        statement["predicate"]["properties"] = json!(["everything=passed"]);
        bundle["dsseEnvelope"]["payload"] = json!(STANDARD.encode(statement.to_string()));
    });
    assert!(
        matches!(rejection, Rejection::CertificateSignature),
        "{rejection}"
    );
}

#[test]
fn a_signature_that_was_changed_is_rejected() {
    let rejection = changed(LogVersion::Two, |bundle| {
        flip(&mut bundle["dsseEnvelope"]["signatures"][0]["sig"]);
    });
    // The timestamp is the first to know.
    assert!(
        matches!(rejection, Rejection::Timestamp { .. }),
        "{rejection}"
    );
}

#[test]
fn a_statement_of_a_trusted_identity_about_another_image_is_rejected() {
    let sigstore = sigstore();
    let mut other = expected();
    other.subject = canonical::sha256(b"another");
    let bundle = sigstore.sign(
        Content::Statement(payload().as_bytes()),
        &sigstore.signing(signed()),
    );
    let rejection = verify(bundle.to_string().as_bytes(), &trust(&sigstore), &other).unwrap_err();
    assert!(
        matches!(rejection, Rejection::Subject { .. }),
        "{rejection}"
    );
}

// The log: first what other verifiers have accepted.

#[rstest]
fn a_checkpoint_with_the_key_hint_of_nobody_is_rejected(
    #[values(LogVersion::One, LogVersion::Two)] log: LogVersion,
) {
    let rejection = entry(log, |entry| {
        note(entry, |_, signature| signature[0] ^= 1);
    });
    assert!(
        matches!(rejection, Rejection::Checkpoint { .. }),
        "{rejection}"
    );
    assert!(
        why(&rejection).contains("No matching"),
        "{}",
        why(&rejection)
    );
}

#[rstest]
fn a_checkpoint_with_a_forged_signature_is_rejected(
    #[values(LogVersion::One, LogVersion::Two)] log: LogVersion,
) {
    let rejection = entry(log, |entry| {
        note(entry, |_, signature| *signature.last_mut().unwrap() ^= 1);
    });
    assert!(
        matches!(rejection, Rejection::Checkpoint { .. }),
        "{rejection}"
    );
    assert!(why(&rejection).contains("No valid"), "{}", why(&rejection));
}

#[test]
fn a_checkpoint_of_another_tree_is_rejected() {
    let other = STANDARD.encode([7; 32]);
    let rejection = entry(LogVersion::One, |entry| {
        note(entry, |lines, _| lines[2].clone_from(&other));
    });
    assert!(
        matches!(rejection, Rejection::Checkpoint { .. }),
        "{rejection}"
    );
    // In Rekor 2 the checkpoint is where the root comes from, so it is the proof that is wrong.
    let rejection = entry(LogVersion::Two, |entry| {
        note(entry, |lines, _| lines[2].clone_from(&other));
    });
    assert!(
        matches!(rejection, Rejection::InclusionProof { .. }),
        "{rejection}"
    );
}

#[test]
fn a_root_hash_that_the_log_never_signed_is_rejected() {
    // Both say the same, the proof leads elsewhere.
    let rejection = entry(LogVersion::One, |entry| {
        let other = STANDARD.encode([7; 32]);
        entry["inclusionProof"]["rootHash"] = json!(other);
        note(entry, |lines, _| lines[2] = other);
    });
    assert!(
        matches!(rejection, Rejection::InclusionProof { .. }),
        "{rejection}"
    );
}

#[test]
fn a_forged_promise_of_inclusion_is_rejected() {
    let rejection = entry(LogVersion::One, |entry| {
        flip(&mut entry["inclusionPromise"]["signedEntryTimestamp"]);
    });
    assert!(
        matches!(rejection, Rejection::InclusionPromise { .. }),
        "{rejection}"
    );
}

#[test]
fn a_time_of_the_log_that_it_never_promised_is_rejected() {
    let rejection = entry(LogVersion::One, |entry| {
        let earlier = signed() - SignedDuration::from_secs(5);
        entry["integratedTime"] = json!(earlier.as_second().to_string());
    });
    assert!(
        matches!(rejection, Rejection::InclusionPromise { .. }),
        "{rejection}"
    );
}

#[rstest]
fn a_proof_of_inclusion_of_something_else_is_rejected(
    #[values(LogVersion::One, LogVersion::Two)] log: LogVersion,
) {
    let hash = entry(log, |entry| flip(&mut entry["inclusionProof"]["hashes"][0]));
    assert!(matches!(hash, Rejection::InclusionProof { .. }), "{hash}");
    let shorter = entry(log, |entry| {
        let hashes = entry["inclusionProof"]["hashes"].as_array_mut();
        hashes.unwrap().pop();
    });
    assert!(
        matches!(shorter, Rejection::InclusionProof { .. }),
        "{shorter}"
    );
}

#[test]
fn a_field_of_a_log_entry_under_another_name_is_not_passed_over() {
    let rename = |object: &mut Value, from: &str, to: &str| {
        let object = object.as_object_mut().unwrap();
        let value = object.remove(from).unwrap();
        object.insert(to.to_owned(), value);
    };
    for rejection in [
        entry(LogVersion::One, |entry| {
            rename(entry, "inclusionPromise", "inclusionPromises");
        }),
        entry(LogVersion::One, |entry| {
            rename(&mut entry["inclusionProof"], "hashes", "hash");
        }),
    ] {
        assert!(
            matches!(rejection, Rejection::Malformed { .. }),
            "{rejection}"
        );
    }
}

#[test]
fn an_index_outside_of_the_tree_is_rejected() {
    let rejection = entry(LogVersion::One, |entry| {
        entry["inclusionProof"]["logIndex"] = json!("3");
    });
    assert!(
        matches!(rejection, Rejection::InclusionProof { .. }),
        "{rejection}"
    );
}

#[rstest]
fn an_entry_without_a_proof_is_rejected(
    #[values(LogVersion::One, LogVersion::Two)] log: LogVersion,
) {
    let rejection = entry(log, |entry| {
        entry.as_object_mut().unwrap().remove("inclusionProof");
    });
    assert!(
        matches!(rejection, Rejection::NoInclusion { .. }),
        "{rejection}"
    );
    let rejection = entry(log, |entry| {
        entry["inclusionProof"]["checkpoint"] = json!({"envelope": ""});
    });
    assert!(
        matches!(rejection, Rejection::NoInclusion { .. }),
        "{rejection}"
    );
}

#[rstest]
#[case(LogVersion::One)]
#[case(LogVersion::Two)]
fn the_entry_of_another_signature_is_rejected(#[case] log: LogVersion) {
    let sigstore = sigstore();
    let signing = Signing {
        log: Some(log),
        ..sigstore.signing(signed())
    };
    let other = sigstore.sign(Content::Statement(b"{\"_type\":\"other\"}"), &signing);
    let entries = other["verificationMaterial"]["tlogEntries"].clone();
    let how = |signing: &mut Signing<'_>| signing.log = Some(log);
    let rejection = outcome(&sigstore, &trust(&sigstore), how, |bundle| {
        bundle["verificationMaterial"]["tlogEntries"] = entries;
    })
    .unwrap_err();
    assert!(
        matches!(rejection, Rejection::LogEntryMismatch { .. }),
        "{rejection}"
    );
}

#[test]
fn the_entry_of_the_same_statement_by_somebody_else_is_rejected() {
    let sigstore = sigstore();
    let signing = Signing {
        identity: "https://ci.test/evil".to_owned(),
        ..sigstore.signing(signed())
    };
    let other = sigstore.sign(Content::Statement(payload().as_bytes()), &signing);
    let entries = other["verificationMaterial"]["tlogEntries"].clone();
    let rejection = outcome(
        &sigstore,
        &trust(&sigstore),
        |_| {},
        |bundle| {
            bundle["verificationMaterial"]["tlogEntries"] = entries;
        },
    )
    .unwrap_err();
    assert!(
        matches!(rejection, Rejection::LogEntryMismatch { .. }),
        "{rejection}"
    );
}

#[test]
fn a_log_that_is_not_trusted_proves_nothing() {
    let [ours, theirs] = [sigstore(), sigstore()];
    let mut json = ours.trusted_root();
    json["tlogs"] = theirs.trusted_root()["tlogs"].clone();
    let trust = Trust {
        root: Some(root(&json)),
        ..trust(&ours)
    };
    let first = outcome(&ours, &trust, |_| {}, |_| {}).unwrap_err();
    assert!(
        matches!(first, Rejection::InclusionPromise { .. }),
        "{first}"
    );
    let second = outcome(
        &ours,
        &trust,
        |signing| signing.log = Some(LogVersion::Two),
        |_| {},
    );
    let second = second.unwrap_err();
    assert!(matches!(second, Rejection::Checkpoint { .. }), "{second}");
}

#[test]
fn a_signature_in_no_log_is_rejected_unless_that_is_ignored() {
    let rejection = otherwise(|signing| signing.log = None);
    assert!(matches!(rejection, Rejection::NoLogEntry));
    let sigstore = sigstore();
    let ignoring = Trust {
        log: LogPolicy::Nobody,
        ..trust(&sigstore)
    };
    let verified = outcome(&sigstore, &ignoring, |signing| signing.log = None, |_| {}).unwrap();
    assert_eq!(verified.signature().log_entries(), LogEntries::None);
    let verified = outcome(&sigstore, &ignoring, |_| {}, |_| {}).unwrap();
    assert_eq!(verified.signature().log_entries(), LogEntries::Unchecked);
}

// The time.

#[test]
fn a_timestamp_of_another_signature_is_rejected() {
    let sigstore = sigstore();
    let other = sigstore.sign(
        Content::Statement(payload().as_bytes()),
        &sigstore.signing(signed()),
    );
    let timestamps = other["verificationMaterial"]["timestampVerificationData"].clone();
    let rejection = outcome(
        &sigstore,
        &trust(&sigstore),
        |_| {},
        |bundle| {
            bundle["verificationMaterial"]["timestampVerificationData"] = timestamps;
        },
    )
    .unwrap_err();
    assert!(
        matches!(rejection, Rejection::Timestamp { .. }),
        "{rejection}"
    );
    assert!(why(&rejection).contains("mismatch"), "{}", why(&rejection));
}

#[test]
fn a_timestamp_of_an_authority_that_is_not_trusted_is_rejected() {
    let [ours, theirs] = [sigstore(), sigstore()];
    let mut json = ours.trusted_root();
    json["timestampAuthorities"] = theirs.trusted_root()["timestampAuthorities"].clone();
    let trust = Trust {
        root: Some(root(&json)),
        ..trust(&ours)
    };
    let rejection = outcome(&ours, &trust, |_| {}, |_| {}).unwrap_err();
    assert!(
        matches!(rejection, Rejection::Timestamp { .. }),
        "{rejection}"
    );
}

#[test]
fn a_timestamp_of_an_authority_outside_of_its_time_is_rejected() {
    let sigstore = sigstore();
    let mut json = sigstore.trusted_root();
    json["timestampAuthorities"][0]["validFor"] =
        json!({"start": "2026-01-01T00:00:00Z", "end": "2026-11-01T00:00:00Z"});
    let trust = Trust {
        root: Some(root(&json)),
        ..trust(&sigstore)
    };
    let rejection = outcome(&sigstore, &trust, |_| {}, |_| {}).unwrap_err();
    assert!(matches!(rejection, Rejection::TimestampTime { time } if time == signed()));
}

#[test]
fn a_signature_that_nobody_says_the_time_of_is_rejected() {
    let rejection = otherwise(|signing| {
        (signing.log, signing.timestamp) = (Some(LogVersion::Two), false);
    });
    assert!(matches!(rejection, Rejection::NoTimestamp), "{rejection}");
}

#[test]
fn a_signature_of_the_future_is_rejected() {
    let sigstore = sigstore();
    let mut early = expected();
    early.now = signed() - SignedDuration::from_mins(2);
    let bundle = sigstore.sign(
        Content::Statement(payload().as_bytes()),
        &sigstore.signing(signed()),
    );
    let rejection = verify(bundle.to_string().as_bytes(), &trust(&sigstore), &early).unwrap_err();
    assert!(
        matches!(rejection, Rejection::SignedInTheFuture { time, .. } if time == signed()),
        "{rejection}"
    );
}

#[test]
fn a_timestamp_can_be_asked_for() {
    let sigstore = sigstore();
    let asking = Trust {
        require_timestamp: true,
        ..trust(&sigstore)
    };
    assert!(outcome(&sigstore, &asking, |_| {}, |_| {}).is_ok());
    let rejection = outcome(
        &sigstore,
        &asking,
        |signing| signing.timestamp = false,
        |_| {},
    );
    assert!(matches!(rejection, Err(Rejection::NoTimestamp)));
}

// Keys whose signatures were witnessed.

/// A statement that a key signed, as logs and authorities have seen it.
fn witnessed(key: &SigningKey, sigstore: &Sigstore, log: Option<LogVersion>) -> Value {
    let bundle = sign(
        &statement(&report(), &verifier(), PredicateType::Svr).unwrap(),
        key,
    )
    .unwrap();
    let bundle: Value = serde_json::from_slice(bundle.as_bytes()).unwrap();
    let decode = |field: &Value| STANDARD.decode(field.as_str().unwrap()).unwrap();
    let envelope = &bundle["dsseEnvelope"];
    let payload = decode(&envelope["payload"]);
    let signature = decode(&envelope["signatures"][0]["sig"]);
    let pem = key.public_key().to_pem();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let signing = Signing {
        log,
        ..sigstore.signing(signed())
    };
    let spki = STANDARD.decode(body).unwrap();
    sigstore.witness(Content::Statement(&payload), &signature, &spki, &signing)
}

fn key_trust(key: &SigningKey, sigstore: Option<&Sigstore>) -> Trust {
    Trust {
        root: sigstore.map(|sigstore| root(&sigstore.trusted_root())),
        ..Trust::of_keys(vec![key.public_key().clone()])
    }
}

#[rstest]
#[case(Some(LogVersion::One), LogEntries::Verified)]
#[case(Some(LogVersion::Two), LogEntries::Verified)]
#[case(None, LogEntries::None)]
fn what_is_witnessed_about_a_key_is_checked(
    #[case] log: Option<LogVersion>,
    #[case] expected_entries: LogEntries,
) {
    let (key, sigstore) = (SigningKey::generate().unwrap(), sigstore());
    let bundle = witnessed(&key, &sigstore, log).to_string();
    let trust = key_trust(&key, Some(&sigstore));
    let verified = verify(bundle.as_bytes(), &trust, &expected()).unwrap();
    assert_eq!(verified.signature().log_entries(), expected_entries);
    assert_eq!(verified.signature().signed_by(), Some(signed()));
    // Without a trusted root nobody can check it, and nobody says that it was.
    let verified = verify(bundle.as_bytes(), &key_trust(&key, None), &expected()).unwrap();
    assert_ne!(verified.signature().log_entries(), LogEntries::Verified);
    assert_eq!(verified.signature().signed_by(), None);
}

#[test]
fn what_is_broken_about_a_key_is_never_passed_over() {
    let (key, ours, theirs) = (SigningKey::generate().unwrap(), sigstore(), sigstore());
    let trust = key_trust(&key, Some(&ours));
    let rejected =
        |bundle: &Value| verify(bundle.to_string().as_bytes(), &trust, &expected()).unwrap_err();
    let bundle = witnessed(&key, &ours, Some(LogVersion::One));
    assert!(verify(bundle.to_string().as_bytes(), &trust, &expected()).is_ok());

    let mut forged = bundle.clone();
    flip(
        &mut forged["verificationMaterial"]["tlogEntries"][0]["inclusionPromise"]["signedEntryTimestamp"],
    );
    assert!(matches!(
        rejected(&forged),
        Rejection::InclusionPromise { .. }
    ));

    let mut forged = bundle.clone();
    note(
        &mut forged["verificationMaterial"]["tlogEntries"][0],
        |_, signature| signature[9] ^= 1,
    );
    assert!(matches!(rejected(&forged), Rejection::Checkpoint { .. }));

    // The entry of another key, and the same statement.
    let other = witnessed(
        &SigningKey::generate().unwrap(),
        &ours,
        Some(LogVersion::One),
    );
    let mut forged = bundle.clone();
    forged["verificationMaterial"]["tlogEntries"] =
        other["verificationMaterial"]["tlogEntries"].clone();
    assert!(matches!(
        rejected(&forged),
        Rejection::LogEntryMismatch { .. }
    ));

    let timestamp_alone = witnessed(&key, &theirs, None);
    assert!(matches!(
        rejected(&timestamp_alone),
        Rejection::Timestamp { .. }
    ));
    let log_elsewhere = witnessed(&key, &theirs, Some(LogVersion::Two));
    assert!(matches!(
        rejected(&log_elsewhere),
        Rejection::Checkpoint { .. }
    ));
}

#[test]
fn a_log_entry_can_be_asked_for_of_keys_too() {
    let (key, sigstore) = (SigningKey::generate().unwrap(), sigstore());
    let asking = Trust {
        log: LogPolicy::Everybody,
        ..key_trust(&key, Some(&sigstore))
    };
    let verify = |log, trust: &Trust| {
        let bundle = witnessed(&key, &sigstore, log).to_string();
        verify(bundle.as_bytes(), trust, &expected())
    };
    assert!(verify(Some(LogVersion::One), &asking).is_ok());
    assert!(matches!(verify(None, &asking), Err(Rejection::NoLogEntry)));
    let rootless = Trust {
        root: None,
        ..asking
    };
    assert!(matches!(
        verify(Some(LogVersion::One), &rootless),
        Err(Rejection::NoTrustedRoot { .. })
    ));
}

#[test]
fn a_log_entry_that_cannot_be_checked_for_a_key_is_not_passed_over() {
    let pair = aws_lc_rs::signature::EcdsaKeyPair::generate(
        &aws_lc_rs::signature::ECDSA_P521_SHA512_ASN1_SIGNING,
    )
    .unwrap();
    let body = STANDARD.encode(pair.to_pkcs8v1().unwrap());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    let key = SigningKey::from_pem(pem.as_bytes(), crate::support::never).unwrap();
    let sigstore = sigstore();
    let logged = witnessed(&key, &sigstore, Some(LogVersion::One)).to_string();
    let trust = key_trust(&key, Some(&sigstore));
    let rejection = verify(logged.as_bytes(), &trust, &expected()).unwrap_err();
    assert!(
        matches!(rejection, Rejection::LoggedKey { .. }),
        "{rejection}"
    );
    // Its timestamps are checked like everybody's.
    let stamped = witnessed(&key, &sigstore, None).to_string();
    let verified = verify(stamped.as_bytes(), &trust, &expected()).unwrap();
    assert_eq!(verified.signature().signed_by(), Some(signed()));
}

#[test]
fn the_encoding_that_the_test_signs_is_the_one_of_the_specification() {
    let signed = signed_bytes(Content::Statement(b"{}"));
    assert_eq!(signed, b"DSSEv1 28 application/vnd.in-toto+json 2 {}");
}

// The trusted root.

#[rstest]
#[case(json!({"mediaType": "application/json"}))]
#[case(json!({"mediaType": null}))]
#[case(json!({"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"}))]
fn another_document_is_no_trusted_root(#[case] fields: Value) {
    let mut json = sigstore().trusted_root();
    json.as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    let error = TrustedRoot::from_json(json.to_string().as_bytes()).unwrap_err();
    assert!(matches!(error, TrustedRootError::MediaType { .. }));
    assert!(error.help().is_some());
}

#[test]
fn a_trusted_root_that_cannot_be_used_is_refused_as_a_whole() {
    let mut json = sigstore().trusted_root();
    json["tlogs"][0]["publicKey"]["rawBytes"] = json!("AAAA");
    let error = TrustedRoot::from_json(json.to_string().as_bytes()).unwrap_err();
    assert!(
        matches!(error, TrustedRootError::Unusable { .. }),
        "{error}"
    );
    let error = TrustedRoot::from_json(b"{\"mediaType\": 1, \"mediaType\": 2}").unwrap_err();
    assert!(matches!(error, TrustedRootError::NotJson(_)));
}

/// Changes the lines of a checkpoint and its signature, which begins with the hint of its key.
fn note(entry: &mut Value, change: impl FnOnce(&mut Vec<String>, &mut Vec<u8>)) {
    let envelope = &mut entry["inclusionProof"]["checkpoint"]["envelope"];
    let mut lines: Vec<_> = envelope
        .as_str()
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    let (name, signature) = lines[4].rsplit_once(' ').unwrap();
    let (name, mut signature) = (name.to_owned(), STANDARD.decode(signature).unwrap());
    change(&mut lines, &mut signature);
    lines[4] = format!("{name} {}", STANDARD.encode(signature));
    *envelope = json!(lines.join("\n") + "\n");
}
