//! `polcheck lint`, and `polcheck facts --dockerfile`

use crate::assert_said;
use crate::harness::World;
use serde_json::Value;

const GOOD: &str = "FROM alpine:3.22\nUSER 65532:65532\nENTRYPOINT [\"/service\"]\n";

/// Something for each rule over Dockerfiles but `build.invalid`.
const BAD: &str = "\
# The service
# syntax=docker/dockerfile:1
ARG VERSION=1
FROM alpine AS unused
FROM scratch
LABEL version=$VERSION \\
      commit=\"$COMMIT\"
COPY --from=builder /service /service
";

#[test]
fn many_files_are_reported_in_their_order_however_many_threads_there_are() {
    let world = World::new();
    let names: Vec<String> = (100..140).map(|at| format!("{at}.Dockerfile")).collect();
    for (at, name) in names.iter().enumerate() {
        world.write(name, BAD.repeat(1 + 7 * at % 5));
    }
    for threads in ["1", "8"] {
        let report = world.json(&["lint", "-o", "json", "--jobs", threads, "."]);
        let reports = report["reports"].as_array().unwrap().iter();
        let found: Vec<_> = reports
            .map(|report| report["subject"]["path"].as_str().unwrap())
            .collect();
        assert_eq!(found, names);
    }
}

