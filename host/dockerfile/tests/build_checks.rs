//! BuildKit's checks: what each says, where, and how often.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and one that does not run says so"
)]

mod shared;

use dockerfile::dockerignore::Dockerignore;
use dockerfile::evaluate;
use dockerfile::evaluate::Options;
use serde_json::Value;
use shared::{all_agree, compare_error, compare_warnings, equal, recorded, shared};
use std::fs;

#[test]
fn checks_say_what_buildkit_says() {
    let Some(list) = shared(
        "corpus/buildkit-checks/cases.json",
        "checks_say_what_buildkit_says",
    ) else {
        return;
    };
    let cases: Value = serde_json::from_str(&fs::read_to_string(list).unwrap()).unwrap();
    let cases = cases.as_array().unwrap();
    let problems: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let problem = compare(case).err()?;
            Some(format!("{}: {problem}", case["name"].as_str().unwrap()))
        })
        .collect();
    all_agree(&problems, cases.len());
}

fn compare(case: &Value) -> Result<(), String> {
    let build_args = case["buildArgs"].as_object().into_iter().flatten();
    let options = Options {
        target: case["target"].as_str().map(str::to_owned),
        build_args: build_args
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect(),
        dockerignore: case["dockerignore"]
            .as_str()
            .map(|text| Dockerignore::parse(text).unwrap()),
        ..recorded()
    };
    let file = dockerfile::parse(case["dockerfile"].as_str().unwrap().as_bytes());
    let evaluation = evaluate(&file, &options);
    compare_error(&evaluation, case["error"]["message"].as_str())?;
    if !case["error"].is_null() {
        let line = evaluation.refusal.as_ref().and_then(|refusal| refusal.line);
        equal(
            "line",
            &line.map(u64::from),
            &case["error"]["line"].as_u64(),
        )?;
    }
    compare_warnings(&evaluation, &case["warnings"])
}
