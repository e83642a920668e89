//! Real Dockerfiles, read by us and by others. Where they differ, BuildKit decides, and its answers are those of
//! `corpus_front`; here every difference has a cause, so that one of our own making is seen.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and one that does not run says so"
)]

#[path = "shared/beside.rs"]
mod beside;

use beside::shared;
use dockerfile::{Dockerfile, Instruction, Keyword};
use std::collections::BTreeMap;
use std::fs;

/// Another reader of Dockerfiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Peer {
    /// `dockerfile-parser`
    Pest,
    /// `parse-dockerfile`
    Iter,
}

/// The keywords of a file in upper case, or why it is refused.
type Reading = Result<Vec<String>, String>;

/// All known differences: whose fault it is, what the fault is, and how many files show it.
const DIFFERENCES: [(Peer, &str, usize); 21] = [
    (Peer::Pest, "accepts a file without stages", 8),
    (Peer::Pest, "accepts numbers in JSON", 1),
    (Peer::Pest, "accepts unknown flags", 2),
    (Peer::Pest, "accepts unknown instructions", 1),
    (Peer::Pest, "accepts variables where none may be", 1),
    (Peer::Pest, "knows ARG with one name only", 7),
    (Peer::Pest, "knows LABEL without `=` with one word only", 7),
    (Peer::Pest, "knows no JSON behind COPY", 77),
    (Peer::Pest, "knows no comments between the pairs of ENV", 3),
    (Peer::Pest, "knows no empty lines between continuations", 4),
    (Peer::Pest, "knows no empty values", 3),
    (Peer::Pest, "knows no escaped blanks", 1),
    (Peer::Pest, "knows no heredocs, or not all", 39),
    (Peer::Pest, "knows no lines of an escape character alone", 2),
    (Peer::Pest, "knows no text that begins like JSON", 3),
    (Peer::Pest, "knows one escape character only", 10),
    (Peer::Iter, "accepts ENV without a value", 1),
    (Peer::Iter, "accepts unknown flags", 2),
    (Peer::Iter, "accepts variables where none may be", 1),
    (Peer::Iter, "goes on behind an escaped escape character", 1),
    (Peer::Iter, "knows no heredocs, or not all", 1),
];

#[test]
fn every_difference_to_other_readers_is_a_known_fault_of_theirs() {
    let claim = "every_difference_to_other_readers_is_a_known_fault_of_theirs";
    let Some(folder) = shared("corpus/dockerfiles", claim) else {
        return;
    };
    let (mut files, mut unexplained) = (0, vec![]);
    let mut counts = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|it| it != "Dockerfile") {
            continue;
        }
        files += 1;
        let text = fs::read_to_string(&path).unwrap();
        let file = dockerfile::parse(text.as_bytes());
        for (peer, theirs) in [(Peer::Pest, pest(&text)), (Peer::Iter, iter(&text))] {
            if agree(&ours(&file), &theirs) {
                continue;
            }
            match cause(&file, &text, &theirs) {
                Some(cause) => *counts.entry((peer, cause)).or_insert(0) += 1,
                None => unexplained.push(format!("{}: {peer:?}: {theirs:?}", path.display())),
            }
        }
    }
    assert!(files > 500, "only {files} files");
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
    let known = DIFFERENCES.map(|(peer, cause, count)| ((peer, cause), count));
    assert_eq!(counts, BTreeMap::from(known));
}

/// Whether both accept the same, or both refuse, for whatever reason.
fn agree(ours: &Reading, theirs: &Reading) -> bool {
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => ours == theirs,
        (Err(_), Err(_)) => true,
        _ => false,
    }
}

fn ours(file: &Dockerfile) -> Reading {
    let keyword = |it: &Instruction| it.name.text.to_uppercase();
    match &file.refusal {
        Some(refusal) => Err(refusal.message.clone()),
        None => Ok(file.instructions.iter().map(keyword).collect()),
    }
}

fn pest(text: &str) -> Reading {
    use dockerfile_parser::Instruction as It;
    let keyword = |it: &It| match it {
        It::From(_) => "FROM".to_owned(),
        It::Arg(_) => "ARG".to_owned(),
        It::Label(_) => "LABEL".to_owned(),
        It::Run(_) => "RUN".to_owned(),
        It::Entrypoint(_) => "ENTRYPOINT".to_owned(),
        It::Cmd(_) => "CMD".to_owned(),
        It::Copy(_) => "COPY".to_owned(),
        It::Env(_) => "ENV".to_owned(),
        It::Misc(other) => other.instruction.content.to_uppercase(),
    };
    let file = dockerfile_parser::Dockerfile::parse(text);
    file.map(|file| file.instructions.iter().map(keyword).collect())
        .map_err(|error| error.to_string())
}

