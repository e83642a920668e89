//! Registries as they really are: private authorities, proxies, mirrors; and how often they are asked.

use crate::assert_said;
use crate::harness::{Said, World};
use crate::images::{bad, good, good_config, good_for};
use rstest::rstest;
use serde_json::json;
use std::io::{Read, Write, copy};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use test_registry::{Auth, ImageBuilder, Options, TestImage, Tls, image_index};

fn check(world: &World, args: &[&str]) -> Said {
    world.polcheck(&[&["check", "--policy-set", "builtin:standard"], args].concat())
}

fn with_token(referrers_api: bool, token: bool) -> Options {
    let mut options = if referrers_api {
        Options::default()
    } else {
        Options::without_referrers()
    };
    if token {
        options.auth = Auth::Token {
            user: "me",
            password: "secret",
            anonymous_pull: true,
            realm: None,
        };
    }
    options
}

/// An image that runs here, alone or in an index.
fn push(world: &World, in_index: bool) -> TestImage {
    let image = good_for(match std::env::consts::ARCH {
        "aarch64" => "arm64",
        _ => "amd64",
    });
    let pushed = if in_index {
        image_index(vec![image, good_for("s390x")])
    } else {
        image
    };
    pushed.push(&world.registry, "app", Some("1"));
    pushed
}

/// A tag, the config, and what each circumstance adds.
#[rstest]
fn a_cold_image_takes_as_many_requests_as_it_must(
    #[values(false, true)] in_index: bool,
    #[values(false, true)] token: bool,
) {
    let world = World::with(with_token(true, token));
    push(&world, in_index);
    world.registry.forget_requests();
    let said = check(&world, &[&world.image("app:1")]);
    assert_eq!(said.code, 0, "{said}");
    // The first request, which nobody could know to need a token, is made again.
    let expected = 2 + usize::from(in_index) + 2 * usize::from(token);
    let lines = world.registry.request_lines();
    assert_eq!(lines.len(), expected, "{lines:?}");
    let tokens = lines.iter().filter(|line| line.contains("/token"));
    assert_eq!(tokens.count(), usize::from(token));
}

/// The manifest, the list, the statement's manifest and the bundle: four, and what each circumstance adds.
#[rstest]
fn a_cold_verification_takes_four_requests_and_what_the_registry_adds(
    #[values(false, true)] referrers_api: bool,
    #[values(false, true)] token: bool,
) {
    let mut world = World::with(with_token(referrers_api, token));
    world.set("POLCHECK_BLOB_CACHE", "0");
    let login = json!({ "auths": { world.registry.host(): { "auth": "bWU6c2VjcmV0" } } });
    world.write("home/.docker/config.json", login.to_string());
    let image = world.image("app:1");
    push(&world, false);
    world.make_key();
    let said = world.polcheck(&["attest", "--key", "polcheck.key", &image]);
    assert_eq!(said.code, 0, "{said}");
    world.registry.forget_requests();
    let said = world.polcheck(&["verify", "--key", "polcheck.pub", &image]);
    assert_eq!(said.code, 0, "{said}");
    let lines = world.registry.request_lines();
    let expected = 4 + usize::from(!referrers_api) + 2 * usize::from(token);
    assert_eq!(lines.len(), expected, "{lines:?}");
}

#[test]
fn what_was_fetched_before_is_not_fetched_again() {
    let world = World::new();
    push(&world, true);
    let image = world.image("app:1");
    let requests = |args: &[&str]| {
        world.registry.forget_requests();
        let said = check(&world, args);
        assert_eq!(said.code, 0, "{said}");
        world.registry.requests().len()
    };
    assert_eq!(requests(&[&image]), 3);
    // What a tag names may have changed.
    assert_eq!(requests(&[&image]), 1);
    assert_eq!(requests(&["--blob-cache", "0", &image]), 3);
    let elsewhere = world.path("elsewhere");
    let elsewhere = elsewhere.to_string_lossy();
    assert_eq!(requests(&["--cache-dir", &elsewhere, &image]), 3);
    assert!(world.path("elsewhere/blobs").is_dir());
}

#[test]
fn fifty_images_share_what_they_have_in_common() {
    let world = World::new();
    for number in 0..50 {
        let image = ImageBuilder::new(good_config()).annotation("number", &number.to_string());
        image
            .build()
            .push(&world.registry, &format!("app-{number}"), Some("1"));
    }
    world.registry.forget_requests();
    let images: Vec<String> = (0..50)
        .map(|number| world.image(&format!("app-{number}:1")))
        .collect();
    let mut args = vec!["--jobs", "50"];
    args.extend(images.iter().map(String::as_str));
    let said = check(&world, &args);
    assert_eq!(said.code, 0, "{said}");
    let lines = world.registry.request_lines();
    assert_eq!(lines.len(), 51, "{lines:?}");
    assert_eq!(
        lines.iter().filter(|line| line.contains("/blobs/")).count(),
        1
    );
    assert!(world.registry.most_at_once() <= 8);
}

