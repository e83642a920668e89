//! Real Dockerfiles, evaluated as BuildKit evaluates them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and one that does not run says so"
)]

mod shared;

use dockerfile::evaluate::{Config, Known, Options, Words};
use dockerfile::instruction::{Body, Healthcheck};
use dockerfile::{Dockerfile, Evaluation, evaluate};
use serde_json::{Map, Value, json};
use shared::{all_agree, compare_error, compare_warnings, equal, recorded, shared};
use std::fs;
use std::sync::Arc;

#[test]
fn real_files_mean_what_buildkit_takes_them_for() {
    let Some(list) = shared(
        "corpus/dockerfiles/expected.jsonl",
        "real_files_mean_what_buildkit_takes_them_for",
    ) else {
        return;
    };
    let folder = list.parent().unwrap().to_owned();
    let (mut problems, mut count) = (vec![], 0);
    for line in fs::read_to_string(&list).unwrap().lines() {
        let expected: Value = serde_json::from_str(line).unwrap();
        let name = expected["file"].as_str().unwrap();
        let file = dockerfile::parse(&fs::read(folder.join(name)).unwrap());
        count += 1;
        problems.extend(
            compare(&file, &expected)
                .err()
                .map(|problem| format!("{name}: {problem}")),
        );
    }
    all_agree(&problems, count);
}

fn compare(file: &Dockerfile, expected: &Value) -> Result<(), String> {
    // The checks look at all stages; the image is made of those that the target needs.
    let checked = evaluate(file, &recorded());
    compare_error(&checked, expected["error"].as_str())?;
    compare_warnings(&checked, &expected["warnings"])?;
    let built = evaluate(
        file,
        &Options {
            all_stages: false,
            ..recorded()
        },
    );
    for evaluation in [&checked, &built] {
        if !expected["stages"].is_null() {
            equal("stages", &stages(file, evaluation), &expected["stages"])?;
        }
        if !expected["config"].is_null() {
            equal(
                "config",
                &evaluation.config().map(config),
                &Some(expected["config"].clone()),
            )?;
            let history: Value = evaluation.history.clone().into();
            let recorded = match &expected["history"] {
                Value::Null => json!([]),
                history => history.clone(),
            };
            equal("history", &history, &recorded)?;
        }
    }
    Ok(())
}

fn stages(file: &Dockerfile, evaluation: &Evaluation) -> Value {
    let stages = evaluation.stages.iter().map(|stage| {
        let from = &file.instructions[stage.instructions.start];
        let Body::From(from) = from.body.as_ref().unwrap() else {
            panic!("a stage begins with something else");
        };
        json!({
            "base": stage.base_text.text,
            "n": stage.instructions.len() - 1,
            "name": stage.name.clone().unwrap_or_default(),
            "platform": from.platform.as_ref().map_or("", |platform| &platform.text),
        })
    });
    stages.collect()
}

/// In the form of an image's configuration: what is empty is left out.
fn config(config: &Config) -> Value {
    let words = |words: &Known<Words>| json!(words.value().map(|words| words.to_vec()));
    let text = |text: &Known<Arc<str>>| json!(text.value().map(ToString::to_string));
    let env = config.env();
    let labels = config.labels();
    let ports = config.exposed_ports().into_iter();
    let fields = [
        ("ArgsEscaped", json!(config.args_escaped)),
        ("Cmd", words(&config.cmd)),
        ("Entrypoint", words(&config.entrypoint)),
        (
            "Env",
            env.map(|(name, value)| format!("{name}={}", value.value().unwrap()))
                .collect(),
        ),
        (
            "ExposedPorts",
            ports.map(|port| (port, json!({}))).collect(),
        ),
        (
            "Healthcheck",
            config
                .healthcheck
                .value()
                .map_or(Value::Null, |check| healthcheck(check)),
        ),
        (
            "Labels",
            labels
                .map(|(name, value)| (name.to_owned(), json!(value.value().unwrap())))
                .collect(),
        ),
        (
            "OnBuild",
            config.on_build.iter().map(ToString::to_string).collect(),
        ),
        ("Shell", words(&config.shell)),
        ("StopSignal", text(&config.stop_signal)),
        ("User", text(&config.user)),
        (
            "Volumes",
            config
                .volumes()
                .map(|(path, _)| (path.to_owned(), json!({})))
                .collect(),
        ),
        ("WorkingDir", text(&config.working_dir)),
    ];
    let is_set = |value: &Value| {
        let nothing = [json!(""), json!([]), json!({}), json!(false), Value::Null];
        !nothing.contains(value)
    };
    let fields = fields.into_iter().filter(|(_, value)| is_set(value));
    Value::Object(
        fields
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

fn healthcheck(check: &Healthcheck) -> Value {
    let numbers = [
        ("Interval", check.interval),
        ("Timeout", check.timeout),
        ("StartPeriod", check.start_period),
        ("StartInterval", check.start_interval),
        ("Retries", check.retries),
    ];
    let numbers = numbers.into_iter().filter(|(_, value)| *value != 0);
    let mut fields: Map<String, Value> = numbers
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect();
    fields.insert("Test".to_owned(), json!(check.test));
    Value::Object(fields)
}
