//! A shell stands between the container and its process
//!
//! ## What it does
//! Looks for `CMD` and `ENTRYPOINT` in shell form. Where the stage names its shell with `SHELL`, the shell is meant.
//!
//! ## Why is this bad?
//! The shell is process 1. It does not pass signals on, so that the service is killed after the grace period and never
//! shuts down, and an `ENTRYPOINT` of this form ignores `CMD` and the arguments of `docker run`. An image without a shell
//! does not start at all.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM node:24
//! CMD node server.js
//! ```
//! ```dockerfile fixed
//! FROM node:24
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile fails
//! FROM node:24
//! CMD node server.js --port=$PORT
//! ```

use crate::buildkit::said;
use crate::edits::{plain_words, replace};
use crate::parts::has;
use crate::reports::merged;
use crate::stage_names::stage_name;
use polcheck_sdk::dockerfile::{Directive, Dockerfile, Instruction, Interpreter, Keyword, Word};
use polcheck_sdk::{Facts, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    fixable: true,
    aliases: &["JSONArgsRecommended", "DL3025"],
    needs: &[&["dockerfile"]],
    url: Some("https://docs.docker.com/reference/build-checks/json-args-recommended/"),
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let found = said(file, &["JSONArgsRecommended"])?.map(|said| {
        let keyword = said.word(4).to_ascii_uppercase();
        let stage = stage_name(file, said.stage());
        let finding = said
            .finding(format!("`{keyword}`{} runs in a shell, which keeps signals from the process",
                said.whence()))
            .help(format!("write it as a JSON array: `{keyword} [\"PROGRAM\", \"ARGUMENT\"]`; where the shell is meant, name it with `SHELL`"));
        let finding = match said.instruction.and_then(|found| without_shell(file, found)) {
            Some((word, array)) => replace(finding, word, &array),
            None => finding,
        };
        (format!("{keyword} {stage}"), said.place(), finding)
    });
    Ok(merged(found))
}

/// What only a shell has, as far as it matters behind `CMD`.
const BUILT_IN: &str =
    " . : cd command eval exec exit export read set source time trap type ulimit umask wait ";

/// The words of a command that needs no shell, as an array. `ENTRYPOINT` and `CMD` know of one another only in exec form: where
/// a file has both, one cannot be changed alone.
fn without_shell<'a>(file: Dockerfile<'a>, found: &'a Instruction) -> Option<(&'a Word, String)> {
    let [written] = &*found.arguments else {
        return None;
    };
    let is_other = |it: &Instruction| {
        matches!(it.keyword, Keyword::Cmd | Keyword::Entrypoint) && it.keyword != found.keyword
    };
    let is_alone = !file.instructions().ok()?.iter().any(is_other);
    let is_windows = |it: &Directive| it.name == "escape" && it.value == "`";
    if !is_alone || file.directives().ok()?.iter().any(is_windows) {
        return None;
    }
    let mut commands = file.commands().ok()?.commands.iter();
    let command = commands.find(|it| it.instruction == found.index)?;
    let words = plain_words(command, &written.raw)?;
    let name = [" ", words.first()?, " "].concat();
    let is_own = command.interpreter == Interpreter::Posix && !has(BUILT_IN, &name);
    is_own.then(|| (written, ["[\"", &words.join("\", \""), "\"]"].concat()))
}

#[cfg(test)]
mod tests {
    use polcheck_sdk::testing::fix;
    use rstest::rstest;

    #[rstest]
    #[case::quotes("CMD node 'a b' \"c;d\"", "CMD [\"node\", \"a b\", \"c;d\"]")]
    #[case::own_shell("CMD sh -c 'a && b'", "CMD [\"sh\", \"-c\", \"a && b\"]")]
    #[case::entrypoint("entrypoint /run  x", "entrypoint [\"/run\", \"x\"]")]
    #[case::variable("CMD node $X", "")]
    #[case::pattern("CMD ls *.js", "")]
    #[case::home("CMD ls ~", "")]
    #[case::braces("CMD ls {a,b}", "")]
    #[case::escape("CMD ls a\\ b", "")]
    #[case::two("CMD a && b", "")]
    #[case::in_the_background("CMD a &", "")]
    #[case::redirect("CMD a > b", "")]
    #[case::assignment("CMD A=b c", "")]
    #[case::comment("CMD a # b", "")]
    #[case::negated("CMD ! a", "")]
    #[case::built_in("CMD exec node", "")]
    #[case::part_in_quotes("CMD a\"b\"", "")]
    #[case::both("CMD a\nENTRYPOINT b", "")]
    #[case::beside_an_array("CMD a\nENTRYPOINT [\"b\"]", "")]
    #[case::trigger("ONBUILD CMD a", "")]
    #[case::two_lines("CMD a \\\n  b", "")]
    fn only_what_needs_no_shell_becomes_an_array(#[case] line: &str, #[case] expected: &str) {
        let text = |line: &str| format!("FROM alpine\n{line}\n");
        let expected = if expected.is_empty() { line } else { expected };
        let fixed = fix(&crate::PACK, "build.shell-form-entrypoint", &text(line));
        assert_eq!(fixed, text(expected));
    }
}
