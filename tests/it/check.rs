//! `polcheck check`

use crate::assert_said;
use crate::harness::World;
use crate::images::{bad, good, good_config, with};
use rstest::rstest;
use serde_json::json;

#[test]
fn a_bad_image_fails_and_the_report_says_where_why_and_what_to_do() {
    let world = World::new();
    bad().push(&world.registry, "shop/api", Some("1"));
    assert_said!(world.polcheck(&["check", &world.image("shop/api:1")]), @"
    exit code: 1
    --- stdout
    critical[secret.env]: the variable `DB_PASSWORD` holds a secret
    --> registry.test/shop/api:1 config /config/Env/0
     = why: Everybody who can pull the image can read its config, and every process in the container can read its environment.
     = help: mount the secret when the container runs (`--secret`, a Kubernetes secret), and replace this one: it is public now

    high[user.final-root]: the image sets no user, so it runs as root
    --> registry.test/shop/api:1 config /config/User
     = why: A process that escapes its container keeps its user id. As root, it owns the node; inside the container it can already change every file.
     = help: end the last stage with `USER 65532:65532`, or another number that is not 0

    info[label.oci-missing]: the image does not say where it comes from: `org.opencontainers.image.source`, `org.opencontainers.image.revision` missing
    --> registry.test/shop/api:1 config /config/Labels
     = why: When something is wrong with an image, the first question is which commit of which repository made it.
     = help: set the labels when the image is built: `docker build --label …`, or the metadata step of your pipeline
     = see: https://github.com/opencontainers/image-spec/blob/main/annotations.md

    registry.test/shop/api:1: failed (linux/amd64, sha256:[DIGEST]): 1 critical, 1 high, 1 info
      security.scan withheld: the verdict is failed; `secret.env` has a finding; `user.final-root` has a finding
      not checked: base.end-of-life, base.latest-tag, base.no-digest, base.not-allowed and 62 more: it needs `dockerfile`: there is none
    ");
}

#[test]
fn a_good_image_passes_with_the_claim_of_the_set() {
    let world = World::new();
    good().push(&world.registry, "shop/api", Some("1"));
    assert_said!(world.polcheck(&["check", &world.image("shop/api:1")]), @"
    exit code: 0
    --- stdout
    registry.test/shop/api:1: passed (linux/amd64, sha256:[DIGEST])
      security.scan=passed
      not checked: base.end-of-life, base.latest-tag, base.no-digest, base.not-allowed and 62 more: it needs `dockerfile`: there is none
    ");
}

#[test]
fn without_a_verb_an_image_is_checked() {
    let world = World::new();
    good().push(&world.registry, "shop/api", Some("1"));
    let image = world.image("shop/api:1");
    assert_eq!(
        world.polcheck(&[&image]),
        world.polcheck(&["check", &image])
    );
}

#[test]
fn several_images_are_reported_in_the_order_they_were_given_and_the_worst_decides() {
    let world = World::new();
    bad().push(&world.registry, "bad", Some("1"));
    good().push(&world.registry, "good", Some("1"));
    let images = ["good:1", "missing:1", "bad:1", "good:1"].map(|name| world.image(name));
    let [good, missing, bad, _] = &images;
    let report = world.json(&[
        "check", "-o", "json", "--jobs", "4", good, missing, bad, good,
    ]);
    let verdicts: Vec<_> = report["reports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|report| report["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(verdicts, ["passed", "undecided", "failed", "passed"]);
    assert_eq!(world.polcheck(&[good, missing, bad]).code, 2);
    assert_eq!(world.polcheck(&[good, bad]).code, 1);
    assert_eq!(world.polcheck(&[good, good]).code, 0);
}

#[rstest]
#[case(&["--fail-on", "medium"], 1)]
#[case(&["--fail-on", "high"], 0)]
#[case(&["--fail-on", "never"], 0)]
#[case(&["--fail-on", "medium", "--exit-zero"], 0)]
fn the_threshold_can_be_changed(#[case] options: &[&str], #[case] code: i32) {
    let world = World::new();
    let mut config = good_config();
    config["Labels"]["version"] = json!("");
    with(config).push(&world.registry, "app", Some("1"));
    let image = world.image("app:1");
    let said = world.polcheck(&[&["check", &image], options].concat());
    assert_eq!(said.code, code, "{said}");
}

#[test]
fn never_failing_changes_neither_verdict_nor_claim() {
    let world = World::new();
    bad().push(&world.registry, "app", Some("1"));
    let said = world.polcheck(&["check", "--fail-on", "never", "-q", &world.image("app:1")]);
    assert_eq!(said.code, 0);
    assert!(said.stdout.contains("app:1: failed"), "{said}");
    let report = world.json(&["check", "--exit-zero", "-o", "json", &world.image("app:1")]);
    assert_eq!(report["reports"][0]["verdict"], "failed");
    assert_eq!(report["reports"][0]["claims"][0]["issued"], false);
}

#[rstest]
#[case(&["--rule", "user.final-root"], 1)]
#[case(&["--rule", "DL3002"], 1)]
#[case(&["--rule", "user.*"], 1)]
#[case(&["--rule", "net.*"], 0)]
#[case(&["--skip-rule", "secret.env", "--skip-rule", "user.final-root"], 0)]
fn rules_can_be_chosen_by_id_alias_and_group(#[case] options: &[&str], #[case] code: i32) {
    let world = World::new();
    bad().push(&world.registry, "app", Some("1"));
    let said = world.polcheck(&[&["check", &world.image("app:1")], options].concat());
    assert_eq!(said.code, code, "{said}");
}

#[test]
fn what_a_run_leaves_out_is_said() {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    let report = world.json(&[
        "check",
        "-o",
        "json",
        "--skip-rule",
        "net.*",
        &world.image("app:1"),
    ]);
    let what: Vec<_> = report["reports"][0]["notChecked"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|gap| gap["why"] == "this run leaves it out")
        .map(|gap| gap["what"].as_str().unwrap())
        .collect();
    assert!(
        what.contains(&"net.privileged-port") && what.contains(&"net.ssh-port"),
        "{what:?}"
    );
    assert!(what.iter().all(|rule| rule.starts_with("net.")), "{what:?}");
}

#[test]
fn settings_come_from_files_and_flags_and_flags_win() {
    let world = World::new();
    let mut config = good_config();
    config["ExposedPorts"] = json!({ "2222/tcp": {} });
    with(config).push(&world.registry, "app", Some("1"));
    let image = world.image("app:1");
    world.write("settings.yaml", "net.ssh-port: { port: 2222 }\n");
    let found = |options: &[&str]| {
        let report = world.json(&[&["check", "-o", "json", &image], options].concat());
        report["reports"][0]["findings"].as_array().unwrap().len()
    };
    assert_eq!(found(&[]), 0);
    assert_eq!(found(&["--set", "net.ssh-port.port=2222"]), 1);
    assert_eq!(found(&["--set", "DS-0004.port=2222"]), 1);
    assert_eq!(found(&["--settings", "settings.yaml"]), 1);
    assert_eq!(
        found(&[
            "--settings",
            "settings.yaml",
            "--set",
            "net.ssh-port.port=22"
        ]),
        0
    );
}

#[test]
fn a_waiver_covers_its_finding_until_it_expires() {
    let world = World::new();
    with(json!({ "Healthcheck": { "Test": ["CMD", "/x"] } })).push(
        &world.registry,
        "app",
        Some("1"),
    );
    world.write("polcheck.yaml", "waivers:\n- { id: W1, reason: migration, owner: me, expires: 2026-12-31, rule: DL3002, image: '**/app' }\n- { id: W2, reason: none, owner: me, expires: 2026-12-31, rule: net.ssh-port }\n- { id: W3, reason: old, owner: me, expires: 2020-01-01, rule: net.ssh-port }\n");
    let check =
        |time: &str| world.polcheck(&["check", "--effective-time", time, &world.image("app:1")]);
    assert_said!(check("2026-12-31T23:00:00Z"), @"
    exit code: 0
    --- stdout
    high[user.final-root]: the image sets no user, so it runs as root
    --> registry.test/app:1 config /config/User
     = why: A process that escapes its container keeps its user id. As root, it owns the node; inside the container it can already change every file.
     = note: waived by `W1`
     = help: end the last stage with `USER 65532:65532`, or another number that is not 0

    info[label.oci-missing]: the image does not say where it comes from: `org.opencontainers.image.source`, `org.opencontainers.image.revision` missing
    --> registry.test/app:1 config /config/Labels
     = why: When something is wrong with an image, the first question is which commit of which repository made it.
     = help: set the labels when the image is built: `docker build --label …`, or the metadata step of your pipeline
     = see: https://github.com/opencontainers/image-spec/blob/main/annotations.md

    registry.test/app:1: passed (linux/amd64, sha256:[DIGEST]): 1 info, 1 waived
      security.scan withheld: this run changed the policy set; the effective time is not now; `user.final-root` has a waived finding, and the claim does not accept waivers
      not checked: base.end-of-life, base.latest-tag, base.no-digest, base.not-allowed and 62 more: it needs `dockerfile`: there is none
      waivers used: W1
      waiver ends on 2026-12-31: W1

    unused waiver: W2 (until 2026-12-31)
    unused waiver: W3 (until 2020-01-01)
    ");
    assert_eq!(check("2027-01-01T00:00:00Z").code, 1);
}

#[test]
fn reports_go_to_files_whole_or_not_at_all() {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    let image = world.image("app:1");
    let said = world.polcheck(&[
        "check",
        "-o",
        "json=report.json",
        "-o",
        "text=report.txt",
        &image,
    ]);
    assert_eq!((said.code, said.stdout.as_str()), (0, ""));
    assert!(
        world
            .read("report.json")
            .contains("\"verdict\": \"passed\"")
    );
    assert!(world.read("report.txt").contains("security.scan=passed"));
    let said = world.polcheck(&["check", "-o", "json=missing/report.json", &image]);
    assert_said!(said, @"
    exit code: 2
    --- stderr
    error: cannot write `missing/report.json`
     |
     = caused by: entity not found
     = help: check the folder and its permissions
    ");
}

#[cfg(unix)]
#[test]
fn a_report_goes_into_what_is_no_file_and_where_a_link_leads() {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    let image = world.image("app:1");
    world.write("target.json", "");
    std::os::unix::fs::symlink("target.json", world.path("link.json")).unwrap();
    let said = world.polcheck(&[
        "check",
        "-o",
        "json=/dev/stdout",
        "-o",
        "json=link.json",
        &image,
    ]);
    assert_eq!(said.code, 0, "{said}");
    for text in [said.stdout, world.read("target.json")] {
        assert!(text.contains("\"verdict\": \"passed\""), "{text}");
    }
    assert!(world.path("link.json").is_symlink());
}

#[test]
fn a_quiet_run_says_only_what_is_wrong_and_the_verdict() {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    assert_said!(world.polcheck(&["-q", &world.image("app:1")]), @"
    exit code: 0
    --- stdout
    registry.test/app:1: passed (linux/amd64, sha256:[DIGEST])
    ");
}

#[test]
fn text_of_an_image_cannot_write_on_the_terminal() {
    let world = World::new();
    let mut config = good_config();
    config["Labels"]["\u{1b}[2J\nfake: passed\u{202e}"] = json!("");
    with(config).push(&world.registry, "app", Some("1"));
    let said = world.polcheck(&[&world.image("app:1")]);
    assert!(
        said.stdout.contains(r"`\u{1b}[2J\nfake: passed\u{202e}`"),
        "{said}"
    );
    assert!(!said.stdout.contains('\u{1b}') && !said.stdout.contains('\u{202e}'));
}

#[test]
fn an_image_in_dockers_format_is_judged_the_same() {
    let world = World::new();
    let image = test_registry::ImageBuilder::new(good_config())
        .docker()
        .build();
    image.push(&world.registry, "app", Some("1"));
    assert_eq!(world.polcheck(&[&world.image("app:1")]).code, 0);
}

#[test]
fn two_requests_are_enough_for_rules_over_the_config() {
    let world = World::new();
    let image = good();
    image.push(&world.registry, "app", Some("1"));
    world.registry.forget_requests();
    assert_eq!(world.polcheck(&[&world.image("app:1")]).code, 0);
    let blob = format!("GET /v2/app/blobs/{}", image.config().digest);
    assert_eq!(
        world.registry.request_lines(),
        ["GET /v2/app/manifests/1".to_owned(), blob]
    );
}
