//! The signing config: where the services of a Sigstore are.

use crate::json;
use crate::rejection::{Document, InvalidJson, Rejection};
use jiff::Timestamp;
use serde::Deserialize;
use sigstore_verify::trust_root::{
    SIGNING_CONFIG_MEDIA_TYPE, SIGSTORE_PRODUCTION_SIGNING_CONFIG, ServiceConfiguration,
    ServiceEndpoint, ServiceSelector, SigningConfig,
};
use std::cmp::Reverse;
use std::fmt;

/// The largest signing config that is read; the one of the public Sigstore has 1,300 bytes.
const MAX_SIGNING_CONFIG_BYTES: usize = 1024 * 1024;

/// The services that see a signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Services {
    /// Where identities get certificates.
    pub certificate_authority: Option<String>,
    /// Who vouches for people in front of a browser.
    pub issuer: Option<String>,
    /// Where signatures are logged.
    pub logs: Vec<LogService>,
    /// Who says when.
    pub timestamp_authorities: Vec<String>,
}

/// A transparency log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogService {
    /// Where it is.
    pub url: String,
    /// How it is talked to.
    pub version: LogVersion,
}

/// Which interface a log has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogVersion {
    /// Rekor 1, which says itself when it saw an entry.
    One,
    /// Rekor 2, which does not: it takes a timestamp by somebody else.
    Two,
}

impl fmt::Display for LogVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::One => "Rekor 1",
            Self::Two => "Rekor 2",
        })
    }
}

impl Services {
    /// Reads a signing config, as `cosign signing-config create` writes it and every Sigstore publishes it, and chooses
    /// from it what is to be used now.
    ///
    /// # Errors
    /// If it is none, or asks for more services than it names.
    pub fn from_signing_config(bytes: &[u8], now: Timestamp) -> Result<Self, SigningConfigError> {
        if bytes.len() > MAX_SIGNING_CONFIG_BYTES {
            return Err(SigningConfigError::TooLarge {
                limit: MAX_SIGNING_CONFIG_BYTES,
            });
        }
        let value = json::value(Document::SigningConfig, bytes).map_err(Box::new)?;
        let found = value.get("mediaType").and_then(serde_json::Value::as_str);
        if found != Some(SIGNING_CONFIG_MEDIA_TYPE) {
            return Err(SigningConfigError::MediaType {
                found: found.unwrap_or_default().to_owned(),
            });
        }
        let config =
            SigningConfig::deserialize(value).map_err(|error| SigningConfigError::Malformed {
                source: error.into(),
            })?;
        let first = |endpoints: &[ServiceEndpoint]| {
            let one = usable(endpoints, 1..=1, now).into_iter().next();
            one.map(|endpoint| endpoint.url.clone())
        };
        let logs = selected(
            usable(&config.rekor_tlog_urls, 1..=2, now),
            &config.rekor_tlog_config,
            "transparency logs",
        )?;
        let timestamp_authorities = selected(
            usable(&config.tsa_urls, 1..=1, now),
            &config.tsa_config,
            "timestamp authorities",
        )?;
        Ok(Self {
            certificate_authority: first(&config.ca_urls),
            issuer: first(&config.oidc_urls),
            logs: logs.into_iter().map(log).collect(),
            timestamp_authorities: timestamp_authorities
                .into_iter()
                .map(|endpoint| endpoint.url.clone())
                .collect(),
        })
    }

    /// The services of the public Sigstore, as they were when polcheck was built.
    ///
    /// # Errors
    /// None that is known; they were found usable when polcheck was tested.
    pub fn public_good(now: Timestamp) -> Result<Self, SigningConfigError> {
        Self::from_signing_config(SIGSTORE_PRODUCTION_SIGNING_CONFIG.as_bytes(), now)
    }

    /// Whether nobody is told of a signature.
    pub fn are_none(&self) -> bool {
        self.logs.is_empty() && self.timestamp_authorities.is_empty()
    }
}

fn log(endpoint: &ServiceEndpoint) -> LogService {
    LogService {
        url: endpoint.url.clone(),
        version: if endpoint.major_api_version == 1 {
            LogVersion::One
        } else {
            LogVersion::Two
        },
    }
}

/// The services that may be used now, the best first: of each operator the one with the highest version, and of those
/// with the same one the newest.
///
/// SPEC: `sigstore_trustroot.proto`, `SigningConfig`: the highest version that the client knows, and no operator twice.
fn usable(
    endpoints: &[ServiceEndpoint],
    versions: std::ops::RangeInclusive<u32>,
    now: Timestamp,
) -> Vec<&ServiceEndpoint> {
    let mut usable: Vec<&ServiceEndpoint> = Vec::new();
    let mut valid: Vec<_> = endpoints
        .iter()
        .filter(|endpoint| {
            versions.contains(&endpoint.major_api_version) && endpoint.valid_for.contains(now)
        })
        .collect();
    valid.sort_by_key(|endpoint| Reverse((endpoint.major_api_version, endpoint.valid_for.start)));
    for endpoint in valid {
        let is_known = |known: &&ServiceEndpoint| {
            endpoint.operator.is_some() && known.operator == endpoint.operator
        };
        if !usable.iter().any(is_known) {
            usable.push(endpoint);
        }
    }
    usable
}

