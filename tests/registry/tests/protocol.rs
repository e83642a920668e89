//! The registry as clients see it, asked in plain HTTP so that nothing of a client's own gets in between.
#![cfg(test)]

use polcheck_test_registry::{
    Auth, Conditions, ImageBuilder, Misbehaviour, Options, TestRegistry, artifact,
    attestation_manifest, image_index, media_type, sha256,
};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

/// An answer: the status, the head in lower case, the body.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

fn ask(registry: &TestRegistry, request: &str, headers: &str, body: &[u8]) -> Answer {
    let mut connection = TcpStream::connect(registry.host()).unwrap();
    let (host, length) = (registry.host(), body.len());
    let head = format!(
        "{request} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    connection.write_all(head.as_bytes()).unwrap();
    connection.write_all(body).unwrap();
    let mut answer = Vec::new();
    let _ = connection.read_to_end(&mut answer);
    let end = answer
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.to_lowercase(),
        body: answer[end + 4..].to_vec(),
    }
}

fn get(registry: &TestRegistry, path: &str) -> Answer {
    ask(registry, &format!("GET {path}"), "", b"")
}

fn with_image(options: Options) -> (TestRegistry, polcheck_test_registry::TestImage) {
    let registry = TestRegistry::start(options);
    let image = ImageBuilder::new(json!({ "User": "1" }))
        .layer(&[("a", "b")])
        .build();
    image.push(&registry, "team/app", Some("1"));
    (registry, image)
}

#[test]
fn the_base_says_that_it_is_a_registry() {
    let registry = TestRegistry::start(Options::default());
    assert_eq!(get(&registry, "/v2/").status, 200);
    assert_eq!(get(&registry, "/").status, 404);
}

#[test]
fn a_manifest_is_found_by_tag_and_by_digest() {
    let (registry, image) = with_image(Options::default());
    for reference in ["1", image.digest()] {
        let answer = get(&registry, &format!("/v2/team/app/manifests/{reference}"));
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some(media_type::MANIFEST));
        assert_eq!(answer.header("docker-content-digest"), Some(image.digest()));
        assert_eq!(answer.body, image.manifest.bytes);
    }
    let answer = get(&registry, "/v2/team/app/manifests/2");
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json()["errors"][0]["code"], "MANIFEST_UNKNOWN");
    assert_eq!(
        get(&registry, "/v2/team/app/tags/list").json()["tags"],
        json!(["1"])
    );
}

#[test]
fn a_head_has_the_length_and_no_body() {
    let (registry, image) = with_image(Options::default());
    let path = format!("HEAD /v2/team/app/manifests/{}", image.digest());
    let answer = ask(&registry, &path, "", b"");
    let length = image.manifest.bytes.len().to_string();
    assert_eq!(answer.header("content-length"), Some(length.as_str()));
    assert_eq!(answer.body, b"");
}

#[test]
fn a_blob_is_had_whole_and_in_ranges() {
    let registry = TestRegistry::start(Options::default());
    let digest = registry.put_blob("app", "0123456789");
    let path = format!("GET /v2/app/blobs/{digest}");
    assert_eq!(ask(&registry, &path, "", b"").body, b"0123456789");
    let part = ask(&registry, &path, "range: bytes=3-5\r\n", b"");
    assert_eq!((part.status, part.body.as_slice()), (206, &b"345"[..]));
    let rest = ask(&registry, &path, "range: bytes=8-\r\n", b"");
    assert_eq!((rest.status, rest.body.as_slice()), (206, &b"89"[..]));
}

#[test]
fn a_blob_is_uploaded_in_one_piece_in_several_and_mounted() {
    let registry = TestRegistry::start(Options::default());
    let digest = sha256(b"content");
    let begin = || {
        let answer = ask(&registry, "POST /v2/app/blobs/uploads/", "", b"");
        assert_eq!(answer.status, 202);
        answer.header("location").unwrap().to_owned()
    };
    let place = begin();
    let wrong = ask(
        &registry,
        &format!("PUT {place}&digest={digest}"),
        "",
        b"other",
    );
    assert_eq!(wrong.json()["errors"][0]["code"], "DIGEST_INVALID");

    let place = begin();
    let whole = ask(
        &registry,
        &format!("PUT {place}&digest={digest}"),
        "",
        b"content",
    );
    assert_eq!(whole.status, 201);
    assert_eq!(whole.header("docker-content-digest"), Some(digest.as_str()));

    registry.delete_blob("app", &digest);
    let place = begin();
    assert_eq!(
        ask(&registry, &format!("PATCH {place}"), "", b"con").status,
        202
    );
    assert_eq!(
        ask(&registry, &format!("PATCH {place}"), "", b"tent").status,
        202
    );
    let last = ask(&registry, &format!("PUT {place}&digest={digest}"), "", b"");
    assert_eq!(last.status, 201);

    let mount = format!("POST /v2/other/blobs/uploads/?mount={digest}&from=app");
    assert_eq!(ask(&registry, &mount, "", b"").status, 201);
    assert_eq!(registry.content("other", &digest).unwrap(), "content");
}

