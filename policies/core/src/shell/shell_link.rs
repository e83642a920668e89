//! The system's shell is replaced by a link
//!
//! ## What it does
//! Looks for `ln` that makes `/bin/sh` another shell.
//!
//! ## Why is this bad?
//! Every script of every package gets a shell that it was not written for, also when the image runs. `SHELL` only
//! changes what reads the `RUN` instructions.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM debian:13
//! RUN ln -sf /bin/bash /bin/sh
//! ```
//! ```dockerfile passes
//! FROM debian:13
//! SHELL ["/bin/bash", "-o", "pipefail", "-c"]
//! ```

use crate::options::text;
use crate::reports::Reports;
use crate::runs::Runs;
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &["DL4005"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let runs = Runs::of(file)?;
    let mut reports = Reports::default();
    for command in runs.iter().filter(|it| it.name() == Some("ln")) {
        let mut words = command.words.iter().map(text);
        if !words.any(|word| matches!(word, "/bin/sh" | "/usr/bin/sh")) || words.next().is_some() {
            continue;
        }
        let finding = Finding::new("`/bin/sh` is replaced by another shell")
            .help("write `SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]` instead");
        let key = format!("{} sh", runs.stage_name(command.stage));
        reports.add_at(key, command.span, finding);
    }
    file.commands()?.conclude(reports.finish())
}