/// A registry behind HTTPS, and its files in the folder.
fn private(tls: &Tls) -> World {
    let world = World::with(Options {
        tls: Some(tls.clone()),
        ..Options::default()
    });
    good().push(&world.registry, "app", Some("1"));
    world.write("ca.pem", tls.ca_pem());
    world.write("cert.pem", tls.client_cert_pem());
    world.write("key.pem", tls.client_key_pem());
    world
}

#[test]
fn a_private_authority_is_named_by_a_flag_a_variable_or_a_file() {
    let mut world = private(&Tls::new());
    let image = world.image("app:1");
    assert_said!(check(&world, &[&image]), @"
    exit code: 2
    --- stdout
    registry.test/app:1: undecided
      no secure connection to `registry.test`
    --- stderr
    error: no secure connection to `registry.test`
     |
     = caused by: invalid peer certificate: UnknownIssuer
     = help: `--registry-cacert FILE` trusts the registry's certificate authority; `--allow-insecure-registry` checks no certificate at all
    ");
    assert_eq!(
        check(&world, &["--registry-cacert", "ca.pem", &image]).code,
        0
    );
    let entry = format!(
        "registries: {{ '{}': {{ ca: ca.pem }} }}\n",
        world.registry.host()
    );
    world.write("named.yaml", entry);
    assert_eq!(check(&world, &["--config", "named.yaml", &image]).code, 0);
    world.set("POLCHECK_REGISTRY_CACERT", "ca.pem");
    assert_eq!(check(&world, &[&image]).code, 0);
    assert_said!(check(&world, &["--registry-cacert", "key.pem", &image]), @"
    exit code: 2
    --- stdout
    registry.test/app:1: undecided
      `key.pem` has no certificate in PEM
    --- stderr
    error: `key.pem` has no certificate in PEM
     |
     = help: name a file with `-----BEGIN CERTIFICATE-----` in it
    ");
}

#[test]
fn a_client_shows_its_certificate_where_it_is_given_one() {
    let world = private(&Tls::new().for_known_clients());
    let image = world.image("app:1");
    let ca = ["--registry-cacert", "ca.pem"];
    let said = check(&world, &[&ca[..], &[&image]].concat());
    assert_eq!(said.code, 2, "{said}");
    let cert = ["--registry-client-cert", "cert.pem"];
    let key = ["--registry-client-key", "key.pem"];
    let both = [&ca[..], &cert, &key, &[&image]].concat();
    let said = check(&world, &both);
    assert_eq!(said.code, 0, "{said}");
    assert_said!(check(&world, &[&ca[..], &cert, &[&image]].concat()), @"
    exit code: 2
    --- stderr
    error: a client certificate needs its key, and a key its certificate
     |
     = help: give both `--registry-client-cert` and `--registry-client-key`
    ");
}

/// Joins both directions of two connections, until either end is over.
fn join(one: TcpStream, other: TcpStream) {
    let (mut from, mut to) = (one.try_clone().unwrap(), other.try_clone().unwrap());
    thread::spawn(move || {
        let _ = copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
    let (mut from, mut to) = (other, one);
    let _ = copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
}

/// A proxy that leads every `CONNECT` to one place, and says where.
fn proxy(place: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let place = place.to_owned();
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && client.read_exact(&mut byte).is_ok() {
                head.push(byte[0]);
            }
            if !head.starts_with(b"CONNECT registry.test:443 ") {
                continue;
            }
            client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            let server = TcpStream::connect(&place).unwrap();
            thread::spawn(move || join(client, server));
        }
    });
    format!("http://{address}")
}

#[rstest]
#[case("HTTPS_PROXY")]
#[case("https_proxy")]
#[case("ALL_PROXY")]
fn https_goes_through_the_proxy_of_the_environment(#[case] variable: &str) {
    let mut world = private(&Tls::new());
    world.set(variable, &proxy(world.registry.host()));
    let args = ["--registry-cacert", "ca.pem", "registry.test/app:1"];
    let said = check(&world, &args);
    assert_eq!(said.code, 0, "{said}");
    world.set("NO_PROXY", "example.com,.test");
    let said = check(&world, &args);
    assert_eq!(said.code, 2, "{said}");
    assert!(said.stderr.contains("cannot be found"), "{said}");
}

#[rstest]
#[case("HTTP_PROXY")]
#[case("http_proxy")]
#[case("ALL_PROXY")]
fn plain_http_goes_through_it_too_but_never_to_the_machine_itself(#[case] variable: &str) {
    // A server that is asked for a whole URL answers as the server of that URL.
    let mut world = World::new();
    good().push(&world.registry, "app", Some("1"));
    world.set(variable, &format!("http://{}", world.registry.host()));
    world.write(
        "named.yaml",
        "registries: { elsewhere.test: { http: true } }\n",
    );
    let args = ["--config", "named.yaml", "elsewhere.test/app:1"];
    let said = check(&world, &args);
    assert_eq!(said.code, 0, "{said}");
    world.set("NO_PROXY", "elsewhere.test");
    let said = check(&world, &args);
    assert!(said.stderr.contains("cannot be found"), "{said}");
    world.set(variable, "http://127.0.0.1:1");
    let said = check(&world, &["--blob-cache", "0", &world.image("app:1")]);
    assert_eq!(said.code, 0, "{said}");
}

/// A configuration by which another image is called `app:1`.
fn swapped() -> (World, World) {
    let (world, other) = (World::new(), World::new());
    bad().push(&world.registry, "app", Some("1"));
    good().push(&other.registry, "app", Some("1"));
    let text = format!(
        "registries: {{ '{}': {{ mirrors: ['{}'] }} }}\n",
        world.registry.host(),
        other.registry.host()
    );
    world.write("polcheck.yaml", &text);
    world.write("named.yaml", text);
    (world, other)
}

#[test]
fn registries_that_the_working_directory_chose_withhold_every_claim() {
    let (world, _other) = swapped();
    world.make_key();
    let image = world.image("app:1");
    let claims = |args: &[&str]| {
        let report = world.json(&[&["check", "-o", "json"], args, &[&image]].concat());
        let claim = &report["reports"][0]["claims"][0];
        (claim["issued"].clone(), claim["withheld"][0].clone())
    };
    let why = "which registries are asked comes from the working directory and was not named by `--config`";
    assert_eq!(claims(&[]), (json!(false), json!(why)));
    assert_eq!(
        claims(&["--config", "named.yaml"]),
        (json!(true), json!(null))
    );
    world.registry.forget_requests();
    let said = world.polcheck(&["attest", "--key", "polcheck.key", &image]);
    assert!(said.stdout.contains("no statement"), "{said}");
    let requests = world.registry.requests();
    assert!(requests.iter().all(|request| request.method == "GET"));
    for line in ["registryCacert: ca.pem\n", "allowHttpRegistry: true\n"] {
        world.write("ca.pem", Tls::new().ca_pem());
        world.write("polcheck.yaml", line);
        assert_eq!(claims(&[]).1, json!(why), "{line}");
    }
}

#[test]
fn a_verification_never_asks_registries_that_the_working_directory_chose() {
    let (world, other) = swapped();
    world.make_key();
    let image = world.image("app:1");
    let said = other.polcheck(&[
        "attest",
        "--key",
        &world.path("polcheck.key").to_string_lossy(),
        &other.image("app:1"),
    ]);
    assert_eq!(said.code, 0, "{said}");
    other.registry.forget_requests();
    assert_said!(world.polcheck(&["verify", "--key", "polcheck.pub", &image]), @"
    exit code: 2
    --- stderr
    error: which registries are asked comes from `polcheck.yaml` in the working directory, which nobody named
     |
     = help: name it with `--config polcheck.yaml` if you trust it, or leave it out with `--no-config`
    ");
    assert_eq!(other.registry.requests(), []);
}

#[test]
fn what_cannot_be_meant_by_registries_is_said_where_it_stands() {
    let world = World::new();
    let validate = |text: &str| {
        world.write("polcheck.yaml", text);
        world.polcheck(&["config", "validate"])
    };
    assert_said!(validate("registries:\n  docker.io: { fallback: false }\n"), @"
    exit code: 2
    --- stderr
    error: `polcheck.yaml` is not valid: `docker.io` of `registries` has no mirror and no `fallback`: nobody could be asked at line 2, column 3
     |
     = help: `polcheck config show` lists all that can be set, and what is set
    ");
    assert_said!(validate("registries:\n  docker.io: { mirrors: [hub] }\n"), @"
    exit code: 2
    --- stderr
    error: `polcheck.yaml` is not valid: `hub` is neither a registry (`HOST[:PORT]`) nor a path in one (`HOST[:PORT]/PATH`) at line 2, column 26
     |
     = help: `polcheck config show` lists all that can be set, and what is set
    ");
    assert_said!(validate("blobCache: much\n"), @"
    exit code: 2
    --- stderr
    error: `polcheck.yaml` is not valid: `much` is not a size: write a number of bytes, or one with K, M, G or T behind it, such as `500M` at line 1, column 12
     |
     = help: `polcheck config show` lists all that can be set, and what is set
    ");
    assert_said!(validate("registries:\n  r.io: {}\n  s.io: { fallback: true }\n  t.io: { mirrors: [t.io] }\n"), @"
    exit code: 0
    --- stdout
    polcheck.yaml is valid
    without effect: `r.io` of `registries` says nothing
    without effect: `s.io` of `registries` has a `fallback` and no mirrors
    without effect: `t.io` of `registries` is a mirror of itself
    ");
}

#[test]
fn what_is_said_about_registries_is_shown() {
    let world = World::new();
    world.write(
        "polcheck.yaml",
        "registries: { docker.io: { mirrors: [m.example/hub] } }\nblobCache: 512M\n",
    );
    let said = world.polcheck(&["config", "show", "--retries", "5"]);
    let lines: Vec<&str> = said.stdout.lines().skip(19).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    # registryCacert is not set
    # registryClientCert is not set
    # registryClientKey is not set
    retries: 5 # command line
    blobCache: "512M" # polcheck.yaml
    registries: {"docker.io":{"mirrors":["m.example/hub"]}} # polcheck.yaml
    "#);
}
