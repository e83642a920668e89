//! The index at the fallback tag: the list of referrers that clients keep where a registry keeps none.
//!
//! It is read, changed and written back, and nobody holds a lock meanwhile. A writer that read the index before ours was
//! written, and writes it afterwards, drops what we did. So whoever changes the index looks again for longer than such a
//! writer can have taken, and changes it again where that is necessary; and says which index was changed, for registries
//! that then refuse to overwrite another one.

use crate::document::{ACCEPTED, OCI_INDEX};
use crate::error::RegistryError;
use crate::limits::{MAX_FALLBACK_WRITES, MAX_MANIFEST_BYTES};
use crate::referrers::{fallback_tag, index};
use crate::repository::{Repository, parse};
use crate::retry::jitter;
use crate::source::Selector;
use model::Digest;
use model::strict_json::{self, Integers};
use reqwest::header::{ACCEPT, CONTENT_TYPE, ETAG, HeaderName, IF_MATCH, IF_NONE_MATCH};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How often a change has to be seen, with a pause between, before it counts as made.
const SIGHTINGS: u32 = 4;
/// The shortest pause between two of them.
const PAUSE: Duration = Duration::from_millis(150);
/// How often a registry may refuse an index before that is an error.
const MAX_REFUSALS: u32 = 3;
/// How much longer with each collision a writer stays away.
const COLLISION: Duration = Duration::from_millis(50);
/// How much longer than our own reading and writing takes that of another writer is expected to take.
const SLOWER: u32 = 2;
/// The longest pause: a registry that is so slow is waited for no longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What is done to the index.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// The entry comes first, where clients that read only the first page find it, and nowhere else.
    Add(Value),
    /// No entry has one of these digests.
    Remove(Vec<Digest>),
}

/// The index as it is now.
struct Current {
    /// With all its fields, those among them that this program does not know.
    index: Value,
    /// What holds for the tag as long as nobody else writes it.
    condition: Condition,
}

/// What a write is only made under, by registries that know it; the others pass it over.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    /// Nobody has written since the index had this tag.
    Unchanged(String),
    /// Nobody has written an index yet.
    Absent,
    /// The registry offers none.
    Unknown,
}

impl Repository {
    /// Changes the index at the fallback tag, and changes it again if another writer undoes that.
    ///
    /// SPEC: distribution §Pushing Manifests with Subject: "When pushing a manifest with the `subject` field and the
    /// `OCI-Subject` header was not set, the client MUST: Pull the current referrers list using the referrers tag
    /// schema. … Push the updated referrers list using the same referrers tag schema."
    ///
    /// SPEC: distribution §Referrers Tag Schema: "Clients MAY use a conditional HTTP push for registries that support
    /// `ETag` conditions to avoid conflicts with other clients."
    ///
    /// It says whether the change stays. An entry that was added does not where its manifest is gone by now. One that was
    /// taken out and comes back is left where it is: whoever attached it is still at work, and would put it back again
    /// and again.
    pub(crate) async fn change_fallback(
        &self,
        subject: &Digest,
        change: &Change,
    ) -> Result<bool, RegistryError> {
        let tag = fallback_tag(subject);
        let mut sightings = 0;
        let mut writes = 0;
        let mut slowest = Duration::ZERO;
        let mut refused = None;
        loop {
            let started = Instant::now();
            let current = self.current_fallback(&tag).await?;
            if change.is_made(&current.index) {
                sightings += 1;
                if writes == 0 || sightings == change.sightings() {
                    return Ok(true);
                }
                tokio::time::sleep(jitter(pause(slowest))).await;
                continue;
            }
            if matches!(change, Change::Remove(_)) && sightings > 0 {
                return Ok(false);
            }
            if writes == MAX_FALLBACK_WRITES {
                return Err(RegistryError::LostReferrer {
                    repository: self.name(),
                    tag,
                });
            }
            // A registry that refuses twice what has not changed means something else by it than we do.
            let condition = match &refused {
                Some(refused) if *refused == current.condition => &Condition::Unknown,
                _ => &current.condition,
            };
            let changed = change.made(&current.index);
            let written = self.write_fallback(&tag, &changed, condition).await;
            slowest = slowest.max(started.elapsed());
            match written {
                Ok(true) => refused = None,
                Ok(false) => refused = Some(current.condition),
                // Registries refuse an index with an entry whose manifest somebody deletes at this moment.
                Err(error) if is_about_content(&error) && writes < MAX_REFUSALS => {
                    if !self.is_there(change).await? {
                        return Ok(false);
                    }
                }
                Err(error) => return Err(error),
            }
            sightings = 0;
            // Writers that overwrote one another look again at different times.
            tokio::time::sleep(jitter(COLLISION * writes.min(8))).await;
            writes += 1;
        }
    }

