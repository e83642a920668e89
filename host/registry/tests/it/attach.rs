//! What is attached to an image, and found again, on registries with the referrers API and without.

use crate::{document, open, options, reference, with_sample};
use oci_spec::image::Descriptor;
use polcheck_registry::{Attachment, Image, LegacySignatures, Registry, RegistryError};
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;
use test_registry::{Misbehaviour, Options, TestRegistry, media_type};

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

#[tokio::test]
async fn the_manifest_is_the_one_that_cosign_writes() {
    let (registry, sample) = with_sample(Options::default());
    let (image, subject) = image_and_subject(&registry).await;
    let attached = image.attach(&subject, &bundle("{\"a\":1}")).await.unwrap();
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
    assert_eq!(image.referrers(subject.digest()).await.unwrap(), [attached]);
}

#[rstest]
#[case(Options::without_referrers())]
#[case(Options { oci_subject: false, ..Options::default() })]
#[tokio::test]
async fn a_registry_that_does_not_say_oci_subject_gets_the_fallback_tag(#[case] options: Options) {
    let (registry, _) = with_sample(options);
    let (image, subject) = image_and_subject(&registry).await;
    let first = image.attach(&subject, &bundle("one")).await.unwrap();
    let second = image.attach(&subject, &bundle("two")).await.unwrap();
    image.attach(&subject, &bundle("one")).await.unwrap();
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
    let mut found = image.referrers(subject.digest()).await.unwrap();
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
    let attached = image.attach(&subject, &bundle("one")).await.unwrap();
    let index = json_of(&registry, &fallback_tag(&subject));
    assert_eq!(index.pointer("/manifests/1"), Some(&entry));
    assert_eq!(
        index.pointer("/manifests/0/digest"),
        Some(&json!(attached.digest()))
    );
    assert_eq!(index.pointer("/annotations/a"), Some(&json!("b")));
    assert_eq!(image.referrers(subject.digest()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn of_several_that_attach_at_once_none_is_lost() {
    const WRITERS: usize = 4;
    let (registry, _) = with_sample(Options::without_referrers());
    let (image, subject) = image_and_subject(&registry).await;
    // Everybody has read the index before anybody writes it.
    let tag = format!("GET /v2/app/manifests/{}", fallback_tag(&subject));
    registry.misbehave_times(
        WRITERS,
        &tag,
        Misbehaviour::Late(Duration::from_millis(100)),
    );
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..WRITERS {
        let (source, subject) = (reference(&registry, ":1"), subject.clone());
        writers.spawn(async move {
            // Each a program of its own.
            let image = Registry::new(options())
                .open(&source.parse().unwrap())
                .await
                .unwrap();
            image
                .attach(&subject, &bundle(&number.to_string()))
                .await
                .unwrap()
        });
    }
    let attached = writers.join_all().await;
    let found = image.referrers(subject.digest()).await.unwrap();
    assert_eq!(found.len(), WRITERS);
    assert!(attached.iter().all(|one| found.contains(one)));
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
            "the index at the tag `{tag}` of `{}/app` is overwritten by others again and again",
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
    assert_eq!(image.referrers(subject.digest()).await.unwrap(), []);
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
    assert_eq!(image.referrers(subject.digest()).await.unwrap(), []);
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
    assert_eq!(image.referrers(subject.digest()).await.unwrap(), []);
}

#[tokio::test]
async fn referrers_come_in_pages() {
    let (registry, _) = with_sample(Options {
        referrers_page: Some(2),
        ..Options::default()
    });
    let (image, subject) = image_and_subject(&registry).await;
    for number in 0..5 {
        image
            .attach(&subject, &bundle(&number.to_string()))
            .await
            .unwrap();
    }
    registry.forget_requests();
    assert_eq!(image.referrers(subject.digest()).await.unwrap().len(), 5);
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