#[test]
fn a_manifest_is_taken_only_when_all_it_names_is_there() {
    let registry = TestRegistry::start(Options::default());
    let image = ImageBuilder::new(json!({})).layer(&[("a", "b")]).build();
    let put = |digest: &str| {
        let headers = format!("content-type: {}\r\n", media_type::MANIFEST);
        let request = format!("PUT /v2/app/manifests/{digest}");
        ask(&registry, &request, &headers, &image.manifest.bytes)
    };
    assert_eq!(
        put("1").json()["errors"][0]["code"],
        "MANIFEST_BLOB_UNKNOWN"
    );
    for blob in &image.blobs {
        registry.put_blob("app", blob.bytes.clone());
    }
    assert_eq!(
        put(&sha256(b"other")).json()["errors"][0]["code"],
        "DIGEST_INVALID"
    );
    assert_eq!(put("1").status, 201);
    assert_eq!(put(image.digest()).status, 201);
    assert_eq!(
        ask(&registry, "DELETE /v2/app/manifests/1", "", b"").status,
        202
    );
    assert_eq!(get(&registry, "/v2/app/manifests/1").status, 404);
}

#[test]
fn a_registry_that_deletes_nothing_says_so() {
    let (registry, image) = with_image(Options {
        deletion: false,
        ..Options::default()
    });
    let delete = format!("DELETE /v2/team/app/manifests/{}", image.digest());
    assert_eq!(ask(&registry, &delete, "", b"").status, 405);
    let get = format!("/v2/team/app/manifests/{}", image.digest());
    assert_eq!(self::get(&registry, &get).status, 200);
}

#[test]
fn a_condition_counts_only_where_it_is_kept() {
    for (conditions, refused) in [
        (Conditions::Unknown, 201),
        (Conditions::PassedOver, 201),
        (Conditions::Kept, 412),
    ] {
        let (registry, image) = with_image(Options {
            conditions,
            ..Options::default()
        });
        let etag = format!("\"{}\"", image.digest());
        let path = format!("/v2/team/app/manifests/{}", image.digest());
        let announced = get(&registry, &path);
        let expected = (conditions != Conditions::Unknown).then_some(etag.as_str());
        assert_eq!(announced.header("etag"), expected);
        registry.retag("team/app", "t", image.digest());
        let put = |condition: &str| {
            let headers = format!("content-type: {}\r\n{condition}\r\n", media_type::MANIFEST);
            let request = "PUT /v2/team/app/manifests/t";
            ask(&registry, request, &headers, &image.manifest.bytes).status
        };
        assert_eq!(put(&format!("if-match: {etag}")), 201);
        assert_eq!(put("if-match: \"other\""), refused);
        assert_eq!(put("if-none-match: *"), refused);
    }
}

