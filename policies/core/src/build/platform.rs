//! A stage is bound to a platform
//!
//! ## What it does
//! Looks for `FROM --platform` with a constant, or with `$TARGETPLATFORM`, which is what BuildKit takes anyway, and for
//! base images of another platform than the one that is built for. A stage whose name says the platform means it.
//!
//! ## Why is this bad?
//! A constant wins over what the builder is asked for: the image for `arm64` contains programs for `amd64`, and fails when
//! it starts, or runs slowly in an emulator.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM --platform=linux/amd64 alpine:3.22
//! ```
//! ```dockerfile fails
//! FROM --platform=$TARGETPLATFORM alpine:3.22
//! ```
//! ```dockerfile fixed
//! FROM alpine:3.22
//! ```
//! ```dockerfile passes
//! FROM --platform=$BUILDPLATFORM golang:1.26 AS build
//! RUN go build -o /service
//! FROM alpine:3.22
//! COPY --from=build /service /service
//! ```
//! ```dockerfile passes
//! FROM --platform=linux/amd64 alpine:3.22 AS tools-amd64
//! ```

use crate::buildkit::{Said, said};
use crate::reports::merged;
use crate::stage_names::stage_name;
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity, Span};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    fixable: true,
    aliases: &[
        "FromPlatformFlagConstDisallowed",
        "RedundantTargetPlatform",
        "InvalidBaseImagePlatform",
        "DL3029",
        "DL3065",
    ],
    needs: &[&["dockerfile"]],
    url: Some(
        "https://docs.docker.com/reference/build-checks/from-platform-flag-const-disallowed/",
    ),
    ..Rule::of(check)
};

const CHECKS: [&str; 3] = [
    "FromPlatformFlagConstDisallowed",
    "RedundantTargetPlatform",
    "InvalidBaseImagePlatform",
];

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let found = said(file, &CHECKS)?.map(|said| {
        let (place, finding) = told(said);
        let stage = stage_name(file, said.stage());
        (format!("{} {stage}", said.diagnostic.name), place, finding)
    });
    Ok(merged(found))
}

fn told(said: Said<'_>) -> (Span, Finding) {
    let options = said.instruction.map_or(&[][..], |found| &found.options);
    let option = options.iter().find(|option| option.name == "platform");
    let value = option.and_then(|option| option.value.as_deref());
    let value = value.unwrap_or_default();
    let place = option.map_or(said.place(), |option| option.span);
    match said.diagnostic.name.as_str() {
        "RedundantTargetPlatform" => {
            let finding = said
                .finding(format!(
                    "`--platform={value}` asks for what BuildKit takes anyway"
                ))
                .help("remove the option");
            let written = ["--platform=", value, " "].concat();
            let behind = Span {
                end_column: place.end_column + 1,
                ..place
            };
            (place, finding.edit(behind, &written, ""))
        }
        "FromPlatformFlagConstDisallowed" => {
            let finding = said
                .finding(format!("the stage is always for `{value}`, whatever is built for"))
                .help("remove the option and build with `--platform`; of a stage that only runs during the build, write `--platform=$BUILDPLATFORM`");
            (place, finding)
        }
        _ => {
            let image = said.argument(0).map_or("", |word| word.raw.as_str());
            let finding = said
                .finding(format!(
                    "the base image `{image}` is for another platform than the build"
                ))
                .help("name an image that exists for the platform that is built for");
            (said.place(), finding)
        }
    }
}
