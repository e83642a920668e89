//! An archive is copied, and unpacked later
//!
//! ## What it does
//! Looks for `COPY` of a tar archive from the build that a `RUN` of the same stage unpacks with `tar`.
//!
//! ## Why is this bad?
//! The archive stays in the layer of `COPY`, even if it is deleted afterwards: its content is in the image twice. `ADD`
//! unpacks it and leaves nothing behind.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM alpine:3.22
//! COPY service.tar.gz /tmp/
//! RUN tar -xzf /tmp/service.tar.gz -C /opt && rm /tmp/service.tar.gz
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! ADD service.tar.gz /opt
//! ```

use crate::archives::{file_name, may_be_unpacked};
use crate::reports::merged;
use crate::sources::{destination, sources};
use crate::stage_names::stage_name;
use polcheck_sdk::dockerfile::{Command, Instruction, Keyword};
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Info,
    aliases: &["DL3010"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let copies = file.select(Keyword::Copy)?;
    let mut copies = copies
        .filter(|copy| copy.option("from").is_none() && !archives(copy).is_empty())
        .peekable();
    if copies.peek().is_none() {
        return Ok(vec![]);
    }
    let commands = file.commands()?;
    let mut found = Vec::new();
    for copy in copies {
        for name in archives(copy) {
            let mut commands = commands.commands.iter();
            if !commands.any(|command| unpacks(command, copy, name)) {
                continue;
            }
            let finding = Finding::new(format!("the archive `{name}` is copied, and a later `RUN` unpacks it"))
                .help("unpack it with `ADD`, or take it with `RUN --mount=type=bind` where `tar` needs options");
            let key = format!("{name} {}", stage_name(file, copy.stage));
            found.push((key, copy.span, finding));
            break;
        }
    }
    commands.conclude(merged(found))
}

/// The names under which the archives of a copy may lie in the image.
fn archives(copy: &Instruction) -> Vec<&str> {
    let words = sources(copy).iter().chain(destination(copy));
    let names = words.filter_map(|word| word.value.as_deref().map(file_name));
    names.filter(|name| may_be_unpacked(name)).collect()
}

fn unpacks(command: &Command, copy: &Instruction, archive: &str) -> bool {
    let mut words = command
        .words
        .iter()
        .filter_map(|word| word.value.as_deref());
    Some(command.stage) == copy.stage
        && command.instruction > copy.index
        && matches!(command.name(), Some("tar" | "bsdtar"))
        && command.words.iter().enumerate().any(|(index, word)| {
            let word = word.value.as_deref().unwrap_or_default();
            is_extraction(index, word)
        })
        && words.any(|word| file_name(word) == archive)
}

/// `-xzf`, `xzf`, `--extract`
fn is_extraction(index: usize, word: &str) -> bool {
    let is_bundle = |letters: &str| {
        letters.contains('x') && letters.bytes().all(|letter| letter.is_ascii_alphabetic())
    };
    match word.strip_prefix('-') {
        Some("-extract" | "-get") => true,
        Some(letters) => is_bundle(letters),
        None => index == 1 && is_bundle(word),
    }
}
