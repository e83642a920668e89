//! An instruction is replaced by a later one
//!
//! ## What it does
//! Looks for stages with more than one `CMD`, `ENTRYPOINT` or `HEALTHCHECK`.
//!
//! ## Why is this bad?
//! Only the last one counts. Who reads the first one believes that it runs, and who wrote the last one may have wanted
//! both.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM alpine:3.22
//! CMD ["/migrate"]
//! CMD ["/service"]
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! CMD ["/service"]
//! ```

use crate::buildkit::said;
use crate::reports::merged;
use crate::stage_names::stage_name;
use polcheck_sdk::{Facts, Judgement, Rule, Settings};

/// The rule.
pub const RULE: Rule = Rule {
    aliases: &[
        "MultipleInstructionsDisallowed",
        "DL4003",
        "DL4004",
        "DL3012",
        "DS-0007",
        "DS-0016",
        "DS-0023",
    ],
    needs: &[&["dockerfile"]],
    url: Some("https://docs.docker.com/reference/build-checks/multiple-instructions-disallowed/"),
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let found = said(file, &["MultipleInstructionsDisallowed"])?.map(|said| {
        let keyword = said.word(1).to_ascii_uppercase();
        let stage = stage_name(file, said.stage());
        let finding = said
            .finding(format!(
                "this `{keyword}`{} is replaced by a later one of the stage",
                said.whence()
            ))
            .help(format!(
                "keep the `{keyword}` that is meant, and remove the others"
            ));
        (format!("{keyword} {stage}"), said.place(), finding)
    });
    Ok(merged(found))
}
