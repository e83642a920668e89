//! Several files are copied onto one name
//!
//! ## What it does
//! Looks for `COPY` and `ADD` of several files where the destination is not written as a folder, with `/` at its end.
//! Known folders are no findings: the working folder, those above it, and those that every system has.
//!
//! ## Why is this bad?
//! Unless the folder is there already, BuildKit makes one file: each source replaces the one before, and only the last
//! is left. Nobody is told. The builder that came before BuildKit refuses the file.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM node:24
//! COPY package.json package-lock.json /service
//! ```
//! ```dockerfile passes
//! FROM node:24
//! COPY package.json package-lock.json /service/
//! ```
//! ```dockerfile passes
//! FROM node:24
//! WORKDIR /service
//! COPY package.json package-lock.json .
//! ```

use crate::reports::merged;
use crate::sources::{Source, destination, of, sources};
use crate::stage_names::stage_name;
use polcheck_sdk::dockerfile::{Dockerfile, Instruction, Keyword, Word};
use polcheck_sdk::{Confidence, FactError, Facts, Finding, Judgement, Rule, Settings};

/// The rule.
pub const RULE: Rule = Rule {
    aliases: &["DL3021", "DS-0011"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

/// Folders of every system, as they are or below `/usr` and `/usr/local`.
const FOLDERS: [&str; 12] = [
    "", "/bin", "/etc", "/home", "/lib", "/opt", "/root", "/sbin", "/share", "/srv", "/tmp", "/var",
];

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let mut found = Vec::new();
    let both = file
        .select(Keyword::Copy)?
        .chain(file.select(Keyword::Add)?);
    for copy in both.filter(|copy| copies_files(copy)) {
        let Some(word) = destination(copy) else {
            continue;
        };
        let Some(path) = word.value.as_deref().filter(|path| is_a_name(path)) else {
            continue;
        };
        if is_known_folder(file, copy, path)? {
            continue;
        }
        let finding = Finding::new(format!(
            "several files are copied onto the one name `{path}`"
        ))
        .confidence(Confidence::Medium)
        .help(format!("write it as a folder: `{path}/`"));
        let key = format!("{path} {}", stage_name(file, copy.stage));
        found.push((key, word.span, finding));
    }
    Ok(merged(found))
}

/// Whether there are several sources that are files, as far as one can see. A history says `file:8b88… in …`.
fn copies_files(copy: &Instruction) -> bool {
    let is_folder = |word: &Word| {
        let path = word.value.as_deref();
        path.is_some_and(|path| path.ends_with(['/', '.']))
    };
    let sources = sources(copy);
    let count = sources.iter().filter(|word| !is_folder(word)).count();
    count > 1 && !sources.iter().any(|word| of(word) == Source::Unknown)
}

/// Whether a destination may be a file.
fn is_a_name(path: &str) -> bool {
    let last = path.rsplit(['/', '\\']).next();
    last.is_some_and(|last| !matches!(last, "" | "." | ".."))
}

/// Whether a folder of this path is there before.
fn is_known_folder(
    file: Dockerfile<'_>,
    copy: &Instruction,
    path: &str,
) -> Result<bool, FactError> {
    let below = path.strip_prefix("/usr").unwrap_or(path);
    if FOLDERS.contains(&below.strip_prefix("/local").unwrap_or(below)) {
        return Ok(true);
    }
    let Some(stage) = copy.stage else {
        return Ok(false);
    };
    for ancestor in file.ancestry(stage)? {
        let mut places = file.select(Keyword::Workdir)?;
        let is_made = |place: &Instruction| {
            let words = place
                .arguments
                .first()
                .and_then(|word| word.value.as_deref());
            let below = words.and_then(|place| place.strip_prefix(path));
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if places.any(|place| {
            place.stage == Some(ancestor.index) && place.index < copy.index && is_made(place)
        }) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    #[rstest]
    #[case::names_without_a_slash("COPY a b c", 1)]
    #[case::exec_form(r#"COPY ["a", "b", "/srv/c"]"#, 1)]
    #[case::options_are_no_sources("COPY --chown=1:1 --chmod=755 a b c", 1)]
    #[case::add_is_the_same("ADD a b c", 1)]
    #[case::one_source("COPY a c", 0)]
    #[case::folders_are_merged("COPY a/ b/ /c", 0)]
    #[case::nobody_knows_the_destination("ARG TO\nCOPY a b $TO", 0)]
    #[case::nobody_knows_a_source("ARG FROM\nCOPY $FROM b /c", 0)]
    #[case::a_history("COPY file:8b8864b3e02a33a579dc216fd51b28a6047bc8ee in c", 0)]
    #[case::system_folder("COPY a b /usr/local/bin", 0)]
    #[case::working_folder("WORKDIR /srv/c/d\nCOPY a b /srv/c", 0)]
    #[case::another_folder("WORKDIR /srv/cd\nCOPY a b /srv/c", 1)]
    fn several_sources_need_a_folder(#[case] copy: &str, #[case] count: usize) {
        let text = format!("FROM alpine:3.22\n{copy}\n");
        let found = messages(&PACK, "build.copy-onto-one-name", Given::dockerfile(&text));
        assert_eq!(found.len(), count, "{found:?}");
    }
}
