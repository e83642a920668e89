//! A script has a default password
//!
//! ## What it does
//! Looks in heredocs and in commands for a variable with the name of a secret and a value to take where nobody sets it:
//! `${DB_PASS:-password}`, `os.getenv("DB_PASS", "password")`, `process.env.DB_PASS || "password"`. In heredocs it also looks
//! for such a variable that is set to a text.
//!
//! ## Why is this bad?
//! It works without a password of one's own, so nobody sets one. Whoever reads the image knows the password of every
//! place where that was forgotten. Without a default, the container says what is missing.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM postgres:18-alpine
//! RUN cat > /migrate.sh <<'EOF'
//! DB_PASS=${DB_PASS:-password}
//! EOF
//! ```
//! ```dockerfile passes
//! FROM postgres:18-alpine
//! RUN cat > /migrate.sh <<'EOF'
//! DB_PASS=${DB_PASS:?no password}
//! EOF
//! ```

use crate::parts::behind;
use crate::reports::Reports;
use crate::runs::Runs;
use crate::script_lines::{ScriptLine, each_line};
use crate::secrets::{can_be_secret, is_secret_name};
use polcheck_sdk::{Confidence, Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::High,
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

const HELP: &str =
    "ask for it, and stop without it: `${DB_PASS:?no password}`; mount it as a secret";
/// What reads a variable in other languages, with the name in quotes and the other value behind a comma.
const READERS: [&str; 4] = ["getenv(", "environ.get(", "env.get(", "ENV.fetch("];

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let runs = Runs::of(file)?;
    let mut reports = Reports::default();
    each_line(file, may_set, |line| {
        let Some((name, what)) = default(&line) else {
            return;
        };
        let stage = runs.stage_name(line.instruction.stage.unwrap_or_default());
        let finding = Finding::new(format!(
            "`{name}` has {what}, which everybody who has the image knows"
        ))
        .confidence(Confidence::Medium)
        .help(HELP);
        reports.add_at(format!("{stage} {name}"), line.span, finding);
    })?;
    file.commands()?.conclude(reports.finish())
}

/// Whether a text may give a secret a value: by a default of the shell, out of the environment, or in a heredoc by `=`.
fn may_set(text: &str, is_heredoc: bool) -> bool {
    let has_default = |(at, _): (usize, &str)| default_at(text, at).is_some();
    is_heredoc && text.contains('=')
        || text.match_indices('$').any(has_default)
        || ends_in(text, '(', &READERS)
        || ends_in(text, 'v', &["process.env"])
}

/// Whether a text has one of these parts, which are looked for by the sign that they end with, and that few words have.
fn ends_in(text: &str, sign: char, parts: &[&str]) -> bool {
    let is_end = |(at, _): (usize, &str)| {
        let until = text.get(..=at).unwrap_or_default();
        parts.iter().any(|part| until.ends_with(part))
    };
    text.match_indices(sign).any(is_end)
}

/// The default of the shell at a `$`.
fn default_at(text: &str, dollar: usize) -> Option<(&str, &str)> {
    shell_default(text.get(dollar + 1..)?.strip_prefix('{')?)
}

/// The variable that a line gives a secret, and how.
fn default<'a>(line: &ScriptLine<'a>) -> Option<(&'a str, &'static str)> {
    let is_secret = |(name, value): &(&str, &str)| {
        can_be_secret(value) && !value.contains(['$', '`', '(']) && is_secret_name(name)
    };
    let text = line.text;
    let in_shell = || {
        let dollars = text.match_indices('$').map(|(at, _)| at);
        dollars
            .filter_map(|at| default_at(text, at))
            .find(is_secret)
    };
    let in_code = || {
        let mut calls = READERS.iter().flat_map(|reader| behind(text, reader));
        calls.find_map(code_default).filter(is_secret)
    };
    let with_node = || {
        let mut names = behind(text, "process.env.");
        names.find_map(node_default).filter(is_secret)
    };
    // Reading the environment is the exception: one look at the text rules most lines out.
    let may_read = || ends_in(text, 'v', &["env"]) || ends_in(text, 'V', &["ENV"]);
    let elsewhere = || may_read().then(|| in_code().or_else(with_node)).flatten();
    let found = in_shell().or_else(elsewhere);
    if let Some((name, _)) = found {
        return Some((name, "a default"));
    }
    let (name, _) = assignment(text)
        .filter(|_| line.is_heredoc)
        .filter(is_secret)?;
    Some((name, "a value"))
}

/// `NAME:-value}`
fn shell_default(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = name(text)?;
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    let rest = rest.strip_prefix(['-', '='])?;
    let (value, _) = rest.split_once('}')?;
    Some((name, value.trim_matches(['"', '\''])))
}

/// `"NAME", "value"`
fn code_default(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = quoted(text)?;
    Some((
        name,
        quoted(rest.trim_start().strip_prefix(',')?.trim_start())?.0,
    ))
}

/// `NAME || "value"`
fn node_default(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = name(text)?;
    let rest = rest.trim_start();
    let rest = rest
        .strip_prefix("||")
        .or_else(|| rest.strip_prefix("??"))?;
    Some((name, quoted(rest.trim_start())?.0))
}

/// `export NAME=value`
fn assignment(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let (name, rest) = name(text.strip_prefix("export ").unwrap_or(text))?;
    let value = rest.strip_prefix('=')?;
    let is_variable = !name.contains(|character: char| character.is_ascii_lowercase());
    is_variable.then_some((name, value.trim_matches(['"', '\''])))
}

fn name(text: &str) -> Option<(&str, &str)> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let end = text.find(|character| !is_part(character))?;
    text.split_at_checked(end)
        .filter(|(name, _)| !name.is_empty())
}

fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''))?;
    text.get(1..)?.split_once(quote)
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    #[rstest]
    #[case("psql ${PGPASSWORD:=postgres}", 1)]
    #[case("password = os.getenv('DB_PASSWORD', \"hunter2\")", 1)]
    #[case("const secret = process.env.JWT_SECRET || 'changeme';", 1)]
    #[case("export API_TOKEN=abcdef", 1)]
    #[case("DB_PASS=${DB_PASS:-}", 0)]
    #[case("DB_PASS=${DB_PASS:-$OTHER}", 0)]
    #[case("DB_PASS=${DB_PASS}", 0)]
    #[case("# DB_PASS=password", 0)]
    #[case("DB_PASS=$(cat /run/secrets/db)", 0)]
    #[case("DB_HOST=${DB_HOST:-localhost}", 0)]
    #[case("DB_PASSWORD_FILE=${DB_PASSWORD_FILE:-/run/secrets/db}", 0)]
    #[case("os.getenv('DB_PASSWORD')", 0)]
    #[case("password = input()", 0)]
    fn only_a_secret_with_a_value_is_found(#[case] line: &str, #[case] findings: usize) {
        let given = Given::dockerfile(&format!("FROM alpine:3.22\nCOPY <<'EOF' /x\n{line}\nEOF\n"));
        assert_eq!(
            messages(&PACK, "secret.default-credential", given).len(),
            findings
        );
    }

    #[test]
    fn the_words_of_commands_are_read_too() {
        let given = Given::dockerfile(
            "FROM alpine:3.22\nRUN echo 'x=${DB_PASS:-password}' > /x\nCMD [\"sh\", \"-c\", \"run ${DB_PASS:-x1}\"]",
        );
        assert_eq!(messages(&PACK, "secret.default-credential", given).len(), 1);
    }
}
