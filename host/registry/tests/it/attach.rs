//! What is attached to an image, and found again, on registries with the referrers API and without.

use crate::{document, open, options, reference, with_sample};
use oci_spec::image::Descriptor;
use polcheck_registry::{
    Attachment, Detached, Image, LegacyLayer, LegacySignatures, LegacyTag, ListedBy, Registry,
    RegistryError,
};
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;
use test_registry::{Conditions, Misbehaviour, Options, TestRegistry, media_type};

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const PREDICATE: &str = "dev.sigstore.bundle.predicateType";

fn bundle(content: &str) -> Attachment {
    Attachment {
        artifact_type: BUNDLE.to_owned(),
        layer_media_type: BUNDLE.to_owned(),
        bytes: content.to_owned().into(),
        annotations: [(PREDICATE.to_owned(), "https://example.com/p".to_owned())].into(),
    }
}

fn fallback_tag(subject: &Descriptor) -> String {
    subject.digest().as_ref().replace(':', "-")
}

fn json_of(registry: &TestRegistry, reference: &str) -> Value {
    serde_json::from_slice(&registry.content("app", reference).unwrap()).unwrap()
}

async fn image_and_subject(registry: &TestRegistry) -> (Image, Descriptor) {
    let image = open(&reference(registry, ":1")).await.unwrap();
    let subject = document(&image).await.unwrap().descriptor();
    (image, subject)
}

async fn attach(image: &Image, subject: &Descriptor, content: &str) -> Descriptor {
    let attached = image.attach(subject, &bundle(content)).await.unwrap();
    attached.referrer
}

async fn referrers(image: &Image, subject: &Descriptor) -> Vec<Descriptor> {
    let referrers = image.referrers(subject.digest()).await.unwrap();
    referrers.entries
}

#[tokio::test]
async fn the_manifest_is_the_one_that_cosign_writes() {
    let (registry, sample) = with_sample(Options::default());
    let (image, subject) = image_and_subject(&registry).await;
    let attached = attach(&image, &subject, "{\"a\":1}").await;
    let empty = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    assert_eq!(
        json_of(&registry, attached.digest().as_ref()),
        json!({
            "schemaVersion": 2,
            "mediaType": media_type::MANIFEST,
            "artifactType": BUNDLE,
            "config": { "mediaType": media_type::EMPTY, "digest": empty, "size": 2, "artifactType": BUNDLE },
            "layers": [{
                "mediaType": BUNDLE,
                "digest": test_registry::sha256(b"{\"a\":1}"),
                "size": 7,
            }],
            "subject": {
                "mediaType": media_type::MANIFEST,
                "digest": sample.digest(),
                "size": sample.manifest.bytes.len(),
            },
            "annotations": { PREDICATE: "https://example.com/p" },
        })
    );
    assert_eq!(registry.content("app", empty).unwrap(), "{}");
}

#[tokio::test]
async fn a_registry_with_the_referrers_api_gets_no_fallback_tag() {
    let (registry, _) = with_sample(Options::default());
    let (image, subject) = image_and_subject(&registry).await;
    let attached = image.attach(&subject, &bundle("one")).await.unwrap();
    assert_eq!(registry.tags("app"), ["1"]);
    assert_eq!(attached.listed.entries, [attached.referrer]);
    assert_eq!(attached.listed.by, ListedBy::Api);
    assert_eq!(referrers(&image, &subject).await, attached.listed.entries);
}

