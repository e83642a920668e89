//! A policy that attacks its host, one rule an attack. What no compiler would make of Rust (a table that grows, a start
//! function that loops) is written by hand beside the tests, in `host/engine/tests/components.rs`.

#![cfg(target_arch = "wasm32")]

use polcheck_sdk::bindings::exports::polcheck::policy::check::{
    Guest, Metadata, Outcome, Rule, RuleOutcome, Severity,
};
use polcheck_sdk::bindings::polcheck::policy::types::{
    Confidence, Finding, KeyValue, Remediation, Span, TextEdit,
};
use polcheck_sdk::bindings::polcheck::policy::{
    attestations, base_image, dockerfile, evaluation, image, log, matching,
};
use std::hint::black_box;

/// Each attack, and the interfaces it declares.
const ATTACKS: [(&str, &[&str]); 33] = [
    ("good.neighbour", &["image"]),
    ("good.reader", &["dockerfile"]),
    ("good.base", &["dockerfile", "base-image"]),
    ("attested.reader", &["attestations"]),
    (
        "attested.believer",
        &[
            "attestations/unverified",
            "attestations/base",
            "base-image/of-image",
        ],
    ),
    ("undeclared.attestations", &["image"]),
    ("endless.loop", &["image"]),
    ("memory.growth", &["image"]),
    ("deep.recursion", &["image"]),
    ("huge.answer", &["image"]),
    ("many.findings", &["image"]),
    ("huge.text", &["image"]),
    ("many.texts", &["image"]),
    ("many.calls", &["image"]),
    ("many.patterns", &["image"]),
    ("log.flood", &["image"]),
    ("panic.message", &["image"]),
    ("undeclared.read", &[]),
    ("not.answered", &["image"]),
    ("answered.twice", &["image"]),
    ("unknown.answer", &["image"]),
    ("nan.games", &["image"]),
    ("edit.good", &["dockerfile"]),
    ("edit.undeclared", &["dockerfile"]),
    ("edit.nowhere", &["dockerfile"]),
    ("edit.overlap", &["dockerfile"]),
    ("edit.many", &["dockerfile"]),
    ("edit.breaks", &["dockerfile"]),
    ("edit.adds", &["dockerfile"]),
    ("edit.rebases", &["dockerfile"]),
    ("edit.silences", &["dockerfile"]),
    ("edit.removes", &["dockerfile"]),
    ("edit.warns", &["dockerfile"]),
];

struct Hostile;

impl Guest for Hostile {
    fn describe() -> Metadata {
        let rule = |(id, needs): &(&str, &[&str])| Rule {
            id: (*id).to_owned(),
            title: (*id).to_owned(),
            default_severity: Severity::High,
            description: String::new(),
            aliases: vec![],
            opt_in: false,
            fixable: id.starts_with("edit.") && *id != "edit.undeclared",
            needs: needs.iter().map(|need| vec![(*need).to_owned()]).collect(),
            uses: vec![],
            settings_schema: String::new(),
            url: None,
        };
        Metadata {
            id: "hostile".to_owned(),
            version: "0.1.0".to_owned(),
            title: "Attacks".to_owned(),
            description: String::new(),
            license: None,
            rules: ATTACKS.iter().map(rule).collect(),
        }
    }

    fn evaluate(rules: Vec<String>) -> Vec<RuleOutcome> {
        std::panic::set_hook(Box::new(|panic| {
            log::emit(log::Level::Error, &panic.to_string());
        }));
        rules.iter().flat_map(|rule| attack(rule)).collect()
    }
}

