//! `polcheck attest` where an identity signs, and where logs and authorities take part.

use crate::assert_said;
use crate::harness::{Said, World};
use crate::images::{bad, good, good_for};
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;
use serde_json::{Value, json};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread;
use std::time::Duration;
use test_registry::image_index;
use test_sigstore::{Algorithm, LogVersion, Sigstore, SigstoreServer, key_pair};

const IDENTITY: &str = "https://ci.test/acme/shop/.workflows/release.yml@refs/heads/main";

/// A good image, and a Sigstore that exists since yesterday: its signing config is `signing_config.json`, its trusted root
/// `trusted_root.json`, and a token of its issuer `token`.
fn world(logs: &[LogVersion], timestamps: bool) -> (World, SigstoreServer) {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    let start = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
    let server = SigstoreServer::start(Sigstore::new(start - SignedDuration::from_hours(24)));
    let config = server.signing_config(logs, timestamps);
    world.write("signing_config.json", config.to_string());
    world.write(
        "trusted_root.json",
        server.sigstore().trusted_root().to_string(),
    );
    world.write("token", server.token(&json!({})));
    (world, server)
}

const SIGSTORE: &str = "--signing-config signing_config.json --trusted-root trusted_root.json";

fn called(world: &World, command: &str) -> Said {
    let image = world.image("app:1");
    let words: Vec<_> = command.split_whitespace().chain([image.as_str()]).collect();
    world.polcheck(&words)
}

/// Verifies as the identity of the token.
fn verify(world: &World, server: &SigstoreServer, identity: &str) -> Said {
    let issuer = server.url();
    called(
        world,
        &format!(
            "verify --certificate-identity {identity} --certificate-oidc-issuer {issuer} --trusted-root trusted_root.json"
        ),
    )
}

/// What a statement was, without what differs.
fn bundle(world: &World) -> Value {
    serde_json::from_str(&world.read("bundle.json")).unwrap()
}

#[rstest]
#[case::log_that_says_when(&[LogVersion::One], false)]
#[case::log_and_timestamp(&[LogVersion::One], true)]
#[case::log_that_does_not_say_when(&[LogVersion::Two], true)]
#[case::both_logs(&[LogVersion::One, LogVersion::Two], true)]
fn an_identity_signs_and_is_verified(#[case] logs: &[LogVersion], #[case] timestamps: bool) {
    let (world, server) = world(logs, timestamps);
    let said = called(
        &world,
        &format!("attest --identity-token token {SIGSTORE} --bundle bundle.json"),
    );
    assert_eq!(said.code, 0, "{said}");
    assert!(said.stdout.contains("signed and attached"), "{said}");
    let material = &bundle(&world)["verificationMaterial"];
    assert_eq!(
        material["tlogEntries"].as_array().unwrap().len(),
        logs.len()
    );
    assert_eq!(
        material["timestampVerificationData"].is_object(),
        timestamps
    );
    assert!(material["certificate"]["rawBytes"].is_string());
    let said = verify(&world, &server, IDENTITY);
    assert_eq!(said.code, 0, "{said}");
    assert!(said.stdout.contains(IDENTITY), "{said}");
    let said = verify(&world, &server, "mallory@ci.test");
    assert_eq!(said.code, 1, "{said}");
}

#[test]
fn the_platforms_of_an_index_share_a_certificate() {
    let (world, server) = world(&[LogVersion::Two], true);
    let index = image_index(vec![good_for("amd64"), good_for("arm64")]);
    index.push(&world.registry, "app", Some("1"));
    let said = called(
        &world,
        &format!("attest -q --identity-token token {SIGSTORE}"),
    );
    assert_eq!(said.code, 0, "{said}");
    let requests = server.request_lines();
    let count = |line: &str| requests.iter().filter(|found| *found == line).count();
    assert_eq!(count("POST /api/v2/signingCert"), 1, "{requests:?}");
    assert_eq!(count("POST /api/v2/log/entries"), 3, "{requests:?}");
}

