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
//! ```dockerfile fixed
//! FROM alpine:3.22
//! LABEL org.opencontainers.image.authors="shop@example.com"
//! ```

use crate::buildkit::said;
use crate::edits::{has_any, rewrite, unquoted};
use crate::parts::has;
use crate::reports::merged;
use polcheck_sdk::dockerfile::{Instruction, Keyword};
use polcheck_sdk::{Facts, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    fixable: true,
    aliases: &["MaintainerDeprecated", "DL4000", "DS-0022", "CKV_DOCKER_6"],
    needs: &[&["dockerfile"]],
    url: Some("https://docs.docker.com/reference/build-checks/maintainer-deprecated/"),
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let mut labels = file.select(Keyword::Label)?;
    let is_labelled = labels.any(|label| has(&label.text, "image.authors"));
    let found = said(file, &["MaintainerDeprecated"])?.map(|said| {
        let finding = said
            .finding("`MAINTAINER` is deprecated")
            .help("name the authors in a label: `LABEL org.opencontainers.image.authors=\"…\"`");
        let instruction = said.instruction.filter(|_| !is_labelled);
        let finding = rewrite(finding, instruction, as_label);
        ("MAINTAINER".to_owned(), said.place(), finding)
    });
    Ok(merged(found))
}

/// The same as a label, where no character of it means something else there.
fn as_label(found: &Instruction) -> Option<String> {
    let (Keyword::Maintainer, [author]) = (found.keyword, &*found.arguments) else {
        return None;
    };
    let author = unquoted(&author.raw).unwrap_or(&author.raw);
    let is_plain = !has_any(author, b"\"\\`$");
    is_plain.then(|| ["LABEL org.opencontainers.image.authors=\"", author, "\""].concat())
}
