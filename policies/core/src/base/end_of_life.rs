//! A base image is past its end
//!
//! ## What it does
//! Reads which distribution and which language a base image contains from its name and tag, `golang:1.21-alpine3.18`, and
//! looks up when the project stops maintaining the release. Of Debian, the end of long-term support counts.
//!
//! The dates come with polcheck; `releases` adds to them and overrides them. Tags that move, such as `python:3` and
//! `debian:stable`, name no release. Applications such as `nginx` and `postgres` are not in the table, but the distribution
//! that their tag names is.
//!
//! ## Why is this bad?
//! Nobody corrects what is found in it. A scanner may even stay silent about it, because nobody publishes advisories for it
//! any more.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM golang:1.21-alpine3.18
//! ```
//! ```dockerfile fails
//! FROM debian:buster-slim
//! ```
//! ```dockerfile passes
//! FROM golang:1.26-alpine3.23
//! ```
//! ```json settings
//! { "releases": { "node 20": "2027-04-30" } }
//! ```
//! ```dockerfile passes
//! FROM node:20-bookworm
//! ```

use crate::data::end_of_life::AS_OF;
use crate::dates::{day, day_of};
use crate::releases::{Ends, Release, releases};
use crate::stage_names;
use polcheck_sdk::dockerfile::Stage;
use polcheck_sdk::{Confidence, Facts, Finding, Judgement, Location, Rule, Settings, Unsettled};

/// The rule.
pub const RULE: Rule = Rule {
    aliases: &["CIS-4.4"],
    needs: &[&["dockerfile"]],
    settings: r#"{ "type": "object", "additionalProperties": false, "properties": {
        "releases": { "type": "object", "additionalProperties": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}, "default": {},
            "description": "The last day of releases, by `NAME RELEASE` as in `alpine 3.18`: of what the table has, or of another repository by its name without the tag." },
        "graceDays": { "type": "integer", "minimum": 0, "default": 0,
            "description": "How many days after its end a release is still accepted." },
        "lts": { "type": "boolean", "default": true,
            "description": "Whether long-term support counts for Debian." }
    } }"#,
    url: Some("https://endoflife.date/"),
    ..Rule::of(check)
};

fn check(facts: &Facts, settings: &Settings<'_>) -> Judgement {
    let own = settings.pairs("/releases");
    if let Some((release, end)) = own.iter().find(|(_, end)| day(end).is_none()) {
        let message = format!("`{end}`, the end of `{release}`, is no day");
        return Err(Unsettled::Settings(message));
    }
    let ends = Ends {
        own: &own,
        with_lts: settings.boolean("/lts") != Some(false),
    };
    let grace = settings.integer("/graceDays").unwrap_or_default();
    let today = day_of(facts.time()).saturating_sub(grace);
    let stages = facts.dockerfile().stages()?.iter();
    let ended = stages.filter_map(|stage| {
        let (base, (releases, is_official)) = contents(facts, &ends, stage)?;
        let is_past = |release: &&Release| day(&release.end).is_some_and(|end| end < today);
        let past: Vec<&Release> = releases.iter().filter(is_past).collect();
        let confidence = if is_official {
            Confidence::High
        } else {
            Confidence::Medium
        };
        (!past.is_empty()).then(|| told(stage, base, &past).confidence(confidence))
    });
    Ok(ended.collect())
}

/// The base image of a stage, and the releases in it.
fn contents<'a>(
    facts: &Facts,
    ends: &Ends<'_>,
    stage: &'a Stage,
) -> Option<(&'a str, (Vec<Release>, bool))> {
    if stage.from_scratch || stage.base_stage.is_some() {
        return None;
    }
    let base = stage.base.value.as_deref()?;
    let reference = facts.parse_reference(base).ok()?;
    Some((base, releases(&reference, ends)))
}

fn told(stage: &Stage, base: &str, past: &[&Release]) -> Finding {
    let names: Vec<&str> = past.iter().map(|release| release.name.as_str()).collect();
    let ended: Vec<String> = past
        .iter()
        .map(|release| format!("{} ended on {}", release.name, release.end))
        .collect();
    let ended = ended.join(" and ");
    let message = format!("the base image `{base}` is past its end: {ended}");
    Finding::new(message)
        .at(Location::Dockerfile(stage.base.span))
        .help("take a release that is maintained")
        .key(format!("{} {}", stage_names::name(stage), names.join(", ")))
        .evidence("dates as of", AS_OF)
}

#[cfg(test)]
mod tests {
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;
    use serde_json::json;

    const RULE: &str = "base.end-of-life";

