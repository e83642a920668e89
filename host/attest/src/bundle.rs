//! Reading a bundle: bytes in, a signature out of which nothing is believed yet.

use crate::json;
use crate::rejection::{Document, Rejection};
use model::strict_json::Object;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use sigstore_verify::types::{
    DerCertificate, DigestBytes, HashAlgorithm, MediaType, MessageDigest, PayloadBytes,
    SignatureBytes, pae,
};

/// The largest bundle that is read. Whoever fetches one need not fetch more.
pub const MAX_BUNDLE_BYTES: usize = 10 * 1024 * 1024;

/// A signature as it came, not verified.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) content: Content,
    pub(crate) signature: SignatureBytes,
    pub(crate) material: Material,
    /// How many entries of logs came with it.
    pub(crate) log_entries: usize,
    /// How many timestamps by authorities came with it.
    pub(crate) timestamps: usize,
    /// All of the bundle, for whoever reads more of it.
    pub(crate) bundle: Value,
}

/// What is signed.
#[derive(Debug)]
pub(crate) enum Content {
    Envelope {
        payload: PayloadBytes,
        payload_type: String,
    },
    /// An artifact that is not in the bundle.
    Message { digest: Option<MessageDigest> },
}

/// What says who signed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Material {
    /// Says which key it was signed with; empty where nothing is said.
    Key {
        hint: String,
    },
    Certificate,
}

impl Received {
    /// The certificate of whoever is said to have signed; none where there is none, or none that can be decoded. Only to
    /// be shown: whoever verifies takes it out of what is verified.
    pub(crate) fn certificate(&self) -> Option<DerCertificate> {
        let material = self.bundle.get("verificationMaterial")?;
        let chain = || {
            material
                .get("x509CertificateChain")?
                .get("certificates")?
                .get(0)
        };
        let certificate = material.get("certificate").or_else(chain)?;
        DerCertificate::from_base64(certificate.get("rawBytes")?.as_str()?).ok()
    }
}

/// What the signature of an envelope is over: the pre-authentication encoding of DSSE.
pub(crate) fn signed_bytes(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    pae(payload_type, payload)
}

/// Reads a bundle.
pub(crate) fn read(bytes: &[u8]) -> Result<Received, Rejection> {
    if bytes.len() > MAX_BUNDLE_BYTES {
        return Err(Rejection::TooLarge {
            bytes: bytes.len(),
            limit: MAX_BUNDLE_BYTES,
        });
    }
    from_value(json::value(Document::Bundle, bytes)?)
}

/// Reads a bundle out of JSON that says one thing to everybody.
pub(crate) fn from_value(value: Value) -> Result<Received, Rejection> {
    let bundle: BundleJson = json::object(Document::Bundle, &value)?;
    // SPEC: sigstore_bundle.proto, Bundle: "Clients must to be able to accept media type using the previously defined
    // formats"
    if bundle.media_type.parse::<MediaType>().is_err() {
        return Err(Rejection::MediaType {
            found: bundle.media_type,
        });
    }
    let Object(material) = bundle.verification_material;
    let log_entries = material.log_entries.map_or(0, |entries| entries.len());
    let timestamps = material
        .timestamps
        .and_then(|Object(timestamps)| timestamps.rfc3161_timestamps)
        .map_or(0, |timestamps| timestamps.len());
    // SPEC: sigstore_bundle.proto, VerificationMaterial: "This allows key material to be conveyed in one of three forms"
    let material = match (
        material.public_key,
        material.certificate,
        material.x509_certificate_chain,
    ) {
        (Some(Object(key)), None, None) => Material::Key {
            hint: key.hint.unwrap_or_default(),
        },
        (None, Some(_), None) | (None, None, Some(_)) => Material::Certificate,
        (None, None, None) => return Err(Rejection::NoMaterial),
        _ => return Err(Rejection::TwoMaterials),
    };
    // SPEC: sigstore_bundle.proto, Bundle: "oneof content", a message signature or a DSSE envelope
    let (content, signature) = match (bundle.message_signature, bundle.dsse_envelope) {
        (None, Some(Object(envelope))) => read_envelope(envelope, &material)?,
        (Some(Object(message)), None) => (
            Content::Message {
                digest: message
                    .message_digest
                    .and_then(|Object(digest)| Some((digest.algorithm?, digest.digest?)))
                    .map(|(algorithm, digest)| MessageDigest::new(algorithm, digest)),
            },
            message.signature,
        ),
        (None, None) => return Err(Rejection::NoContent),
        (Some(_), Some(_)) => return Err(Rejection::TwoContents),
    };
    Ok(Received {
        content,
        signature,
        material,
        log_entries,
        timestamps,
        bundle: value,
    })
}

