//! A Sigstore in memory: a certificate authority with an intermediate, a log of certificates, both kinds of transparency
//! log, and a timestamp authority. Each signs whatever a test wants, right or wrong; nothing of it opens a socket, but for
//! [`SigstoreServer`], which answers on this machine as the real ones would.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test that cannot make its Sigstore has failed"
)]

mod certificate;
mod der;
mod issuer;
mod key;
mod log;
mod server;
mod timestamp;
mod tuf;

pub use key::{Algorithm, Key, key_pair};
pub use log::LogVersion;
pub use server::SigstoreServer;
pub use tuf::{Files, TufKey};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use certificate::{
    Contents, authority, certificate, certificate_timestamp, code_signing, identity, time_stamping,
};
use jiff::{SignedDuration, Timestamp};
use log::{Entry, Log, Verifier};
use serde_json::{Value, json};

const ROOT: &str = "test root";
const INTERMEDIATE: &str = "test intermediate";
const TSA: &str = "test timestamp authority";
const TSA_SERIAL: u64 = 4;

/// All keys and certificates of a Sigstore.
#[derive(Debug)]
pub struct Sigstore {
    /// What signs certificates of identities.
    pub intermediate: Key,
    /// What promises that a certificate is published.
    pub certificate_log: Key,
    /// What signs timestamps.
    pub timestamp_authority: Key,
    rekor1: Log,
    rekor2: Log,
    root_certificate: Vec<u8>,
    intermediate_certificate: Vec<u8>,
    tsa_certificate: Vec<u8>,
    start: Timestamp,
}

/// Who signs when, and who witnesses it.
#[derive(Clone, Debug)]
pub struct Signing<'a> {
    /// The subject alternative name of the certificate.
    pub identity: String,
    /// Who vouches for the identity.
    pub issuer: String,
    /// When the certificate becomes valid, for ten minutes.
    pub certified: Timestamp,
    /// When logs and authorities see the signature.
    pub signed: Timestamp,
    /// The log of certificates; none: the certificate has no promise of one.
    pub certificate_log: Option<&'a Key>,
    /// The log that takes the signature.
    pub log: Option<LogVersion>,
    /// Whether the timestamp authority sees it.
    pub timestamp: bool,
    /// Whether the chain is in the bundle, which then has version 0.2.
    pub chain: bool,
}