#[rstest]
#[case(Options::without_referrers())]
#[case(Options { oci_subject: false, ..Options::default() })]
#[case(Options { referrers_api: false, ..Options::default() })]
#[tokio::test]
async fn a_registry_without_oci_subject_or_without_the_api_gets_the_fallback_tag(
    #[case] options: Options,
) {
    let (registry, _) = with_sample(options);
    let (image, subject) = image_and_subject(&registry).await;
    let first = attach(&image, &subject, "one").await;
    let second = attach(&image, &subject, "two").await;
    attach(&image, &subject, "one").await;
    let entry = |referrer: &Descriptor| {
        json!({
            "mediaType": media_type::MANIFEST,
            "digest": referrer.digest(),
            "size": referrer.size(),
            "artifactType": BUNDLE,
            "annotations": { PREDICATE: "https://example.com/p" },
        })
    };
    // Newest first, and nothing twice.
    assert_eq!(
        json_of(&registry, &fallback_tag(&subject)),
        json!({
            "schemaVersion": 2,
            "mediaType": media_type::INDEX,
            "manifests": [entry(&second), entry(&first)],
        })
    );
    let mut found = referrers(&image, &subject).await;
    found.sort_by_key(|referrer| referrer.digest().to_string());
    let mut expected = [first, second];
    expected.sort_by_key(|referrer| referrer.digest().to_string());
    assert_eq!(found, expected);
}

#[tokio::test]
async fn what_others_attached_stays_as_it_is() {
    let (registry, _) = with_sample(Options::without_referrers());
    let (image, subject) = image_and_subject(&registry).await;
    let (_, other) = image_and_subject(&registry).await;
    // As cosign writes it: without annotations; and with a field that nobody knows yet.
    let entry = json!({
        "mediaType": other.media_type(), "digest": other.digest(), "size": other.size(), "future": true,
    });
    let index = json!({
        "schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": [entry], "annotations": { "a": "b" },
    });
    registry.put_manifest(
        "app",
        &fallback_tag(&subject),
        media_type::INDEX,
        index.to_string(),
    );
    let attached = attach(&image, &subject, "one").await;
    let index = json_of(&registry, &fallback_tag(&subject));
    assert_eq!(index.pointer("/manifests/1"), Some(&entry));
    assert_eq!(
        index.pointer("/manifests/0/digest"),
        Some(&json!(attached.digest()))
    );
    assert_eq!(index.pointer("/annotations/a"), Some(&json!("b")));
    assert_eq!(referrers(&image, &subject).await.len(), 2);
}

/// As far apart as a registry in another country.
const LATENCY: Duration = Duration::from_millis(100);

#[rstest]
#[case(Conditions::Unknown)]
#[case(Conditions::PassedOver)]
#[case(Conditions::Kept)]
#[tokio::test]
async fn of_several_that_attach_at_once_none_is_lost(#[case] conditions: Conditions) {
    const WRITERS: usize = 8;
    let (registry, _) = with_sample(Options {
        conditions,
        ..Options::without_referrers()
    });
    let (image, subject) = image_and_subject(&registry).await;
    // Whoever reads the index gets it late, and writes what it was.
    let tag = format!("GET /v2/app/manifests/{}", fallback_tag(&subject));
    registry.misbehave(&tag, Misbehaviour::Late(LATENCY));
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..WRITERS {
        let (source, subject) = (reference(&registry, ":1"), subject.clone());
        writers.spawn(async move {
            // Each a program of its own.
            let image = Registry::new(options())
                .open(&source.parse().unwrap())
                .await
                .unwrap();
            attach(&image, &subject, &number.to_string()).await
        });
    }
    let attached = writers.join_all().await;
    let found = referrers(&image, &subject).await;
    assert_eq!(found.len(), WRITERS);
    assert!(attached.iter().all(|one| found.contains(one)));
}

const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";

fn layer(content: &str) -> LegacyLayer {
    LegacyLayer {
        media_type: ENVELOPE.to_owned(),
        bytes: content.to_owned().into(),
        annotations: [(
            "predicateType".to_owned(),
            "https://example.com/p".to_owned(),
        )]
        .into(),
    }
}

/// The digests of the layers at the tag `.att`, first those that came last.
fn layers(registry: &TestRegistry, subject: &Descriptor) -> Vec<String> {
    let manifest = json_of(registry, &LegacyTag::Attestation.of(subject.digest()));
    let layers = manifest["layers"].as_array().unwrap().iter();
    let digests: Vec<_> = layers.map(|layer| layer["digest"].clone()).collect();
    // Its config always names the same.
    let config = json_of(registry, manifest["config"]["digest"].as_str().unwrap());
    assert_eq!(config["rootfs"]["diff_ids"], json!(digests));
    let digests = digests.iter().map(|digest| digest.as_str().unwrap());
    digests.map(ToOwned::to_owned).collect()
}

