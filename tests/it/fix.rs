//! `polcheck lint --fix`, `--diff` and `--pin`

use crate::assert_said;
use crate::harness::{Said, World, root};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

const BAD: &str = "\
FROM debian:13 as Build
MAINTAINER The Shop <shop@example.com>
ENV MODE production
ADD service.conf /etc/
RUN apt update && apt install curl
CMD curl localhost
";

const FIXED: &str = "\
FROM debian:13 AS build
LABEL org.opencontainers.image.authors=\"The Shop <shop@example.com>\"
ENV MODE=production
COPY service.conf /etc/
RUN apt-get update && apt-get install -y --no-install-recommends curl
CMD [\"curl\", \"localhost\"]
";

#[test]
fn what_is_safe_is_fixed_and_what_is_left_is_reported() {
    let world = World::new();
    world.write("Dockerfile", BAD);
    world.write("good/Dockerfile", FIXED);
    let said = world.polcheck(&["lint", "--fix", "-q", "-o", "json=r.json", "."]);
    assert_eq!((said.code, said.stderr.as_str()), (1, ""), "{said}");
    assert_eq!(world.read("Dockerfile"), FIXED);
    assert_eq!(world.read("good/Dockerfile"), FIXED);
    let report: Value = serde_json::from_str(&world.read("r.json")).unwrap();
    let left = report["reports"][0]["findings"].as_array().unwrap();
    assert!(!left.is_empty());
    assert!(left.iter().all(|finding| finding["edits"].is_null()));
}

#[test]
fn how_much_is_fixed_and_could_be_is_said() {
    let world = World::new();
    world.write("Dockerfile", "FROM scratch as x\nUSER 1\n");
    let rules = ["--rule", "build.casing", "Dockerfile"];
    let lint = |options: &[&str]| world.polcheck(&[&["lint"], options, &rules[..]].concat());
    assert_said!(lint(&[]), @"
    exit code: 0
    --- stdout
    info[build.casing]: `as` is in another case than `FROM`
     --> Dockerfile:1:14
      |
    1 | FROM scratch as x
      |              ^^
      |
      = why: BuildKit takes all of them, but reads stage names and protocols in lower case: the file says one thing and the image another.
      = help: write `AS`
      = see: https://docs.docker.com/reference/build-checks/

    Dockerfile: passed (sha256:[DIGEST]): 1 info
      1 fixable with `--fix`
      not checked: base.end-of-life, base.latest-tag, base.no-digest, base.not-allowed and 81 more: this run leaves it out
    ");
    assert_said!(lint(&["--diff"]), @"
    exit code: 1
    --- stdout
    --- Dockerfile
    +++ Dockerfile
    @@ -1,2 +1,2 @@
    -FROM scratch as x
    +FROM scratch AS x
     USER 1
    --- stderr
    would fix 1 finding in 1 file
    ");
    assert_said!(lint(&["--fix"]), @"
    exit code: 0
    --- stdout
    Dockerfile: passed (sha256:[DIGEST])
      not checked: base.end-of-life, base.latest-tag, base.no-digest, base.not-allowed and 81 more: this run leaves it out
    --- stderr
    fixed 1 finding in 1 file
    ");
    assert_said!(lint(&["--fix"]), @"
    exit code: 0
    --- stdout
    Dockerfile: passed (sha256:[DIGEST])
      not checked: base.end-of-life, base.latest-tag, base.no-digest, base.not-allowed and 81 more: this run leaves it out
    ");
    assert_said!(lint(&["--diff"]), @"exit code: 0");
}

#[test]
fn a_diff_changes_no_file_and_can_be_applied() {
    let world = World::new();
    world.write("Dockerfile", BAD);
    let diff = world.polcheck(&["lint", "--diff", "Dockerfile"]);
    let both = world.polcheck(&["lint", "--diff", "--fix", "Dockerfile"]);
    assert_eq!(diff, both);
    assert_said!(diff, @r#"
    exit code: 1
    --- stdout
    --- Dockerfile
    +++ Dockerfile
    @@ -1,6 +1,6 @@
    -FROM debian:13 as Build
    -MAINTAINER The Shop <shop@example.com>
    -ENV MODE production
    -ADD service.conf /etc/
    -RUN apt update && apt install curl
    -CMD curl localhost
    +FROM debian:13 AS build
    +LABEL org.opencontainers.image.authors="The Shop <shop@example.com>"
    +ENV MODE=production
    +COPY service.conf /etc/
    +RUN apt-get update && apt-get install -y --no-install-recommends curl
    +CMD ["curl", "localhost"]
    --- stderr
    would fix 10 findings in 1 file
    "#);
    assert_eq!(world.read("Dockerfile"), BAD);
    let forgiven = world.polcheck(&["lint", "--diff", "--exit-zero", "Dockerfile"]);
    assert_eq!(forgiven.code, 0);
    let missing = world.polcheck(&["lint", "--diff", "Dockerfile", "missing"]);
    assert_eq!(missing.code, 2, "{missing}");
}

#[test]
fn standard_input_is_fixed_to_standard_output() {
    let world = World::new();
    let said = world.polcheck_with_stdin(&["lint", "--fix", "-"], BAD.as_bytes());
    assert_eq!((said.code, said.stdout.as_str()), (1, FIXED), "{said}");
    assert!(said.stderr.contains("low[base.no-digest]"), "{said}");
    let same = "FROM scratch\r\n# \u{1b}\r\nUSER 1";
    let rules = ["lint", "--fix", "--rule", "build.casing", "-"];
    let said = world.polcheck_with_stdin(&rules, same.as_bytes());
    assert_eq!((said.code, said.stdout.as_str()), (0, same), "{said}");
}

#[test]
fn every_other_byte_of_a_file_stays_what_it_is() {
    let world = World::new();
    for (name, before, after) in [
        (
            "crlf",
            "FROM debian:13\r\nrun a\r\nENV  A  b c\r\nCMD a  b\r\n",
            "FROM debian:13\r\nRUN a\r\nENV  A=\"b c\"\r\nCMD [\"a\", \"b\"]\r\n",
        ),
        (
            "mark",
            "\u{feff}from debian:13 as x\nRUN a\nRUN b",
            "\u{feff}FROM debian:13 AS x\nRUN a\nRUN b",
        ),
        (
            "end",
            "FROM debian:13\nCMD a",
            "FROM debian:13\nCMD [\"a\"]",
        ),
        (
            "lines",
            "FROM debian:13\nRUN a && \\\n\n  # why\n  apt-get install -y \\\n  b\n",
            "FROM debian:13\nRUN a && \\\n  # why\n  apt-get install --no-install-recommends -y \\\n  b\n",
        ),
        (
            "heredoc",
            "FROM debian:13\nRUN <<-X\n\tapt-get install b\nX\n",
            "FROM debian:13\nRUN <<-X\n\tapt-get install -y --no-install-recommends b\nX\n",
        ),
        (
            "sudo",
            "FROM debian:13\nRUN sudo apt install b\n",
            "FROM debian:13\nRUN sudo apt-get install -y --no-install-recommends b\n",
        ),
        (
            "zypper",
            "FROM opensuse/leap:16.0\nRUN zypper in b\n",
            "FROM opensuse/leap:16.0\nRUN zypper --non-interactive in b\n",
        ),
    ] {
        world.write("Dockerfile", before);
        let said = world.polcheck(&["lint", "--fix", "Dockerfile"]);
        assert_eq!(world.read("Dockerfile"), after, "{name}: {said}");
    }
}

#[test]
fn what_is_not_written_as_it_is_read_stays() {
    let world = World::new();
    for text in [
        "FROM debian:13\nRUN sh -c 'apt-get install b'\n",
        "FROM debian:13\nRUN [\"apt-get\", \"install\", \"b\"]\n",
        "FROM debian:13\nRUN apt-get inst\\\nall b\n",
        "FROM debian:13\nONBUILD RUN apt-get install b\n",
        "FROM debian:13\nONBUILD ENV a b\n",
        "# escape=`\nFROM debian:13\nCMD a b\n",
        "FROM debian:13\nSHELL [\"powershell\", \"-Command\"]\nCMD a b\n",
        "FROM debian:13\nENV a \"b\" c\nENV d \\e\nENV f = g\n",
        "FROM debian:13\nENV a \\\n  b\n",
        "FROM debian:13\nLABEL org.opencontainers.image.authors=a\nMAINTAINER b\n",
        "FROM debian:13\nADD app.box /a/\nADD --checksum=sha256:1111111111111111111111111111111111111111111111111111111111111111 https://a.b/c.conf /a/\n",
        "FROM debian:13\nRUN aptitude install -y b\n",
        "FROM debian:13\nRUN apt upgrade -y\n",
        "# x\n# syntax=docker/dockerfile:1\nFROM debian:13\n",
        "FROM debian:13\nrun a\nRUNN b\n",
    ] {
        world.write("Dockerfile", text);
        let said = world.polcheck(&["lint", "--fix", "--skip-rule", "pkg.no-yes", "Dockerfile"]);
        assert_eq!(world.read("Dockerfile"), text, "{said}");
    }
    let no_text = b"FROM debian:13\nrun a\nRUN b\xff\n";
    world.write("Dockerfile", no_text);
    world.polcheck(&["lint", "--fix", "Dockerfile"]);
    assert_eq!(fs::read(world.path("Dockerfile")).unwrap(), no_text);
}

#[test]
fn what_somebody_accepted_is_not_fixed() {
    let world = World::new();
    let accepted = "FROM debian:13 as x\n# polcheck: ignore=build.maintainer reason=old\nMAINTAINER a\nENV a b\n";
    world.write("Dockerfile", accepted);
    world.polcheck(&[
        "lint",
        "-o",
        "json=baseline.json",
        "--rule",
        "build.casing",
        ".",
    ]);
    world.write(
        "polcheck.yaml",
        "waivers:\n- { id: W1, reason: r, owner: o, expires: 2999-12-31, rule: build.legacy-key-value }\n",
    );
    let fix = ["lint", "--fix", "--baseline", "baseline.json", "."];
    let said = world.polcheck(&fix);
    assert_eq!(world.read("Dockerfile"), accepted, "{said}");
    let said = world.polcheck(&["lint", "--fix", "--ignore-comments", "."]);
    let fixed = "FROM debian:13 AS x\n# polcheck: ignore=build.maintainer reason=old\nLABEL org.opencontainers.image.authors=\"a\"\nENV a b\n";
    assert_eq!(world.read("Dockerfile"), fixed, "{said}");
}

#[test]
fn a_fixed_file_keeps_its_permissions_and_the_links_to_it() {
    let world = World::new();
    world.write("real/file", BAD);
    let real = world.path("real/file");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real/file", world.path("Dockerfile")).unwrap();
    world.polcheck(&["lint", "--fix", "Dockerfile"]);
    assert_eq!(world.read("real/file"), FIXED);
    assert!(world.path("Dockerfile").is_symlink());
    let mode = fs::metadata(&real).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o640);
    assert_eq!(fs::read_dir(world.path("real")).unwrap().count(), 1);
}

#[test]
fn a_file_that_nobody_may_write_stays_and_stops_no_other() {
    let world = World::new();
    world.write("a.Dockerfile", BAD);
    world.write("b.Dockerfile", BAD);
    let read_only = fs::Permissions::from_mode(0o444);
    fs::set_permissions(world.path("a.Dockerfile"), read_only).unwrap();
    let said = world.polcheck(&["lint", "-q", "--fix", "."]);
    assert_eq!(said.code, 2, "{said}");
    assert!(
        said.stderr.contains("cannot write `./a.Dockerfile`"),
        "{said}"
    );
    assert_eq!(world.read("a.Dockerfile"), BAD);
    assert_eq!(world.read("b.Dockerfile"), FIXED);
}

/// What becomes of a file where a rule of somebody else's policy offers to edit it.
fn with_hostile_edits(rule: &str) -> (String, Said) {
    let world = World::new();
    world.write(
        "pack.wasm",
        fs::read(root().join("tests/built/hostile.wasm")).unwrap(),
    );
    world.write("Dockerfile", ATTACKED);
    let args = [
        "lint",
        "-q",
        "--fix",
        "--policy",
        "pack.wasm",
        "--rule",
        rule,
        "Dockerfile",
    ];
    let said = world.polcheck(&args);
    (world.read("Dockerfile"), said)
}

const ATTACKED: &str = "FROM alpine:3.22\nRUN a\n";

#[test]
fn no_policy_changes_what_it_does_not_touch() {
    for rule in [
        "undeclared",
        "nowhere",
        "overlap",
        "many",
        "breaks",
        "adds",
        "rebases",
        "silences",
        "removes",
        "warns",
    ] {
        let (after, said) = with_hostile_edits(&format!("edit.{rule}"));
        assert_eq!(after, ATTACKED, "{rule}: {said}");
        let is_told = !matches!(rule, "undeclared" | "nowhere" | "many");
        assert_eq!(
            said.stderr.contains("unsafe edit"),
            is_told,
            "{rule}: {said}"
        );
        assert_eq!(
            said.code,
            if rule == "many" { 2 } else { 1 },
            "{rule}: {said}"
        );
    }
}

#[test]
fn an_unsafe_edit_is_told_and_the_others_are_made() {
    assert_said!(with_hostile_edits("edit.rebases").1, @"
    exit code: 1
    --- stdout
    high[edit.rebases]: edit.rebases
    --> Dockerfile 
     = help: let me

    Dockerfile: failed (sha256:[DIGEST]): 1 high
    --- stderr
    warning: `edit.rebases` has an unsafe edit for `Dockerfile`: the stages would be others
     |
     = help: the edit is not made; tell the author of the policy
    ");
    let (after, said) = with_hostile_edits("edit.*");
    let pinned = format!("FROM alpine:3.22@sha256:{}\nRUN a\n", "1".repeat(64));
    assert_eq!(after, pinned, "{said}");
}

#[test]
fn base_images_are_pinned_by_the_digest_of_their_tag() {
    let world = World::new();
    crate::images::good().push(&world.registry, "base", Some("1"));
    test_registry::image_index(vec![
        crate::images::good_for("amd64"),
        crate::images::good_for("arm64"),
    ])
    .push(&world.registry, "index", Some("1"));
    let (base, index) = (world.image("base:1"), world.image("index:1"));
    let text = format!(
        "ARG BASE={base}\nFROM {base} AS a\nFROM {index} AS b\nFROM $BASE AS c\nFROM b AS d\nFROM scratch\nCOPY --from=a / /\n"
    );
    world.write("Dockerfile", &text);
    world.write("other/Dockerfile", format!("FROM {base}\n"));
    let args = ["lint", "--rule", "base.no-digest", "--fix"];
    world.polcheck(&[&args[..], &["."]].concat());
    assert_eq!(world.read("Dockerfile"), text, "nobody asked for it");
    let said = world.polcheck(&[&args[..], &["--pin", "."]].concat());
    let fixed = world
        .read("Dockerfile")
        .replace(world.registry.host(), "registry.test");
    insta::with_settings!({ filters => vec![(r"sha256:[0-9a-f]{64}", "sha256:[DIGEST]")] }, {
        insta::assert_snapshot!(fixed, @"
        ARG BASE=registry.test/base:1
        FROM registry.test/base:1@sha256:[DIGEST] AS a
        FROM registry.test/index:1@sha256:[DIGEST] AS b
        FROM $BASE AS c
        FROM b AS d
        FROM scratch
        COPY --from=a / /
        ");
    });
    assert!(
        world.read("other/Dockerfile").contains("base:1@sha256:"),
        "{said}"
    );
    assert_said!(world.polcheck(&[&args[..], &["--pin", "--diff", "."]].concat()), @"exit code: 0");
}

#[test]
fn a_registry_that_does_not_answer_leaves_the_run_undecided() {
    let world = World::new();
    let text = format!("FROM {} as a\n", world.image("missing:1"));
    world.write("Dockerfile", &text);
    let said = world.polcheck(&[
        "lint",
        "-q",
        "--fix",
        "--pin",
        "--rule",
        "base.no-digest",
        "--rule",
        "build.casing",
        "Dockerfile",
    ]);
    assert_said!(said, @"
    exit code: 2
    --- stdout
    low[base.no-digest]: the base image `registry.test/missing:1` is not pinned by digest
     --> Dockerfile:1:6
      |
    1 | FROM registry.test/missing:1 AS a
      |      ^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = why: A tag can be moved. The same file makes another image as soon as somebody does, and what was tested is not what is built next.
      = help: add the digest: `FROM registry.test/missing:1@sha256:…`

    Dockerfile: passed (sha256:[DIGEST]): 1 low
    --- stderr
    error: cannot pin a base image of `Dockerfile`
     |
     = caused by: it could not be had: no image `registry.test/missing:1` in the registry
     = help: the file is fixed without it; try again, or pin it by hand
    ");
    assert_eq!(world.read("Dockerfile"), text.replace(" as ", " AS "));
    let alone = world.polcheck(&["lint", "--pin", "Dockerfile"]);
    assert_eq!(alone.code, 2, "{alone}");
}

#[test]
fn sarif_and_json_say_what_would_be_done() {
    let world = World::new();
    world.write("Dockerfile", "FROM debian:13\nMAINTAINER \u{e9}\nRUN a\n");
    let rule = ["--rule", "build.maintainer", "Dockerfile"];
    let json = world.json(&[&["lint", "-o", "json"], &rule[..]].concat());
    assert_eq!(
        json["reports"][0]["findings"][0]["edits"],
        json!([{
            "startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 14,
            "original": "MAINTAINER \u{e9}",
            "replacement": "LABEL org.opencontainers.image.authors=\"\u{e9}\"",
        }])
    );
    let sarif = world.json(&[&["lint", "-o", "sarif"], &rule[..]].concat());
    let _: serde_sarif::sarif::Sarif = serde_json::from_value(sarif.clone()).unwrap();
    assert_eq!(
        sarif["runs"][0]["results"][0]["fixes"][0]["artifactChanges"],
        json!([{
            "artifactLocation": { "uri": "Dockerfile" },
            "replacements": [{
                "deletedRegion": { "startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 13 },
                "insertedContent": { "text": "LABEL org.opencontainers.image.authors=\"\u{e9}\"" },
            }],
        }])
    );
}
