//! Each documented example of each built-in rule, natively and through the compiled component: identical findings.

use crate::harness::{root, shared};
use engine::{Allocation, Case, Circumstances, Compiler, Engine, Limits, Options, Pack};
use jiff::Timestamp;
use model::{Outcome, RuleId, RuleMetadata};
use pipeline::PACKS;
use polcheck_policy_core::PACK as CORE;
use polcheck_policy_supply::PACK as SUPPLY;
use polcheck_sdk::testing::{Given, TIME, evaluate, examples};
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

fn engine(allocation: Allocation) -> Engine {
    Engine::new(Options {
        allocation,
        limits: Limits::default(),
        compiler: Compiler {
            program: env!("CARGO_BIN_EXE_polcheck").into(),
            args: vec!["compile-policy".into()],
            timeout: Duration::from_mins(2),
        },
        cache: None,
    })
    .unwrap()
}

fn built(engine: &Engine, pack: &polcheck_sdk::Pack) -> Pack {
    let component = root().join(format!("policies/built/{}.wasm", pack.id));
    engine.load(&fs::read(component).unwrap()).unwrap()
}

/// What the component says where a test is told the same.
fn through_the_component(engine: &Engine, pack: &Pack, rule: &RuleId, given: &Given) -> Outcome {
    let facts = given.told().clone();
    let schema = pack
        .description()
        .rule(rule)
        .unwrap()
        .settings_schema
        .clone()
        .unwrap_or_default();
    let settings = model::settings::complete(&schema, given.settings_of(rule.as_ref()));
    let settings = BTreeMap::from([(rule.clone(), settings)]);
    let circumstances = Circumstances {
        time: Timestamp::from_second(i64::try_from(TIME).unwrap()).unwrap(),
        ..Circumstances::default()
    };
    let case = Arc::new(Case::new(facts, circumstances, Arc::new(settings)));
    engine
        .evaluate(pack, std::slice::from_ref(rule), &case)
        .outcomes
        .remove(0)
        .outcome
}

#[rstest]
#[case(&CORE)]
#[case(&SUPPLY)]
fn the_component_finds_what_the_native_rule_finds(#[case] native_pack: &polcheck_sdk::Pack) {
    let engine = engine(Allocation::OnDemand);
    let pack = built(&engine, native_pack);
    let mut compared = 0;
    for rule in &pack.description().metadata.rules {
        for example in examples(&rule.description) {
            let sandboxed = through_the_component(
                &engine,
                &pack,
                &rule.id,
                &Given::example(rule.id.as_ref(), &example),
            );
            assert_eq!(
                !sandboxed.findings().is_empty(),
                example.fails,
                "{}:\n{}",
                rule.id,
                example.text
            );
            let native = evaluate(
                native_pack,
                rule.id.as_ref(),
                Given::example(rule.id.as_ref(), &example),
            );
            assert_eq!(
                messages(&sandboxed),
                native_messages(native),
                "{}:\n{}",
                rule.id,
                example.text
            );
            compared += 1;
        }
    }
    assert!(
        compared >= 2 * pack.description().metadata.rules.len(),
        "only {compared} examples"
    );
}

/// Everything a finding says, in one text.
fn messages(outcome: &Outcome) -> Vec<String> {
    let text = |finding: &model::Finding| {
        let places: Vec<String> = finding.locations.iter().map(ToString::to_string).collect();
        let help = finding
            .remediation
            .as_ref()
            .map(|remediation| remediation.text.clone())
            .unwrap_or_default();
        let edits = finding.remediation.iter().flat_map(|it| &it.edits);
        let edits = edits.map(|it| format!("{} > {}", it.original, it.replacement));
        let edits: Vec<String> = edits.collect();
        format!(
            "{}|{}|{}|{}|{help}|{:?}|{}",
            finding.severity,
            finding.message,
            places.join(","),
            finding.key,
            finding.evidence,
            edits.join(",")
        )
    };
    outcome.findings().iter().map(text).collect()
}