#[tokio::test]
async fn an_attestation_of_the_older_form_is_a_layer_beside_the_others() {
    let (registry, _) = with_sample(Options::default());
    let (image, subject) = image_and_subject(&registry).await;
    let digest = subject.digest();
    let one = image.attach_legacy(digest, &layer("one")).await.unwrap();
    let two = image.attach_legacy(digest, &layer("two")).await.unwrap();
    image.attach_legacy(digest, &layer("one")).await.unwrap();
    let named = |layer: &Descriptor| layer.digest().to_string();
    assert_eq!(layers(&registry, &subject), [named(&two), named(&one)]);
    let gone = [one.digest().clone()];
    let detached = image.detach_legacy(digest, &gone).await.unwrap();
    assert_eq!(detached, Detached::Removed);
    assert_eq!(layers(&registry, &subject), [named(&two)]);
    assert!(image.referrers(digest).await.unwrap().entries.is_empty());
}

#[rstest]
#[case(Conditions::Unknown)]
#[case(Conditions::PassedOver)]
#[case(Conditions::Kept)]
#[tokio::test]
async fn of_several_attestations_of_the_older_form_at_once_none_is_lost(
    #[case] conditions: Conditions,
) {
    const WRITERS: usize = 6;
    let (registry, _) = with_sample(Options {
        conditions,
        ..Options::default()
    });
    let (image, subject) = image_and_subject(&registry).await;
    let tag = LegacyTag::Attestation.of(subject.digest());
    let tag = format!("GET /v2/app/manifests/{tag}");
    registry.misbehave(&tag, Misbehaviour::Late(LATENCY));
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..WRITERS {
        let (image, subject) = (image.clone(), subject.clone());
        writers.spawn(async move {
            let layer = layer(&number.to_string());
            image.attach_legacy(subject.digest(), &layer).await.unwrap()
        });
    }
    let attached = writers.join_all().await;
    let found = layers(&registry, &subject);
    assert_eq!(found.len(), WRITERS);
    assert!(
        attached
            .iter()
            .all(|layer| found.contains(&layer.digest().to_string()))
    );
}

#[rstest]
#[case(Conditions::Kept, 0)]
#[case(Conditions::PassedOver, 1)]
#[tokio::test]
async fn a_registry_that_keeps_conditions_never_loses_what_another_wrote(
    #[case] conditions: Conditions,
    #[case] lost: usize,
) {
    let (registry, _) = with_sample(Options {
        conditions,
        ..Options::without_referrers()
    });
    let (image, subject) = image_and_subject(&registry).await;
    let tag = fallback_tag(&subject);
    attach(&image, &subject, "one").await;
    let get = format!("GET /v2/app/manifests/{tag}");
    // Once to see what is attached, and once to change it.
    registry.misbehave_times(2, &get, Misbehaviour::Late(Duration::from_millis(300)));
    registry.forget_requests();
    let other = async {
        let asked = || {
            registry
                .request_lines()
                .iter()
                .filter(|it| **it == get)
                .count()
        };
        while asked() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        let mut index = json_of(&registry, &tag);
        let entry = json!({ "mediaType": subject.media_type(), "digest": subject.digest(), "size": subject.size() });
        index["manifests"].as_array_mut().unwrap().push(entry);
        registry.put_manifest("app", &tag, media_type::INDEX, index.to_string());
    };
    // The other does not look again whether its entry is still there.
    tokio::join!(attach(&image, &subject, "two"), other);
    assert_eq!(referrers(&image, &subject).await.len(), 3 - lost);
}

