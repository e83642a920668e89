//! The manifests that refer to another one: from the referrers API, or from the index at the fallback tag where a
//! registry has no such API.

use crate::document::{Content, Document, DocumentError, OCI_INDEX, essence};
use crate::error::RegistryError;
use crate::limits::{MAX_MANIFEST_BYTES, MAX_REFERRER_PAGES, MAX_REFERRERS, MAX_REFERRERS_BYTES};
use crate::repository::{self, Repository};
use crate::transport::Answer;
use model::Digest;
use oci_spec::image::{Descriptor, ImageIndex};
use reqwest::header::{ACCEPT, CONTENT_TYPE, LINK};
use reqwest::{Method, StatusCode, Url};
use std::collections::HashSet;

/// What refers to a digest.
#[derive(Clone, Debug, PartialEq)]
pub struct Referrers {
    /// As they are listed, none twice. An entry may lack its artifact type or its annotations, and may name a manifest
    /// that refers to something else. Whoever relies on one opens it.
    pub entries: Vec<Descriptor>,
    /// How many of them came first; some readers ask for no more.
    pub on_first_page: usize,
    /// Who lists them.
    pub by: ListedBy,
}

/// Who lists referrers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListedBy {
    /// The registry.
    Api,
    /// Whoever pushed them, in the index at the fallback tag.
    FallbackTag,
    /// The layout or archive, which has all its manifests in one index.
    Layout,
}

/// What is at the tag under which the referrers of a digest are listed where a registry has no list of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct FallbackTag {
    /// The tag.
    pub tag: String,
    /// What it names.
    pub digest: Digest,
    /// What is listed there, none twice; nothing where it is no index.
    pub entries: Option<Vec<Descriptor>>,
}

/// Signatures and attestations in the form of cosign before version 3, which are tags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LegacySignatures {
    /// There is a tag `sha256-….sig`.
    pub signature: bool,
    /// There is a tag `sha256-….att`.
    pub attestation: bool,
}

/// The kinds of tags that cosign before version 3 wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegacyTag {
    /// `sha256-….sig`: signatures.
    Signature,
    /// `sha256-….att`: attestations.
    Attestation,
}

impl LegacyTag {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Signature, Self::Attestation];

    /// The tag for a digest.
    pub fn of(self, subject: &Digest) -> String {
        let tag = fallback_tag(subject);
        match self {
            Self::Signature => format!("{tag}.sig"),
            Self::Attestation => format!("{tag}.att"),
        }
    }
}

impl Referrers {
    pub(crate) fn new(entries: &[Descriptor], on_first_page: usize, by: ListedBy) -> Self {
        let first = once(entries.iter().take(on_first_page)).len();
        Self {
            entries: once(entries),
            on_first_page: first,
            by,
        }
    }

    /// Without one that was taken away since.
    pub fn forget(&mut self, referrer: &Digest) {
        if let Some(position) = self.position(referrer) {
            self.entries.remove(position);
            if position < self.on_first_page && self.entries.len() < self.on_first_page {
                self.on_first_page = self.entries.len();
            }
        }
    }

    /// The place of a referrer among them, counted from zero.
    pub fn position(&self, referrer: &Digest) -> Option<usize> {
        self.entries
            .iter()
            .position(|entry| entry.digest() == referrer)
    }
}

/// Each digest only where it comes first.
fn once<'a>(entries: impl IntoIterator<Item = &'a Descriptor>) -> Vec<Descriptor> {
    let mut seen = HashSet::new();
    let entries = entries.into_iter();
    entries
        .filter(|entry| seen.insert(entry.digest()))
        .cloned()
        .collect()
}

impl Repository {
    /// All referrers of a digest, as the registry lists them, or else as the fallback tag does.
    pub(crate) async fn referrers(&self, subject: &Digest) -> Result<Referrers, RegistryError> {
        if let Some(referrers) = self.listed_referrers(subject).await? {
            return Ok(referrers);
        }
        // SPEC: distribution §Listing Referrers: "If the referrers API returns a 404, the client MUST fallback to pulling
        // the referrers tag schema. … If the response to the referrers API is a 404, and the tag schema does not return a
        // valid image index, the client SHOULD assume there are no referrers to the manifest."
        let tagged = self.fallback(subject).await?;
        let entries = tagged.and_then(|tagged| tagged.entries).unwrap_or_default();
        let count = entries.len();
        Ok(Referrers::new(&entries, count, ListedBy::FallbackTag))
    }

