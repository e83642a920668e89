//! Findings that somebody accepts: waivers, comments, baselines.

use crate::assert_said;
use crate::harness::World;
use rstest::rstest;
use serde_json::Value;
use std::fmt::Write as _;

/// Fails by `user.final-root` alone.
const BAD: &str = "FROM scratch\nUSER root\nENTRYPOINT [\"/service\"]\nHEALTHCHECK CMD [\"/service\", \"health\"]\nLABEL org.opencontainers.image.source=https://git.example.com/a org.opencontainers.image.revision=1\n";

fn lint(world: &World, options: &[&str]) -> crate::harness::Said {
    world.polcheck(&[&["lint", "-q"], options].concat())
}

#[test]
fn a_week_with_a_waiver_ends_as_it_was_agreed() {
    let world = World::new();
    world.write("app/Dockerfile", BAD);
    world.write("waivers.yaml", "waivers:\n- { id: W1, reason: migration, owner: team-a, ticket: SHOP-1, expires: 2026-12-06, rule: DL3002, path: app/** }\n");
    let on = |day: &str| {
        let time = format!("2026-{day}T12:00:00Z");
        let said = world.polcheck(&[
            "lint",
            "--waivers",
            "waivers.yaml",
            "--effective-time",
            &time,
            ".",
        ]);
        let lines = said.stdout.lines();
        let told: Vec<&str> = lines
            .map(str::trim)
            .filter(|line| line.contains("aiver") || line.starts_with("app/Dockerfile:"))
            .map(|line| line.split(" (sha256").next().unwrap())
            .collect();
        format!("{day}: exit code {}: {}", said.code, told.join("; "))
    };
    let days = [
        "11-21", "11-22", "12-04", "12-05", "12-06", "12-07", "12-08",
    ]
    .map(on);
    insta::assert_snapshot!(days.join("\n"), @"
    11-21: exit code 0: app/Dockerfile: passed; waivers used: W1
    11-22: exit code 0: app/Dockerfile: passed; waivers used: W1; waiver ends on 2026-12-06: W1
    12-04: exit code 0: app/Dockerfile: passed; waivers used: W1; waiver ends on 2026-12-06: W1
    12-05: exit code 0: app/Dockerfile: passed; waivers used: W1; waiver ends on 2026-12-06: W1
    12-06: exit code 0: app/Dockerfile: passed; waivers used: W1; waiver ends on 2026-12-06: W1
    12-07: exit code 1: app/Dockerfile: failed; waiver ended on 2026-12-06: W1
    12-08: exit code 1: app/Dockerfile: failed; waiver ended on 2026-12-06: W1
    ");
    world.write("app/Dockerfile", BAD.replace("root", "65532"));
    assert_said!(lint(&world, &["--waivers", "waivers.yaml", "--effective-time", "2026-12-08T00:00:00Z", "."]), @"
    exit code: 0
    --- stdout
    app/Dockerfile: passed (sha256:[DIGEST])

    unused waiver: W1 (until 2026-12-06)
    ");
}

#[rstest]
#[case::of_the_path("path: app/Dockerfile", 0)]
#[case::of_another_path("path: other/**", 1)]
#[case::of_the_key("key: user=root", 0)]
#[case::of_another_key("key: user=admin", 1)]
#[case::of_images("image: '**'", 1)]
#[case::of_another_file(
    "digest: 'sha256:0000000000000000000000000000000000000000000000000000000000000000'",
    1
)]
fn a_waiver_reaches_as_far_as_it_says(#[case] scope: &str, #[case] code: i32) {
    let world = World::new();
    world.write("app/Dockerfile", BAD);
    let waiver = format!(
        "waivers:\n- {{ id: W1, reason: r, owner: o, expires: 2999-01-01, rule: user.final-root, {scope} }}\n"
    );
    world.write("waivers.yaml", waiver);
    for path in ["app/Dockerfile", "./app/Dockerfile", "."] {
        assert_eq!(
            lint(&world, &["--waivers", "waivers.yaml", path]).code,
            code
        );
    }
}

