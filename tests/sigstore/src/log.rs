//! Transparency logs: Rekor 1 and Rekor 2, and the tree (RFC 6962 §2) they both have.

use crate::key::{Key, pem, sha256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Where every entry lies in its log: between two others.
const INDEX: u64 = 1;
const TREE_SIZE: u64 = 3;

/// Which log takes an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogVersion {
    /// Rekor 1, which promises, proves, and says when.
    One,
    /// Rekor 2, which only proves.
    Two,
}

/// What is logged.
pub(crate) struct Entry<'a> {
    /// The payload of an envelope; none: a message is signed.
    pub(crate) payload: Option<&'a [u8]>,
    /// Of what is signed: the message, or the encoding of the envelope; in Rekor 1 that of the envelope as it was sent.
    pub(crate) digest: [u8; 32],
    pub(crate) signature: &'a [u8],
    pub(crate) verifier: Verifier<'a>,
    pub(crate) key_details: &'a str,
}

/// What an entry says to verify it with.
#[derive(Clone, Copy)]
pub(crate) enum Verifier<'a> {
    Certificate(&'a [u8]),
    PublicKey(&'a [u8]),
}

impl Verifier<'_> {
    pub(crate) fn pem(self) -> String {
        let (label, der) = match self {
            Self::Certificate(der) => ("CERTIFICATE", der),
            Self::PublicKey(der) => ("PUBLIC KEY", der),
        };
        pem(label, der)
    }
}

/// A log with a key and a name.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) key: Key,
    pub(crate) origin: &'static str,
    pub(crate) version: LogVersion,
}

impl Log {
    pub(crate) fn entry(&self, entry: &Entry<'_>, time: Timestamp) -> Value {
        let (kind, version, body) = self.body(entry);
        let body = body.to_string();
        let (root, hashes) = tree(body.as_bytes());
        let mut json = json!({
            "logIndex": INDEX.to_string(),
            "logId": {"keyId": STANDARD.encode(self.key.id())},
            "kindVersion": {"kind": kind, "version": version},
            "canonicalizedBody": STANDARD.encode(&body),
            "inclusionProof": {
                "logIndex": INDEX.to_string(),
                "treeSize": TREE_SIZE.to_string(),
                "rootHash": STANDARD.encode(root),
                "hashes": hashes.map(|hash| STANDARD.encode(hash)),
                "checkpoint": {"envelope": self.checkpoint(&root)},
            },
        });
        if self.version == LogVersion::One {
            let promised = json!({
                "body": STANDARD.encode(&body),
                "integratedTime": time.as_second(),
                "logID": hex(&self.key.id()),
                "logIndex": INDEX,
            });
            // The names are sorted and nothing in it needs an escape: this is its canonical form.
            let promise = self.key.sign(promised.to_string().as_bytes());
            json["integratedTime"] = json!(time.as_second().to_string());
            json["inclusionPromise"] = json!({"signedEntryTimestamp": STANDARD.encode(promise)});
        }
        json
    }

    /// The kind of entry, its version, and the entry.
    fn body(&self, entry: &Entry<'_>) -> (&'static str, &'static str, Value) {
        let signature = STANDARD.encode(entry.signature);
        let pem = STANDARD.encode(entry.verifier.pem());
        match (self.version, entry.payload) {
            (LogVersion::One, Some(payload)) => {
                let spec = json!({
                    "envelopeHash": {"algorithm": "sha256", "value": hex(&entry.digest)},
                    "payloadHash": {"algorithm": "sha256", "value": hex(&sha256(payload))},
                    "signatures": [{"signature": signature, "verifier": pem}],
                });
                let body = json!({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec});
                ("dsse", "0.0.1", body)
            }
            (LogVersion::One, None) => {
                let spec = json!({
                    "data": {"hash": {"algorithm": "sha256", "value": hex(&entry.digest)}},
                    "signature": {"content": signature, "publicKey": {"content": pem}},
                });
                let body = json!({"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": spec});
                ("hashedrekord", "0.0.1", body)
            }
            (LogVersion::Two, _) => {
                let (field, der) = match entry.verifier {
                    Verifier::Certificate(der) => ("x509Certificate", der),
                    Verifier::PublicKey(der) => ("publicKey", der),
                };
                let spec = json!({"hashedRekordV002": {
                    "data": {"algorithm": "SHA2_256", "digest": STANDARD.encode(entry.digest)},
                    "signature": {
                        "content": signature,
                        "verifier": {
                            field: {"rawBytes": STANDARD.encode(der)},
                            "keyDetails": entry.key_details,
                        },
                    },
                }});
                let body = json!({"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": spec});
                ("hashedrekord", "0.0.2", body)
            }
        }
    }

    /// A signed note about the tree.
    pub(crate) fn checkpoint(&self, root: &[u8]) -> String {
        let note = format!("{}\n{TREE_SIZE}\n{}\n", self.origin, STANDARD.encode(root));
        let id = self.key.id();
        let signature = [&id[..4], &self.key.sign(note.as_bytes())].concat();
        // Rekor 1 has the number of its tree behind its name, and signs with the name alone.
        let name = self.origin.split(' ').next().unwrap_or_default();
        format!("{note}\n\u{2014} {name} {}\n", STANDARD.encode(signature))
    }
}

/// The root of a tree of three leaves of which this is the second, and the hashes that prove it.
fn tree(body: &[u8]) -> ([u8; 32], [[u8; 32]; 2]) {
    let leaf = |contents: &[u8]| sha256(&[&[0], contents].concat());
    let node = |left: &[u8], right: &[u8]| sha256(&[&[1], left, right].concat());
    let [first, second, third] = [leaf(b"first"), leaf(body), leaf(b"third")];
    (node(&node(&first, &second), &third), [first, third])
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0x0f])
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect()
}