    /// The list of a registry that has one, all its pages.
    async fn listed_referrers(&self, subject: &Digest) -> Result<Option<Referrers>, RegistryError> {
        let what = format!("the list of referrers of `{subject}`");
        let mut request = self
            .client
            .pull(Method::GET, format!("referrers/{subject}"))
            .header(ACCEPT, OCI_INDEX);
        let mut entries = Vec::new();
        let mut on_first_page = 0;
        let mut allowance = MAX_REFERRERS_BYTES;
        for page in 0..MAX_REFERRER_PAGES {
            let answer = self.client.send(self.lists(), &request).await?;
            if page == 0 && has_no_referrers_api(&answer) {
                return Ok(None);
            }
            if answer.status() != StatusCode::OK {
                return Err(self.client.unexpected(self.lists(), &request, answer).await);
            }
            let next = next_page(&answer)?;
            let media_type = answer.header(CONTENT_TYPE.as_str()).map(ToOwned::to_owned);
            let bytes = answer
                .body(MAX_MANIFEST_BYTES.min(allowance), &what)
                .await?;
            allowance = allowance.saturating_sub(bytes.len() as u64);
            let digest = model::canonical::sha256(&bytes);
            let document = repository::parse(bytes, &digest, media_type.as_deref(), &what)?;
            entries.extend(index(document, &what)?.manifests().iter().cloned());
            if entries.len() > MAX_REFERRERS {
                break;
            }
            if page == 0 {
                on_first_page = entries.len();
            }
            match next {
                None => return Ok(Some(Referrers::new(&entries, on_first_page, ListedBy::Api))),
                Some(url) => request = self.client.pull_next(url).header(ACCEPT, OCI_INDEX),
            }
        }
        Err(too_many(subject))
    }

    /// What is at the fallback tag of a digest.
    pub(crate) async fn fallback(
        &self,
        subject: &Digest,
    ) -> Result<Option<FallbackTag>, RegistryError> {
        let tag = fallback_tag(subject);
        let Some(document) = self.tagged(&tag).await? else {
            return Ok(None);
        };
        let entries = document.index().map(ImageIndex::manifests);
        if entries.is_some_and(|entries| entries.len() > MAX_REFERRERS) {
            return Err(too_many(subject));
        }
        Ok(Some(FallbackTag {
            entries: entries.map(once),
            digest: document.digest,
            tag,
        }))
    }

    /// Whether an image has signatures that clients stop looking at once a bundle is attached to it.
    pub(crate) async fn legacy_signatures(
        &self,
        subject: &Digest,
    ) -> Result<LegacySignatures, RegistryError> {
        Ok(LegacySignatures {
            signature: self.has_manifest(&LegacyTag::Signature.of(subject)).await?,
            attestation: self
                .has_manifest(&LegacyTag::Attestation.of(subject))
                .await?,
        })
    }
}

/// SPEC: distribution §Referrers Tag Schema: "The Referrers Tag associated with a Content Digest MUST match the Truncated
/// Algorithm, a `-` character, and the Truncated Encoded section, with any characters not allowed by `<reference>` tags
/// replaced with `-`. The Truncated Algorithm … MUST match the digest's `algorithm` section truncated to 32 characters.
/// The Truncated Encoded section … MUST match the digest's `encoded` section truncated to 64 characters."
pub(crate) fn fallback_tag(subject: &Digest) -> String {
    let algorithm = subject.algorithm().to_string();
    let tag: String = algorithm
        .chars()
        .take(32)
        .chain(['-'])
        .chain(subject.digest().chars().take(64))
        .collect();
    tag.replace(
        |character: char| !(character.is_ascii_alphanumeric() || "_.-".contains(character)),
        "-",
    )
}

