//! Files come from an image that no stage names
//!
//! ## What it does
//! Looks for `COPY --from` and `RUN --mount=from` with a name that is no stage: BuildKit pulls an image of that name.
//!
//! ## Why is this bad?
//! A stage that is misspelt or missing becomes an image that somebody else publishes, `docker.io/library/builder:latest`
//! instead of the stage `builder`, and its files become part of yours. Where an image is meant, it is one more base image
//! that nobody sees at the top of the file.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM alpine:3.22 AS build
//! RUN touch /service
//! FROM scratch
//! COPY --from=builder /service /service
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22 AS build
//! RUN touch /service
//! FROM scratch
//! COPY --from=build /service /service
//! ```

use polcheck_sdk::{Facts, Finding, Judgement, Location, Rule, Settings, Severity, Span};
use std::collections::BTreeMap;

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::High,
    aliases: &["DL3022"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let mut images: BTreeMap<String, Vec<Span>> = BTreeMap::new();
    let flows = file.flows()?.iter();
    let mounts = file.mounts()?.iter();
    let from_images = flows
        .map(|flow| (&flow.from_image, flow.span))
        .chain(mounts.map(|mount| (&mount.from_image, mount.span)));
    for (image, span) in from_images {
        let Some(image) = image else { continue };
        let places = images.entry(image.clone()).or_default();
        if !places.contains(&span) {
            places.push(span);
        }
    }
    let finding = |(image, places): (String, Vec<Span>)| {
        let finding = Finding::new(format!(
            "no stage is called `{image}`: the files come from an image of that name"
        ))
        .help("name a stage; where an image is meant, give it a stage of its own: `FROM IMAGE@DIGEST AS NAME`")
        .key(image);
        places.into_iter().fold(finding, |finding, place| {
            finding.at(Location::Dockerfile(place))
        })
    };
    Ok(images.into_iter().map(finding).collect())
}