#[rstest]
#[case::without_a_reason("reason: ''", "the waiver `W1` has no reason")]
#[case::without_a_day("expires: soon", "waivers.yaml` is not valid")]
#[case::with_another_field("until: 2026-01-01", "unknown field `until`")]
#[case::of_no_rule("rule: user.final-rot", "there is no rule `user.final-rot`")]
#[case::of_several_rules("rule: user.*", "means several rules")]
fn a_waiver_that_cannot_be_used_stops_the_run_and_is_shown(
    #[case] field: &str,
    #[case] message: &str,
) {
    let world = World::new();
    world.write("Dockerfile", BAD);
    let mut fields = vec![
        "id: W1",
        "reason: r",
        "owner: o",
        "expires: 2999-01-01",
        "rule: user.sudo",
    ];
    let key = field.split(':').next().unwrap();
    fields.retain(|known| !known.starts_with(key));
    fields.push(field);
    world.write(
        "waivers.yaml",
        format!("waivers:\n- {{ {} }}\n", fields.join(", ")),
    );
    let said = lint(&world, &["--waivers", "waivers.yaml", "Dockerfile"]);
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains(message), "{said}");
    assert!(said.stderr.contains("waivers.yaml"), "{said}");
    let validated = world.polcheck(&["config", "validate", "waivers.yaml"]);
    assert_eq!(validated.code, 2);
    assert!(validated.stderr.contains(message), "{validated}");
    assert!(
        validated.stderr.contains("2:") || validated.stderr.contains("line 2"),
        "{validated}"
    );
}

#[test]
fn waivers_that_are_all_over_cover_nothing_and_are_named() {
    let world = World::new();
    world.write("Dockerfile", BAD);
    let mut waivers = "waivers:\n".to_owned();
    for at in 0..3 {
        let _ = writeln!(
            waivers,
            "- {{ id: W{at}, reason: r, owner: o, expires: 2020-01-0{}, rule: user.final-root }}",
            at + 1
        );
    }
    world.write("waivers.yaml", waivers);
    assert_said!(lint(&world, &["--waivers", "waivers.yaml", "-o", "json", "Dockerfile"]).code, @"1");
    let document = world.json(&[
        "lint",
        "--waivers",
        "waivers.yaml",
        "-o",
        "json",
        "Dockerfile",
    ]);
    let expired = document["reports"][0]["waivers"]["expired"]
        .as_array()
        .unwrap();
    assert_eq!(expired.len(), 3);
    assert_eq!(document["unusedWaivers"], serde_json::json!([]));
}

#[test]
fn a_hundred_thousand_waivers_are_read_and_the_right_one_is_found() {
    let world = World::new();
    world.write("app/Dockerfile", BAD);
    let mut waivers = "waivers:\n".to_owned();
    for at in 0..100_000 {
        let folder = if at == 77_777 {
            "app".to_owned()
        } else {
            format!("app{at}")
        };
        let _ = writeln!(
            waivers,
            "- {{ id: W{at}, reason: r, owner: o, expires: 2999-01-01, rule: user.final-root, path: '**/{folder}/*' }}"
        );
    }
    world.write("waivers.yaml", waivers.replace("'**/app/*'", "'app/*'"));
    let document = world.json(&["lint", "--waivers", "waivers.yaml", "-o", "json", "."]);
    assert_eq!(
        document["reports"][0]["waivers"]["used"],
        serde_json::json!(["W77777"])
    );
    assert_eq!(document["unusedWaivers"], serde_json::json!([]));
}