fn attack(rule: &str) -> Vec<RuleOutcome> {
    let holds = || RuleOutcome {
        rule: rule.to_owned(),
        outcome: Outcome::Findings(vec![]),
    };
    let findings = |findings| {
        vec![RuleOutcome {
            rule: rule.to_owned(),
            outcome: Outcome::Findings(findings),
        }]
    };
    if let Some(read) = read(rule) {
        return findings(vec![finding(&read, vec![])]);
    }
    match rule {
        "endless.loop" => while black_box(true) {},
        "memory.growth" => grow_memory(),
        "deep.recursion" => {
            black_box(recurse(black_box(0)));
        }
        "huge.answer" => return findings(vec![finding(&"x".repeat(10 << 20), vec![])]),
        "many.findings" => return findings(vec![finding("x", vec![]); 2_000]),
        "huge.text" => log::emit(log::Level::Info, &"x".repeat(32 << 20)),
        "many.texts" => {
            let text = "x".repeat(512 << 10);
            (0..100).for_each(|_| {
                black_box(matching::glob_match("*", &text));
            });
        }
        "many.calls" => (0..1_000_000).for_each(|_| {
            black_box(evaluation::time());
        }),
        "many.patterns" => (0..1_000_000).for_each(|n| {
            black_box(matching::regex_match(&format!("(a{n}|b){{99}}"), "a")).ok();
        }),
        "log.flood" => {
            (0..100_000).for_each(|_| log::emit(log::Level::Info, "all work and no play"));
        }
        "panic.message" => panic_with(black_box("seven")),
        // Rules that take `denied` for "nothing wrong".
        "undeclared.read" => drop(black_box(image::config())),
        "undeclared.attestations" => drop(black_box(attestations::trusts_anybody())),
        "not.answered" => return vec![],
        "answered.twice" => return vec![holds(), holds()],
        "unknown.answer" => {
            return vec![
                holds(),
                RuleOutcome {
                    rule: "good.other".to_owned(),
                    outcome: Outcome::Findings(vec![]),
                },
            ];
        }
        edit if edit.starts_with("edit.") => return findings(edited(edit)),
        "nan.games" => return findings(vec![finding("not a number", nan_bits())]),
        _ => {}
    }
    vec![holds()]
}

/// What a rule reads that only reads.
fn read(rule: &str) -> Option<String> {
    Some(match rule {
        "good.reader" => read_dockerfile(),
        "good.base" => read_base(),
        "attested.reader" => read_attestations(),
        "attested.believer" => {
            let base = base_image::of_image();
            format!("{} built on {base:?}", read_attestations())
        }
        _ => return None,
    })
}

/// What every function of the interface `dockerfile` answers, in one line.
#[expect(clippy::unwrap_used, reason = "what is not answered breaks the rule")]
fn read_dockerfile() -> String {
    let shell = dockerfile::commands(&["apk".to_owned()]).unwrap();
    let config = dockerfile::config(0).unwrap();
    format!(
        "{:?} {:?} directives {} diagnostics {} skipped {} stages {} user {:?} env {} instructions {} run {} apk {} of {} {} mounts {} flows {} uses {} undefined {} suppressions {} comparison {:?} ignored {:?} text {} other {:?}",
        dockerfile::source().unwrap().origin,
        dockerfile::status().unwrap(),
        dockerfile::directives().unwrap().len(),
        dockerfile::diagnostics().unwrap().len(),
        dockerfile::skipped_diagnostics().unwrap().len(),
        dockerfile::stages().unwrap().len(),
        config.user.value,
        config.env.len(),
        dockerfile::instructions(&[]).unwrap().len(),
        dockerfile::instructions(&[dockerfile::Keyword::Run])
            .unwrap()
            .len(),
        shell.commands.len(),
        dockerfile::commands(&[]).unwrap().commands.len(),
        shell.complete,
        dockerfile::mounts().unwrap().len(),
        dockerfile::flows().unwrap().len(),
        dockerfile::variable_uses(false).unwrap().len(),
        dockerfile::variable_uses(true).unwrap().len(),
        dockerfile::suppressions().unwrap().len(),
        dockerfile::comparison().map(|differences| differences.len()),
        dockerfile::ignore_patterns(),
        dockerfile::text().unwrap().len(),
        dockerfile::config(9),
    )
}

/// Of each stage the image that it begins with, and whose user it has.
#[expect(clippy::unwrap_used, reason = "what is not answered breaks the rule")]
fn read_base() -> String {
    let stages = dockerfile::stages().unwrap();
    let bases = stages.iter().map(|stage| {
        base_image::of_stage(stage.index).map(|base| (base.digest.is_some(), base.config.user))
    });
    format!("{:?}", bases.collect::<Vec<_>>())
}