/// As many of the services as are wanted.
fn selected<'e>(
    mut usable: Vec<&'e ServiceEndpoint>,
    wanted: &ServiceConfiguration,
    what: &'static str,
) -> Result<Vec<&'e ServiceEndpoint>, SigningConfigError> {
    let count = match (wanted.selector, wanted.count) {
        (ServiceSelector::All, _) => usable.len(),
        (ServiceSelector::Any, _) => usable.len().min(1),
        (ServiceSelector::Exact, Some(count)) if count > 0 => {
            usize::try_from(count).unwrap_or(usize::MAX)
        }
        // A config without services leaves it out.
        _ if usable.is_empty() => 0,
        _ => return Err(SigningConfigError::Selector { what }),
    };
    if usable.len() < count {
        return Err(SigningConfigError::TooFew {
            what,
            wanted: count,
            found: usable.len(),
        });
    }
    usable.truncate(count);
    Ok(usable)
}

/// Why there are no services.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningConfigError {
    /// Another file was given.
    #[error("the signing config is larger than {limit} bytes")]
    TooLarge {
        /// The most that is read.
        limit: usize,
    },
    /// Another file was given.
    #[error(transparent)]
    NotJson(#[from] Box<Rejection>),
    /// Another file was given, often a trusted root, or one of an older version.
    #[error("`{}` is not the media type of a signing config", model::excerpt(.found))]
    MediaType {
        /// What the file calls itself.
        found: String,
    },
    /// Written by hand.
    #[error("the signing config has not the form that its specification says")]
    Malformed {
        /// What is wrong.
        #[source]
        source: InvalidJson,
    },
    /// Written by hand, or for something that polcheck does not know.
    #[error("the signing config does not say how many of its {what} are to be used")]
    Selector {
        /// Which services.
        what: &'static str,
    },
    /// Services were retired, or the file was never right.
    #[error("the signing config wants {wanted} {what}, and has {found} that can be used now")]
    TooFew {
        /// Which services.
        what: &'static str,
        /// How many it wants.
        wanted: usize,
        /// How many there are.
        found: usize,
    },
}

impl SigningConfigError {
    /// The cure, if there is one.
    pub fn help(&self) -> Option<String> {
        Some(
            "give a `signing_config.json` of version 0.2, as `cosign signing-config create` writes it"
                .to_owned(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::{Value, json};

    fn now() -> Timestamp {
        "2026-06-01T00:00:00Z".parse().unwrap()
    }

    fn endpoint(url: &str, version: u32, start: &str, operator: &str) -> Value {
        let validity = json!({"start": start});
        json!({"url": url, "majorApiVersion": version, "validFor": validity, "operator": operator})
    }

    fn config(selector: &Value) -> Value {
        json!({
            "mediaType": SIGNING_CONFIG_MEDIA_TYPE,
            "rekorTlogUrls": [
                endpoint("https://old", 1, "2021-01-01T00:00:00Z", "a"),
                endpoint("https://future", 2, "2027-01-01T00:00:00Z", "a"),
                endpoint("https://new", 2, "2025-01-01T00:00:00Z", "a"),
                endpoint("https://newer", 2, "2026-01-01T00:00:00Z", "a"),
                endpoint("https://unknown", 3, "2026-01-01T00:00:00Z", "a"),
                endpoint("https://other", 1, "2021-01-01T00:00:00Z", "b"),
            ],
            "rekorTlogConfig": selector,
        })
    }

    fn read(config: &Value) -> Result<Services, SigningConfigError> {
        Services::from_signing_config(config.to_string().as_bytes(), now())
    }

    #[rstest]
    #[case(json!({"selector": "ANY"}), &["https://newer"])]
    #[case(json!({"selector": "ALL"}), &["https://newer", "https://other"])]
    #[case(json!({"selector": "EXACT", "count": 2}), &["https://newer", "https://other"])]
    #[case(json!({"selector": "EXACT", "count": 1}), &["https://newer"])]
    fn the_newest_service_of_an_operator_is_used(#[case] selector: Value, #[case] urls: &[&str]) {
        let services = read(&config(&selector)).unwrap();
        let found: Vec<_> = services.logs.iter().map(|log| log.url.as_str()).collect();
        assert_eq!(found, urls);
        assert_eq!(services.logs[0].version, LogVersion::Two);
    }

    #[test]
    fn what_cannot_be_had_or_is_not_said_is_refused() {
        let too_few = read(&config(&json!({"selector": "EXACT", "count": 3})));
        assert!(matches!(
            too_few,
            Err(SigningConfigError::TooFew {
                wanted: 3,
                found: 2,
                ..
            })
        ));
        for unclear in [
            json!({"selector": "EXACT"}),
            json!({"selector": "SERVICE_SELECTOR_UNDEFINED"}),
        ] {
            let unclear = read(&config(&unclear));
            assert!(matches!(unclear, Err(SigningConfigError::Selector { .. })));
        }
        let root =
            read(&json!({"mediaType": "application/vnd.dev.sigstore.trustedroot.v0.2+json"}));
        assert!(matches!(root, Err(SigningConfigError::MediaType { .. })));
    }

    #[test]
    fn a_config_without_services_tells_nobody() {
        let services = read(&json!({"mediaType": SIGNING_CONFIG_MEDIA_TYPE})).unwrap();
        assert!(services.are_none());
    }

    #[test]
    fn the_public_services_are_there() {
        let services = Services::public_good(now()).unwrap();
        let authority = services.certificate_authority.unwrap();
        assert_eq!(authority, "https://fulcio.sigstore.dev");
        assert_eq!(services.logs.len(), 1);
        assert_eq!(services.timestamp_authorities.len(), 1);
        assert!(services.issuer.is_some());
    }
}