fn read_envelope(
    envelope: EnvelopeJson,
    material: &Material,
) -> Result<(Content, SignatureBytes), Rejection> {
    // SPEC: sigstore_bundle.proto, Bundle: "During verification a client MUST reject an envelope if the number of
    // signatures is not equal to one."
    let [Object(signature)] = <[_; 1]>::try_from(envelope.signatures).map_err(
        |signatures: Vec<Object<SignatureJson>>| Rejection::SignatureCount {
            found: signatures.len(),
        },
    )?;
    // SPEC: sigstore_bundle.proto, Bundle: "If the verification material contains a public key identifier […] the key
    // hints MUST be exactly the same in the verification material and in the DSSE envelope." cosign writes none into the
    // envelope.
    if let (Material::Key { hint }, Some(keyid)) = (material, signature.keyid)
        && !keyid.is_empty()
        && keyid != *hint
    {
        let hint = hint.clone();
        return Err(Rejection::KeyIdMismatch { keyid, hint });
    }
    let content = Content::Envelope {
        payload: envelope.payload,
        payload_type: envelope.payload_type,
    };
    Ok((content, signature.sig))
}

/// The fields that a bundle may have.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BundleJson {
    media_type: String,
    verification_material: Object<MaterialJson>,
    message_signature: Option<Object<MessageJson>>,
    dsse_envelope: Option<Object<EnvelopeJson>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MaterialJson {
    public_key: Option<Object<KeyIdentifierJson>>,
    x509_certificate_chain: Option<IgnoredAny>,
    certificate: Option<IgnoredAny>,
    #[serde(rename = "tlogEntries")]
    log_entries: Option<Vec<Object<LogEntryJson>>>,
    #[serde(rename = "timestampVerificationData")]
    timestamps: Option<Object<TimestampsJson>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TimestampsJson {
    rfc3161_timestamps: Option<Vec<Object<TimestampJson>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TimestampJson {
    #[serde(rename = "signedTimestamp")]
    _signed_timestamp: Option<IgnoredAny>,
}

/// The fields that a log entry may have, so that a promise or a proof under another name is not a missing one. What they
/// say is read where it is verified.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogEntryJson {
    #[serde(rename = "logIndex")]
    _log_index: Option<IgnoredAny>,
    #[serde(rename = "logId")]
    _log_id: Option<IgnoredAny>,
    #[serde(rename = "kindVersion")]
    _kind_version: Option<IgnoredAny>,
    #[serde(rename = "integratedTime")]
    _integrated_time: Option<IgnoredAny>,
    #[serde(rename = "inclusionPromise")]
    _inclusion_promise: Option<IgnoredAny>,
    #[serde(rename = "inclusionProof")]
    _inclusion_proof: Option<Object<InclusionProofJson>>,
    #[serde(rename = "canonicalizedBody")]
    _canonicalized_body: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InclusionProofJson {
    #[serde(rename = "logIndex")]
    _log_index: Option<IgnoredAny>,
    #[serde(rename = "rootHash")]
    _root_hash: Option<IgnoredAny>,
    #[serde(rename = "treeSize")]
    _tree_size: Option<IgnoredAny>,
    #[serde(rename = "hashes")]
    _hashes: Option<IgnoredAny>,
    #[serde(rename = "checkpoint")]
    _checkpoint: Option<IgnoredAny>,
}

/// A hint and no more: a bundle has no field for the key itself.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyIdentifierJson {
    hint: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MessageJson {
    message_digest: Option<Object<MessageDigestJson>>,
    signature: SignatureBytes,
}

/// cosign writes an empty one where the key is for Ed25519.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageDigestJson {
    algorithm: Option<HashAlgorithm>,
    digest: Option<DigestBytes>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EnvelopeJson {
    payload: PayloadBytes,
    payload_type: String,
    signatures: Vec<Object<SignatureJson>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureJson {
    sig: SignatureBytes,
    keyid: Option<String>,
}