fn iter(text: &str) -> Reading {
    use parse_dockerfile::Instruction as It;
    let keyword = |it: &It| match it {
        It::Add(_) => "ADD",
        It::Arg(_) => "ARG",
        It::Cmd(_) => "CMD",
        It::Copy(_) => "COPY",
        It::Entrypoint(_) => "ENTRYPOINT",
        It::Env(_) => "ENV",
        It::Expose(_) => "EXPOSE",
        It::From(_) => "FROM",
        It::Healthcheck(_) => "HEALTHCHECK",
        It::Label(_) => "LABEL",
        It::Maintainer(_) => "MAINTAINER",
        It::Onbuild(_) => "ONBUILD",
        It::Run(_) => "RUN",
        It::Shell(_) => "SHELL",
        It::Stopsignal(_) => "STOPSIGNAL",
        It::User(_) => "USER",
        It::Volume(_) => "VOLUME",
        It::Workdir(_) => "WORKDIR",
        _ => "one that is new to this test",
    };
    let file = parse_dockerfile::parse(text);
    file.map(|file| {
        file.instructions
            .iter()
            .map(|it| keyword(it).to_owned())
            .collect()
    })
    .map_err(|error| error.to_string())
}

/// Why the other reads a file differently.
fn cause(file: &Dockerfile, text: &str, theirs: &Reading) -> Option<&'static str> {
    match (&file.refusal, theirs) {
        (Some(refusal), _) => cause_of_acceptance(&refusal.message),
        (None, Ok(_)) => {
            let doubled = text.lines().any(|line| line.ends_with(r"\\"));
            doubled.then_some("goes on behind an escaped escape character")
        }
        (None, Err(error)) => match line_of(error) {
            Some(line) => cause_of_refusal(file, text, line),
            None => cause_without_line(file, error),
        },
    }
}

/// What the other does not look at, by what BuildKit says of the file.
fn cause_of_acceptance(refusal: &str) -> Option<&'static str> {
    let causes = [
        ("unknown instruction: ", "accepts unknown instructions"),
        (
            "no build stage in current context",
            "accepts a file without stages",
        ),
        ("file with no instructions", "accepts a file without stages"),
        ("unknown flag: ", "accepts unknown flags"),
        (
            "doesn't support variable expansion",
            "accepts variables where none may be",
        ),
        (
            "arrays must be comprised of strings only",
            "accepts numbers in JSON",
        ),
        ("ENV must have two arguments", "accepts ENV without a value"),
    ];
    let mut causes = causes.into_iter();
    causes.find_map(|(said, cause)| refusal.contains(said).then_some(cause))
}

/// The line that an error names: `--> 12:3` or `at line 12 column 3`.
fn line_of(error: &str) -> Option<u32> {
    let (_, behind) = error
        .split_once("--> ")
        .or_else(|| error.split_once(" at line "))?;
    behind.split([':', ' ']).next()?.parse().ok()
}

/// What the other cannot read in that line of a file that BuildKit accepts.
fn cause_of_refusal(file: &Dockerfile, text: &str, line: u32) -> Option<&'static str> {
    let holds = |it: &&Instruction| (it.lines.0..=it.lines.1).contains(&line);
    let instruction = file.instructions.iter().find(holds)?;
    if !instruction.heredocs.is_empty() {
        return Some("knows no heredocs, or not all");
    }
    if file.escape != '\\' {
        return Some("knows one escape character only");
    }
    let lines = instruction.lines;
    let skipped = usize::try_from(lines.0).unwrap() - 1;
    let length = usize::try_from(lines.1).unwrap() - skipped;
    let written: Vec<&str> = text.lines().skip(skipped).take(length).collect();
    if written.iter().any(|it| it.trim().is_empty()) {
        return Some("knows no empty lines between continuations");
    }
    if written.iter().any(|it| it.trim() == "\\") {
        return Some("knows no lines of an escape character alone");
    }
    let words = instruction.original.split_whitespace();
    match instruction.keyword? {
        Keyword::Arg if words.count() > 2 => Some("knows ARG with one name only"),
        Keyword::Arg if instruction.original.ends_with('=') => Some("knows no empty values"),
        Keyword::Env if instruction.original.contains("= ") => Some("knows no empty values"),
        Keyword::Env if instruction.original.contains(r"\ ") => Some("knows no escaped blanks"),
        Keyword::Label if !instruction.original.contains('=') => {
            Some("knows LABEL without `=` with one word only")
        }
        Keyword::Run | Keyword::Entrypoint if instruction.broken_json => {
            Some("knows no text that begins like JSON")
        }
        _ => None,
    }
}

/// What it cannot read where it does not say so.
fn cause_without_line(file: &Dockerfile, error: &str) -> Option<&'static str> {
    let is_copy = |it: &Instruction| it.keyword == Some(Keyword::Copy) && it.exec_form;
    let inside = |line: u32| {
        let mut instructions = file.instructions.iter();
        instructions.any(|it| it.lines.0 < line && line < it.lines.1)
    };
    let mut comments = file.comments.iter();
    if error.ends_with("UnexpectedEOF") && file.instructions.iter().any(is_copy) {
        return Some("knows no JSON behind COPY");
    }
    let commented = comments.any(|comment| inside(comment.span.start.line));
    (error.ends_with("unexpected token comment") && commented)
        .then_some("knows no comments between the pairs of ENV")
}