/// The index in a document that has to be one.
pub(crate) fn index(document: Document, what: &str) -> Result<ImageIndex, RegistryError> {
    match document.content {
        Content::Index(index) => Ok(*index),
        Content::Manifest(_) => Err(RegistryError::InvalidDocument {
            what: what.to_owned(),
            source: Box::new(DocumentError::Form {
                media_type: OCI_INDEX.to_owned(),
            }),
        }),
    }
}

fn too_many(subject: &Digest) -> RegistryError {
    RegistryError::TooManyReferrers {
        subject: subject.clone(),
        limit: MAX_REFERRERS,
    }
}

/// Registries without the API answer in several ways; some show the page that they show to browsers.
fn has_no_referrers_api(answer: &Answer) -> bool {
    match answer.status().as_u16() {
        400 | 404 | 405 | 406 => true,
        200 => {
            let media_type = answer.header(CONTENT_TYPE.as_str()).and_then(essence);
            media_type.is_some_and(|media_type| media_type.eq_ignore_ascii_case("text/html"))
        }
        _ => false,
    }
}

/// SPEC: distribution §Listing Referrers: "A `Link` header MUST be included in the response when the descriptor list
/// cannot be returned in a single manifest. … The `Link` header MUST be set according to RFC5988 with the Relation Type
/// `rel="next"`."
fn next_page(answer: &Answer) -> Result<Option<Url>, RegistryError> {
    let links = answer.headers().get_all(LINK).iter();
    let next = links
        .filter_map(|link| link.to_str().ok())
        .find_map(next_link);
    let Some(next) = next else { return Ok(None) };
    let url = answer.resolve(next)?;
    if crate::endpoint::is_same_origin(&answer.url, &url) {
        return Ok(Some(url));
    }
    Err(RegistryError::UnsafeLocation {
        host: answer.host(),
        location: crate::endpoint::authority(&url),
    })
}

/// The target of the link with the relation `next` in a header that may have several links.
fn next_link(header: &str) -> Option<&str> {
    let mut rest = header;
    loop {
        let (_, from_target) = rest.split_once('<')?;
        let (target, after) = from_target.split_once('>')?;
        let parameters = after.split('<').next().unwrap_or_default();
        let is_next = parameters.split([';', ',']).any(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or_default();
            name.trim().eq_ignore_ascii_case("rel")
                && value.trim().trim_matches('"').eq_ignore_ascii_case("next")
        });
        if is_next {
            return Some(target);
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("sha256", 64, 64)]
    #[case("sha512", 128, 64)]
    fn the_fallback_tag_is_the_digest_cut_short(
        #[case] algorithm: &str,
        #[case] digits: usize,
        #[case] kept: usize,
    ) {
        let digest: Digest = format!("{algorithm}:{}", "a".repeat(digits))
            .parse()
            .unwrap();
        assert_eq!(
            fallback_tag(&digest),
            format!("{algorithm}-{}", "a".repeat(kept))
        );
    }

    #[test]
    fn what_no_tag_may_have_becomes_a_hyphen() {
        let digest: Digest = "multi+base58:QmRZ=x".parse().unwrap();
        assert_eq!(fallback_tag(&digest), "multi-base58-QmRZ-x");
    }

    #[rstest]
    #[case(
        r#"</v2/a/referrers/x?n=2>; rel="next""#,
        Some("/v2/a/referrers/x?n=2")
    )]
    #[case("</a>; rel=next", Some("/a"))]
    #[case(r#"</a>;title="x"; REL="Next""#, Some("/a"))]
    #[case(r#"</p>; rel="prev", </n,1>; rel="next""#, Some("/n,1"))]
    #[case(r#"</p>; rel="prev""#, None)]
    #[case(r#"/a; rel="next""#, None)]
    #[case("<", None)]
    #[case("", None)]
    fn the_next_page_is_found(#[case] header: &str, #[case] expected: Option<&str>) {
        assert_eq!(next_link(header), expected);
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(header in any::<String>(), like in "[<>;,=a-z\" ]{0,30}") {
            next_link(&header);
            next_link(&like);
        }
    }
}
