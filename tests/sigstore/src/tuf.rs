//! A repository of The Update Framework (TUF 1.0), with one key for all roles.

use crate::key::sha256;
use crate::log::hex;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Files of a repository, by their paths.
pub type Files = Vec<(String, Vec<u8>)>;

/// Whoever signs a repository.
#[derive(Debug)]
pub struct TufKey(Ed25519KeyPair);

impl Default for TufKey {
    fn default() -> Self {
        Self::new()
    }
}

impl TufKey {
    /// Makes a new one.
    pub fn new() -> Self {
        Self(Ed25519KeyPair::generate().expect("random numbers"))
    }

    /// Root metadata that trusts this key.
    pub fn root(&self) -> Vec<u8> {
        let role = json!({"keyids": ["key"], "threshold": 1});
        let public = hex(self.0.public_key().as_ref());
        let key = json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": public}});
        self.signed(&json!({
            "_type": "root",
            "spec_version": "1.0.31",
            "version": 1,
            "expires": expires(),
            "consistent_snapshot": true,
            "keys": {"key": key},
            "roles": {"root": role, "timestamp": role, "snapshot": role, "targets": role},
        }))
    }

    /// A version of a repository that publishes targets.
    pub fn repository(&self, version: u32, targets: &[(&str, Vec<u8>)]) -> Files {
        let digest = |bytes: &[u8]| hex(&sha256(bytes));
        let listed: serde_json::Map<String, Value> = targets
            .iter()
            .map(|(name, bytes)| {
                let about = json!({"length": bytes.len(), "hashes": {"sha256": digest(bytes)}});
                ((*name).to_owned(), about)
            })
            .collect();
        let role = |kind: &str| {
            json!({
                "_type": kind, "spec_version": "1.0.31", "version": version, "expires": expires(),
            })
        };
        let with = |kind: &str, field: &str, value: Value| {
            let mut role = role(kind);
            role[field] = value;
            self.signed(&role)
        };
        let meta = |name: &str| json!({ name: {"version": version} });
        let mut files = vec![
            (
                "timestamp.json".to_owned(),
                with("timestamp", "meta", meta("snapshot.json")),
            ),
            (
                format!("{version}.snapshot.json"),
                with("snapshot", "meta", meta("targets.json")),
            ),
            (
                format!("{version}.targets.json"),
                with("targets", "targets", listed.into()),
            ),
        ];
        for (name, bytes) in targets {
            files.push((format!("targets/{}.{name}", digest(bytes)), bytes.clone()));
        }
        files
    }

    /// Metadata in which names are sorted and nothing needs an escape: this is its canonical form.
    fn signed(&self, signed: &Value) -> Vec<u8> {
        let signature = self.0.sign(signed.to_string().as_bytes());
        json!({
            "signed": signed,
            "signatures": [{"keyid": "key", "sig": hex(signature.as_ref())}],
        })
        .to_string()
        .into_bytes()
    }
}

fn expires() -> String {
    let day = Timestamp::now() + SignedDuration::from_hours(24);
    day.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