#[test]
fn referrers_are_listed_filtered_and_in_pages() {
    let (registry, image) = with_image(Options {
        referrers_page: Some(1),
        ..Options::default()
    });
    registry.put_blob("team/app", "{}");
    let attach = |artifact_type: &str| {
        let empty = json!({ "mediaType": media_type::EMPTY, "digest": sha256(b"{}"), "size": 2 });
        let manifest = json!({
            "schemaVersion": 2, "mediaType": media_type::MANIFEST, "artifactType": artifact_type,
            "config": empty, "layers": [empty], "subject": image.manifest.descriptor(),
            "annotations": { "a": "b" },
        });
        let bytes = manifest.to_string();
        let request = format!("PUT /v2/team/app/manifests/{}", sha256(bytes.as_bytes()));
        let headers = format!("content-type: {}\r\n", media_type::MANIFEST);
        ask(&registry, &request, &headers, bytes.as_bytes())
    };
    assert_eq!(attach("x/one").header("oci-subject"), Some(image.digest()));
    attach("x/two");
    let path = format!("/v2/team/app/referrers/{}", image.digest());
    let first = get(&registry, &path);
    assert_eq!(first.json()["manifests"][0]["artifactType"], "x/one");
    assert_eq!(first.json()["manifests"][0]["annotations"]["a"], "b");
    assert_eq!(
        first.header("link").unwrap(),
        format!("<{path}?skip=1>; rel=\"next\"")
    );
    let second = get(&registry, &format!("{path}?skip=1"));
    assert_eq!(second.json()["manifests"][0]["artifactType"], "x/two");
    assert_eq!(second.header("link"), None);
    let filtered = get(&registry, &format!("{path}?artifactType=x%2Ftwo"));
    assert_eq!(filtered.json()["manifests"].as_array().unwrap().len(), 1);
    assert_eq!(filtered.header("oci-filters-applied"), Some("artifacttype"));
    let none = get(
        &registry,
        &format!("/v2/team/app/referrers/{}", sha256(b"")),
    );
    assert_eq!(none.json()["manifests"], json!([]));
}

#[test]
fn a_token_is_for_one_repository_and_what_it_was_asked_for() {
    let (registry, _) = with_image(Options {
        auth: Auth::Token {
            user: "user",
            password: "secret",
            anonymous_pull: true,
            realm: None,
        },
        ..Options::default()
    });
    let challenge = get(&registry, "/v2/team/app/manifests/1");
    assert_eq!(challenge.status, 401);
    assert_eq!(
        challenge.header("www-authenticate").unwrap(),
        format!(
            "bearer realm=\"http://{}/token\",service=\"test registry\",scope=\"repository:team/app:pull\"",
            registry.host()
        )
    );
    let token = get(
        &registry,
        "/token?service=x&scope=repository:team/app:pull,push",
    );
    let token = format!(
        "authorization: Bearer {}\r\n",
        token.json()["token"].as_str().unwrap()
    );
    let ask = |request: &str| ask(&registry, request, &token, b"").status;
    assert_eq!(ask("GET /v2/team/app/manifests/1"), 200);
    assert_eq!(ask("GET /v2/team/other/manifests/1"), 401);
    assert_eq!(ask("POST /v2/team/app/blobs/uploads/"), 401);
    registry.revoke_tokens();
    assert_eq!(ask("GET /v2/team/app/manifests/1"), 401);
}

#[test]
fn a_misbehaviour_happens_as_often_as_was_said() {
    let (registry, _) = with_image(Options::default());
    let busy = Misbehaviour::Status {
        status: 429,
        code: "TOOMANYREQUESTS",
        retry_after: Some(7),
    };
    registry.misbehave_times(1, "GET /v2/team/app/manifests/", busy);
    let first = get(&registry, "/v2/team/app/manifests/1");
    assert_eq!(
        (first.status, first.header("retry-after")),
        (429, Some("7"))
    );
    assert_eq!(get(&registry, "/v2/team/app/manifests/1").status, 200);
    let lines = registry.request_lines();
    assert_eq!(lines, ["GET /v2/team/app/manifests/1"; 2]);
}

#[test]
fn images_are_the_same_in_every_run() {
    let image = || {
        let app = ImageBuilder::new(json!({ "User": "1" }))
            .layer(&[("a", "b")])
            .build();
        let attestation = attestation_manifest(&app);
        let chart = artifact("x/config", "x/layer", b"chart");
        image_index(vec![app, attestation, chart])
    };
    let one = image();
    assert_eq!(one.digest(), image().digest());
    assert_eq!(one.oci_archive(Some("1")), image().oci_archive(Some("1")));
    let index: Value = serde_json::from_slice(&one.manifest.bytes).unwrap();
    let platform = &index["manifests"][1]["platform"];
    assert_eq!(
        *platform,
        json!({ "architecture": "unknown", "os": "unknown" })
    );
}

#[test]
fn a_registry_is_gone_when_it_is_dropped() {
    let registry = TestRegistry::start(Options::default());
    let host = registry.host().to_owned();
    assert!(TcpStream::connect(&host).is_ok());
    drop(registry);
    let is_gone = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        TcpStream::connect(&host).is_err()
    });
    assert!(is_gone);
}