#[tokio::test]
async fn a_registry_that_refuses_what_has_not_changed_is_written_without_a_condition() {
    let (registry, _) = with_sample(Options {
        conditions: Conditions::Kept,
        ..Options::without_referrers()
    });
    let (image, subject) = image_and_subject(&registry).await;
    attach(&image, &subject, "one").await;
    let get = format!("GET /v2/app/manifests/{}", fallback_tag(&subject));
    registry.misbehave(&get, Misbehaviour::Header("etag", "\"other\"".to_owned()));
    attach(&image, &subject, "two").await;
    assert_eq!(referrers(&image, &subject).await.len(), 2);
}

#[tokio::test]
async fn a_writer_that_is_always_overwritten_gives_up() {
    let (registry, _) = with_sample(Options::without_referrers());
    let (image, subject) = image_and_subject(&registry).await;
    let empty = json!({ "schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": [] });
    let tag = fallback_tag(&subject);
    registry.misbehave(
        &format!("GET /v2/app/manifests/{tag}"),
        Misbehaviour::Answer(media_type::INDEX.to_owned(), empty.to_string().into()),
    );
    let error = image.attach(&subject, &bundle("one")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "what stands at the tag `{tag}` of `{}/app` is overwritten by others again and again",
            registry.host()
        )
    );
}

#[tokio::test]
async fn a_fallback_tag_that_is_no_index_is_not_overwritten() {
    let (registry, sample) = with_sample(Options::without_referrers());
    let (image, subject) = image_and_subject(&registry).await;
    registry.retag("app", &fallback_tag(&subject), sample.digest());
    let error = image.attach(&subject, &bundle("one")).await.unwrap_err();
    assert!(
        matches!(error, RegistryError::InvalidDocument { .. }),
        "{error}"
    );
    assert_eq!(
        registry.content("app", &fallback_tag(&subject)).unwrap(),
        sample.manifest.bytes
    );
    assert_eq!(referrers(&image, &subject).await, []);
}

#[rstest]
#[case(400)]
#[case(404)]
#[case(405)]
#[case(406)]
#[tokio::test]
async fn a_registry_without_the_api_and_without_the_tag_has_no_referrers(#[case] status: u16) {
    let (registry, _) = with_sample(Options::default());
    let (image, subject) = image_and_subject(&registry).await;
    registry.misbehave(
        "/referrers/",
        Misbehaviour::Status {
            status,
            code: "UNSUPPORTED",
            retry_after: None,
        },
    );
    assert_eq!(referrers(&image, &subject).await, []);
    let last = registry.request_lines().pop().unwrap();
    assert_eq!(
        last,
        format!("GET /v2/app/manifests/{}", fallback_tag(&subject))
    );
}

#[tokio::test]
async fn a_registry_that_shows_a_page_has_no_referrers_api() {
    let (registry, _) = with_sample(Options::default());
    let (image, subject) = image_and_subject(&registry).await;
    let page = Misbehaviour::Answer("text/html; charset=utf-8".to_owned(), "<html>".into());
    registry.misbehave("/referrers/", page);
    assert_eq!(referrers(&image, &subject).await, []);
}

#[tokio::test]
async fn referrers_come_in_pages() {
    let (registry, _) = with_sample(Options {
        referrers_page: Some(2),
        ..Options::default()
    });
    let (image, subject) = image_and_subject(&registry).await;
    for number in 0..5 {
        attach(&image, &subject, &number.to_string()).await;
    }
    registry.forget_requests();
    let found = image.referrers(subject.digest()).await.unwrap();
    assert_eq!((found.entries.len(), found.on_first_page), (5, 2));
    assert_eq!(registry.requests().len(), 3);
}

#[tokio::test]
async fn pages_that_do_not_end_are_refused() {
    let (registry, _) = with_sample(Options::default());
    let (image, subject) = image_and_subject(&registry).await;
    let next = format!("</v2/app/referrers/{}>; rel=\"next\"", subject.digest());
    registry.misbehave("/referrers/", Misbehaviour::Header("link", next));
    let error = image.referrers(subject.digest()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`{}` has more than 1000 referrers", subject.digest())
    );
}

