//! `EXPOSE` names an address or a port of the host
//!
//! ## What it does
//! Looks for `EXPOSE` with an IP address, or with two ports as `docker run -p` takes them.
//!
//! ## Why is this bad?
//! An image cannot say where it is published. BuildKit leaves the address and the host's port out, so that the image says
//! something else than the file.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM alpine:3.22
//! EXPOSE 127.0.0.1:8080:80
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! EXPOSE 80
//! ```

use crate::buildkit::said;
use crate::reports::merged;
use polcheck_sdk::{Facts, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &["ExposeInvalidFormat"],
    needs: &[&["dockerfile"]],
    url: Some("https://docs.docker.com/reference/build-checks/expose-invalid-format/"),
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let found = said(facts.dockerfile(), &["ExposeInvalidFormat"])?.map(|said| {
        let port = said.quoted('\'');
        let mut words = said
            .instruction
            .into_iter()
            .flat_map(|found| &found.arguments);
        let word = words.find(|word| word.value.as_deref() == Some(port));
        let own = port.rsplit(':').next().unwrap_or(port);
        let finding = said
            .finding(format!(
                "`EXPOSE {port}` names more than a port of the container"
            ))
            .help(format!(
                "write `EXPOSE {own}`, and choose the address when the container is started"
            ));
        (
            port.to_owned(),
            word.map_or(said.place(), |word| word.span),
            finding,
        )
    });
    Ok(merged(found))
}