/// What every function of the interface `attestations` answers, in one line.
#[expect(clippy::unwrap_used, reason = "what is not answered breaks the rule")]
fn read_attestations() -> String {
    use attestations::Subject;
    let row = |row: attestations::Attestation| {
        format!(
            "{} {:?} {} {} {:?} {:?} {:?} {:?} {} json {:?} value {:?} text {:?}",
            row.id,
            row.kind,
            row.predicate_type.unwrap_or_default(),
            row.artifact_type.unwrap_or_default(),
            row.verification,
            row.signer,
            row.signed_at,
            row.digest.len(),
            row.logged,
            attestations::predicate(row.id),
            attestations::predicate_value(row.id, "/builder"),
            attestations::predicate_text(row.id, "/builder/id"),
        )
    };
    let rows = |subject| {
        let rows = attestations::attached(subject, &[]);
        rows.map(|rows| rows.into_iter().map(row).collect::<Vec<_>>())
    };
    let only = attestations::attached(Subject::Image, &["https://a.test/v1".to_owned()]);
    format!(
        "trusts {} signers {:?} claims {:?} only {} image {:#?} base {:#?} other {:?}",
        attestations::trusts_anybody().unwrap(),
        attestations::signers().unwrap(),
        attestations::trusted_claims().unwrap(),
        only.unwrap().len(),
        rows(Subject::Image),
        rows(Subject::Base),
        attestations::predicate(99),
    )
}

fn finding(message: &str, evidence: Vec<KeyValue>) -> Finding {
    Finding {
        severity: Severity::High,
        confidence: Confidence::High,
        message: message.to_owned(),
        locations: vec![],
        remediation: None,
        key: String::new(),
        evidence,
    }
}

/// What it would do to a file that begins with `FROM alpine:3.22`.
fn edited(rule: &str) -> Vec<Finding> {
    let edit = |columns: [u32; 2], original: &str, replacement: &str| TextEdit {
        span: Span {
            start_line: 1,
            start_column: columns[0],
            end_line: 1,
            end_column: columns[1],
        },
        original: original.to_owned(),
        replacement: replacement.to_owned(),
    };
    let digest = format!("@sha256:{}", "1".repeat(64));
    let edits = match rule {
        "edit.good" | "edit.undeclared" => vec![edit([17, 17], "", &digest)],
        "edit.nowhere" => vec![edit([900, 901], "x", "y")],
        "edit.overlap" => vec![edit([1, 5], "FROM", "FROM"), edit([4, 5], "M", "M")],
        "edit.many" => vec![edit([1, 5], "FROM", "FROM"); 2_000],
        "edit.breaks" => vec![edit([1, 5], "FROM", "FRUM")],
        "edit.adds" => vec![edit([17, 17], "", "\nRUN evil")],
        "edit.rebases" => vec![edit([6, 12], "alpine", "evil")],
        "edit.silences" => vec![edit([1, 1], "", "# hadolint ignore=DL3006\n")],
        "edit.removes" => vec![edit([17, 17], "", " \\")],
        _ => vec![edit([1, 5], "FROM", "from")],
    };
    let is_offered = dockerfile::text().is_ok_and(|text| !text.contains(&digest));
    let offered = finding(rule, vec![]);
    let offered = Finding {
        remediation: Some(Remediation {
            text: "let me".to_owned(),
            url: None,
            edits,
        }),
        ..offered
    };
    if is_offered { vec![offered] } else { vec![] }
}

fn grow_memory() {
    let mut blocks: Vec<Vec<u8>> = vec![];
    loop {
        blocks.push(vec![1; 1 << 20]);
        black_box(&blocks);
    }
}

#[expect(unconditional_recursion, reason = "this is the attack")]
fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 16]);
    recurse(depth + 1) + frame.iter().sum::<u64>()
}

#[expect(clippy::panic, reason = "this is the attack")]
fn panic_with(word: &str) -> ! {
    panic!("no {word} here")
}

/// The bits of a few values that are not numbers; without a rule for them they differ from machine to machine.
#[expect(
    clippy::eq_op,
    reason = "this is how one gets a value that is no number"
)]
fn nan_bits() -> Vec<KeyValue> {
    let zero = black_box(0.0_f64);
    let infinity = black_box(f64::INFINITY);
    let values = [
        zero / zero,
        infinity - infinity,
        (zero / zero).sqrt(),
        black_box(f64::from_bits(0xfff0_dead_beef_0001)) + 1.0,
    ];
    let bits = values.iter().enumerate();
    bits.map(|(index, value)| KeyValue {
        key: index.to_string(),
        value: format!("{:016x}", value.to_bits()),
    })
    .collect()
}

polcheck_sdk::bindings::export!(Hostile with_types_in polcheck_sdk::bindings);