#[tokio::test]
async fn a_next_page_elsewhere_is_not_asked_for() {
    let (registry, _) = with_sample(Options::default());
    let (elsewhere, _) = with_sample(Options::default());
    let (image, subject) = image_and_subject(&registry).await;
    let next = format!("<http://{}/v2/>; rel=\"next\"", elsewhere.host());
    registry.misbehave("/referrers/", Misbehaviour::Header("link", next));
    let error = image.referrers(subject.digest()).await.unwrap_err();
    assert!(
        matches!(error, RegistryError::UnsafeLocation { .. }),
        "{error}"
    );
    assert_eq!(elsewhere.requests(), []);
}

#[rstest]
#[case(true)]
#[case(false)]
#[tokio::test]
async fn ten_thousand_referrers_are_refused(#[case] has_api: bool) {
    let (registry, _) = with_sample(Options::without_referrers());
    let (image, subject) = image_and_subject(&registry).await;
    let entry = json!({ "mediaType": media_type::MANIFEST, "digest": subject.digest(), "size": 1 });
    let index = json!({
        "schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": vec![entry; 10_000],
    });
    let answer = Misbehaviour::Answer(media_type::INDEX.to_owned(), index.to_string().into());
    registry.misbehave(&fallback_tag(&subject), answer.clone());
    if has_api {
        registry.misbehave("/referrers/", answer);
    }
    let error = image.referrers(subject.digest()).await.unwrap_err();
    assert!(
        matches!(error, RegistryError::TooManyReferrers { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn signatures_of_the_old_form_are_noticed() {
    let (registry, sample) = with_sample(Options::default());
    let (image, subject) = image_and_subject(&registry).await;
    let none = image.legacy_signatures(subject.digest()).await.unwrap();
    assert_eq!(none, LegacySignatures::default());
    registry.retag(
        "app",
        &format!("{}.sig", fallback_tag(&subject)),
        sample.digest(),
    );
    registry.forget_requests();
    let found = image.legacy_signatures(subject.digest()).await.unwrap();
    assert_eq!(
        found,
        LegacySignatures {
            signature: true,
            attestation: false
        }
    );
    assert!(
        registry
            .requests()
            .iter()
            .all(|request| request.method == "HEAD")
    );
    assert_eq!(registry.requests().len(), 2);
}

#[rstest]
#[case(Options::default(), true)]
#[case(Options::without_referrers(), true)]
#[case(Options { deletion: false, ..Options::default() }, false)]
#[case(Options { deletion: false, ..Options::without_referrers() }, false)]
#[tokio::test]
async fn what_is_taken_away_goes_as_far_as_the_registry_lets_it(
    #[case] options: Options,
    #[case] deletes: bool,
) {
    let has_api = options.referrers_api;
    let (registry, _) = with_sample(options);
    let (image, subject) = image_and_subject(&registry).await;
    let one = attach(&image, &subject, "one").await;
    let two = attach(&image, &subject, "two").await;
    let detached = image
        .detach(subject.digest(), &[one.digest().clone()])
        .await
        .unwrap();
    let (expected, is_stored) = if deletes {
        (Detached::Removed, false)
    } else {
        (Detached::NotDeleted, true)
    };
    assert_eq!(detached, [expected]);
    let stored = registry.content("app", one.digest().as_ref());
    assert_eq!(stored.is_some(), is_stored);
    let found = referrers(&image, &subject).await;
    assert_eq!(found.contains(&one), has_api && !deletes);
    assert!(found.contains(&two));
}

#[tokio::test]
async fn an_entry_that_somebody_puts_back_stays() {
    let (registry, _) = with_sample(Options::without_referrers());
    let (image, subject) = image_and_subject(&registry).await;
    let one = attach(&image, &subject, "one").await;
    let tag = fallback_tag(&subject);
    let before = registry.content("app", &tag).unwrap();
    let put_back = async {
        loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let now = registry.content("app", &tag).unwrap();
            if now != before {
                // Not before the other has seen that it is gone.
                tokio::time::sleep(Duration::from_millis(300)).await;
                registry.put_manifest("app", &tag, media_type::INDEX, before.clone());
                return;
            }
        }
    };
    let digests = [one.digest().clone()];
    let (detached, ()) = tokio::join!(image.detach(subject.digest(), &digests), put_back);
    assert_eq!(detached.unwrap(), [Detached::PutBack]);
    assert_eq!(
        referrers(&image, &subject).await,
        std::slice::from_ref(&one)
    );
    assert!(registry.content("app", one.digest().as_ref()).is_some());
}

#[tokio::test]
async fn a_referrer_that_the_registry_took_and_does_not_list_is_not_said_to_be_listed() {
    let (registry, _) = with_sample(Options::default());
    let (image, subject) = image_and_subject(&registry).await;
    let empty = json!({ "schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": [] });
    let answer = Misbehaviour::Answer(media_type::INDEX.to_owned(), empty.to_string().into());
    registry.misbehave_times(2, "/referrers/", answer.clone());
    let late = image.attach(&subject, &bundle("late")).await.unwrap();
    assert_eq!(late.listed.position(late.referrer.digest()), Some(0));
    registry.misbehave("/referrers/", answer);
    let never = image.attach(&subject, &bundle("never")).await.unwrap();
    assert_eq!(never.listed.position(never.referrer.digest()), None);
}

#[tokio::test]
async fn an_entry_that_is_listed_often_is_listed_once() {
    let (registry, _) = with_sample(Options::without_referrers());
    let (image, subject) = image_and_subject(&registry).await;
    let entry = json!({ "mediaType": media_type::MANIFEST, "digest": subject.digest(), "size": 1 });
    let index = json!({
        "schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": vec![entry; 500],
    });
    let answer = Misbehaviour::Answer(media_type::INDEX.to_owned(), index.to_string().into());
    registry.misbehave(&fallback_tag(&subject), answer);
    let found = image.referrers(subject.digest()).await.unwrap();
    assert_eq!((found.entries.len(), found.on_first_page), (1, 1));
}

#[tokio::test]
async fn a_list_that_is_garbage_is_an_error() {
    let (registry, _) = with_sample(Options::default());
    let (image, subject) = image_and_subject(&registry).await;
    let garbage = Misbehaviour::Answer(media_type::INDEX.to_owned(), "{\"manifests\":".into());
    registry.misbehave("/referrers/", garbage);
    let error = image.referrers(subject.digest()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the list of referrers of `{}` cannot be used",
            subject.digest()
        )
    );
}

#[tokio::test]
async fn what_stands_at_the_fallback_tag_is_there_beside_the_list_of_a_registry() {
    let (registry, sample) = with_sample(Options::default());
    let (image, subject) = image_and_subject(&registry).await;
    assert_eq!(image.fallback_tag(subject.digest()).await.unwrap(), None);
    let tag = fallback_tag(&subject);
    let index = json!({
        "schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": [sample.manifest.descriptor()],
    });
    registry.put_manifest("app", &tag, media_type::INDEX, index.to_string());
    let found = image.fallback_tag(subject.digest()).await.unwrap().unwrap();
    assert_eq!(found.entries.unwrap().len(), 1);
    assert_eq!(referrers(&image, &subject).await, []);
    registry.retag("app", &tag, sample.digest());
    let found = image.fallback_tag(subject.digest()).await.unwrap().unwrap();
    assert_eq!(found.entries, None);
}

#[tokio::test]
async fn a_tag_of_the_old_form_is_read() {
    let (registry, sample) = with_sample(Options::default());
    let (image, subject) = image_and_subject(&registry).await;
    let find = |kind| image.legacy_document(subject.digest(), kind);
    assert_eq!(find(LegacyTag::Attestation).await.unwrap(), None);
    let tag = format!("{}.att", fallback_tag(&subject));
    registry.retag("app", &tag, sample.digest());
    let found = find(LegacyTag::Attestation).await.unwrap().unwrap();
    assert_eq!(found.bytes, sample.manifest.bytes);
    assert_eq!(find(LegacyTag::Signature).await.unwrap(), None);
}
