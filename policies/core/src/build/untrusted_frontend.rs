//! The file is read by a frontend that nobody agreed to
//!
//! ## What it does
//! Looks for `# syntax=` with an image that is not on the list, `docker/dockerfile` alone if nobody says otherwise. With
//! `requireDigest`, one that is on the list has to be pinned too.
//!
//! ## Why is this bad?
//! The frontend is a program that BuildKit downloads and runs. It reads the Dockerfile and decides what the image is made
//! of: another one can make anything of the same text. `docker/dockerfile-upstream` is a preview, and not meant for use.
//!
//! ## Examples
//! ```dockerfile fails
//! # syntax=example/dockerfile-plus:1
//! FROM alpine:3.22
//! ```
//! ```dockerfile passes
//! # syntax=docker/dockerfile:1
//! FROM alpine:3.22
//! ```
//! ```json settings
//! { "requireDigest": true }
//! ```
//! ```dockerfile fails
//! # syntax=docker/dockerfile:1
//! FROM alpine:3.22
//! ```

use polcheck_sdk::{Facts, Finding, Judgement, Location, Reference, Rule, Settings};

/// The rule.
pub const RULE: Rule = Rule {
    needs: &[&["dockerfile"]],
    settings: r#"{ "type": "object", "additionalProperties": false, "properties": {
        "allow": { "type": "array", "items": {"type": "string", "minLength": 1}, "default": ["docker/dockerfile"],
            "description": "Repositories of frontends, with or without a registry." },
        "requireDigest": { "type": "boolean", "default": false,
            "description": "Whether a frontend has to be pinned by digest." }
    } }"#,
    url: Some("https://docs.docker.com/build/buildkit/frontend/"),
    ..Rule::of(check)
};

fn check(facts: &Facts, settings: &Settings<'_>) -> Judgement {
    let mut directives = facts.dockerfile().directives()?.into_iter();
    let Some(syntax) = directives.find(|found| found.effective && found.name == "syntax") else {
        return Ok(vec![]);
    };
    // What stands behind the first word goes to the frontend.
    let written = syntax.value.split_whitespace().next().unwrap_or_default();
    let reference = facts.parse_reference(written);
    let is_allowed = reference.as_ref().is_ok_and(|reference| {
        let allowed = settings.texts("/allow");
        let mut allowed = allowed.iter();
        allowed.any(|allowed| is_same(facts, allowed, reference))
    });
    let is_pinned = reference.is_ok_and(|reference| reference.digest.is_some());
    let finding = if !is_allowed {
        Finding::new(format!("the frontend `{written}` reads the file, and is not allowed"))
            .help("write `# syntax=docker/dockerfile:1`, or allow the frontend in the settings of the rule")
    } else if !is_pinned && settings.boolean("/requireDigest") == Some(true) {
        Finding::new(format!("the frontend `{written}` is not pinned"))
            .help("give its digest: `# syntax=IMAGE:TAG@sha256:…`")
    } else {
        return Ok(vec![]);
    };
    let place = Location::Dockerfile(syntax.span);
    Ok(vec![finding.at(place).key(written)])
}

fn is_same(facts: &Facts, allowed: &str, reference: &Reference) -> bool {
    facts.parse_reference(allowed).is_ok_and(|allowed| {
        (allowed.registry, &allowed.repository)
            == (reference.registry.clone(), &reference.repository)
    })
}

#[cfg(test)]
mod tests {
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::with_registry("docker.io/docker/dockerfile:1.7-labs", 0)]
    #[case::with_digest(
        "docker/dockerfile@sha256:b6afd42430b15f2d2a4c5a02b919e98a525b785b1aaff16747d2f623364e39b6",
        0
    )]
    #[case::preview("docker/dockerfile-upstream:master", 1)]
    #[case::other_registry("registry.example.com/docker/dockerfile:1", 1)]
    #[case::allowed("ghcr.io/acme/frontend:2", 0)]
    #[case::no_reference("DOCKERFILE", 1)]
    fn only_listed_frontends_are_fine(#[case] syntax: &str, #[case] expected: usize) {
        let given = Given::dockerfile(&format!("# syntax={syntax}\nFROM alpine\n"));
        let allow = json!({ "allow": ["docker/dockerfile", "ghcr.io/acme/frontend"] });
        let given = given.settings("build.untrusted-frontend", allow);
        let found = messages(&crate::PACK, "build.untrusted-frontend", given);
        assert_eq!(found.len(), expected, "{found:?}");
    }
}