#[test]
fn an_identity_replaces_its_own_older_statement() {
    let (world, _server) = world(&[LogVersion::One], true);
    let attest = format!("attest --identity-token token {SIGSTORE}");
    assert_eq!(called(&world, &attest).code, 0);
    // Times are in whole seconds.
    thread::sleep(Duration::from_millis(1100));
    let said = called(&world, &attest);
    assert_eq!(said.code, 0, "{said}");
    let image = world.image("app:1");
    let list = world.json(&["statements", "-o", "json", &image]);
    assert_eq!(list["attached"].as_array().unwrap().len(), 1, "{list:#}");
}

#[test]
fn nobody_is_asked_for_an_image_that_does_not_pass() {
    let (world, server) = world(&[LogVersion::One], true);
    bad().push(&world.registry, "app", Some("1"));
    let said = called(
        &world,
        &format!("attest -q --identity-token token {SIGSTORE}"),
    );
    assert_eq!(said.code, 1, "{said}");
    assert_eq!(server.request_lines(), [] as [&str; 0]);
}

#[test]
fn a_token_comes_from_a_file_standard_input_or_a_variable() {
    let (mut world, server) = world(&[LogVersion::One], false);
    let image = world.image("app:1");
    let attest = format!("attest -q {SIGSTORE} --no-upload --bundle bundle.json");
    let words: Vec<_> = attest.split(' ').collect();
    let token = server.token(&json!({"email": "ci@people.test"})) + "\n";
    let by_stdin = [&words[..], &["--identity-token", "-", &image]].concat();
    let said = world.polcheck_with_stdin(&by_stdin, token.as_bytes());
    assert_eq!(said.code, 0, "{said}");
    world.set("SIGSTORE_ID_TOKEN", token.trim());
    world.set("GITLAB_CI", "true");
    let said = called(&world, &attest);
    assert_eq!(said.code, 0, "{said}");
}

#[test]
fn github_gives_a_token_to_a_job_that_may_have_one() {
    let (mut world, server) = world(&[LogVersion::Two], true);
    for (name, value) in server.github_variables() {
        world.set(name, &value);
    }
    let said = called(&world, &format!("attest -q {SIGSTORE}"));
    assert_eq!(said.code, 0, "{said}");
    let requests = server.request_lines();
    assert_eq!(
        requests.first().unwrap(),
        "GET /github/token",
        "{requests:?}"
    );
    assert_eq!(verify(&world, &server, IDENTITY).code, 0);
}

/// A program in a folder on PATH.
fn program(world: &mut World, name: &str, script: &str) {
    let path = format!("bin/{name}");
    world.write(&path, script);
    let path = world.path(&path);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let folder = path.parent().unwrap().to_str().unwrap().to_owned();
    world.set("PATH", &format!("{folder}:/usr/bin:/bin"));
}

#[rstest]
#[case(
    "BUILDKITE",
    "buildkite-agent",
    "oidc request-token --audience sigstore"
)]
#[case(
    "CIRCLECI",
    "circleci",
    "run oidc get --root-issuer --claims {\"aud\":\"sigstore\"}"
)]
fn the_program_of_a_ci_gives_a_token(
    #[case] variable: &str,
    #[case] name: &str,
    #[case] arguments: &str,
) {
    let (mut world, server) = world(&[LogVersion::One], false);
    let token = world.path("token").display().to_string();
    program(
        &mut world,
        name,
        &format!("#!/bin/sh\necho \"$@\" > arguments\ncat {token}\necho\n"),
    );
    world.set(variable, "true");
    let said = called(&world, &format!("attest -q {SIGSTORE}"));
    assert_eq!(said.code, 0, "{said}");
    assert_eq!(world.read("arguments").trim(), arguments);
    assert_eq!(verify(&world, &server, IDENTITY).code, 0);
}

