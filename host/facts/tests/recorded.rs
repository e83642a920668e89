//! Histories that `BuildKit` wrote, written as Dockerfiles and read back.
#![cfg(test)]

use model::facts::HistoryEntry;
use polcheck_facts::reconstruct;
use proptest::prelude::*;
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file of the test data that lies beside the checkout: in `$POLCHECK_SHARED`, or else in `../shared`. Where neither is
/// there, the test is written down as not run.
fn shared(file: &str, test: &str) -> Option<PathBuf> {
    let asked_for = std::env::var_os("POLCHECK_SHARED").map(PathBuf::from);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = asked_for.clone().unwrap_or_else(|| root.join("../shared"));
    let path = folder.join(file);
    if path.exists() {
        return Some(path);
    }
    assert_eq!(asked_for, None, "POLCHECK_SHARED has no `{file}`");
    let line = format!("{test}: there is no `../shared/{file}`\n");
    if let Some(list) = std::env::var_os("POLCHECK_NOT_RUN") {
        let mut list = fs::OpenOptions::new().append(true).open(list).unwrap();
        list.write_all(line.as_bytes()).unwrap();
    }
    None
}

/// The words of a line, as a builder expands them where no variable is set.
fn words(text: &str) -> Vec<String> {
    split(text, char::is_whitespace)
}

fn split(text: &str, at: fn(char) -> bool) -> Vec<String> {
    let mut words = vec![];
    let (mut word, mut inside, mut quoted) = (String::new(), false, false);
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => (quoted, inside) = (!quoted, true),
            '\\' => {
                word.push(characters.next().unwrap());
                inside = true;
            }
            '$' | '\'' if !quoted => panic!("not escaped: {text}"),
            '$' => panic!("not escaped: {text}"),
            space if at(space) && !quoted => {
                if std::mem::take(&mut inside) {
                    words.push(std::mem::take(&mut word));
                }
            }
            other => {
                word.push(other);
                inside = true;
            }
        }
    }
    assert!(!quoted, "{text}");
    words.extend(inside.then_some(word));
    words
}

/// A list of strings as Go prints it; the histories have no others than these escapes.
fn quoted(list: &[String]) -> String {
    let quoted = |text: &String| {
        let text = text.replace('\\', r"\\").replace('"', r#"\""#);
        format!("\"{}\"", text.replace('\n', r"\n").replace('\t', r"\t"))
    };
    format!(
        "[{}]",
        list.iter().map(quoted).collect::<Vec<_>>().join(" ")
    )
}

/// A list of a JSON array whose strings are expanded, or of words.
fn list_or_words(arguments: &str) -> Vec<String> {
    match serde_json::from_str::<Vec<String>>(arguments) {
        Ok(list) => list
            .iter()
            .map(|word| split(word, |_| false).concat())
            .collect(),
        Err(_) => words(arguments),
    }
}

/// What `BuildKit` would write down of an instruction; of `RUN`, the command.
fn printed(instruction: &str) -> String {
    let (keyword, arguments) = instruction.split_once(' ').unwrap();
    match keyword {
        "RUN" => match arguments.strip_prefix("<<") {
            Some(heredoc) => {
                let (terminator, body) = heredoc.split_once('\n').unwrap();
                let body = body.strip_suffix(terminator).unwrap();
                assert!(body.lines().all(|line| line != terminator), "{instruction}");
                body.trim_end().to_owned()
            }
            None => match serde_json::from_str::<Vec<String>>(arguments) {
                Ok(list) => list.join(" "),
                Err(_) => arguments.to_owned(),
            },
        },
        "CMD" | "ENTRYPOINT" => {
            let list: Vec<String> = serde_json::from_str(arguments).unwrap();
            format!("{keyword} {}", quoted(&list))
        }
        "SHELL" => {
            let list: Vec<String> = serde_json::from_str(arguments).unwrap();
            format!("SHELL [{}]", list.join(" "))
        }
        "EXPOSE" | "VOLUME" => format!("{keyword} [{}]", list_or_words(arguments).join(" ")),
        "COPY" | "ADD" => format!("{keyword} {}", list_or_words(arguments).join(" ")),
        _ => format!("{keyword} {}", words(arguments).join(" ")),
    }
}

#[test]
fn a_recorded_history_reads_back_to_itself() {
    let Some(path) = shared(
        "corpus/dockerfiles/expected.jsonl",
        "a_recorded_history_reads_back_to_itself",
    ) else {
        return;
    };
    let (mut files, mut instructions, mut left_out) = (0, 0, 0);
    for line in fs::read_to_string(path).unwrap().lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let Some(history) = record["history"].as_array() else {
            continue;
        };
        let entry = |created_by: &Value| HistoryEntry {
            created_by: created_by.as_str().unwrap().to_owned(),
            comment: Some("buildkit.dockerfile.v0".to_owned()),
            empty_layer: false,
            layer: None,
        };
        let history: Vec<_> = history.iter().map(entry).collect();
        let written = reconstruct(&history);
        let lines: Vec<_> = written.text.split('\n').collect();
        files += usize::from(!history.is_empty());
        for (index, (entry, line)) in history.iter().zip(&written.lines).enumerate() {
            let context = format!("{} {}", record["file"], entry.created_by);
            let Some(begin) = line.map(|line| line as usize - 1) else {
                // The content of a heredoc is not told.
                assert!(entry.created_by.starts_with("COPY <<"), "{context}");
                left_out += 1;
                continue;
            };
            let next = written.lines[index + 1..].iter().flatten().next();
            let end = next.map_or(lines.len() - 1, |line| *line as usize - 1);
            let instruction = lines[begin..end].join("\n");
            let created_by = entry.created_by.strip_suffix(" # buildkit");
            let created_by = created_by.unwrap_or(&entry.created_by);
            let printed = printed(&instruction);
            if let Some(command) = created_by.strip_prefix("RUN ") {
                assert!(instruction.starts_with("RUN "), "{context}");
                assert!(
                    command.trim_end().ends_with(printed.trim_end()),
                    "{context}\n{printed}"
                );
                let before = command.trim_end().len() - printed.trim_end().len();
                let (before, _) = command.split_at(before);
                assert!(
                    ["", "/bin/sh -c ", "cmd /S /C "].contains(&before)
                        || before.starts_with('|')
                        || before.starts_with("powershell -Command $ErrorAction"),
                    "{context}\n{printed}"
                );
            } else {
                assert_eq!(printed, created_by, "{context}");
            }
            instructions += 1;
        }
        compare_config(&record, &lines.join("\n"));
    }
    println!("{files} histories, {instructions} instructions, {left_out} left out");
    assert!(files > 400 && instructions > 2000 && left_out < 10);
}

