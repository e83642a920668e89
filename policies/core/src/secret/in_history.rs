//! The history of the image keeps a secret
//!
//! ## What it does
//! Looks in the history for build arguments and variables that hold a secret, by name and value, also where a later
//! instruction takes them back; and for credentials of a known form in commands. Of a Dockerfile, it looks for the
//! credentials in commands.
//!
//! ## Why is this bad?
//! `docker history` shows to everybody who can pull the image what each instruction was, with the values of the build
//! arguments. No later instruction can remove that.
//!
//! ## Examples
//! ```json fails
//! { "history": [{ "created_by": "RUN |1 NPM_TOKEN=hunter2 /bin/sh -c npm ci # buildkit" }] }
//! ```
//! ```dockerfile fails
//! FROM alpine:3.22
//! RUN curl -H "PRIVATE-TOKEN: glpat-AbCdEfGhIjKlMnOpQrSt" https://git.example.com/x
//! ```
//! Use instead a secret that is mounted:
//! ```json passes
//! { "history": [{ "created_by": "RUN |1 VERSION=1.4 /bin/sh -c npm ci # buildkit" }] }
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! RUN --mount=type=secret,id=git curl -H "@/run/secrets/git" https://git.example.com/x
//! ```

use crate::reports::Reports;
use crate::runs::{Runs, is_written};
use crate::secrets::{can_be_secret, contains_credential, is_secret_name};
use polcheck_sdk::dockerfile::{Dockerfile, Keyword};
use polcheck_sdk::{
    Confidence, Facts, Finding, Judgement, Location, Rule, Settings, Severity, Unsettled,
};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Critical,
    aliases: &["CIS-DI-0010"],
    needs: &[&["image", "dockerfile"]],
    settings: r#"{ "type": "object", "additionalProperties": false, "properties": {
        "allow": { "type": "array", "items": {"type": "string"}, "default": [],
            "description": "Names of build arguments and variables that are no secrets here." }
    } }"#,
    ..Rule::of(check)
};

const HELP: &str = "mount the secret while the image is built (`RUN --mount=type=secret`), and replace this one: it is public now";

fn check(facts: &Facts, settings: &Settings<'_>) -> Judgement {
    let allowed = settings.texts("/allow");
    let mut reports = Reports::default();
    if let Ok(history) = facts.history() {
        for (entry, index) in history.iter().zip(0..) {
            let place = Location::History(index);
            let text = &entry.created_by;
            let pairs = pairs(text);
            let secrets = pairs.iter().filter(|(name, value)| {
                is_secret_name(name)
                    && can_be_secret(value)
                    && !allowed.iter().any(|other| other == name)
            });
            for (name, _) in secrets {
                let message = format!("the history of the image keeps the secret `{name}`");
                let finding = Finding::new(message)
                    .confidence(Confidence::Medium)
                    .help(HELP);
                reports.add(format!("name={name}"), place.clone(), finding);
            }
            let is_named = |(name, value): &(&str, &str)| {
                contains_credential(value) && allowed.iter().any(|other| other == name)
            };
            if contains_credential(text) && !pairs.iter().any(is_named) {
                let message = "the history of the image keeps a credential";
                reports.add(
                    format!("step {index}"),
                    place,
                    Finding::new(message).help(HELP),
                );
            }
        }
    }
    let file = facts.dockerfile();
    if is_written(file) {
        judge_file(file, &mut reports)?;
    }
    Ok(reports.finish())
}

fn judge_file(file: Dockerfile<'_>, reports: &mut Reports) -> Result<(), Unsettled> {
    let runs = Runs::of(file)?;
    for run in file.select(Keyword::Run)? {
        let mut heredocs = run.heredocs.iter();
        if contains_credential(&run.text)
            || heredocs.any(|heredoc| contains_credential(&heredoc.content))
        {
            let stage = runs.stage_name(run.stage.unwrap_or_default());
            let finding = Finding::new(
                "a command has a credential in it, which the history of the image keeps",
            );
            reports.add_at(format!("{stage} RUN"), run.span, finding.help(HELP));
        }
    }
    Ok(())
}

/// The build arguments and variables that a step of the history sets.
fn pairs(text: &str) -> Vec<(&str, &str)> {
    let text = text
        .strip_prefix("/bin/sh -c #(nop) ")
        .unwrap_or(text)
        .trim_start();
    let run = text.strip_prefix("RUN ").unwrap_or(text);
    let (most, words) = match run.strip_prefix('|').and_then(|rest| rest.split_once(' ')) {
        Some((count, rest)) => (count.parse().unwrap_or(0), rest),
        None => match text
            .strip_prefix("ARG ")
            .or_else(|| text.strip_prefix("ENV "))
        {
            Some(rest) => (usize::MAX, rest),
            None => return Vec::new(),
        },
    };
    let pair = |word: &'_ str| -> Option<(usize, usize)> {
        let at = word.find('=')?;
        let name = word.get(..at)?;
        let is_name = !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        is_name.then_some((at, at + 1))
    };
    let words = words.split_ascii_whitespace();
    let pairs = words.filter_map(|word| {
        let (end, start) = pair(word)?;
        Some((word.get(..end)?, word.get(start..)?))
    });
    pairs.take(most).collect()
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    #[rstest]
    #[case("RUN |2 A=b DB_PASSWORD=hunter2 /bin/sh -c make", 1)]
    #[case("|1 DB_PASSWORD=hunter2 /bin/sh -c make", 1)]
    #[case("ARG DB_PASSWORD=hunter2", 1)]
    #[case("/bin/sh -c #(nop)  ENV DB_PASSWORD=hunter2", 1)]
    #[case("/bin/sh -c curl -H 'x: ghp_abcdefghijklmnopqrstuvwxyz0123456789'", 1)]
    #[case("RUN |1 DB_PASSWORD= /bin/sh -c make", 0)]
    #[case("RUN |1 A=b /bin/sh -c DB_PASSWORD=$(cat /x) make", 0)]
    #[case("ARG DB_PASSWORD", 0)]
    fn only_what_is_a_secret_is_found(#[case] step: &str, #[case] findings: usize) {
        let json = serde_json::json!({ "history": [{ "created_by": step }] }).to_string();
        assert_eq!(
            messages(&PACK, "secret.in-history", Given::image_config(&json)).len(),
            findings
        );
    }
}