#[test]
fn a_program_of_a_ci_that_fails_says_why() {
    let (mut world, _server) = world(&[LogVersion::One], false);
    program(
        &mut world,
        "buildkite-agent",
        "#!/bin/sh\necho 'no such job' >&2\nexit 1\n",
    );
    world.set("BUILDKITE", "true");
    assert_said!(called(&world, &format!("attest -q {SIGSTORE}")), @"
    exit code: 2
    --- stdout
    registry.test/app:1: undecided
      the program `buildkite-agent` failed: `no such job`
    --- stderr
    error: the program `buildkite-agent` failed: `no such job`
     |
     = help: run `buildkite-agent` by hand and see what it says
    ");
}

/// Asks a server on this machine, and gives what it answers.
fn get(url: &str) -> String {
    let (authority, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let authority = authority.replace("localhost", "127.0.0.1");
    let mut stream = TcpStream::connect(authority).unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// What a program wrote into a file, as soon as it did.
fn wait_for(path: &Path) -> String {
    loop {
        if let Ok(text) = fs::read_to_string(path)
            && text.ends_with('\n')
        {
            return text.trim().to_owned();
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Somebody in front of a browser, who goes where they are shown; gives the page that they see in the end.
fn person(world: &mut World) -> thread::JoinHandle<String> {
    program(world, "browser", "#!/bin/sh\necho \"$1\" > url\n");
    world.set("BROWSER", "browser");
    let url = world.path("url");
    thread::spawn(move || {
        let login = get(&wait_for(&url));
        let to = login.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("location")
                .then(|| value.to_owned())
        });
        let to = to.unwrap_or_else(|| panic!("{login}"));
        // What somebody else made the browser bring is sent away.
        let forged = get(&to.replace("state=", "state=x"));
        assert!(forged.starts_with("HTTP/1.1 404"), "{forged}");
        get(&to)
    })
}

#[test]
fn somebody_logs_in_with_a_browser() {
    let (mut world, server) = world(&[LogVersion::One], true);
    let person = person(&mut world);
    let said = called(&world, &format!("attest -q --interactive {SIGSTORE}"));
    let page = person.join().unwrap();
    assert_eq!(said.code, 0, "{said}");
    assert!(page.contains("You are logged in"), "{page}");
    assert!(said.stderr.contains("Log in with a browser"), "{said}");
    assert_eq!(verify(&world, &server, "somebody@people.test").code, 0);
}

#[test]
fn a_token_that_answers_another_login_is_refused() {
    let (mut world, server) = world(&[LogVersion::One], true);
    let token = server.token(&json!({"nonce": "of somebody else"}));
    let answer = json!({ "id_token": token }).to_string();
    server.misbehave(1, "POST /token", 200, &[], answer);
    let person = person(&mut world);
    let said = called(&world, &format!("attest -q --interactive {SIGSTORE}"));
    person.join().unwrap();
    assert_eq!(said.code, 2, "{said}");
    assert!(
        said.stderr.contains("was not given out for this request"),
        "{said}"
    );
    for part in token.split('.') {
        assert!(!said.to_string().contains(part), "{said}");
    }
    let requests = server.request_lines();
    assert_eq!(requests.last().unwrap(), "POST /token", "{requests:?}");
}

#[test]
fn an_issuer_by_another_name_is_not_logged_in_with() {
    let (world, server) = world(&[LogVersion::One], true);
    let metadata = json!({
        "issuer": "https://accounts.example.com",
        "authorization_endpoint": "https://accounts.example.com/authorize",
        "token_endpoint": "https://accounts.example.com/token",
    });
    server.misbehave(1, "openid-configuration", 200, &[], metadata.to_string());
    let said = called(&world, &format!("attest -q --interactive {SIGSTORE}"));
    assert_eq!(said.code, 2, "{said}");
    assert!(
        said.stderr
            .contains("is no issuer of OpenID Connect under the name"),
        "{said}"
    );
}

#[rstest]
#[case::expired(json!({"exp": 1_000_000_000}), "the identity token expired at 2001-09-09T01:46:40Z")]
#[case::other_audience(json!({"aud": "vault"}), "the identity token is for `vault`, not for `sigstore`")]
#[case::nobody(json!({"sub": null}), "has neither an address nor a subject")]
fn a_token_that_is_of_no_use_is_not_shown_to_anybody(#[case] claims: Value, #[case] says: &str) {
    let (world, server) = world(&[LogVersion::One], false);
    let token = server.token(&claims);
    world.write("token", &token);
    let said = called(
        &world,
        &format!("attest -q --identity-token token {SIGSTORE}"),
    );
    assert_eq!(said.code, 2, "{said}");
    assert!(said.to_string().contains(says), "{said}");
    for part in token.split('.') {
        assert!(!said.to_string().contains(part), "{said}");
    }
    assert_eq!(server.request_lines(), [] as [&str; 0]);
}

#[test]
fn a_token_on_the_command_line_is_refused_and_not_repeated() {
    let (world, server) = world(&[LogVersion::One], false);
    let token = server.token(&json!({}));
    let said = called(
        &world,
        &format!("attest -q --identity-token {token} {SIGSTORE}"),
    );
    assert_said!(said, @"
    exit code: 2
    --- stderr
    error: `--identity-token` was given a token, which everybody on this machine could read
     |
     = help: write it into a file and name that, give it on standard input (`-`), or set `SIGSTORE_ID_TOKEN`; whoever saw it can sign as you until it expires
    ");
}

#[test]
fn what_may_be_a_damaged_token_is_not_repeated_either() {
    let (world, server) = world(&[LogVersion::One], false);
    let damaged = server.token(&json!({})).replace('.', "_");
    let said = called(
        &world,
        &format!("attest -q --identity-token {damaged} {SIGSTORE}"),
    );
    assert_eq!(said.code, 2, "{said}");
    assert!(!said.to_string().contains(&damaged), "{said}");
}

#[test]
fn without_a_key_a_token_and_a_ci_there_is_nothing_to_sign_with() {
    let (world, _server) = world(&[LogVersion::One], false);
    assert_said!(called(&world, "attest -q"), @"
    exit code: 2
    --- stderr
    error: there is nothing to sign with: no key, no identity token, and no CI that gives one
     |
     = help: give a key with `--key FILE` (`polcheck key generate` makes one), an identity token with `--identity-token FILE`, or log in with `--interactive`
    ");
}

#[rstest]
#[case::no_time(&[LogVersion::Two], false, "tsaUrls")]
#[case::no_log(&[], true, "rekorTlogUrls")]
fn a_signing_config_that_nobody_could_verify_by_is_refused(
    #[case] logs: &[LogVersion],
    #[case] timestamps: bool,
    #[case] cure: &str,
) {
    let (world, server) = world(logs, timestamps);
    let said = called(
        &world,
        &format!("attest -q --identity-token token {SIGSTORE}"),
    );
    assert_eq!(said.code, 2, "{said}");
    assert!(said.stderr.contains(cure), "{said}");
    assert_eq!(server.request_lines(), [] as [&str; 0]);
}

#[test]
fn services_of_others_need_a_trusted_root() {
    let (world, _server) = world(&[LogVersion::One], false);
    world.make_key();
    for who in ["--identity-token token", "--key polcheck.key"] {
        let said = called(
            &world,
            &format!("attest -q {who} --signing-config signing_config.json"),
        );
        assert_eq!(said.code, 2, "{said}");
        assert!(said.stderr.contains("--trusted-root"), "{said}");
    }
}

#[rstest]
#[case::certificate(
    "signingCert",
    400,
    r#"{"code":3,"message":"issuer is \u001b[31mnot known"}"#,
    "the certificate authority at `HOST` refused with status 400: `issuer is \\u{1b}[31mnot known`"
)]
#[case::log(
    "log/entries",
    400,
    r#"{"code":400,"message":"error processing entry"}"#,
    "the transparency log at `HOST` refused with status 400: `error processing entry`"
)]
#[case::authority(
    "timestamp",
    500,
    "<html>",
    "the timestamp authority at `HOST` refused with status 500\n"
)]
#[case::elsewhere("signingCert", 302, "", "redirects are not followed")]
#[case::no_json(
    "signingCert",
    201,
    "<html>",
    "a form that is not the one of its interface"
)]
#[case::no_entry("log/entries", 201, "{}", "there is no entry")]
#[case::no_timestamp("timestamp", 201, "no timestamp", "it is no answer of RFC 3161")]
#[case::refused(
    "timestamp",
    201,
    "\x30\x05\x30\x03\x02\x01\x02",
    "refused with status 2"
)]
fn a_service_that_does_not_do_its_part_is_named(
    #[case] request: &str,
    #[case] status: u16,
    #[case] body: &'static str,
    #[case] says: &str,
) {
    let (world, server) = world(&[LogVersion::One], true);
    let elsewhere = [("location", "http://127.0.0.1:1/")];
    server.misbehave(usize::MAX, request, status, &elsewhere, body);
    let said = called(
        &world,
        &format!("attest -q --identity-token token {SIGSTORE}"),
    );
    assert_eq!(said.code, 2, "{said}");
    let host = server.url().trim_start_matches("http://");
    let text = said.to_string().replace(host, "HOST");
    assert!(text.contains(says), "{text}");
    assert!(text.contains("= help: "), "{text}");
}