/// What the variables, labels, user, … come to is what the image got.
fn compare_config(record: &Value, text: &str) {
    let config = &record["config"];
    let mut env = vec![];
    let mut labels = serde_json::Map::new();
    let (mut user, mut entrypoint, mut signal) = (Value::Null, Value::Null, Value::Null);
    for line in text.lines() {
        let Some((keyword, arguments)) = line.split_once(' ') else {
            continue;
        };
        match keyword {
            "ENV" => env.extend(words(arguments)),
            "LABEL" => labels.extend(words(arguments).iter().map(|pair| {
                let (key, value) = pair.split_once('=').unwrap();
                (key.to_owned(), Value::from(value))
            })),
            "USER" => user = Value::from(words(arguments).concat()),
            "ENTRYPOINT" => entrypoint = serde_json::from_str(arguments).unwrap(),
            "STOPSIGNAL" => signal = Value::from(arguments),
            _ => {}
        }
    }
    let text_of = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let file = &record["file"];
    let got = config["Env"].as_array().cloned().unwrap_or_default();
    for (index, pair) in env.iter().enumerate() {
        let name = pair.split_once('=').unwrap().0;
        let again = |later: &String| later.split_once('=').unwrap().0 == name;
        if !env[index + 1..].iter().any(again) {
            assert!(
                got.contains(&Value::from(pair.as_str())),
                "{file} {pair} {got:?}"
            );
        }
    }
    for (key, value) in &labels {
        assert_eq!(&config["Labels"][key], value, "{file} {key}");
    }
    assert_eq!(text_of(&config["User"]), text_of(&user), "{file}");
    assert_eq!(text_of(&config["StopSignal"]), text_of(&signal), "{file}");
    if !entrypoint.is_null() {
        let got = &config["Entrypoint"];
        let got = if got.is_null() {
            &Value::Array(vec![])
        } else {
            got
        };
        assert_eq!(got, &entrypoint, "{file}");
    }
}

proptest! {
    #[test]
    fn every_value_reads_back_to_itself(value in r"\PC{1,20}") {
        let value = value.trim();
        for keyword in ["USER", "ENV A=", "LABEL a.b=", "ARG A=", "COPY a"] {
            let created_by = match keyword.strip_suffix('=') {
                Some(_) => format!("{keyword}{value}"),
                None => format!("{keyword} {value}"),
            };
            let entry = HistoryEntry {
                created_by: created_by.clone(),
                comment: Some("buildkit.dockerfile.v0".to_owned()),
                empty_layer: false,
                layer: None,
            };
            let written = reconstruct(&[entry]);
            if written.lines == [Some(2)] {
                let instruction = written.text.lines().nth(1).unwrap();
                prop_assert_eq!(printed(instruction), created_by);
            } else {
                // The content of a heredoc is not told.
                prop_assert!(keyword == "COPY a" && value.contains("<<") || value.is_empty());
            }
        }
    }
}