    /// The index at the fallback tag; an empty one where there is none. It is asked for as whoever writes it asks, since
    /// what another server remembers of it does not help.
    async fn current_fallback(&self, tag: &str) -> Result<Current, RegistryError> {
        let what = format!("`{}:{tag}`", self.name());
        let request = self
            .client
            .push(Method::GET, format!("manifests/{tag}"))
            .header(ACCEPT, &ACCEPTED.join(", "));
        let answer = self.client.send(&self.endpoint, &request).await?;
        match answer.status() {
            StatusCode::OK => {}
            // SPEC: distribution §Pushing Manifests with Subject: "If the tag returns a 404, the client MUST begin with an
            // empty image index."
            StatusCode::NOT_FOUND => {
                return Ok(Current {
                    index: json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [] }),
                    condition: Condition::Absent,
                });
            }
            _ => {
                return Err(self
                    .client
                    .unexpected(&self.endpoint, &request, answer)
                    .await);
            }
        }
        let condition = Condition::of_etag(answer.header(ETAG.as_str()));
        let media_type = answer.header(CONTENT_TYPE.as_str()).map(ToOwned::to_owned);
        let bytes = answer.body(MAX_MANIFEST_BYTES, &what).await?;
        let digest = model::canonical::sha256(&bytes);
        // SPEC: distribution §Pushing Manifests with Subject: "If that pull returns a manifest other than the expected
        // image index, the client SHOULD report a failure and skip the remaining steps."
        index(
            parse(bytes.clone(), &digest, media_type.as_deref(), &what)?,
            &what,
        )?;
        let index = strict_json::parse(&bytes, Integers::Safe).map_err(|source| {
            RegistryError::InvalidDocument {
                what,
                source: Box::new(source.into()),
            }
        })?;
        Ok(Current { index, condition })
    }

    /// Writes the index if nobody else has in between, as far as the registry can tell; and says whether it did.
    async fn write_fallback(
        &self,
        tag: &str,
        index: &Value,
        condition: &Condition,
    ) -> Result<bool, RegistryError> {
        let at = Selector::Tag(tag.to_owned());
        let pushed = self
            .push_manifest_if(&at, OCI_INDEX, index.to_string().into(), condition.header())
            .await?;
        Ok(pushed.is_some())
    }

    /// Whether the manifest of an entry that is added is still there: whoever has a newer one may have deleted it.
    async fn is_there(&self, change: &Change) -> Result<bool, RegistryError> {
        match change {
            Change::Add(entry) => match entry.get("digest").and_then(Value::as_str) {
                Some(digest) => self.has_manifest(digest).await,
                None => Ok(false),
            },
            Change::Remove(_) => Ok(true),
        }
    }
}

fn is_about_content(error: &RegistryError) -> bool {
    let status = match error {
        RegistryError::UnexpectedStatus { status, .. } => *status,
        _ => return false,
    };
    matches!(status, 400 | 404)
}

impl Condition {
    /// SPEC: RFC 9110 §13.1.1: "An origin server MUST use the strong comparison function when comparing entity tags for
    /// If-Match": a weak one never compares equal.
    fn of_etag(etag: Option<&str>) -> Self {
        match etag {
            Some(etag) if etag.starts_with('"') => Self::Unchanged(etag.to_owned()),
            _ => Self::Unknown,
        }
    }

    fn header(&self) -> Option<(HeaderName, &str)> {
        match self {
            Self::Unchanged(etag) => Some((IF_MATCH, etag)),
            Self::Absent => Some((IF_NONE_MATCH, "*")),
            Self::Unknown => None,
        }
    }
}