#[test]
fn a_service_that_is_busy_is_asked_again() {
    let (world, server) = world(&[LogVersion::One], false);
    server.misbehave(1, "signingCert", 503, &[], "");
    let said = called(
        &world,
        &format!("attest -q --identity-token token {SIGSTORE}"),
    );
    assert_eq!(said.code, 0, "{said}");
}

#[test]
fn an_answer_without_end_is_cut_off() {
    let (world, server) = world(&[LogVersion::One], false);
    server.misbehave(1, "signingCert", 201, &[], vec![b' '; 5 << 20]);
    let said = called(
        &world,
        &format!("attest -q --identity-token token {SIGSTORE}"),
    );
    assert_eq!(said.code, 2, "{said}");
    assert!(
        said.to_string().contains("more than 4194304 bytes"),
        "{said}"
    );
}

#[test]
fn what_the_trusted_root_does_not_bear_out_is_not_attached() {
    let (world, _server) = world(&[LogVersion::One], true);
    let other = Sigstore::new(Timestamp::now() - SignedDuration::from_hours(24));
    world.write("trusted_root.json", other.trusted_root().to_string());
    let said = called(
        &world,
        &format!("attest -q --identity-token token {SIGSTORE}"),
    );
    assert_eq!(said.code, 2, "{said}");
    assert!(
        said.to_string()
            .contains("polcheck itself would not accept it"),
        "{said}"
    );
    let image = world.image("app:1");
    let list = world.json(&["statements", "-o", "json", &image]);
    assert_eq!(list["attached"], json!([]));
}

