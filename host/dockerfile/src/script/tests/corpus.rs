//! The shell text of real Dockerfiles, split by us and by another.

use super::brush;
use crate::script::{Command, Interpreter, Join, Script, Via, split};
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The other overflows smaller stacks.
const STACK: usize = 1 << 30;

#[test]
fn commands_and_words_are_those_that_another_parser_finds() {
    let test = "commands_and_words_are_those_that_another_parser_finds";
    let Some(path) = shared("corpus/dockerfiles/expected.jsonl", test) else {
        return;
    };
    let texts = shell_texts(&fs::read_to_string(path).unwrap());
    assert!(texts.len() > 1000, "only {} texts", texts.len());
    let thread = std::thread::Builder::new().stack_size(STACK);
    let compared = thread.spawn(move || compare(&texts)).unwrap();
    let disagreements = compared.join().unwrap();
    assert!(disagreements.is_empty(), "{}", disagreements.join("\n"));
}

fn compare(texts: &[String]) -> Vec<String> {
    // There are no differences to explain: whoever finds one says here which of the two is right.
    let mut disagreements = vec![];
    let (mut commands, mut words, mut rejected) = (0, 0, 0);
    for text in texts {
        let ours = split(text, Interpreter::Posix);
        let theirs = brush::commands(text);
        if ours.complete != theirs.is_some() {
            disagreements.push(format!("--- {text}\ncomplete: {}", ours.complete));
        }
        let Some(mut theirs) = theirs else {
            rejected += 1;
            continue;
        };
        let mut ours = comparable(&ours);
        commands += ours.len();
        words += ours.iter().map(Vec::len).sum::<usize>();
        ours.sort();
        theirs.sort();
        if ours == theirs {
            continue;
        }
        let only_ours: Vec<_> = ours.iter().filter(|it| !theirs.contains(it)).collect();
        let only_theirs: Vec<_> = theirs.iter().filter(|it| !ours.contains(it)).collect();
        disagreements.push(format!("--- {text}\n{only_ours:?}\n{only_theirs:?}"));
    }
    println!(
        "{} texts, {commands} commands, {words} words, {rejected} refused by both",
        texts.len()
    );
    disagreements
}

/// The commands that the other finds too: not those of texts in words, nor of wrappers, nor tests.
fn comparable(script: &Script) -> Vec<Vec<Option<String>>> {
    let plain = |command: &Command| {
        let via = matches!(
            command.via,
            Via::Script | Via::Substitution | Via::ProcessSubstitution
        );
        via && command.joined != Join::Compound
    };
    let mut kept: Vec<bool> = vec![];
    for command in &script.commands {
        let parent = command.parent.is_none_or(|parent| kept[parent]);
        // Substitutions in the redirections of a compound command, and in tests, are kept.
        kept.push(parent && (plain(command) || command.joined == Join::Compound));
    }
    let commands = script.commands.iter().zip(kept);
    let found = commands.filter(|(command, kept)| {
        let test = command.words.first().is_some_and(|it| it.raw == "[[");
        *kept && plain(command) && !test
    });
    let literals = |command: &Command| {
        let words = command.words.iter();
        words.map(|word| word.literal.clone()).collect()
    };
    found.map(|(command, _)| literals(command)).collect()
}

/// What `RUN` gives to the shell, where that is a POSIX shell.
fn shell_texts(lines: &str) -> Vec<String> {
    let mut texts = vec![];
    for line in lines.lines() {
        let file: Value = serde_json::from_str(line).unwrap();
        let mut interpreter = Interpreter::Posix;
        for instruction in file["instructions"].as_array().into_iter().flatten() {
            match instruction["keyword"].as_str().unwrap() {
                "FROM" => interpreter = Interpreter::Posix,
                "SHELL" => interpreter = Interpreter::of(&strings(&instruction["args"])),
                "RUN" if instruction["exec_form"] == false && interpreter == Interpreter::Posix => {
                    texts.extend(shell_text(instruction));
                }
                _ => {}
            }
        }
    }
    texts
}

fn strings(array: &Value) -> Vec<String> {
    let words = array.as_array().into_iter().flatten();
    words.map(|it| it.as_str().unwrap().to_owned()).collect()
}

/// As BuildKit does it: a heredoc alone is the script, others are put behind the line.
fn shell_text(instruction: &Value) -> Option<String> {
    let mut text = instruction["args"][0].as_str()?.to_owned();
    let heredocs = instruction["heredocs"].as_array()?;
    let alone = text.starts_with("<<") && !text.contains([' ', '\n']);
    if let ([heredoc], true) = (heredocs.as_slice(), alone) {
        let script = heredoc["content"].as_str()?.to_owned();
        let posix = Interpreter::of_shebang(&script).is_none_or(|it| it == Interpreter::Posix);
        return posix.then_some(script);
    }
    for heredoc in heredocs {
        let content = heredoc["content"].as_str()?;
        let name = heredoc["name"].as_str()?;
        text = format!("{text}\n{content}{name}");
    }
    Some(text)
}

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
    print!("{line}");
    // Whoever runs all tests counts them from this list.
    if let Some(list) = std::env::var_os("POLCHECK_NOT_RUN") {
        let mut list = fs::OpenOptions::new().append(true).open(list).unwrap();
        list.write_all(line.as_bytes()).unwrap();
    }
    None
}