/// What is signed.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// A statement, in an envelope.
    Statement(&'a [u8]),
    /// A file.
    Message(&'a [u8]),
}

impl Sigstore {
    /// Makes one that begins to be valid at a time, and stays so for ten years.
    pub fn new(start: Timestamp) -> Self {
        let [root, intermediate, timestamp_authority] = [Key::new(), Key::new(), Key::new()];
        let until = start + SignedDuration::from_hours(10 * 365 * 24);
        let contents = |serial, issuer, subject, extensions| Contents {
            serial,
            issuer,
            subject,
            from: start,
            until,
            spki: &[],
            extensions,
        };
        let root_certificate = certificate(
            &Contents {
                spki: &root.spki(),
                ..contents(1, ROOT, ROOT, vec![authority()])
            },
            &root,
        );
        let intermediate_certificate = certificate(
            &Contents {
                spki: &intermediate.spki(),
                ..contents(2, ROOT, INTERMEDIATE, vec![authority(), code_signing()])
            },
            &root,
        );
        let tsa_certificate = certificate(
            &Contents {
                spki: &timestamp_authority.spki(),
                ..contents(TSA_SERIAL, ROOT, TSA, vec![time_stamping()])
            },
            &root,
        );
        Self {
            intermediate,
            certificate_log: Key::new(),
            timestamp_authority,
            rekor1: Log {
                key: Key::new(),
                origin: "rekor1.test - 1",
                version: LogVersion::One,
            },
            rekor2: Log {
                key: Key::new(),
                origin: "rekor2.test",
                version: LogVersion::Two,
            },
            root_certificate,
            intermediate_certificate,
            tsa_certificate,
            start,
        }
    }

    /// The trusted root that says to trust all of it.
    pub fn trusted_root(&self) -> Value {
        let period = json!({"start": self.start.to_string()});
        let log = |key: &Key, url: &str| {
            json!({
                "baseUrl": url,
                "hashAlgorithm": "SHA2_256",
                "publicKey": {
                    "rawBytes": STANDARD.encode(key.spki()),
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "validFor": period,
                },
                "logId": {"keyId": STANDARD.encode(key.id())},
            })
        };
        let authority = |certificates: &[&Vec<u8>], uri: &str| {
            let certificates: Vec<_> = certificates
                .iter()
                .map(|der| json!({"rawBytes": STANDARD.encode(der)}))
                .collect();
            json!({
                "subject": {"organization": "test", "commonName": "test"},
                "uri": uri,
                "certChain": {"certificates": certificates},
                "validFor": period,
            })
        };
        json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [
                log(&self.rekor1.key, "https://rekor1.test"),
                log(&self.rekor2.key, "https://rekor2.test"),
            ],
            "certificateAuthorities": [authority(
                &[&self.intermediate_certificate, &self.root_certificate],
                "https://fulcio.test",
            )],
            "ctlogs": [log(&self.certificate_log, "https://ctfe.test")],
            "timestampAuthorities": [authority(
                &[&self.tsa_certificate, &self.root_certificate],
                "https://tsa.test",
            )],
        })
    }

    /// Somebody who signs at a time, with everything that Sigstore has to say about it.
    pub fn signing(&self, signed: Timestamp) -> Signing<'_> {
        Signing {
            identity: "https://ci.test/acme/shop/.workflows/release.yml@refs/heads/main".to_owned(),
            issuer: "https://token.ci.test".to_owned(),
            certified: signed - SignedDuration::from_secs(60),
            signed,
            certificate_log: Some(&self.certificate_log),
            log: Some(LogVersion::One),
            timestamp: true,
            chain: false,
        }
    }

    /// A bundle signed with a certificate that is made for it.
    pub fn sign(&self, content: Content<'_>, signing: &Signing<'_>) -> Value {
        let key = Key::new();
        let leaf = self.leaf(&key.spki(), signing);
        let signature = key.sign(&signed_bytes(content));
        let material = if signing.chain {
            let certificates = [&leaf, &self.intermediate_certificate]
                .map(|der| json!({"rawBytes": STANDARD.encode(der)}));
            json!({"x509CertificateChain": {"certificates": certificates}})
        } else {
            json!({"certificate": {"rawBytes": STANDARD.encode(&leaf)}})
        };
        self.bundle(
            content,
            &signature,
            material,
            Verifier::Certificate(&leaf),
            signing,
        )
    }

    /// A bundle around a signature that was made with a key elsewhere; of who signs, nothing is said.
    pub fn witness(
        &self,
        content: Content<'_>,
        signature: &[u8],
        spki: &[u8],
        signing: &Signing<'_>,
    ) -> Value {
        let hint = STANDARD.encode(key::sha256(spki));
        let material = json!({"publicKey": {"hint": hint}});
        self.bundle(
            content,
            signature,
            material,
            Verifier::PublicKey(spki),
            signing,
        )
    }

    /// The certificate of whoever signs, for a key, and that of its authority, both in PEM.
    pub fn chain(&self, spki: &[u8], signing: &Signing<'_>) -> [String; 2] {
        let leaf = self.leaf(spki, signing);
        [&leaf, &self.intermediate_certificate].map(|der| Verifier::Certificate(der).pem())
    }

    /// What the timestamp authority answers to a request (RFC 3161), with this nonce.
    pub fn answer(&self, request: &[u8], nonce: Option<&[u8]>, time: Timestamp) -> Vec<u8> {
        let (digest, _) = timestamp::question(request).expect("a request");
        self.timestamp(digest, nonce, time)
    }

    /// What it answers rightly.
    pub fn answer_right(&self, request: &[u8], time: Timestamp) -> Vec<u8> {
        let (digest, nonce) = timestamp::question(request).expect("a request");
        self.timestamp(digest, nonce, time)
    }

    /// A timestamp by the authority.
    fn timestamp(&self, digest: &[u8], nonce: Option<&[u8]>, time: Timestamp) -> Vec<u8> {
        let key = &self.timestamp_authority;
        timestamp::response(digest, nonce, time, ROOT, TSA_SERIAL, key)
    }

    fn leaf(&self, spki: &[u8], signing: &Signing<'_>) -> Vec<u8> {
        let mut extensions = vec![code_signing()];
        extensions.extend(identity(&signing.identity, &signing.issuer));
        let mut contents = Contents {
            serial: 3,
            issuer: INTERMEDIATE,
            subject: "sigstore-intermediate leaf",
            from: signing.certified,
            until: signing.certified + SignedDuration::from_mins(10),
            spki,
            extensions,
        };
        if let Some(log) = signing.certificate_log {
            let promise = certificate_timestamp(&contents, &self.intermediate.spki(), log);
            contents.extensions.push(promise);
        }
        certificate(&contents, &self.intermediate)
    }

    fn bundle(
        &self,
        content: Content<'_>,
        signature: &[u8],
        mut material: Value,
        verifier: Verifier<'_>,
        signing: &Signing<'_>,
    ) -> Value {
        let encoded = STANDARD.encode(signature);
        let envelope = |payload| {
            json!({
                "payload": STANDARD.encode(payload),
                "payloadType": "application/vnd.in-toto+json",
                "signatures": [{"sig": encoded}],
            })
        };
        let payload = match content {
            Content::Statement(payload) => Some(payload),
            Content::Message(_) => None,
        };
        if let Some(version) = signing.log {
            let log = match version {
                LogVersion::One => &self.rekor1,
                LogVersion::Two => &self.rekor2,
            };
            let entry = Entry {
                payload,
                digest: key::sha256(&match (payload, version) {
                    (Some(payload), LogVersion::One) => envelope(payload).to_string().into_bytes(),
                    _ => signed_bytes(content),
                }),
                signature,
                verifier,
                key_details: "PKIX_ECDSA_P256_SHA_256",
            };
            material["tlogEntries"] = json!([log.entry(&entry, signing.signed)]);
        }
        if signing.timestamp {
            let response = self.timestamp(&key::sha256(signature), None, signing.signed);
            material["timestampVerificationData"] =
                json!({"rfc3161Timestamps": [{"signedTimestamp": STANDARD.encode(response)}]});
        }
        let media_type = if signing.chain {
            "application/vnd.dev.sigstore.bundle+json;version=0.2"
        } else {
            "application/vnd.dev.sigstore.bundle.v0.3+json"
        };
        let mut bundle = json!({"mediaType": media_type, "verificationMaterial": material});
        match content {
            Content::Statement(payload) => bundle["dsseEnvelope"] = envelope(payload),
            Content::Message(message) => {
                let digest = STANDARD.encode(key::sha256(message));
                bundle["messageSignature"] = json!({
                    "messageDigest": {"algorithm": "SHA2_256", "digest": digest},
                    "signature": encoded,
                });
            }
        }
        bundle
    }
}

/// What a signature of some content is over: for an envelope, the encoding of DSSE.
pub fn signed_bytes(content: Content<'_>) -> Vec<u8> {
    match content {
        Content::Message(message) => message.to_vec(),
        Content::Statement(payload) => {
            let head = format!("DSSEv1 28 application/vnd.in-toto+json {} ", payload.len());
            [head.as_bytes(), payload].concat()
        }
    }
}
