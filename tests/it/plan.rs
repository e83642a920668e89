//! `polcheck policy-set plan`, `polcheck diff`, `polcheck explain --verdict` and `polcheck check --reuse`.

use crate::assert_said;
use crate::harness::{World, shared};
use crate::images::{bad, good, good_config, with};
use crate::replay::{change, evidence, run};
use serde_json::{Value, json};

const SSH: &str = "name: ssh\npacks: [builtin:core]\nrules: { net.ssh-port: {} }\n";
const ROOT: &str =
    "name: root\npacks: [builtin:core]\nrules: { net.ssh-port: {}, user.final-root: {} }\n";
const BASE: &str =
    "name: base\npacks: [builtin:core]\nrules: { net.ssh-port: {}, base.latest-tag: {} }\n";

/// Three images judged by a set that only looks at ports: a good one, one that runs as root, one with a port.
fn world() -> World {
    let world = World::new();
    world.write("ssh.yaml", SSH);
    world.write("root.yaml", ROOT);
    world.write("base.yaml", BASE);
    let mut open = good_config();
    open["ExposedPorts"] = json!({ "22/tcp": {} });
    open["User"] = json!("0");
    for (name, image) in [("good", good()), ("bad", bad()), ("open", with(open))] {
        image.push(&world.registry, name, Some("1"));
        let name = world.image(&format!("{name}:1"));
        run(
            &world,
            &format!("check -q --policy-set ssh.yaml --evidence ev {name}"),
        );
    }
    world
}

#[test]
fn a_plan_says_what_would_newly_fail_and_by_which_rule() {
    let said = run(&world(), "policy-set plan ssh.yaml root.yaml --evidence ev");
    assert_eq!(said.code, 0, "{said}");
    let cost = said
        .stdout
        .lines()
        .find(|line| line.starts_with("cost: "))
        .unwrap();
    assert!(cost.contains("units of fuel, then"), "{said}");
    for expected in [
        "  rule `user.final-root`: none, and now selected\n",
        "newly fail:\n  registry.test/bad:1: user.final-root\n  registry.test/open:1: user.final-root\n",
        "3 subjects: 2 newly fail, 0 newly pass, 0 newly undecided, 0 still undecided, 1 the same\n",
        "rules that fail more: user.final-root (2)\n",
    ] {
        assert!(said.stdout.contains(expected), "{expected}\n{said}");
    }
}

#[test]
fn more_new_failures_than_allowed_are_a_failure() {
    let world = world();
    let plan = "policy-set plan ssh.yaml root.yaml --evidence ev --max-new-failures";
    assert_eq!(run(&world, &format!("{plan} 1")).code, 1);
    assert_eq!(run(&world, &format!("{plan} 2")).code, 0);
    // The way back fails nothing.
    let back = run(
        &world,
        "policy-set plan root.yaml ssh.yaml --evidence ev --max-new-failures 0",
    );
    assert_eq!(back.code, 0, "{back}");
    assert!(
        back.stdout
            .contains("newly pass:\n  registry.test/bad:1: no longer user.final-root\n"),
        "{back}"
    );
}

#[test]
fn a_fact_that_was_not_recorded_is_never_a_pass() {
    let world = world();
    let said = run(&world, "policy-set plan ssh.yaml base.yaml --evidence ev");
    assert_eq!(said.code, 2, "{said}");
    assert!(
        said.stdout
            .contains("base.latest-tag not recorded: `dockerfile`"),
        "{said}"
    );
    assert!(
        said.stdout.contains("0 newly pass, 3 newly undecided"),
        "{said}"
    );
}