#[test]
fn plain_http_to_elsewhere_is_refused_before_anything_is_sent() {
    let (world, server) = world(&[LogVersion::One], false);
    let config = server.signing_config(&[LogVersion::One], false).to_string();
    let elsewhere = config.replace(server.url(), "http://fulcio.example.com");
    world.write("signing_config.json", elsewhere);
    let said = called(
        &world,
        &format!("attest -q --identity-token token {SIGSTORE}"),
    );
    assert_eq!(said.code, 2, "{said}");
    assert!(said.to_string().contains("--allow-http-sigstore"), "{said}");
}

#[rstest]
#[case(Algorithm::P256, LogVersion::One, None)]
#[case(Algorithm::P384, LogVersion::One, None)]
#[case(Algorithm::Ed25519, LogVersion::One, None)]
#[case(Algorithm::Rsa, LogVersion::One, None)]
#[case(Algorithm::P256, LogVersion::Two, None)]
#[case(Algorithm::Rsa, LogVersion::Two, Some("PKIX_RSA_PKCS1V15_2048_SHA256"))]
#[case(Algorithm::P521, LogVersion::One, Some("PKIX_ECDSA_P521_SHA_512"))]
#[case(Algorithm::P384, LogVersion::Two, Some("PKIX_ECDSA_P384_SHA_384"))]
#[case(Algorithm::Ed25519, LogVersion::Two, Some("PKIX_ED25519"))]
fn a_key_signs_what_is_logged_where_the_entry_can_be_verified(
    #[case] algorithm: Algorithm,
    #[case] log: LogVersion,
    #[case] refused: Option<&str>,
) {
    let (world, server) = world(&[log], true);
    let [private, public] = key_pair(algorithm);
    world.write("own.key", private);
    world.write("own.pub", public);
    let said = called(&world, &format!("attest -q --key own.key {SIGSTORE}"));
    if let Some(scheme) = refused {
        assert_eq!(said.code, 2, "{said}");
        assert!(said.to_string().contains(scheme), "{said}");
        assert_eq!(server.request_lines(), [] as [&str; 0]);
        return;
    }
    assert_eq!(said.code, 0, "{said}");
    let verify = "verify --key own.pub --trusted-root trusted_root.json -v";
    let said = called(&world, verify);
    assert_eq!(said.code, 0, "{said}");
    assert!(said.stdout.contains("in a transparency log"), "{said}");
    // Whoever has no trusted root verifies the signature all the same.
    let said = called(&world, "verify --key own.pub");
    assert_eq!(said.code, 0, "{said}");
}