/// What became of waivers of every kind, of images and of Dockerfiles.
#[rstest]
fn every_report_says_what_became_of_waivers(
    #[values(
        "text",
        "json",
        "sarif",
        "junit",
        "github",
        "gitlab",
        "gitlab-container-scanning",
        "markdown",
        "html"
    )]
    format: &str,
    #[values("lint", "check")] command: &str,
) {
    let world = World::new();
    world.write("app/Dockerfile", BAD.replace("root", "app"));
    let mut config = crate::images::good_config();
    config["User"] = "app".into();
    config["ExposedPorts"] = serde_json::json!({ "22/tcp": {} });
    crate::images::with(config).push(&world.registry, "app", Some("1"));
    world.write(
        "app/Dockerfile",
        format!("{}EXPOSE 22\n", BAD.replace("root", "app")),
    );
    let waivers = [
        ("ENDING", "user.not-numeric", "2026-12-01", ""),
        ("OVER", "net.ssh-port", "2026-11-01", ""),
        ("VAIN", "user.sudo", "2999-01-01", ""),
        ("ELSEWHERE", "user.sudo", "2999-01-01", ", path: no/where"),
    ]
    .map(|(id, rule, expires, scope)| {
        format!("- {{ id: {id}, reason: r, owner: o, expires: {expires}, rule: {rule}{scope} }}\n")
    });
    world.write("waivers.yaml", format!("waivers:\n{}", waivers.concat()));
    let image = world.image("app:1");
    let subject = if command == "lint" {
        "app/Dockerfile"
    } else {
        &image
    };
    let said = world.polcheck(&[
        command,
        "--waivers",
        "waivers.yaml",
        "--effective-time",
        "2026-11-24T00:00:00Z",
        "-o",
        format,
        subject,
    ]);
    if (command, format) == ("lint", "gitlab-container-scanning") {
        assert_eq!(said.code, 2, "{said}");
        return;
    }
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{said}");
    let plain = said.stdout.replace('\\', "");
    let expected: &[&str] = match format {
        "json" => &[
            "\"used\": [",
            "\"expiring\": [",
            "\"expired\": [",
            "\"unusedWaivers\": [{\"expires\":\"2999-01-01\",\"id\":\"VAIN\"}]",
            "\"waiversForOthers\": [\"ELSEWHERE\"]",
        ],
        _ => &[
            "waivers used: ENDING",
            "waiver ends on 2026-12-01: ENDING",
            "waiver ended on 2026-11-01: OVER",
            "unused waiver: VAIN (until 2999-01-01)",
            "waivers for other subjects: ELSEWHERE",
        ],
    };
    for line in expected {
        assert!(plain.contains(line), "{line}: {said}");
    }
}

#[test]
fn a_waiver_reaches_images_as_far_as_it_says() {
    let world = World::new();
    let mut config = crate::images::good_config();
    config["User"] = "root".into();
    let image = crate::images::with(config);
    image.push(&world.registry, "shop/app", Some("1"));
    let digest = image.digest().to_owned();
    let host = world.registry.host().to_owned();
    for (scope, code) in [
        (format!("image: '{host}/shop/*'"), 0),
        (format!("image: '{host}/*'"), 1),
        (format!("digest: '{digest}'"), 0),
        (format!("digest: 'sha256:{}'", "0".repeat(64)), 1),
        ("path: '**'".to_owned(), 1),
        (
            format!("image: '**', key: user=root, digest: '{digest}'"),
            0,
        ),
        (format!("image: '**', key: user=0, digest: '{digest}'"), 1),
    ] {
        world.write(
            "waivers.yaml",
            format!("waivers:\n- {{ id: W1, reason: r, owner: o, expires: 2999-01-01, rule: user.final-root, {scope} }}\n"),
        );
        let args = [
            "check",
            "--waivers",
            "waivers.yaml",
            &world.image("shop/app:1"),
        ];
        assert_eq!(world.polcheck(&args).code, code, "{scope}");
    }
}

#[test]
fn a_waiver_for_a_name_that_is_a_pattern_covers_no_other_file() {
    let world = World::new();
    world.write("*/Dockerfile", BAD);
    world.write("a/Dockerfile", BAD);
    let report = lint(&world, &["-o", "json", "*/Dockerfile"]).stdout;
    let fixed = [
        "waive",
        "-",
        "--reason",
        "r",
        "--owner",
        "o",
        "--file",
        "waivers.yaml",
    ];
    let said = world.polcheck_with_stdin(&fixed, report.as_bytes());
    assert_eq!(said.code, 0, "{said}");
    let code = |path: &str| lint(&world, &["--waivers", "waivers.yaml", path]).code;
    world.write("a/Dockerfile", format!("# Another one\n{BAD}"));
    assert_eq!((code("*/Dockerfile"), code("a/Dockerfile")), (0, 1));
}

