//! Lists that clients keep together at a tag: the index at the fallback tag, where a registry keeps no list of referrers,
//! and the manifest of attestations in the older form.
//!
//! Such a list is read, changed and written back, and nobody holds a lock meanwhile. A writer that read the list before ours
//! was written, and writes it afterwards, drops what we did. So whoever changes the list looks again for longer than such a
//! writer can have taken, and changes it again where that is necessary; and says which list was changed, for registries
//! that then refuse to overwrite another one.

use crate::attach::{essentials, set};
use crate::document::{ACCEPTED, Content, Document, DocumentError, OCI_INDEX, OCI_MANIFEST};
use crate::error::RegistryError;
use crate::limits::{MAX_FALLBACK_WRITES, MAX_MANIFEST_BYTES};
use crate::referrers::{LegacyTag, fallback_tag};
use crate::repository::{Repository, parse};
use crate::retry::jitter;
use crate::source::Selector;
use model::Digest;
use model::strict_json::{self, Integers};
use oci_spec::image::MediaType;
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
/// The configs that name the layers of their manifest.
const IMAGE_CONFIGS: [&str; 2] = [
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
];

/// One of the lists about a digest.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SharedList<'s> {
    /// The index at the fallback tag: each entry a referrer.
    Referrers(&'s Digest),
    /// The manifest at the tag `.att`: each layer an attestation.
    Attestations(&'s Digest),
}

/// What is done to a list.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// The entry comes first, where clients that read only the first page find it, and nowhere else.
    Add(Value),
    /// No entry has one of these digests.
    Remove(Vec<Digest>),
}

/// The list as it is now.
struct Current {
    /// With all its fields, those among them that this program does not know.
    document: Value,
    media_type: String,
    /// What holds for the tag as long as nobody else writes it.
    condition: Condition,
}

/// What a write is only made under, by registries that know it; the others pass it over.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    /// Nobody has written since the list had this tag.
    Unchanged(String),
    /// Nobody has written a list yet.
    Absent,
    /// The registry offers none.
    Unknown,
}

impl Repository {
    /// Changes a list, and changes it again if another writer undoes that.
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
    pub(crate) async fn change_list(
        &self,
        list: SharedList<'_>,
        change: &Change,
    ) -> Result<bool, RegistryError> {
        let mut sightings = 0;
        let mut writes = 0;
        let mut slowest = Duration::ZERO;
        let mut refused = None;
        loop {
            let started = Instant::now();
            let mut current = self.current_list(list).await?;
            let entries = list.entries(&current.document);
            if change.is_made(entries) {
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
                    tag: list.tag(),
                });
            }
            // A registry that refuses twice what has not changed means something else by it than we do.
            let condition = match &refused {
                Some(refused) if *refused == current.condition => Condition::Unknown,
                _ => current.condition.clone(),
            };
            let changed = change.made(entries);
            set(&mut current.document, list.field(), changed.into());
            let written = self.write_list(list, &mut current, &condition).await;
            slowest = slowest.max(started.elapsed());
            match written {
                Ok(true) => refused = None,
                Ok(false) => refused = Some(current.condition),
                // Registries refuse an index with an entry whose manifest somebody deletes at this moment.
                Err(error) if is_about_content(&error) && writes < MAX_REFUSALS => {
                    if !self.is_there(list, change).await? {
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

    /// The list; an empty one where there is none. It is asked for as whoever writes it asks, since what another server
    /// remembers of it does not help.
    async fn current_list(&self, list: SharedList<'_>) -> Result<Current, RegistryError> {
        let tag = list.tag();
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
                    document: list.empty(),
                    media_type: list.media_type().to_owned(),
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
        let invalid = |source: DocumentError| RegistryError::InvalidDocument {
            what: what.clone(),
            source: Box::new(source),
        };
        // SPEC: distribution §Pushing Manifests with Subject: "If that pull returns a manifest other than the expected
        // image index, the client SHOULD report a failure and skip the remaining steps."
        let parsed = parse(bytes.clone(), &digest, media_type.as_deref(), &what)?;
        list.check(&parsed).map_err(invalid)?;
        Ok(Current {
            document: strict_json::parse(&bytes, Integers::Safe)
                .map_err(|error| invalid(error.into()))?,
            media_type: parsed.media_type.to_string(),
            condition,
        })
    }

    /// Writes the list if nobody else has in between, as far as the registry can tell; and says whether it did.
    async fn write_list(
        &self,
        list: SharedList<'_>,
        current: &mut Current,
        condition: &Condition,
    ) -> Result<bool, RegistryError> {
        if matches!(list, SharedList::Attestations(_)) {
            self.push_config(&mut current.document).await?;
        }
        let at = Selector::Tag(list.tag());
        let bytes = current.document.to_string().into();
        let pushed = self
            .push_manifest_if(&at, &current.media_type, bytes, condition.header())
            .await?;
        Ok(pushed.is_some())
    }

    /// Gives a manifest of attestations the config that goes with its layers, as cosign does: the config of an image names
    /// all of its layers. One of another type stays.
    async fn push_config(&self, manifest: &mut Value) -> Result<(), RegistryError> {
        let field = |name: &str| manifest.pointer(&format!("/config/{name}"))?.as_str();
        let media_type = field("mediaType").unwrap_or_default().to_owned();
        if !IMAGE_CONFIGS.contains(&media_type.as_str()) {
            return Ok(());
        }
        let layers = manifest.get("layers").and_then(Value::as_array);
        let digests = layers
            .into_iter()
            .flatten()
            .map(|layer| layer.get("digest"));
        let config = json!({
            "architecture": "",
            "os": "",
            "config": {},
            "rootfs": { "type": "layers", "diff_ids": digests.collect::<Vec<_>>() },
        });
        let config = self
            .push_blob(&media_type, config.to_string().into())
            .await?;
        set(manifest, "config", essentials(&config));
        Ok(())
    }

    /// Whether the manifest of an entry that is added is still there: whoever has a newer one may have deleted it. Nobody
    /// deletes layers.
    async fn is_there(&self, list: SharedList<'_>, change: &Change) -> Result<bool, RegistryError> {
        match (list, change) {
            (SharedList::Referrers(_), Change::Add(entry)) => {
                match entry.get("digest").and_then(Value::as_str) {
                    Some(digest) => self.has_manifest(digest).await,
                    None => Ok(false),
                }
            }
            (SharedList::Attestations(_), _) | (_, Change::Remove(_)) => Ok(true),
        }
    }
}

impl SharedList<'_> {
    fn tag(self) -> String {
        match self {
            Self::Referrers(subject) => fallback_tag(subject),
            Self::Attestations(subject) => LegacyTag::Attestation.of(subject),
        }
    }

    /// The media type of a list that nobody has written yet.
    fn media_type(self) -> &'static str {
        match self {
            Self::Referrers(_) => OCI_INDEX,
            Self::Attestations(_) => OCI_MANIFEST,
        }
    }

    /// The field with the entries.
    fn field(self) -> &'static str {
        match self {
            Self::Referrers(_) => "manifests",
            Self::Attestations(_) => "layers",
        }
    }