#[rstest]
#[case(Algorithm::P256, "")]
#[case(Algorithm::P384, "")]
#[case(Algorithm::P521, "")]
#[case(Algorithm::Ed25519, "")]
#[case(Algorithm::Rsa, "")]
#[case(Algorithm::Rsa, "--rsa-padding pss")]
fn every_key_signs_what_an_authority_witnesses_or_nobody(
    #[case] algorithm: Algorithm,
    #[case] padding: &str,
) {
    let (world, server) = world(&[], true);
    let [private, public] = key_pair(algorithm);
    world.write("own.key", private);
    world.write("own.pub", public);
    let attest = format!("attest -q --key own.key {padding}");
    assert_eq!(called(&world, &attest).code, 0);
    assert_eq!(server.request_lines(), [] as [&str; 0]);
    let said = called(&world, &format!("{attest} {SIGSTORE}"));
    assert_eq!(said.code, 0, "{said}");
    assert_eq!(server.request_lines(), ["POST /api/v1/timestamp"]);
    let said = called(
        &world,
        "verify --key own.pub --trusted-root trusted_root.json -v",
    );
    assert_eq!(said.code, 0, "{said}");
    assert!(said.stdout.contains("signed no later than"), "{said}");
}

#[test]
fn an_entry_that_is_in_the_log_already_is_taken_from_there() {
    let (world, server) = world(&[LogVersion::One], false);
    server.lose_answer_of_log();
    let said = called(
        &world,
        &format!("attest -q --identity-token token {SIGSTORE}"),
    );
    assert_eq!(said.code, 0, "{said}");
    let requests = server.request_lines();
    let log = "POST /api/v1/log/entries";
    assert_eq!(requests[1..3], [log, log], "{requests:?}");
    assert!(
        requests[3].starts_with("GET /api/v1/log/entries/"),
        "{requests:?}"
    );
    assert_eq!(verify(&world, &server, IDENTITY).code, 0);
}

#[test]
fn services_may_be_named_one_by_one() {
    let (world, server) = world(&[], false);
    let url = server.url();
    let said = called(
        &world,
        &format!(
            "attest -q --identity-token token --fulcio-url {url} --rekor-url {url}/ --timestamp-server-url {url}/api/v1/timestamp --trusted-root trusted_root.json"
        ),
    );
    assert_eq!(said.code, 0, "{said}");
    assert_eq!(verify(&world, &server, IDENTITY).code, 0);
}