#[test]
fn a_report_has_its_name_only_when_it_is_whole() {
    let world = World::new();
    world.write("Dockerfile", BAD);
    world.write("report.txt", "an older one\n");
    let args = ["lint", "-o", "text=report.txt", "-o", "json", "Dockerfile"];
    let said = world.polcheck(&args);
    assert!(world.read("report.txt").starts_with("high["), "{said}");
    assert!(said.stdout.starts_with("{\n  \"reports\": ["), "{said}");
    assert_eq!(
        std::fs::read_dir(world.path("."))
            .unwrap()
            .filter(|entry| {
                let name = entry.as_ref().unwrap().file_name();
                name.to_string_lossy().starts_with(".tmp")
            })
            .count(),
        0
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "what is said is long")]
fn findings_show_the_lines_they_are_about() {
    let world = World::new();
    world.write("Dockerfile", BAD);
    assert_said!(world.polcheck(&["lint", "Dockerfile"]), @r#"
    exit code: 1
    --- stdout
    high[build.copy-from-external]: no stage is called `builder`: the files come from an image of that name
     --> Dockerfile:8:1
      |
    8 | COPY --from=builder /service /service
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = why: A stage that is misspelt or missing becomes an image that somebody else publishes, `docker.io/library/builder:latest` instead of the stage `builder`, and its files become part of yours.
      = help: name a stage; where an image is meant, give it a stage of its own: `FROM IMAGE@DIGEST AS NAME`

    high[build.undefined-variable]: nobody sets the variable `COMMIT`
     --> Dockerfile:7:15
      |
    7 |       commit="$COMMIT"
      |               ^^^^^^^
      |
      = why: The variable is replaced by nothing, and the build goes on: a label stays empty, a path becomes another one.
      = help: declare it in the stage: `ARG COMMIT`, or correct its name
      = see: https://docs.docker.com/reference/build-checks/undefined-var/

    high[build.undefined-variable]: nobody sets the variable `VERSION`
     --> Dockerfile:6:15
      |
    6 | LABEL version=$VERSION \
      |               ^^^^^^^^
      |
      = help: declare it in the stage: `ARG VERSION`, or correct its name
      = see: https://docs.docker.com/reference/build-checks/undefined-var/

    medium[base.latest-tag]: the base image `alpine` has no tag
     --> Dockerfile:4:6
      |
    4 | FROM alpine AS unused
      |      ^^^^^^
      |
      = why: The same file makes another image tomorrow, and nobody can say what an image was made of.
      = help: name a release, best with its digest: `FROM IMAGE:1.2@sha256:…`

    medium[build.directive-ineffective]: `# syntax=` is only a comment here
     --> Dockerfile:2:1
      |
    2 | # syntax=docker/dockerfile:1
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = why: BuildKit reads directives only at the very top of the file. Below anything else they are comments: the frontend that was pinned is not the one that builds, and the escape character is not the one that was chosen.
      = help: move it to the top of the file, above every comment and blank line

    low[base.no-digest]: the base image `alpine` is not pinned by digest
     --> Dockerfile:4:6
      |
    4 | FROM alpine AS unused
      |      ^^^^^^
      |
      = why: A tag can be moved. The same file makes another image as soon as somebody does, and what was tested is not what is built next.
      = help: add the digest: `FROM alpine@sha256:…`

    low[build.unreachable-stage]: the image needs nothing of the stage `unused`
     --> Dockerfile:4:1
      |
    4 | FROM alpine AS unused
      | ^^^^^^^^^^^^^^^^^^^^^
      |
      = why: BuildKit does not build such a stage. Tests and scans in it never run, and what it makes never gets into the image, though everybody who reads the file believes that it does.
      = help: take something from it with `COPY --from`, build it by name with `--target`, or remove it

    low[health.missing]: the image has no health check
     --> Dockerfile:5:1
      |
    5 | FROM scratch
      | ^^^^^^^^^^^^
      |
      = why: Docker and Swarm keep sending work to a process that hangs, since they only see that it runs.
      = help: add a check that needs no shell: `HEALTHCHECK CMD ["/service", "healthcheck"]`

    low[user.final-root]: the image sets no user, so it runs as root
     --> Dockerfile:5:1
      |
    5 | FROM scratch
      | ^^^^^^^^^^^^
      |
      = why: A process that escapes its container keeps its user id. As root, it owns the node; inside the container it can already change every file.
      = help: end the last stage with `USER 65532:65532`, or another number that is not 0

    info[label.oci-missing]: the image does not say where it comes from: `org.opencontainers.image.source`, `org.opencontainers.image.revision` missing
     --> Dockerfile:5:1
      |
    5 | FROM scratch
      | ^^^^^^^^^^^^
      |
      = why: When something is wrong with an image, the first question is which commit of which repository made it.
      = help: set the labels when the image is built: `docker build --label …`, or the metadata step of your pipeline
      = see: https://github.com/opencontainers/image-spec/blob/main/annotations.md

    Dockerfile: failed (sha256:[DIGEST]): 3 high, 2 medium, 4 low, 1 info
      not checked: image.dockerfile-mismatch: it needs `image`, and there is only a Dockerfile
    "#);
}

#[test]
fn a_file_that_buildkit_refuses_fails_with_its_line_and_reason() {
    let world = World::new();
    world.write("Dockerfile", "FROM alpine:3.22\nRUNN apk upgrade\n");
    assert_said!(world.polcheck(&["lint", "-q", "Dockerfile"]), @r#"
    exit code: 1
    --- stdout
    critical[build.invalid]: BuildKit refuses the file: dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)
     --> Dockerfile:2:1
      |
    2 | RUNN apk upgrade
      | ^^^^^^^^^^^^^^^^
      |
      = why: What cannot be built cannot be judged either: no rule can promise anything about an image that this file does not make.
      = help: correct the file; `docker build --check .` shows the same

    high[user.final-root]: the image runs as root: it sets no user, and neither does its base image `alpine:3.22`
     --> Dockerfile:1:1
      |
    1 | FROM alpine:3.22
      | ^^^^^^^^^^^^^^^^
      |
      = why: A process that escapes its container keeps its user id. As root, it owns the node; inside the container it can already change every file.
      = help: end the last stage with `USER 65532:65532`, or another number that is not 0

    low[base.no-digest]: the base image `alpine:3.22` is not pinned by digest
     --> Dockerfile:1:6
      |
    1 | FROM alpine:3.22
      |      ^^^^^^^^^^^
      |
      = why: A tag can be moved. The same file makes another image as soon as somebody does, and what was tested is not what is built next.
      = help: add the digest: `FROM alpine:3.22@sha256:…`

    low[health.missing]: the image has no health check, unless `alpine:3.22` has one
     --> Dockerfile:1:1
      |
    1 | FROM alpine:3.22
      | ^^^^^^^^^^^^^^^^
      |
      = why: Docker and Swarm keep sending work to a process that hangs, since they only see that it runs.
      = help: add a check that needs no shell: `HEALTHCHECK CMD ["/service", "healthcheck"]`

    info[label.oci-missing]: the image does not say where it comes from: `org.opencontainers.image.source`, `org.opencontainers.image.revision` missing
     --> Dockerfile:1:1
      |
    1 | FROM alpine:3.22
      | ^^^^^^^^^^^^^^^^
      |
      = why: When something is wrong with an image, the first question is which commit of which repository made it.
      = help: set the labels when the image is built: `docker build --label …`, or the metadata step of your pipeline
      = see: https://github.com/opencontainers/image-spec/blob/main/annotations.md

    Dockerfile: failed (sha256:[DIGEST]): 1 critical, 1 high, 2 low, 1 info
      undecided: dockerfile.file: it cannot be read: dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)
    "#);
}