    #[rstest]
    #[case::one_part("golang:1.21-alpine", "golang 1.21 ended on 2024-08-13")]
    #[case::both_parts(
        "python:3.8.19-slim-buster",
        "python 3.8 ended on 2024-10-07 and debian 10 ended on 2024-06-30"
    )]
    #[case::codename("ubuntu:focal-20240101", "ubuntu 20.04 ended on 2025-05-31")]
    #[case::number("debian:10.13", "debian 10 ended on 2024-06-30")]
    #[case::distribution_of_another_image(
        "nginx:1.25-alpine3.18",
        "alpine 3.18 ended on 2025-05-09"
    )]
    #[case::version_without_a_dot(
        "nvidia/cuda:11.0-base-ubuntu18.04",
        "ubuntu 18.04 ended on 2023-05-31"
    )]
    #[case::with_digest(
        "centos:7@sha256:9fc20267ae51477a2da6774940b738c24f6da2ee6fb123a2b7781c4700f2eaa0",
        "centos 7 ended on 2024-06-30"
    )]
    #[case::stream("quay.io/centos/centos:stream8", "centos stream8 ended on 2024-05-31")]
    #[case::name_twice("centos:centos7.9.2009", "centos 7 ended on 2024-06-30")]
    #[case::mirror(
        "mirror.example.com/hub/library/node:16",
        "node 16 ended on 2023-09-11"
    )]
    #[case::dotnet(
        "mcr.microsoft.com/dotnet/aspnet:6.0-alpine3.16",
        "dotnet 6.0 ended on 2024-11-12 and alpine 3.16 ended on 2024-05-23"
    )]
    #[case::name_of_the_image("gcr.io/distroless/static-debian10", "debian 10 ended on 2024-06-30")]
    #[case::apart(
        "eclipse-temurin:16-jdk-alpine-3.14",
        "eclipse-temurin 16 ended on 2021-09-30 and alpine 3.14 ended on 2023-05-01"
    )]
    fn what_ended_is_named_with_its_day(#[case] image: &str, #[case] expected: &str) {
        let found = messages(
            &crate::PACK,
            RULE,
            Given::dockerfile(&format!("FROM {image}\n")),
        );
        let name = format!("the base image `{image}` is past its end: {expected}");
        assert_eq!(found, [name]);
    }

    #[rstest]
    #[case("python:3")]
    #[case("python:3.11-slim")]
    #[case("postgres:15-alpine")]
    #[case("acme/python:3.8")]
    #[case("node:lts")]
    #[case("debian:stable-slim")]
    #[case("golang")]
    #[case("kong:3.4-alpine")]
    #[case("redis:7.0")]
    #[case("openjdk:8")]
    #[case("tool:alpine-3.8")]
    #[case("rust:1-trixie")]
    #[case("example/tool:1")]
    fn what_goes_on_is_silent(#[case] image: &str) {
        let given = Given::dockerfile(&format!("FROM {image}\n"));
        assert_eq!(messages(&crate::PACK, RULE, given), Vec::<String>::new());
    }

    #[rstest]
    #[case::last_second_of_the_last_day(1_746_835_199, json!({}), 0)]
    #[case::day_after(1_746_835_200, json!({}), 1)]
    #[case::grace(1_746_835_200, json!({ "graceDays": 1 }), 0)]
    fn a_release_ends_with_its_last_day(
        #[case] time: u64,
        #[case] settings: serde_json::Value,
        #[case] expected: usize,
    ) {
        let given = Given::dockerfile("FROM alpine:3.18\n").at(time);
        let found = messages(&crate::PACK, RULE, given.settings(RULE, settings));
        assert_eq!(found.len(), expected);
    }

    #[rstest]
    #[case::own_image("registry.example.com/base/web:4.2", json!({ "releases": { "registry.example.com/base/web 4": "2026-01-31" } }), 1)]
    #[case::longer("registry.example.com/base/web:4.2", json!({ "releases": { "registry.example.com/base/web 4.1": "2026-01-31" } }), 0)]
    #[case::extended("ubuntu:20.04", json!({ "releases": { "ubuntu 20.04": "2030-04-02" } }), 0)]
    #[case::debian_itself("debian:12", json!({ "lts": false }), 1)]
    fn settings_have_the_last_word(
        #[case] image: &str,
        #[case] settings: serde_json::Value,
        #[case] expected: usize,
    ) {
        let given = Given::dockerfile(&format!("FROM {image}\n")).settings(RULE, settings);
        assert_eq!(messages(&crate::PACK, RULE, given).len(), expected);
    }
}
