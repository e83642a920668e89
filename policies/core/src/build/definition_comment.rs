//! A comment does not describe the stage or argument below it
//!
//! ## What it does
//! Looks for comments directly above `FROM … AS` and `ARG` that do not begin with the name of the stage or argument.
//! BuildKit shows such comments as descriptions in `docker build --call=outline`.
//!
//! ## Why is this bad?
//! The outline stays empty, and whoever builds the image does not learn what can be set. This is about taste: the rule only
//! counts where a policy set names it.
//!
//! ## Examples
//! ```dockerfile fails
//! # The version of the service
//! ARG VERSION=1
//! FROM scratch
//! ```
//! ```dockerfile passes
//! # VERSION is the version of the service
//! ARG VERSION=1
//! FROM scratch
//! ```

use crate::buildkit::said;
use crate::reports::merged;
use polcheck_sdk::dockerfile::Keyword;
use polcheck_sdk::{Facts, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Info,
    aliases: &["InvalidDefinitionDescription"],
    opt_in: true,
    needs: &[&["dockerfile"]],
    url: Some("https://docs.docker.com/reference/build-checks/invalid-definition-description/"),
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let found = said(facts.dockerfile(), &["InvalidDefinitionDescription"])?.map(|said| {
        let keyword = said.instruction.map(|found| found.keyword);
        let of_stage = keyword == Some(Keyword::From);
        let name = said.argument(if of_stage { 2 } else { 0 });
        let name = name.map_or("", |word| word.raw.as_str());
        let name = name.split('=').next().unwrap_or(name);
        let kind = if of_stage { "stage" } else { "argument" };
        let finding = said
            .finding(format!(
                "the comment above the {kind} `{name}` does not describe it"
            ))
            .help(format!(
                "begin the comment with the name, `# {name} …`, or set it apart with an empty line"
            ));
        (format!("{kind} {name}"), said.place(), finding)
    });
    Ok(merged(found))
}
