//! A JSON array is none
//!
//! ## What it does
//! Looks for instructions whose words look like a JSON array that is broken: single quotes, a missing comma, a comment
//! behind it. A shell test, `RUN [ -f /a ] && …`, is none.
//!
//! ## Why is this bad?
//! BuildKit does not complain. It gives the text to a shell, which looks for a program called `[service`, or copies a file
//! called `"a",`.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM alpine:3.22
//! CMD ['/service', '--verbose']
//! ```
//! ```dockerfile fails
//! FROM alpine:3.22
//! ENTRYPOINT ["/service" "--verbose"]
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! RUN [ -f /etc/alpine-release ] || exit 1
//! CMD ["/service", "--verbose"]
//! ```

use crate::reports::merged;
use crate::stage_names::stage_name;
use polcheck_sdk::dockerfile::{Instruction, Keyword};
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings};

/// The rule.
pub const RULE: Rule = Rule {
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let instructions = file.instructions()?.iter();
    let broken = instructions.filter(|found| found.broken_json && looks_like_json(found));
    Ok(merged(broken.map(|found| {
        let keyword = found.text.split(char::is_whitespace).next();
        let keyword = keyword.unwrap_or_default().to_ascii_uppercase();
        let finding = Finding::new(format!("the array of `{keyword}` is not JSON, and is read as plain text"))
            .help("put every word in double quotes, with commas between them and nothing behind the bracket");
        let key = format!("{keyword} {}", stage_name(file, found.stage));
        (key, found.span, finding)
    })))
}

/// A shell has `[` too: a program, whose last word is `]`.
fn looks_like_json(found: &Instruction) -> bool {
    let Some((_, text)) = found.text.split_once('[') else {
        return false;
    };
    let first = text.trim_start();
    let is_quoted = first.starts_with(['"', '\'', '“', '”', '‘', '’']) || first.starts_with("\\\"");
    let is_closed = text.trim_end().ends_with(']');
    let is_apart = first.len() < text.len();
    match found.keyword {
        Keyword::Run | Keyword::Healthcheck if is_apart => {
            is_quoted && is_closed && text.contains(',')
        }
        Keyword::Run | Keyword::Healthcheck => is_quoted || is_closed && text.contains(','),
        _ => is_quoted || is_closed,
    }
}

#[cfg(test)]
mod tests {
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    #[rstest]
    #[case::unquoted("CMD [npm, start]", 1)]
    #[case::comment_behind("CMD [\"npm\", \"start\"] # the service", 1)]
    #[case::typographic_quotes("CMD [“npm”, “start”]", 1)]
    #[case::of_run("RUN ['apk', 'upgrade']", 1)]
    #[case::copy("COPY ['a b', '/c']", 1)]
    #[case::volume("VOLUME ['/data']", 1)]
    #[case::health_check("HEALTHCHECK CMD ['/service', 'healthy']", 1)]
    #[case::test("RUN [ \"$A\" = \"b\" ]", 0)]
    #[case::test_and_more("RUN [ \"$A\" = \"b\" ] && echo \"a, b\"", 0)]
    #[case::test_of_bash("RUN [[ -f /a ]] && rm /a", 0)]
    #[case::pattern("COPY [ab].txt /c", 0)]
    #[case::not_at_all("RUN echo [a, b]", 0)]
    fn arrays_are_told_from_tests_of_the_shell(#[case] line: &str, #[case] expected: usize) {
        let given = Given::dockerfile(&format!("FROM alpine\n{line}\n"));
        let found = messages(&crate::PACK, "build.invalid-json-form", given);
        assert_eq!(found.len(), expected, "{found:?}");
    }
}