#[test]
fn a_waiver_for_a_finding_without_a_place_is_for_its_file_alone() {
    let world = World::new();
    world.write(
        "pack.wasm",
        std::fs::read(crate::harness::root().join("tests/built/hostile.wasm")).unwrap(),
    );
    world.write("a/Dockerfile", "FROM scratch\n");
    let with = ["--policy", "pack.wasm", "--rule", "edit.rebases"];
    let report = lint(
        &world,
        &[&with[..], &["-o", "json", "a/Dockerfile"]].concat(),
    )
    .stdout;
    let fixed = ["waive", "-", "--reason", "r", "--owner", "o"];
    let said = world.polcheck_with_stdin(&fixed, report.as_bytes());
    assert!(said.stdout.contains("path: \"a/Dockerfile\""), "{said}");
}

#[test]
fn waivers_are_written_for_what_was_found_and_cover_it() {
    let world = World::new();
    world.write("app/Dockerfile", BAD);
    world.write("b.Dockerfile", BAD.replace("root", "0"));
    let report = lint(&world, &["-o", "json", "."]).stdout;
    let waive = |options: &[&str]| {
        let fixed = [
            "waive",
            "-",
            "--reason",
            "say \"why\": #1",
            "--owner",
            "team-a",
        ];
        world.polcheck_with_stdin(&[&fixed, options].concat(), report.as_bytes())
    };
    assert_said!(waive(&["--expires", "2999-01-31", "--rule", "user.final-root", "--ticket", "SHOP-1"]), @r#"
    exit code: 0
    --- stdout
    waivers:
    - id: "user.final-root-488720a7"
      rule: "user.final-root"
      key: "user=root"
      path: "app/Dockerfile"
      reason: "say \"why\": #1"
      owner: "team-a"
      expires: "2999-01-31"
      ticket: "SHOP-1"
    - id: "user.final-root-2c25f246"
      rule: "user.final-root"
      key: "user=root"
      path: "b.Dockerfile"
      reason: "say \"why\": #1"
      owner: "team-a"
      expires: "2999-01-31"
      ticket: "SHOP-1"
    "#);
    assert_eq!(
        waive(&["--file", "waivers.yaml", "--rule", "user.final-root"]).stdout,
        "2 added to waivers.yaml\n"
    );
    let said = lint(&world, &["--waivers", "waivers.yaml", "."]);
    assert_eq!(said.code, 0, "{said}");
    // Those that are there stay as they are, comments and all.
    let before = format!("# Ours\n{}", world.read("waivers.yaml"));
    world.write("waivers.yaml", &before);
    assert_eq!(
        waive(&["--file", "waivers.yaml", "--expires", "2d"]).code,
        0
    );
    assert!(world.read("waivers.yaml").starts_with(&before));
    assert_eq!(lint(&world, &["--waivers", "waivers.yaml", "."]).code, 0);
}

#[rstest]
#[case::a_day_that_is_over("--expires 2020-01-01", "is not a day to come")]
#[case::no_day("--expires soon", "is not a day to come")]
#[case::a_file_in_another_form("--file flow.yaml", "nothing can be added")]
#[case::a_file_of_something_else("--file set.yaml", "is not valid")]
#[case::a_file_that_cannot_be_written("--file nowhere/waivers.yaml", "cannot write")]
fn waivers_are_written_whole_or_not_at_all(#[case] options: &str, #[case] message: &str) {
    let world = World::new();
    world.write("Dockerfile", BAD);
    let flow = "waivers: [{ id: W1, reason: r, owner: o, expires: 2999-01-01, rule: user.sudo }]\n";
    world.write("flow.yaml", flow);
    world.write("set.yaml", "name: own\n");
    let report = lint(&world, &["-o", "json", "Dockerfile"]).stdout;
    let fixed = ["waive", "-", "--reason", "r", "--owner", "o"];
    let options: Vec<&str> = options.split(' ').collect();
    let said = world.polcheck_with_stdin(&[&fixed, &*options].concat(), report.as_bytes());
    assert_eq!(said.code, 2, "{said}");
    assert!(said.stderr.contains(message), "{said}");
    assert_eq!(world.read("flow.yaml"), flow);
    assert_eq!(world.read("set.yaml"), "name: own\n");
}

#[test]
fn only_what_the_baseline_does_not_have_is_reported() {
    let world = World::new();
    world.write("app/Dockerfile", BAD);
    assert_eq!(lint(&world, &["-o", "json=baseline.json", "."]).code, 1);
    // The same, elsewhere in the file.
    world.write("app/Dockerfile", format!("# The service\n\n{BAD}"));
    assert_said!(lint(&world, &["--baseline", "baseline.json", "."]), @"
    exit code: 0
    --- stdout
    app/Dockerfile: passed (sha256:[DIGEST]): 1 known
    ");
    world.write("new.Dockerfile", BAD);
    for format in ["text", "github", "gitlab", "markdown"] {
        let said = lint(&world, &["--baseline", "baseline.json", "-o", format, "."]);
        assert_eq!(said.code, 1);
        let is_new = |line: &&str| line.contains("user.final-root") && !line.contains("left open");
        let lines: Vec<&str> = said.stdout.lines().filter(is_new).collect();
        assert_eq!(lines.len(), 1, "{format}: {said}");
    }
}

#[rstest]
#[case::of_another_tool("{ \"version\": \"2.1.0\", \"runs\": [] }")]
#[case::of_a_later_version("{ \"schemaVersion\": 2, \"reports\": [] }")]
#[case::in_yaml("waivers: []\n")]
#[case::of_nothing("")]
fn a_baseline_that_is_no_report_of_ours_is_refused(#[case] text: &str) {
    let world = World::new();
    world.write("Dockerfile", BAD);
    world.write("baseline.json", text);
    let said = lint(&world, &["--baseline", "baseline.json", "Dockerfile"]);
    assert_eq!((said.code, said.stdout.as_str()), (2, ""));
    assert!(
        said.stderr
            .contains("`baseline.json` is not a JSON report of polcheck"),
        "{said}"
    );
    assert!(said.stderr.contains("help:"), "{said}");
}

#[test]
fn a_broken_dockerfile_is_no_pass_whatever_a_baseline_says() {
    let world = World::new();
    world.write("Dockerfile", "FROM scratch\nRUNN ls\n");
    assert_eq!(
        lint(&world, &["-o", "json=baseline.json", "Dockerfile"]).code,
        1
    );
    assert_eq!(
        lint(&world, &["--baseline", "baseline.json", "Dockerfile"]).code,
        2
    );
}

#[test]
fn comments_are_told_what_became_of_them_in_every_format() {
    let world = World::new();
    world.write(
        "Dockerfile",
        format!("# polcheck: ignore=user.final-root reason=\"<b>demo</b>\" until=2026-12-01\n# polcheck: ignore=user.sudo reason=old\n{BAD}"),
    );
    let said = lint(
        &world,
        &["--effective-time", "2026-11-24T00:00:00Z", "Dockerfile"],
    );
    assert_eq!(said.code, 0, "{said}");
    let lint = |format: &str| {
        world.polcheck(&[
            "lint",
            "--effective-time",
            "2026-11-24T00:00:00Z",
            "-o",
            format,
            "Dockerfile",
        ])
    };
    for format in [
        "text", "github", "sarif", "junit", "markdown", "gitlab", "html",
    ] {
        let said = lint(format);
        assert!(
            said.stdout.contains("2026-12-01") || said.stdout.contains("2026\\-12\\-01"),
            "{format}: {said}"
        );
        assert!(said.stdout.contains("is unused"), "{format}: {said}");
    }
    let document: Value = serde_json::from_str(&lint("json").stdout).unwrap();
    insta::assert_snapshot!(document["reports"][0]["waivers"], @r#"{"comments":[{"line":1,"reason":"<b>demo</b>","rule":"user.final-root","state":"expiring","tool":"polcheck","until":"2026-12-01"},{"line":2,"reason":"old","rule":"user.sudo","state":"unused","tool":"polcheck"}],"expired":[],"expiring":[],"used":[]}"#);
}

#[test]
fn comments_count_for_nothing_where_nobody_wants_them_to() {
    let mut world = World::new();
    world.write(
        "Dockerfile",
        format!("# polcheck: ignore=user.final-root reason=demo\n{BAD}"),
    );
    assert_eq!(lint(&world, &["Dockerfile"]).code, 0);
    assert_eq!(lint(&world, &["--ignore-comments", "Dockerfile"]).code, 1);
    assert_eq!(
        lint(&world, &["--policy-set", "builtin:strict", "Dockerfile"]).code,
        1
    );
    world.set("POLCHECK_IGNORE_COMMENTS", "true");
    assert_eq!(lint(&world, &["Dockerfile"]).code, 1);
}