impl Change {
    fn is_made(&self, index: &Value) -> bool {
        match self {
            Self::Add(entry) => entries(index).any(|other| is_same(other, entry)),
            Self::Remove(digests) => !entries(index).any(|entry| is_one_of(entry, digests)),
        }
    }

    /// How often it has to be seen. An entry that was taken out is looked for longer than whoever put it in looks for it.
    fn sightings(&self) -> u32 {
        match self {
            Self::Add(_) => SIGHTINGS,
            Self::Remove(_) => 2 * SIGHTINGS,
        }
    }

    /// The index with the change, and otherwise as it was.
    fn made(&self, index: &Value) -> Value {
        let stays = |other: &&Value| match self {
            Self::Add(entry) => !is_same(other, entry),
            Self::Remove(digests) => !is_one_of(other, digests),
        };
        let mut changed: Vec<Value> = entries(index).filter(stays).cloned().collect();
        if let Self::Add(entry) = self {
            changed.insert(0, entry.clone());
        }
        let mut index = index.clone();
        if let Value::Object(index) = &mut index {
            index.insert("manifests".to_owned(), changed.into());
        }
        index
    }
}

/// The entries of an index; writers in Go write null where there are none.
fn entries(index: &Value) -> impl Iterator<Item = &Value> {
    let entries = index.get("manifests").and_then(Value::as_array);
    entries.into_iter().flatten()
}

fn is_same(one: &Value, other: &Value) -> bool {
    one.get("digest") == other.get("digest")
}

fn is_one_of(entry: &Value, digests: &[Digest]) -> bool {
    let digest = entry.get("digest").and_then(Value::as_str);
    digests.iter().any(|it| digest == Some(it.as_ref()))
}

/// How long to wait before looking again, if reading and writing took so long.
fn pause(slowest: Duration) -> Duration {
    (slowest * SLOWER).clamp(PAUSE, LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn digest(digit: &str) -> Digest {
        format!("sha256:{}", digit.repeat(64)).parse().unwrap()
    }

    #[test]
    fn an_entry_comes_first_and_only_once_and_the_rest_stays() {
        let [old, new] = [
            json!({ "digest": "old", "size": 1 }),
            json!({ "digest": "new" }),
        ];
        let index = json!({ "manifests": [old, new], "annotations": { "a": "b" } });
        let change = Change::Add(new.clone());
        let index = change.made(&index);
        assert_eq!(
            index,
            json!({ "manifests": [new, old], "annotations": { "a": "b" } })
        );
        assert!(change.is_made(&index));
    }

    #[test]
    fn a_list_that_is_null_is_empty() {
        let change = Change::Add(json!({ "digest": "new" }));
        let index = change.made(&json!({ "manifests": null }));
        assert_eq!(index, json!({ "manifests": [{ "digest": "new" }] }));
    }

    #[test]
    fn an_entry_is_taken_out_and_the_rest_stays() {
        let entry = |digest: &Digest| json!({ "digest": digest, "future": true });
        let (one, two) = (digest("1"), digest("2"));
        let change = Change::Remove(vec![one.clone()]);
        let index = json!({ "manifests": [entry(&one), entry(&two), entry(&one)] });
        assert!(!change.is_made(&index));
        let index = change.made(&index);
        assert_eq!(index, json!({ "manifests": [entry(&two)] }));
        assert!(change.is_made(&index));
    }

    #[rstest]
    #[case(Some("\"sha256:1\""), Condition::Unchanged("\"sha256:1\"".to_owned()))]
    #[case(Some("W/\"sha256:1\""), Condition::Unknown)]
    #[case(Some("sha256:1"), Condition::Unknown)]
    #[case(None, Condition::Unknown)]
    fn only_a_strong_tag_is_a_condition(#[case] etag: Option<&str>, #[case] expected: Condition) {
        assert_eq!(Condition::of_etag(etag), expected);
    }

    #[test]
    fn a_slow_registry_is_looked_at_for_longer() {
        assert_eq!(pause(Duration::ZERO), PAUSE);
        assert_eq!(pause(Duration::from_secs(1)), Duration::from_secs(2));
        assert_eq!(pause(Duration::from_mins(1)), LONGEST_PAUSE);
    }
}
