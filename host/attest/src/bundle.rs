//! Reading a bundle: bytes in, an envelope out of which nothing is believed yet.

use crate::json;
use crate::rejection::{Document, Rejection};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::strict_json::Object;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use sigstore_types::{MediaType, PayloadBytes, SignatureBytes};

/// The largest bundle that is read. Whoever fetches one need not fetch more.
pub const MAX_BUNDLE_BYTES: usize = 10 * 1024 * 1024;

/// An envelope as it came, not verified.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) payload: PayloadBytes,
    pub(crate) payload_type: String,
    pub(crate) signature: SignatureBytes,
    /// Says which key it was signed with; empty where nothing is said.
    pub(crate) hint: String,
}

/// Reads a bundle that holds a DSSE envelope signed with a key.
pub(crate) fn read(bytes: &[u8]) -> Result<Received, Rejection> {
    let bundle = parse(bytes)?;
    // SPEC: sigstore_bundle.proto, VerificationMaterial: "This allows key material to be conveyed in one of three forms"
    let hint = match bundle.signer {
        Material::Key { hint } => hint,
        Material::Certificate(_) => return Err(Rejection::Keyless),
    };
    let envelope = bundle.envelope.ok_or(Rejection::MessageSignature)?;
    // SPEC: sigstore_bundle.proto, Bundle: "the key hints MUST be exactly the same in the verification material and in
    // the DSSE envelope." cosign writes none into the envelope.
    let keyid = envelope.keyid;
    if !keyid.is_empty() && keyid != hint {
        return Err(Rejection::KeyIdMismatch { keyid, hint });
    }
    Ok(Received {
        payload: envelope.payload,
        payload_type: envelope.payload_type,
        signature: envelope.signature,
        hint,
    })
}

/// A bundle of any kind.
pub(crate) struct Parsed {
    pub(crate) signer: Material,
    /// None where the bundle is a signature without a statement.
    pub(crate) envelope: Option<Envelope>,
}

/// By what somebody signed.
pub(crate) enum Material {
    /// A key, of which there is a hint; empty where nothing is said.
    Key { hint: String },
    /// A certificate, in DER; none where it is not to be found.
    Certificate(Option<Vec<u8>>),
}

/// An envelope with its one signature.
pub(crate) struct Envelope {
    pub(crate) payload: PayloadBytes,
    pub(crate) payload_type: String,
    signature: SignatureBytes,
    keyid: String,
}

/// Reads a bundle of any kind.
pub(crate) fn parse(bytes: &[u8]) -> Result<Parsed, Rejection> {
    if bytes.len() > MAX_BUNDLE_BYTES {
        return Err(Rejection::TooLarge {
            bytes: bytes.len(),
            limit: MAX_BUNDLE_BYTES,
        });
    }
    let bundle: BundleJson = json::read(Document::Bundle, bytes)?;
    // SPEC: sigstore_bundle.proto, Bundle: "Clients must to be able to accept media type using the previously defined
    // formats"
    if bundle.media_type.parse::<MediaType>().is_err() {
        return Err(Rejection::MediaType {
            found: bundle.media_type,
        });
    }
    let signer = material(bundle.verification_material.0)?;
    // SPEC: sigstore_bundle.proto, Bundle: "oneof content", a message signature or a DSSE envelope
    let envelope = match (bundle.message_signature, bundle.dsse_envelope) {
        (None, Some(Object(envelope))) => envelope,
        (Some(_), None) => {
            return Ok(Parsed {
                signer,
                envelope: None,
            });
        }
        (None, None) => return Err(Rejection::NoContent),
        (Some(_), Some(_)) => return Err(Rejection::TwoContents),
    };
    // SPEC: sigstore_bundle.proto, Bundle: "During verification a client MUST reject an envelope if the number of
    // signatures is not equal to one."
    let [Object(signature)] = <[_; 1]>::try_from(envelope.signatures).map_err(
        |signatures: Vec<Object<SignatureJson>>| Rejection::SignatureCount {
            found: signatures.len(),
        },
    )?;
    Ok(Parsed {
        signer,
        envelope: Some(Envelope {
            payload: envelope.payload,
            payload_type: envelope.payload_type,
            signature: signature.sig,
            keyid: signature.keyid.unwrap_or_default(),
        }),
    })
}

fn material(material: MaterialJson) -> Result<Material, Rejection> {
    let chain = material.x509_certificate_chain;
    let is_keyless = material.certificate.is_some() || chain.is_some();
    let first = || chain.as_ref()?.get("certificates")?.get(0).cloned();
    match material.public_key {
        Some(_) if is_keyless => Err(Rejection::TwoMaterials),
        Some(Object(key)) => Ok(Material::Key {
            hint: key.hint.unwrap_or_default(),
        }),
        None if is_keyless => {
            let certificate = material.certificate.or_else(first);
            Ok(Material::Certificate(certificate.and_then(|it| der(&it))))
        }
        None => Err(Rejection::NoMaterial),
    }
}

fn der(certificate: &Value) -> Option<Vec<u8>> {
    let encoded = certificate.get("rawBytes")?.as_str()?;
    STANDARD.decode(encoded).ok()
}

/// The fields that a bundle may have. Log entries and timestamps are passed over: a key needs neither.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BundleJson {
    media_type: String,
    verification_material: Object<MaterialJson>,
    message_signature: Option<IgnoredAny>,
    dsse_envelope: Option<Object<EnvelopeJson>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MaterialJson {
    public_key: Option<Object<KeyIdentifierJson>>,
    x509_certificate_chain: Option<Value>,
    certificate: Option<Value>,
    #[serde(rename = "tlogEntries")]
    _log_entries: Option<IgnoredAny>,
    #[serde(rename = "timestampVerificationData")]
    _timestamps: Option<IgnoredAny>,
}

/// A hint and no more: a bundle has no field for the key itself.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyIdentifierJson {
    hint: Option<String>,
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
