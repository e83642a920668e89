//! `ADD` copies files
//!
//! ## What it does
//! Looks for `ADD` of files and folders of the build that it treats just as `COPY` would. `ADD` of a tar archive, which it
//! unpacks, and of what it downloads, is left alone.
//!
//! ## Why is this bad?
//! `ADD` does more than it seems to: a file that turns out to be an archive is unpacked, and a variable that turns out to be
//! an address is downloaded. `COPY` only copies.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM alpine:3.22
//! ADD service.conf /etc/
//! ```
//! ```dockerfile fixed
//! FROM alpine:3.22
//! COPY service.conf /etc/
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! COPY service.conf /etc/
//! ADD rootfs.tar.xz /
//! ```

use crate::archives::may_be_unpacked;
use crate::edits::{in_case, of_keyword};
use crate::parts::has;
use crate::reports::merged;
use crate::sources::{self, Source};
use crate::stage_names::stage_name;
use polcheck_sdk::dockerfile::{Instruction, Keyword, Word};
use polcheck_sdk::{Confidence, Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    fixable: true,
    aliases: &[
        "DL3020",
        "DS-0005",
        "CKV_DOCKER_4",
        "CIS-DI-0009",
        "CIS-4.9",
    ],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let copies = file.select(Keyword::Add)?.filter(|add| only_copies(add));
    Ok(merged(copies.map(|add| {
        let words = sources::sources(add).iter();
        let names: Vec<&str> = words.map(|word| word.raw.as_str()).collect();
        let names = names.join(" ");
        let finding = Finding::new(format!("`ADD` only copies `{names}`"))
            .help("write `COPY` instead of `ADD`")
            .confidence(confidence(add));
        let finding = as_copy(finding, add);
        let key = format!("{names} {}", stage_name(file, add.stage));
        (key, add.span, finding)
    })))
}

fn only_copies(add: &Instruction) -> bool {
    let sources = sources::sources(add);
    // Only `ADD` has the option to unpack, or not to.
    !sources.is_empty()
        && !add.options.iter().any(|option| option.name == "unpack")
        && sources.iter().all(is_plain)
}

fn is_plain(word: &Word) -> bool {
    let text = word.value.as_deref().unwrap_or(&word.raw);
    let text = text.trim_matches(['"', '\'']);
    // What a pattern or a variable at the end stands for may be an archive.
    let is_open = text.ends_with('*') || word.value.is_none() && text.ends_with(['}', '$']);
    sources::of(word) == Source::Local && !may_be_unpacked(text) && !is_open
}

/// Endings of files that are no tar archives, whatever is in them: `ADD` looks into a file, and not at its name.
const NO_ARCHIVES: &str = " bat c cfg cnf conf crt css csproj csv env go gradle html ini jar java js json key lock md mod patch pem php pl properties ps1 py rb repo rs service sh so sql sum toml ts txt war xml yaml yml zip ";

/// `COPY` in its place, if it cannot be an archive and has no option that only `ADD` has.
fn as_copy(finding: Finding, add: &Instruction) -> Finding {
    let is_no_archive = |word: &Word| {
        let text = word.raw.trim_matches(['"', '\'']);
        let ending = text.rsplit('.').next().unwrap_or_default();
        let is_folder = matches!(text, "." | "..") || text.ends_with('/') || text.ends_with("/.");
        let is_known = has(NO_ARCHIVES, &[" ", ending, " "].concat()) && text.contains('.');
        is_folder || text.starts_with("<<") || is_known && !ending.contains('$')
    };
    let is_shared = |name: &str| matches!(name, "chown" | "chmod" | "link" | "exclude");
    if !add.options.iter().all(|option| is_shared(&option.name))
        || !sources::sources(add).iter().all(is_no_archive)
    {
        return finding;
    }
    let keyword = add.text.get(..3).unwrap_or_default();
    let copy = in_case("copy", keyword == "ADD");
    finding.edit(of_keyword(add, keyword), keyword, &copy)
}

/// A file without an extension may be an archive all the same.
fn confidence(add: &Instruction) -> Confidence {
    let is_sure = |word: &Word| {
        let name = word.raw.rsplit('/').next().unwrap_or_default();
        name.contains('.') || name.is_empty() || word.raw.starts_with("<<")
    };
    if sources::sources(add).iter().all(is_sure) {
        Confidence::High
    } else {
        Confidence::Medium
    }
}

#[cfg(test)]
mod tests {
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    #[rstest]
    #[case::folder(". /app", 1)]
    #[case::together_with_an_archive("a.txt b.tgz /app/", 0)]
    #[case::pattern("* /app/", 0)]
    #[case::pattern_with_an_extension("*.jar /app/", 1)]
    #[case::unknown("$FILES /app/", 0)]
    #[case::unknown_version("app-${VERSION}.jar /app/", 1)]
    #[case::unknown_extension("app.${KIND} /app/", 0)]
    #[case::options("--chown=1:1 app.jar /app/", 1)]
    #[case::json("[\"a b.txt\", \"/app/\"]", 1)]
    fn only_what_copy_would_do_is_told(#[case] arguments: &str, #[case] expected: usize) {
        let text = format!("FROM alpine\nARG FILES\nARG VERSION\nARG KIND\nADD {arguments}\n");
        let given = Given::dockerfile(&text);
        let found = messages(&crate::PACK, "build.add-instead-of-copy", given);
        assert_eq!(found.len(), expected, "{found:?}");
    }
}
