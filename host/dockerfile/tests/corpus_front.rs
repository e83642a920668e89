//! Files of others, read as BuildKit reads them.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and one that does not run says so"
)]

#[path = "shared/beside.rs"]
mod beside;

use beside::shared;
use dockerfile::instruction::{Body, Flag, Heredoc};
use dockerfile::{Dockerfile, Instruction};
use serde_json::{Value, json};
use std::fs;

#[test]
fn the_corpus_is_read_as_buildkit_reads_it() {
    let Some(folder) = shared(
        "corpus/dockerfiles",
        "the_corpus_is_read_as_buildkit_reads_it",
    ) else {
        return;
    };
    let expectations = fs::read_to_string(folder.join("expected.jsonl")).unwrap();
    let mut differences = Vec::new();
    for line in expectations.lines() {
        let expected: Value = serde_json::from_str(line).unwrap();
        let file = expected["file"].as_str().unwrap();
        let read = dockerfile::parse(&fs::read(folder.join(file)).unwrap());
        let found = as_json(&read);
        for (name, found) in found.as_object().unwrap() {
            let wanted = wanted(&expected, name);
            if wanted.is_some_and(|wanted| wanted != *found) {
                differences.push(format!("{file}: {name}: {} is {found}", expected[name]));
            }
        }
    }
    assert!(expectations.lines().count() > 500);
    assert_eq!(differences, Vec::<String>::new());
}

/// What BuildKit says, as far as reading decides it.
fn wanted(expected: &Value, name: &str) -> Option<Value> {
    match (name, expected["verdict"].as_str().unwrap()) {
        // BuildKit tells nothing about a file at which its parser gives up.
        ("instructions" | "escape", "parse-error") => None,
        ("error", "lint-error" | "accepted") => Some(Value::Null),
        _ => Some(expected[name].clone()),
    }
}

fn as_json(read: &Dockerfile) -> Value {
    let syntax = read
        .directives
        .iter()
        .find(|it| it.name == "syntax" && it.effective);
    json!({
        "instructions": read.instructions.iter().map(instruction).collect::<Vec<_>>(),
        "escape": read.escape,
        "syntax": syntax.and_then(|it| it.value.split(' ').next()),
        "error": read.refusal.as_ref().map(|it| &it.message),
    })
}

fn instruction(it: &Instruction) -> Value {
    json!({
        "keyword": it.name.text,
        "args": arguments(it),
        "flags": it.flags.iter().map(flag).collect::<Vec<_>>(),
        "exec_form": it.exec_form,
        "start_line": it.lines.0,
        "end_line": it.lines.1,
        "heredocs": it.heredocs.iter().map(heredoc).collect::<Vec<_>>(),
    })
}

/// The trigger of an `ONBUILD` is written down in one piece.
fn arguments(it: &Instruction) -> Vec<String> {
    let Some(Body::Onbuild(trigger)) = &it.body else {
        return it.arguments.iter().map(|word| word.text.clone()).collect();
    };
    let trigger = dockerfile::parse_one(&trigger.text).unwrap();
    let mut parts = vec![trigger.name.text.to_lowercase()];
    if !trigger.flags.is_empty() {
        let flags: Vec<String> = trigger
            .flags
            .iter()
            .map(|it| format!("{:?}", flag(it)))
            .collect();
        parts.push(format!("[{}]", flags.join(" ")));
    }
    parts.extend(
        trigger
            .arguments
            .iter()
            .map(|word| format!("{:?}", word.text)),
    );
    vec![format!("({})", parts.join(" "))]
}

fn flag(it: &Flag) -> String {
    match &it.value {
        Some(value) => format!("--{}={value}", it.name),
        None => format!("--{}", it.name),
    }
}

fn heredoc(it: &Heredoc) -> Value {
    json!({
        "name": it.name,
        "expand": it.expand,
        "chomp": it.chomp,
        "content": it.content,
    })
}
