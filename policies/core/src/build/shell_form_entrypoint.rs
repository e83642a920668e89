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
//! ```dockerfile passes
//! FROM node:24
//! CMD ["node", "server.js"]
//! ```

use crate::buildkit::said;
use crate::reports::merged;
use crate::stage_names::stage_name;
use polcheck_sdk::{Facts, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
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
        (format!("{keyword} {stage}"), said.place(), finding)
    });
    Ok(merged(found))
}
