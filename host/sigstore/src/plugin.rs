//! Keys that others keep: programs on PATH that speak version 1 of Sigstore's protocol for them.
//!
//! SPEC: sigstore/sigstore `pkg/signature/kms/cliplugin/README.md`: the program `sigstore-kms-NAME` gets the version of the
//! protocol and arguments in JSON as its two arguments, data on standard input, and answers in JSON on standard output.
//! What it logs in with it takes from its environment.

use crate::error::PluginError;
use crate::process;
use attest::PublicKey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::time::Duration;

const PREFIX: &str = "sigstore-kms-";
const VERSION: &str = "1";
/// Hashes by their numbers in Go's `crypto.Hash`.
const SHA256: u8 = 5;
const SHA384: u8 = 6;
const SHA512: u8 = 7;

/// A key that a program keeps, by its name.
#[derive(Clone, Debug)]
pub struct PluginKey {
    program: String,
    resource: String,
    public_key: PublicKey,
}

impl PluginKey {
    /// Whether a text is meant as the name of such a key.
    pub fn is_name(text: &str) -> bool {
        text.contains("://")
    }

    /// Asks the program for the public half of a key.
    ///
    /// # Errors
    /// If there is no such program or key, or the key is of a kind that is not supported.
    pub async fn open(name: &str) -> Result<Self, PluginError> {
        Self::open_within(name, process::TIMEOUT).await
    }

    async fn open_within(name: &str, timeout: Duration) -> Result<Self, PluginError> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let (plugin, resource) = name
            .split_once("://")
            .filter(|(plugin, _)| !plugin.is_empty() && plugin.bytes().all(is_plain))
            .ok_or_else(|| PluginError::Name {
                name: name.to_owned(),
            })?;
        let program = format!("{PREFIX}{plugin}");
        let arguments = json!({"publicKeyOptions": {"rpcOptions": {}}});
        let call = Call {
            program: &program,
            resource,
            hash: SHA256,
            timeout,
        };
        let answer = call.make("publicKey", &arguments, b"").await?;
        let pem = call.bytes(&answer, "/publicKey/publicKeyPEM")?;
        let public_key = PublicKey::from_pem(&pem).map_err(|source| PluginError::Key {
            program: program.clone(),
            source,
        })?;
        Ok(Self {
            resource: resource.to_owned(),
            program,
            public_key,
        })
    }

    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Has the program sign. What it signs is verified by whoever takes it.
    pub(crate) async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, PluginError> {
        let hash = match self.public_key.hash_bits() {
            Some(384) => SHA384,
            Some(512) => SHA512,
            _ => SHA256,
        };
        let options = json!({"rpcOptions": {}, "messageOptions": {"hashFunc": hash}});
        let call = Call {
            program: &self.program,
            resource: &self.resource,
            hash,
            timeout: process::TIMEOUT,
        };
        let arguments = json!({ "signOptions": options });
        let answer = call.make("signMessage", &arguments, message).await?;
        call.bytes(&answer, "/signMessage/signature")
    }
}

/// One call of a program.
struct Call<'c> {
    program: &'c str,
    resource: &'c str,
    hash: u8,
    timeout: Duration,
}

/// What a program answers beside what it was asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnswerJson {
    #[serde(default)]
    error_message: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl Call<'_> {
    async fn make(
        &self,
        method: &'static str,
        arguments: &Value,
        stdin: &[u8],
    ) -> Result<Value, PluginError> {
        let arguments = json!({
            "initOptions": {
                "protocolVersion": VERSION,
                "keyResourceID": self.resource,
                "hashFunc": self.hash,
                "rpcOptions": {},
            },
            "methodName": method,
            method: arguments,
        });
        let arguments = arguments.to_string();
        let ended = process::run(self.program, &[VERSION, &arguments], stdin, self.timeout).await?;
        // SPEC: "Exit status is ignored. […] errors you wish to return must be serialized in `PluginResp.ErrorMessage` in
        // stdout."
        let answer: AnswerJson =
            serde_json::from_slice(&ended.stdout).map_err(|error| self.protocol(Some(error)))?;
        if !answer.error_message.is_empty() {
            return Err(PluginError::Said {
                program: self.program.to_owned(),
                what: match method {
                    "signMessage" => "sign",
                    _ => "say its public key",
                },
                said: answer.error_message,
            });
        }
        Ok(answer.rest.into())
    }

    /// Bytes in an answer, which are in base64.
    fn bytes(&self, answer: &Value, pointer: &str) -> Result<Vec<u8>, PluginError> {
        let text = answer.pointer(pointer).and_then(Value::as_str);
        text.and_then(|text| STANDARD.decode(text).ok())
            .filter(|bytes| !bytes.is_empty())
            .ok_or_else(|| self.protocol(None))
    }

    fn protocol(&self, source: Option<serde_json::Error>) -> PluginError {
        PluginError::Protocol {
            program: self.program.to_owned(),
            source,
        }
    }
}