fn native_messages(
    outcome: polcheck_sdk::bindings::exports::polcheck::policy::check::Outcome,
) -> Vec<String> {
    use polcheck_sdk::bindings::exports::polcheck::policy::check::Outcome;
    use polcheck_sdk::bindings::polcheck::policy::types::{Finding, Location};
    let findings = match outcome {
        Outcome::Findings(findings) => findings,
        Outcome::NotApplicable(_) => vec![],
        other => panic!("{other:?}"),
    };
    let place = |location: &Location| match location {
        Location::Config(pointer) => format!("config {pointer}"),
        Location::History(index) => format!("history entry {index}"),
        Location::Layer(layer) => format!("layer {layer}"),
        Location::Manifest => "manifest".to_owned(),
        Location::Dockerfile(span) => {
            format!("Dockerfile:{}:{}", span.start_line, span.start_column)
        }
    };
    let text = |finding: &Finding| {
        let places: Vec<String> = finding.locations.iter().map(place).collect();
        let help = finding
            .remediation
            .as_ref()
            .map(|remediation| remediation.text.clone())
            .unwrap_or_default();
        let severity = format!("{:?}", finding.severity)
            .trim_start_matches("Severity::")
            .to_ascii_lowercase();
        let key = if finding.key.is_empty() {
            &finding.message
        } else {
            &finding.key
        };
        let evidence: BTreeMap<String, String> = finding
            .evidence
            .iter()
            .map(|entry| (entry.key.clone(), entry.value.clone()))
            .collect();
        let edits = finding.remediation.iter().flat_map(|it| &it.edits);
        let edits = edits.map(|it| format!("{} > {}", it.original, it.replacement));
        let edits: Vec<String> = edits.collect();
        format!(
            "{severity}|{}|{}|{key}|{help}|{evidence:?}|{}",
            finding.message,
            places.join(","),
            edits.join(",")
        )
    };
    findings.iter().map(text).collect()
}

#[rstest]
#[case(&CORE)]
#[case(&SUPPLY)]
fn both_say_the_same_of_themselves(#[case] native_pack: &polcheck_sdk::Pack) {
    let engine = engine(Allocation::OnDemand);
    let pack = built(&engine, native_pack);
    let described = native_pack.describe();
    assert_eq!(
        (
            pack.description().metadata.id.as_str(),
            pack.description().metadata.version.as_str()
        ),
        (described.id.as_str(), described.version.as_str())
    );
    let sandboxed: Vec<&str> = pack
        .description()
        .metadata
        .rules
        .iter()
        .map(|rule| rule.id.as_ref())
        .collect();
    let native: Vec<&str> = described
        .rules
        .iter()
        .map(|rule| rule.id.as_str())
        .collect();
    assert_eq!(sandboxed, native);
}

#[rstest]
#[case(&CORE)]
#[case(&SUPPLY)]
fn what_the_binary_knows_of_a_pack_is_what_its_component_says(
    #[case] native_pack: &polcheck_sdk::Pack,
) {
    let asked = built(&engine(Allocation::OnDemand), native_pack);
    let known = PACKS.iter().find(|pack| pack.name == native_pack.id);
    assert_eq!(known.unwrap().description(), asked.description());
}

/// The configs that BuildKit makes of real Dockerfiles.
#[test]
fn the_component_finds_what_the_native_rule_finds_in_real_configs() {
    let Some(file) = shared("corpus/dockerfiles/expected.jsonl", "real configs") else {
        return;
    };
    let engine = engine(Allocation::OnDemand);
    let pack = built(&engine, &CORE);
    let (mut configs, mut found) = (0, 0);
    for line in fs::read_to_string(file).unwrap().lines() {
        let build: Value = serde_json::from_str(line).unwrap();
        if !build["config"].is_object() {
            continue;
        }
        let config = json!({ "os": "linux", "config": build["config"] }).to_string();
        let about_images = |rule: &&RuleMetadata| rule.needs_only_an_image();
        for rule in pack
            .description()
            .metadata
            .rules
            .iter()
            .filter(about_images)
        {
            let sandboxed =
                through_the_component(&engine, &pack, &rule.id, &Given::image_config(&config));
            let native = evaluate(&CORE, rule.id.as_ref(), Given::image_config(&config));
            assert_eq!(
                messages(&sandboxed),
                native_messages(native),
                "{}: {config}",
                rule.id
            );
            found += sandboxed.findings().len();
        }
        configs += 1;
    }
    assert!(
        configs > 100 && found > configs,
        "{found} findings in {configs} configs"
    );
}

#[test]
fn a_pool_of_instances_comes_to_the_same_outcomes() {
    let on_demand = engine(Allocation::OnDemand);
    let pooling = engine(Allocation::Pooling { instances: 4 });
    let config = r#"{"config":{"User":"app","Env":["TOKEN=x"],"Labels":{"a":""},"ExposedPorts":{"80/tcp":{}}}}"#;
    let outcomes = |engine: &Engine| -> Vec<Outcome> {
        let pack = built(engine, &CORE);
        pack.description()
            .metadata
            .rules
            .iter()
            .filter(|rule| rule.needs == [["image"]])
            .map(|rule| {
                through_the_component(engine, &pack, &rule.id, &Given::image_config(config))
            })
            .collect()
    };
    assert_eq!(outcomes(&on_demand), outcomes(&pooling));
}