#[test]
fn evidence_that_cannot_be_read_leaves_the_plan_open() {
    let world = world();
    world.write("ev/x.evidence.json.gz", "x");
    let said = run(&world, "policy-set plan ssh.yaml root.yaml --evidence ev");
    assert_eq!(said.code, 2, "{said}");
    assert!(said.stdout.contains("1 could not be read"), "{said}");
    let json = world.json(&[
        "policy-set",
        "plan",
        "ssh.yaml",
        "root.yaml",
        "--evidence",
        "ev",
        "-o",
        "json",
    ]);
    assert_eq!(
        (&json["newlyFails"], &json["unreadable"][0]["evidence"]),
        (&json!(2), &json!("ev/x.evidence.json.gz"))
    );
    assert_eq!(json["failingRules"], json!({ "user.final-root": 2 }));
}

#[test]
fn a_plan_takes_what_is_attached_to_images() {
    let world = World::new();
    world.write("ssh.yaml", SSH);
    world.write("root.yaml", ROOT);
    good().push(&world.registry, "app", Some("1"));
    world.make_key();
    let plan = "policy-set plan ssh.yaml root.yaml IMAGE";
    assert_eq!(run(&world, plan).code, 2, "nothing is attached");
    assert_eq!(
        run(
            &world,
            "attest -q --key polcheck.key --attach-evidence IMAGE"
        )
        .code,
        0
    );
    let said = run(&world, plan);
    assert_eq!(said.code, 0, "{said}");
    assert!(said.stdout.contains("1 subjects: 0 newly fail"), "{said}");
}