    /// A list without an entry.
    fn empty(self) -> Value {
        let mut document = json!({
            "schemaVersion": 2,
            "mediaType": self.media_type(),
            (self.field()): [],
        });
        if matches!(self, Self::Attestations(_)) {
            let config = json!({ "mediaType": MediaType::ImageConfig.as_ref() });
            set(&mut document, "config", config);
        }
        document
    }

    /// Refuses what is something else.
    fn check(self, document: &Document) -> Result<(), DocumentError> {
        match (self, &document.content) {
            (Self::Referrers(_), Content::Index(_))
            | (Self::Attestations(_), Content::Manifest(_)) => Ok(()),
            _ => Err(DocumentError::Form {
                media_type: self.media_type().to_owned(),
            }),
        }
    }

    /// The entries of a list; writers in Go write null where there are none.
    fn entries(self, document: &Value) -> &[Value] {
        let entries = document.get(self.field()).and_then(Value::as_array);
        entries.map(Vec::as_slice).unwrap_or_default()
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
    fn is_made(&self, entries: &[Value]) -> bool {
        let mut entries = entries.iter();
        match self {
            Self::Add(entry) => entries.any(|other| is_same(other, entry)),
            Self::Remove(digests) => !entries.any(|entry| is_one_of(entry, digests)),
        }
    }

    /// How often it has to be seen. An entry that was taken out is looked for longer than whoever put it in looks for it.
    fn sightings(&self) -> u32 {
        match self {
            Self::Add(_) => SIGHTINGS,
            Self::Remove(_) => 2 * SIGHTINGS,
        }
    }

    /// The entries with the change, and otherwise as they were.
    fn made(&self, entries: &[Value]) -> Vec<Value> {
        let stays = |other: &&Value| match self {
            Self::Add(entry) => !is_same(other, entry),
            Self::Remove(digests) => !is_one_of(other, digests),
        };
        let added = match self {
            Self::Add(entry) => Some(entry),
            Self::Remove(_) => None,
        };
        let others = entries.iter().filter(stays);
        added.into_iter().chain(others).cloned().collect()
    }
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
    fn an_entry_comes_first_and_only_once() {
        let [old, new] = [
            json!({ "digest": "old", "size": 1 }),
            json!({ "digest": "new" }),
        ];
        let change = Change::Add(new.clone());
        let entries = change.made(&[old.clone(), new.clone()]);
        assert_eq!(entries, [new, old]);
        assert!(change.is_made(&entries));
    }

    #[test]
    fn a_list_that_is_null_is_empty() {
        let subject = digest("1");
        let list = SharedList::Referrers(&subject);
        assert!(list.entries(&json!({ "manifests": null })).is_empty());
        assert!(list.entries(&list.empty()).is_empty());
    }

    #[test]
    fn an_entry_is_taken_out_and_the_rest_stays() {
        let entry = |digest: &Digest| json!({ "digest": digest, "future": true });
        let (one, two) = (digest("1"), digest("2"));
        let change = Change::Remove(vec![one.clone()]);
        let entries = [entry(&one), entry(&two), entry(&one)];
        assert!(!change.is_made(&entries));
        let entries = change.made(&entries);
        assert_eq!(entries, [entry(&two)]);
        assert!(change.is_made(&entries));
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
