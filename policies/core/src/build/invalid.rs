//! The Dockerfile cannot be built
//!
//! ## What it does
//! Says why BuildKit refuses the Dockerfile: unknown instructions and options, names of stages and images that are none,
//! heredocs without an end, and whatever else BuildKit checks before it builds. Where only the argument of a `FROM` is
//! missing, whoever gives it can build the file: that is of medium severity, and the file stays undecided without it.
//!
//! ## Why is this bad?
//! What cannot be built cannot be judged either: no rule can promise anything about an image that this file does not
//! make. The finding cannot be waived into a pass.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM alpine:3.22
//! RUNN apk upgrade
//! ```
//! ```dockerfile fails
//! ARG VERSION
//! FROM alpine:$VERSION
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! RUN apk upgrade
//! ```

use crate::buildkit::{line, said};
use polcheck_sdk::dockerfile::{Dockerfile, FileStatus, Refusal};
use polcheck_sdk::{FactError, Facts, Finding, Judgement, Location, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Critical,
    aliases: &[
        "DL1000", "DL3061", "DL3043", "DL3011", "DL3023", "DS-0006", "DS-0008",
    ],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let FileStatus::Invalid(refusal) = file.status()? else {
        return Ok(vec![]);
    };
    let finding = if lacks_argument(file, &refusal)? {
        Finding::new(format!(
            "BuildKit refuses the file unless somebody gives an argument: {}",
            refusal.message
        ))
        .severity(Severity::Medium)
        .help("give the `ARG` a default, or give polcheck what the build is given: `--build-arg NAME=VALUE`")
    } else {
        Finding::new(format!("BuildKit refuses the file: {}", refusal.message))
            .help("correct the file; `docker build --check .` shows the same")
    };
    let finding = finding.key("invalid");
    Ok(vec![match refusal.line {
        None => finding,
        Some(number) => finding.at(Location::Dockerfile(line(number))),
    }])
}

/// Whether the name of a base image is none only because an `ARG` that the file declares has no fitting value.
fn lacks_argument(file: Dockerfile<'_>, refusal: &Refusal) -> Result<bool, FactError> {
    let is_name = ["base name (", "failed to parse stage name"];
    if !is_name
        .iter()
        .any(|start| refusal.message.starts_with(start))
    {
        return Ok(false);
    }
    let is_here = |line: u32| refusal.line == Some(line);
    let mut undeclared = said(file, &["UndefinedArgInFrom"])?;
    let mut without_value = said(file, &["InvalidDefaultArgInFrom"])?;
    Ok(!undeclared.any(|said| is_here(said.diagnostic.line))
        && without_value.any(|said| {
            let base = said.argument(0);
            is_here(said.diagnostic.line) && base.is_some_and(|base| base.raw.contains('$'))
        }))
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::Severity;
    use polcheck_sdk::bindings::exports::polcheck::policy::check::Outcome;
    use polcheck_sdk::testing::{Given, evaluate};
    use rstest::rstest;

    #[rstest]
    #[case("ARG BASE\nFROM $BASE", Severity::Medium)]
    #[case("ARG V\nFROM golang:${V}-alpine AS b\nFROM scratch", Severity::Medium)]
    #[case("FROM $BASE", Severity::Critical)]
    #[case("ARG V\nFROM golang:$V$W", Severity::Critical)]
    #[case("FROM Alpine", Severity::Critical)]
    #[case("ARG BASE\nFROM $BASE AS 1", Severity::Critical)]
    #[case("ARG BASE\nFROM ${BASE:x}", Severity::Critical)]
    fn only_an_argument_that_is_not_given_is_less_than_critical(
        #[case] file: &str,
        #[case] severity: Severity,
    ) {
        let outcome = evaluate(&PACK, "build.invalid", Given::dockerfile(file));
        let Outcome::Findings(found) = outcome else {
            panic!("{outcome:?}")
        };
        let found: Vec<_> = found.iter().map(|it| it.severity).collect();
        assert_eq!(found, [severity]);
    }
}
