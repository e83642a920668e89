//! Something is downloaded that may be another thing tomorrow
//!
//! ## What it does
//! Looks for `ADD` of an address without `--checksum`, and of a git repository without a commit.
//!
//! ## Why is this bad?
//! Whoever controls the address, or the branch, puts into the image what they like, and the build does not notice. Two
//! builds of the same file make different images.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM alpine:3.22
//! ADD https://example.com/tool.tar.gz /opt/
//! ```
//! ```dockerfile fails
//! FROM alpine:3.22
//! ADD https://github.com/example/tool.git#v1.2 /src
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://example.com/tool.tar.gz /opt/
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! ADD https://github.com/example/tool.git#5e1f0a6c0bf9c1f2f7a7b0a6f1e1e2d3c4b5a697 /src
//! ```

use crate::parts::cut;
use crate::reports::merged;
use crate::sources::{self, Source};
use crate::stage_names::stage_name;
use polcheck_sdk::dockerfile::{Dockerfile, Instruction, Keyword, Word};
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Span};

/// The rule.
pub const RULE: Rule = Rule {
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
    let unchecked = file
        .select(Keyword::Add)?
        .filter(|add| add.option("checksum").is_none());
    let words = unchecked.flat_map(|add| sources::sources(add).iter().map(move |word| (add, word)));
    Ok(merged(
        words.filter_map(|(add, word)| told(file, add, word)),
    ))
}

fn told(file: Dockerfile<'_>, add: &Instruction, word: &Word) -> Option<(String, Span, Finding)> {
    let (message, help) = match sources::of(word) {
        Source::Web => (
            "is downloaded and nobody checks what comes",
            "give the digest of the file: `ADD --checksum=sha256:…`, or put the file into the build",
        ),
        Source::Repository { is_pinned: false } => (
            "is cloned at whatever its branch or tag is then",
            "name the commit: `…git#COMMIT`",
        ),
        Source::Local | Source::Repository { .. } | Source::Unknown => return None,
    };
    let address = without_credentials(word.value.as_deref().unwrap_or(&word.raw));
    let finding = Finding::new(format!("`{address}` {message}")).help(help);
    let stage = stage_name(file, add.stage);
    Some((format!("{address} {stage}"), word.span, finding))
}

/// The address without `user:password@`.
fn without_credentials(address: &str) -> String {
    let Some((scheme, rest)) = cut(address, "://") else {
        return address.to_owned();
    };
    let host = rest.split('/').next().unwrap_or(rest);
    match host.rsplit_once('@') {
        Some((user, _)) => format!("{scheme}://…{}", rest.get(user.len()..).unwrap_or_default()),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    #[rstest]
    #[case::ssh("git@github.com:example/tool.git /src", 1)]
    #[case::commit_of_folder(
        "git@github.com:example/tool.git#5e1f0a6c0bf9c1f2f7a7b0a6f1e1e2d3c4b5a697:docs /src",
        0
    )]
    #[case::commit_in_query(
        "https://github.com/example/tool.git?ref=5e1f0a6c0bf9c1f2f7a7b0a6f1e1e2d3c4b5a697 /src",
        0
    )]
    #[case::variable_in_address("https://example.com/tool-${VERSION}.tgz /src", 1)]
    #[case::commit_in_variable("https://github.com/example/tool.git#${COMMIT} /src", 0)]
    #[case::address_in_variable("$TOOL /src", 0)]
    #[case::files("a.txt b.txt /src/", 0)]
    fn what_is_fetched_has_to_be_held(#[case] arguments: &str, #[case] expected: usize) {
        let text = format!("FROM alpine\nARG TOOL\nARG VERSION\nARG COMMIT\nADD {arguments}\n");
        let found = messages(&crate::PACK, "build.add-remote", Given::dockerfile(&text));
        assert_eq!(found.len(), expected, "{found:?}");
    }

    #[test]
    fn passwords_of_addresses_are_not_told() {
        let text = "FROM alpine\nADD https://me:secret@example.com/a /a\n";
        let found = messages(&crate::PACK, "build.add-remote", Given::dockerfile(text));
        assert_eq!(
            found,
            ["`https://…@example.com/a` is downloaded and nobody checks what comes"]
        );
    }
}