#[test]
fn a_plan_from_standard_to_strict_over_the_corpus_is_that_of_two_runs() {
    let Some(corpus) = shared(
        "corpus/dockerfiles",
        "a_plan_from_standard_to_strict_over_the_corpus_is_that_of_two_runs",
    ) else {
        return;
    };
    let world = World::new();
    let corpus = corpus.to_string_lossy().into_owned();
    let time = "2026-11-01T12:00:00Z";
    let lint = |set: &str, more: &[&str]| {
        let lint = [
            "lint",
            "-q",
            "-o",
            "json",
            "--effective-time",
            time,
            "--policy-set",
            set,
            &corpus,
        ];
        let document: Value =
            serde_json::from_str(&world.polcheck(&[&lint[..], more].concat()).stdout).unwrap();
        let reports = document["reports"].as_array().unwrap().clone();
        reports
            .iter()
            .map(|it| it["verdict"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let (old, new) = (
        lint("builtin:standard", &["--evidence", "ev"]),
        lint("builtin:strict", &[]),
    );
    let fails = old
        .iter()
        .zip(&new)
        .filter(|(old, new)| *old != "failed" && *new == "failed")
        .count();
    let plan = world.json(&[
        "policy-set",
        "plan",
        "builtin:standard",
        "builtin:strict",
        "--evidence",
        "ev",
        "-o",
        "json",
    ]);
    assert!(fails > 0);
    assert_eq!(plan["newlyFails"], json!(fails));
    assert_eq!(plan["subjects"].as_array().unwrap().len(), old.len());
}

#[test]
fn two_images_differ_in_facts_findings_and_claims() {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    let mut config = good_config();
    config["User"] = json!("0");
    config["Env"] = json!(["TOKEN=correct-horse"]);
    with(config).push(&world.registry, "app", Some("2"));
    let (one, two) = (world.image("app:1"), world.image("app:2"));
    let said = run(&world, &format!("diff {one} {two}"));
    assert_eq!(said.code, 1, "{said}");
    for expected in [
        "  fact `/image/config/User`: \"65532:65532\", now \"0\"\n",
        "  fact `/image/config/Env/0`: differs\n",
        "  finding `user.final-root user=root`: none, and now the image runs as root\n",
        "  fact `/dockerfile`: {…}, now unusable (absent)\n",
        "  outcome `user.final-root`: holds, now 1 finding\n",
        "  claim `security.scan`: passed, now withheld (the verdict is failed",
        "  verdict `verdict`: passed, now failed\n",
    ] {
        assert!(said.stdout.contains(expected), "{expected}\n{said}");
    }
    assert!(!said.stdout.contains("correct-horse"), "{said}");
    let same = run(&world, &format!("diff {one} {one}"));
    assert_eq!(
        (same.code, same.stdout.contains("nothing differs")),
        (0, true),
        "{same}"
    );
    assert_eq!(
        run(&world, &format!("diff {one} {}", world.image("app:3"))).code,
        2
    );
}

#[test]
fn a_verdict_is_explained_from_facts_to_claims() {
    let world = World::new();
    world.write("own.yaml", "name: own\npacks: [builtin:core]\nrules: { user.final-root: {}, health.missing: {}, net.ssh-port: {}, base.latest-tag: {} }\nclaims: { security.scan: { rules: ['*'], mayBeMissing: ['*'] } }\nwaivers:\n- { id: W1, reason: we restart it, owner: ops, expires: 2999-12-31, rule: health.missing }\n");
    with(json!({ "User": "0", "Entrypoint": ["/x"] })).push(&world.registry, "app", Some("1"));
    run(&world, "check -q --policy-set own.yaml --evidence ev IMAGE");
    assert_said!(run(&world, "explain --verdict ev"), @r#"
    exit code: 0
    --- stdout
    registry.test/app:1: failed (sha256:[DIGEST])
      judged by own (sha256:[DIGEST]), at [TIME] as ci
      pack core (sha256:[DIGEST])
      run by polcheck 0.1.0, wasmtime-48, polcheck:policy@0.1.0, 500000000 units of fuel each
      facts sha256:[DIGEST]
        image: of its config and manifest
        dockerfile: there is none

    health.missing
      core: The image has no health check
      reads image or dockerfile
      found: the image has no health check
        at the config, /config/Healthcheck
        low, waived by `W1`, by ops until 2999-12-31: we restart it

    user.final-root
      core: The image runs as root
      reads image or dockerfile, base-image if it is there
      set to {"reportUnknownBase":true,"users":{}}
      found: the image runs as root
        at the config, /config/User
        from User = 0
        high, open; the set fails from high on, so the subject fails

    without a finding
      hold: net.ssh-port
      not evaluated, dockerfile is needed: there is none: base.latest-tag

    claim security.scan
      stands for 4 rules without a finding of high or worse; 4 of them may lack their facts
      withheld: the verdict is failed
      withheld: `user.final-root` has a finding

    Nobody signed this evidence: `polcheck replay` comes to its verdict again, `polcheck verify --replay` holds it against a statement.
    "#);
}

#[test]
fn a_verdict_is_explained_from_what_is_attached_too() {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    let said = run(&world, "explain --verdict IMAGE");
    assert_eq!(said.code, 2, "{said}");
    assert!(said.stderr.contains("no evidence is attached to"), "{said}");
    world.make_key();
    run(
        &world,
        "attest -q --key polcheck.key --attach-evidence IMAGE",
    );
    let said = run(&world, "explain --verdict IMAGE");
    assert_eq!(said.code, 0, "{said}");
    assert!(said.stdout.contains("claim security.scan\n"), "{said}");
    assert!(said.stdout.contains("  made\n"), "{said}");
}

/// A world with an image that has a statement by `polcheck.key`.
fn attested() -> World {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    world.make_key();
    let said = run(&world, "attest -q --key polcheck.key IMAGE");
    assert_eq!(said.code, 0, "{said}");
    world.registry.forget_requests();
    world
}

const REUSE: &str = "check --blob-cache 0 --reuse --reuse-key polcheck.pub";

/// Whether the config of the image was asked for, without which nothing can be judged.
fn judged(world: &World) -> bool {
    let config = good().config().descriptor()["digest"]
        .as_str()
        .unwrap()
        .to_owned();
    world
        .registry
        .request_lines()
        .iter()
        .any(|line| line.contains(&config))
}

#[test]
fn a_statement_answers_without_the_image_being_pulled() {
    let world = attested();
    let said = run(&world, &format!("{REUSE} IMAGE"));
    assert_eq!(said.code, 0, "{said}");
    assert!(
        said.stdout
            .contains("reused: security.scan=passed, judged "),
        "{said}"
    );
    assert!(
        said.stdout.contains(
            "security.scan withheld: nothing was judged: a statement that is there has it"
        ),
        "{said}"
    );
    assert!(!judged(&world), "{:?}", world.registry.request_lines());
    let document = world.json(&[
        "check",
        "-o",
        "json",
        "--reuse",
        "--reuse-key",
        "polcheck.pub",
        &world.image("app:1"),
    ]);
    assert_eq!(
        document["reports"][0]["reused"]["claims"],
        json!(["security.scan=passed"])
    );
    assert_eq!(document["reports"][0]["claims"][0]["issued"], json!(false));
}

#[test]
fn what_does_not_answer_the_same_question_is_not_reused() {
    let world = attested();
    world.make_key_called("stranger");
    world.write("own.yaml", SSH);
    for options in [
        "--max-age 0s",
        "--policy-set builtin:strict",
        "--policy-set own.yaml",
        "--skip-rule net.ssh-port",
        "--point scan",
        "--effective-time 2026-01-01T00:00:00Z",
    ] {
        std::thread::sleep(std::time::Duration::from_millis(
            if options.contains("max-age") { 1100 } else { 0 },
        ));
        world.registry.forget_requests();
        let said = run(&world, &format!("{REUSE} {options} IMAGE"));
        assert!(!said.stdout.contains("reused"), "{options}\n{said}");
        assert!(judged(&world), "{options}");
    }
    let said = run(&world, "check --reuse --reuse-key stranger.pub IMAGE");
    assert!(!said.stdout.contains("reused"), "{said}");
    // A tag that moved names something that nobody judged.
    let other = bad();
    other.push(&world.registry, "app", None);
    world.registry.retag("app", "1", other.digest());
    let said = run(&world, &format!("{REUSE} IMAGE"));
    assert_eq!(said.code, 1, "{said}");
}

#[test]
fn nobody_is_reused_unless_somebody_is_trusted() {
    let world = attested();
    let said = run(&world, "check --reuse IMAGE");
    assert_eq!(said.code, 2, "{said}");
    assert!(said.stderr.contains("nobody is trusted"), "{said}");
    assert_eq!(run(&world, "check --reuse-key polcheck.pub IMAGE").code, 2);
    assert_eq!(
        run(
            &world,
            "check --reuse --reuse-key polcheck.pub --evidence ev IMAGE"
        )
        .code,
        2
    );
}

#[test]
fn an_image_that_fails_has_nothing_to_be_reused() {
    let world = World::new();
    bad().push(&world.registry, "app", Some("1"));
    world.make_key();
    run(&world, "attest -q --key polcheck.key IMAGE");
    assert_eq!(run(&world, &format!("{REUSE} IMAGE")).code, 1);
}

#[test]
fn a_plan_over_changed_evidence_is_about_what_the_evidence_says() {
    let world = World::new();
    world.write("ssh.yaml", SSH);
    world.write("Dockerfile", "FROM alpine:3.22\nUSER 1000\n");
    run(&world, "lint -q --exit-zero --evidence ev Dockerfile");
    assert!(evidence(&world, "ev").exists());
    change(&world, "ev", |document| {
        document["verdict"]["verdict"] = json!("failed");
    });
    // The recorded verdict is not believed: both sets judge anew.
    let plan = world.json(&[
        "policy-set",
        "plan",
        "ssh.yaml",
        "ssh.yaml",
        "--evidence",
        "ev",
        "-o",
        "json",
    ]);
    assert_eq!(
        (&plan["same"], &plan["subjects"][0]["before"]),
        (&json!(1), &json!("passed"))
    );
}
