//! The author stands in `MAINTAINER`
//!
//! ## What it does
//! Looks for the instruction `MAINTAINER`.
//!
//! ## Why is this bad?
//! It has been deprecated since 2017. Tools read labels, which can also say where the source is and what the version is.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM alpine:3.22
//! MAINTAINER shop@example.com
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! LABEL org.opencontainers.image.authors="shop@example.com"
//! ```

use crate::buildkit::said;
use crate::reports::merged;
use polcheck_sdk::{Facts, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &["MaintainerDeprecated", "DL4000", "DS-0022", "CKV_DOCKER_6"],
    needs: &[&["dockerfile"]],
    url: Some("https://docs.docker.com/reference/build-checks/maintainer-deprecated/"),
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let found = said(facts.dockerfile(), &["MaintainerDeprecated"])?.map(|said| {
        let finding = said
            .finding("`MAINTAINER` is deprecated")
            .help("name the authors in a label: `LABEL org.opencontainers.image.authors=\"…\"`");
        ("MAINTAINER".to_owned(), said.place(), finding)
    });
    Ok(merged(found))
}