#[test]
fn no_selection_makes_a_pass_of_a_file_that_buildkit_refuses() {
    let world = World::new();
    world.write(
        "Dockerfile",
        "FROM alpine:3.22\nRUNN apk upgrade\nUSER 65532\n",
    );
    for args in [
        ["lint", "--rule", "base.*", "Dockerfile"],
        ["lint", "--skip-rule", "build.invalid", "Dockerfile"],
    ] {
        let said = world.polcheck(&args);
        assert_eq!(said.code, 2, "{said}");
    }
    world.write(
        "polcheck.yaml",
        "waivers:\n- { id: W1, reason: r, owner: o, expires: 2999-12-31, rule: build.invalid }\n",
    );
    let waived = world.polcheck(&["lint", "Dockerfile"]);
    assert_eq!(waived.code, 2, "{waived}");
}

#[test]
fn a_folder_stands_for_the_dockerfiles_in_it_that_git_does_not_ignore() {
    let world = World::new();
    for name in [
        "Dockerfile",
        "api/Dockerfile.production",
        "api/Dockerfile.dockerignore",
        "api/Dockerfile.tmpl",
        "api/Dockerfile~",
        ".devcontainer/Containerfile",
        "generated/Dockerfile",
        "vendor/x.Dockerfile",
        "main.rs",
    ] {
        world.write(name, GOOD);
    }
    world.write(".gitignore", "generated/\n");
    let document = world.json(&["lint", "-o", "json", "--exclude", "vendor/", "."]);
    let paths: Vec<&str> = document["reports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|report| report["subject"]["path"].as_str().unwrap())
        .collect();
    assert_eq!(
        paths,
        [
            ".devcontainer/Containerfile",
            "Dockerfile",
            "api/Dockerfile.production"
        ]
    );
}

#[test]
fn one_bad_file_stops_no_other() {
    let world = World::new();
    world.write("a/Dockerfile", [0xff, 0xfe, b'\n', 0]);
    world.write("b/Dockerfile", GOOD);
    let said = world.polcheck(&["lint", "-q", "a", "missing/Dockerfile", "b"]);
    assert_eq!(said.code, 2, "{said}");
    assert!(said.stdout.contains("b/Dockerfile: passed"), "{said}");
    assert!(
        said.stdout.contains("missing/Dockerfile: undecided"),
        "{said}"
    );
    assert!(said.stdout.contains("a/Dockerfile: failed"), "{said}");
}

#[test]
fn a_folder_without_a_dockerfile_is_nothing_to_check() {
    let world = World::new();
    world.write("src/main.rs", "");
    assert_said!(world.polcheck(&["lint", "src"]), @"
    exit code: 3
    --- stdout
    src: nothing to check
      there is no Dockerfile in it
    ");
}

#[test]
fn standard_input_is_a_file_too() {
    let world = World::new();
    let args = ["lint", "-q", "--stdin-filename", "api/Dockerfile", "-"];
    assert_said!(world.polcheck_with_stdin(&args, GOOD.as_bytes()), @r#"
    exit code: 0
    --- stdout
    low[base.no-digest]: the base image `alpine:3.22` is not pinned by digest
     --> api/Dockerfile:1:6
      |
    1 | FROM alpine:3.22
      |      ^^^^^^^^^^^
      |
      = why: A tag can be moved. The same file makes another image as soon as somebody does, and what was tested is not what is built next.
      = help: add the digest: `FROM alpine:3.22@sha256:…`

    low[health.missing]: the image has no health check, unless `alpine:3.22` has one
     --> api/Dockerfile:1:1
      |
    1 | FROM alpine:3.22
      | ^^^^^^^^^^^^^^^^
      |
      = why: Docker and Swarm keep sending work to a process that hangs, since they only see that it runs.
      = help: add a check that needs no shell: `HEALTHCHECK CMD ["/service", "healthcheck"]`

    info[label.oci-missing]: the image does not say where it comes from: `org.opencontainers.image.source`, `org.opencontainers.image.revision` missing
     --> api/Dockerfile:1:1
      |
    1 | FROM alpine:3.22
      | ^^^^^^^^^^^^^^^^
      |
      = why: When something is wrong with an image, the first question is which commit of which repository made it.
      = help: set the labels when the image is built: `docker build --label …`, or the metadata step of your pipeline
      = see: https://github.com/opencontainers/image-spec/blob/main/annotations.md

    api/Dockerfile: passed (sha256:[DIGEST]): 2 low, 1 info
    "#);
}

#[test]
fn rules_about_images_are_not_checked_and_no_claim_is_decided() {
    let world = World::new();
    world.write("Dockerfile", GOOD);
    let document = world.json(&["lint", "-o", "json", "Dockerfile"]);
    let report = &document["reports"][0];
    assert_eq!(report["verdict"], "passed");
    assert_eq!(report["claims"][0]["withheld"][0], "there is no image");
    let unchecked = report["notChecked"].to_string();
    assert!(
        unchecked.contains("image.dockerfile-mismatch"),
        "{unchecked}"
    );
}

#[test]
fn a_build_argument_decides_what_the_base_is() {
    let world = World::new();
    world.write("Dockerfile", "ARG TAG=3.22\nFROM alpine:$TAG\n");
    assert_eq!(
        world
            .polcheck(&["lint", "--rule", "base.latest-tag", "Dockerfile"])
            .code,
        0
    );
    let args = [
        "lint",
        "--rule",
        "base.latest-tag",
        "--fail-on",
        "medium",
        "--build-arg",
        "TAG=latest",
        "Dockerfile",
    ];
    assert_eq!(world.polcheck(&args).code, 1);
}

#[test]
fn a_variable_that_may_be_set_is_no_finding() {
    let world = World::new();
    for text in [
        // The base image may set it.
        "FROM eclipse-temurin:21\nENV PATH=$JAVA_HOME/bin:$PATH\n",
        "FROM scratch\nARG VERSION\nLABEL version=$VERSION\n",
        "FROM scratch\nLABEL version=${VERSION:-1}\n",
        // The shell knows it.
        "FROM scratch\nRUN echo $VERSION\n",
    ] {
        world.write("Dockerfile", text);
        let said = world.polcheck(&["lint", "--rule", "build.*", "Dockerfile"]);
        assert_eq!(said.code, 0, "{text}{said}");
    }
    world.write("Dockerfile", "FROM scratch\nLABEL version=$VERSION\n");
    assert_eq!(
        world
            .polcheck(&["lint", "--rule", "build.*", "Dockerfile"])
            .code,
        1
    );
}

#[test]
fn the_target_decides_which_stages_are_needed() {
    let world = World::new();
    world.write(
        "Dockerfile",
        "FROM alpine:3.22 AS a\nFROM alpine:3.22 AS b\n",
    );
    let unreachable = |args: &[&str]| {
        let rule = ["--rule", "build.unreachable-stage"];
        let document = world.json(&[args, &rule].concat());
        document["reports"][0]["findings"][0]["message"].to_string()
    };
    assert!(unreachable(&["lint", "-o", "json", "Dockerfile"]).contains("stage `a`"));
    let built = ["lint", "-o", "json", "--target", "a", "Dockerfile"];
    assert!(unreachable(&built).contains("stage `b`"));
}

#[test]
fn what_the_context_leaves_out_is_known() {
    let world = World::new();
    world.write("Dockerfile", "FROM scratch\nCOPY secret.txt /\n");
    world.write(".dockerignore", "*.txt\n");
    let names = |args: &[&str]| {
        let said = world.polcheck(args);
        let facts: Value = serde_json::from_str(&said.stdout).unwrap();
        facts["dockerfile"]["diagnostics"].to_string()
    };
    let without = names(&["facts", "-q", "--dockerfile", "Dockerfile"]);
    assert!(!without.contains("CopyIgnoredFile"), "{without}");
    let with = names(&[
        "facts",
        "-q",
        "--dockerfile",
        "Dockerfile",
        "--context",
        ".",
    ]);
    assert!(with.contains("CopyIgnoredFile"), "{with}");
}

#[test]
fn facts_of_a_dockerfile_are_what_policies_are_told() {
    let world = World::new();
    world.write(
        "Dockerfile",
        "# check=skip=all\nFROM scratch AS app\nENV A=1\nCMD [\"/a\"]\n",
    );
    assert_said!(world.polcheck(&["facts", "-q", "--dockerfile", "Dockerfile"]), @r##"
    exit code: 0
    --- stdout
    {"dockerfile":{"commands":[{"assignments":[],"instruction":2,"interpreter":"posix","joined":"first","redirects":[],"span":[4,1,4,11],"stage":0,"via":"script","words":[{"raw":"/a","span":[4,6,4,10],"value":"/a"}]}],"commandsComplete":true,"config":{"Cmd":["/a"],"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","A=1"],"ExposedPorts":[],"Labels":{},"OnBuild":[],"Volumes":[],"WorkingDir":"/"},"diagnostics":[],"digest":"sha256:[DIGEST]","directives":[{"effective":true,"name":"check","span":[1,1,1,17],"value":"skip=all"}],"escape":"\\","flows":[],"instructions":[{"args":["scratch","AS","app"],"brokenJson":false,"endLine":2,"execForm":false,"flagSpans":[],"flags":[],"heredocs":[],"keyword":"FROM","known":true,"span":[2,1,2,20],"spans":[[2,6,2,13],[2,14,2,16],[2,17,2,20]],"stage":0,"startLine":2,"text":"FROM scratch AS app","values":["scratch","AS","app"]},{"args":["A","1","="],"brokenJson":false,"endLine":3,"execForm":false,"flagSpans":[],"flags":[],"heredocs":[],"keyword":"ENV","known":true,"span":[3,1,3,8],"spans":[[3,5,3,6],[3,7,3,8],[3,6,3,7]],"stage":0,"startLine":3,"text":"ENV A=1","values":["A","1","="]},{"args":["/a"],"brokenJson":false,"endLine":4,"execForm":true,"flagSpans":[],"flags":[],"heredocs":[],"keyword":"CMD","known":true,"span":[4,1,4,11],"spans":[[4,6,4,10]],"stage":0,"startLine":4,"text":"CMD [\"/a\"]","values":["/a"]}],"mounts":[],"origin":"given","skippedDiagnostics":[],"stages":[{"base":"scratch","baseWord":{"raw":"scratch","span":[2,6,2,13],"value":"scratch"},"config":{"baseKnown":true,"cmd":{"decided":"here","span":[4,1,4,11],"value":["/a"]},"entrypoint":{"decided":"unset"},"env":[{"key":"PATH","value":"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},{"key":"A","span":[3,5,3,8],"value":"1"}],"exposedPorts":[],"healthcheck":{"decided":"unset"},"labels":[],"shell":{"decided":"unset"},"stopSignal":{"decided":"unset"},"user":{"decided":"unset"},"volumes":[],"workingDir":{"decided":"base","value":"/"}},"fromScratch":true,"index":0,"name":"app","reachable":true,"span":[2,1,2,20]}],"status":"complete","suppressions":[{"rules":[],"span":[1,1,1,17],"tool":"buildkit","wholeFile":true}],"syntax":null,"target":0,"text":"# check=skip=all\nFROM scratch AS app\nENV A=1\nCMD [\"/a\"]\n","variableUses":[]}}
    "##);
}

#[test]
fn a_config_stands_for_every_base_image() {
    let world = World::new();
    world.write(
        "Dockerfile",
        "FROM private.example.com/base:1\nENV A=$HOME/a\n",
    );
    world.write("base.json", r#"{"os":"linux","architecture":"amd64","config":{"User":"app","Env":["PATH=/bin","HOME=/h"]}}"#);
    let config = |args: &[&str]| {
        let said = world.polcheck(args);
        let facts: Value = serde_json::from_str(&said.stdout).unwrap();
        facts["dockerfile"]["config"].clone()
    };
    let unknown = config(&["facts", "-q", "--dockerfile", "Dockerfile"]);
    assert_eq!(unknown.get("User"), None);
    assert_eq!(unknown["Env"], serde_json::json!([]));
    let known = config(&[
        "facts",
        "-q",
        "--dockerfile",
        "Dockerfile",
        "--base-config",
        "base.json",
    ]);
    assert_eq!(known["User"], "app");
    assert_eq!(
        known["Env"],
        serde_json::json!(["PATH=/bin", "HOME=/h", "A=/h/a"])
    );
}

/// The findings of these rules that the seed's files must yield: file, line, rule.
#[test]
fn a_comment_silences_what_the_set_lets_it_silence() {
    let world = World::new();
    world.write(
        "Dockerfile",
        "FROM scratch AS base\nFROM base\n# polcheck: ignore=build.copy-from-external reason=\"the image of that name is ours\"\nCOPY --from=builder /a /b\nUSER 1\n",
    );
    assert_said!(world.polcheck(&["lint", "--rule", "DL3022", "Dockerfile"]), @"
    exit code: 0
    --- stdout
    high[build.copy-from-external]: no stage is called `builder`: the files come from an image of that name
     --> Dockerfile:4:1
      |
    4 | COPY --from=builder /a /b
      | ^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = why: A stage that is misspelt or missing becomes an image that somebody else publishes, `docker.io/library/builder:latest` instead of the stage `builder`, and its files become part of yours.
      = note: a comment for polcheck silences it: the image of that name is ours
      = help: name a stage; where an image is meant, give it a stage of its own: `FROM IMAGE@DIGEST AS NAME`

    Dockerfile: passed (sha256:[DIGEST]): 1 suppressed
      not checked: base.end-of-life, base.latest-tag, base.no-digest, base.not-allowed and 81 more: this run leaves it out
      comment for polcheck in line 3: `build.copy-from-external` is used
    ");
    let strict = world.polcheck(&[
        "lint",
        "--policy-set",
        "builtin:strict",
        "--rule",
        "DL3022",
        "Dockerfile",
    ]);
    assert_eq!(strict.code, 1, "{strict}");
}

#[test]
fn a_rule_can_be_told_another_day() {
    let world = World::new();
    world.write("Dockerfile", "FROM alpine:3.18\n");
    let on = |day: &str| {
        let args = [
            "lint",
            "--rule",
            "base.end-of-life",
            "-o",
            "json",
            "--effective-time",
            day,
            "Dockerfile",
        ];
        world.json(&args)["reports"][0]["findings"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(on("2025-01-01T00:00:00Z"), 0);
    assert_eq!(on("2026-11-23T00:00:00Z"), 1);
}
