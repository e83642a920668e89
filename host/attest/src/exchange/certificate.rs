//! Certificates for identities (Fulcio, version 2 of its interface).

use super::{AnswerError, Service, malformed};
use crate::identity::{Identity, Matcher};
use crate::key::{KeyError, SigningKey};
use crate::rejection::Detail;
use crate::sign::{SignError, own_signature};
use crate::token::IdentityToken;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sigstore_verify::crypto::parse_certificate_info;
use sigstore_verify::types::DerCertificate;
use zeroize::Zeroizing;

/// A key that is made for one run, and is gone after it: nobody ever writes it down. It is for P-256.
#[derive(Debug)]
pub struct ShortLivedKey(SigningKey);

impl ShortLivedKey {
    /// Makes a new one.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn generate() -> Result<Self, KeyError> {
        SigningKey::generate().map(Self)
    }

    /// What to post to `/api/v2/signingCert`, in JSON. The token is in it.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn certificate_request(
        &self,
        token: &IdentityToken,
    ) -> Result<Zeroizing<Vec<u8>>, SignError> {
        // SPEC: fulcio.proto, PublicKeyRequest: the proof of possession is "a signature over the `sub` claim from the OIDC
        // identity token"; where the token has an address, over that.
        let proof = own_signature(&self.0, token.challenge().as_bytes())?;
        let request = RequestJson {
            credentials: CredentialsJson {
                oidc_identity_token: token.reveal(),
            },
            public_key_request: PublicKeyRequestJson {
                public_key: PublicKeyJson {
                    algorithm: "ECDSA",
                    content: self.0.public_key().to_pem(),
                },
                proof_of_possession: STANDARD.encode(proof),
            },
        };
        Ok(Zeroizing::new(serde_json::to_vec(&request)?))
    }

    /// The key with the certificate that it got.
    ///
    /// # Errors
    /// If the answer has no certificate, or not one for this key that a bundle can hold.
    pub fn certified(self, answer: &[u8]) -> Result<CertifiedKey, AnswerError> {
        let service = Service::CertificateAuthority;
        let unreadable = |source: Detail| AnswerError::Unreadable { service, source };
        let answer: AnswerJson = serde_json::from_slice(answer).map_err(malformed(service))?;
        // SPEC: sigstore_bundle.proto has no place for a promise beside the certificate.
        let with_promise = answer
            .signed_certificate_embedded_sct
            .ok_or(AnswerError::NoEmbeddedPromise)?;
        let chain = with_promise.chain.certificates.iter();
        let mut chain = chain
            .map(|pem| DerCertificate::from_pem(pem))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| unreadable(Detail::new(&error)))?
            .into_iter();
        let certificate = chain.next();
        let certificate =
            certificate.ok_or_else(|| unreadable(Detail::new(&"there is no certificate")))?;
        let info = parse_certificate_info(&certificate)
            .map_err(|error| unreadable(Detail::new(&error)))?;
        if info.public_key.as_bytes() != self.0.public_key().der() {
            return Err(AnswerError::OtherKey);
        }
        let (Some(subject), Some(issuer)) = (&info.identity, &info.issuer) else {
            return Err(unreadable(Detail::new(&"the certificate names nobody")));
        };
        Ok(CertifiedKey {
            key: self.0,
            identity: Identity {
                subject: Matcher::Exact(subject.as_str().to_owned()),
                issuer: Matcher::Exact(issuer.clone()),
            },
            certificate,
            chain: chain.collect(),
            until: info.not_after,
        })
    }
}

/// A key with the certificate of an identity. It signs statements and nothing else.
#[derive(Debug)]
pub struct CertifiedKey {
    pub(crate) key: SigningKey,
    pub(crate) certificate: DerCertificate,
    /// What leads from it to the authority, which a bundle leaves out.
    pub(crate) chain: Vec<DerCertificate>,
    pub(crate) identity: Identity,
    until: Timestamp,
}

impl CertifiedKey {
    /// When the certificate expires.
    pub fn until(&self) -> Timestamp {
        self.until
    }
}

/// SPEC: fulcio.proto, `CreateSigningCertificateRequest`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestJson<'r> {
    credentials: CredentialsJson<'r>,
    public_key_request: PublicKeyRequestJson,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CredentialsJson<'r> {
    oidc_identity_token: &'r str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PublicKeyRequestJson {
    public_key: PublicKeyJson,
    proof_of_possession: String,
}

#[derive(Serialize)]
struct PublicKeyJson {
    algorithm: &'static str,
    content: String,
}

/// SPEC: fulcio.proto, `SigningCertificate`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnswerJson {
    signed_certificate_embedded_sct: Option<EmbeddedJson>,
}

#[derive(Deserialize)]
struct EmbeddedJson {
    chain: ChainJson,
}

#[derive(Deserialize)]
struct ChainJson {
    certificates: Vec<String>,
}
