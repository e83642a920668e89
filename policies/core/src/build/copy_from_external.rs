//! Files come from an image that no stage names
//!
//! ## What it does
//! Looks for `COPY --from` and `RUN --mount=from` with a name that is no stage: BuildKit pulls an image of that name.
//!
//! ## Why is this bad?
//! A stage that is misspelt or missing becomes an image that somebody else publishes, `docker.io/library/builder:latest`
//! instead of the stage `builder`, and its files become part of yours. Where an image is meant, it is one more base image
//! that nobody sees at the top of the file. What is written as an image, with a slash, a tag or a digest, is of low
//! severity, a name that official images have is of medium severity. The name may also be that of a build context which
//! the build is given (`--build-context`): this rule cannot know.
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

use crate::base_images::Reference;
use crate::reports::merged;
use polcheck_sdk::dockerfile::{Dockerfile, FileStatus, Keyword};
use polcheck_sdk::{
    Confidence, FactError, Facts, Finding, Judgement, Rule, Settings, Severity, Span, Unsettled,
};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::High,
    aliases: &["DL3022"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    if is_in_pieces(file)? {
        let why = "a `FROM` cannot be read, and with it the name of a stage";
        return Err(Unsettled::Inconclusive(why.to_owned()));
    }
    let flows = file.flows()?.iter();
    let flows = flows.map(|flow| (flow.from_image.as_deref(), flow.span));
    let mounts = file.mounts()?.iter();
    let mounts = mounts.map(|mount| (mount.from_image.as_deref(), mount.span));
    let built = flows.chain(mounts);
    let built = built.filter_map(|(image, place)| Some((image?, place)));
    let all = built.chain(in_stages_not_built(file)?);
    Ok(merged(all.map(|(image, place)| {
        (image.to_owned(), place, told(image))
    })))
}

fn told(image: &str) -> Finding {
    // Nobody writes a slash, a tag or a digest who means a stage.
    if image.contains(['/', ':', '@']) {
        Finding::new(format!(
            "the files come from the image `{image}`, which no `FROM` names"
        ))
        .severity(Severity::Low)
        .help(format!(
            "give the image a stage of its own: `FROM {image} AS NAME`"
        ))
    } else {
        let severity = if (Reference {
            name: image,
            tag: "",
        })
        .user()
        .is_some()
        {
            Severity::Medium
        } else {
            Severity::High
        };
        Finding::new(format!("no stage is called `{image}`: the files come from an image of that name"))
            .severity(severity)
            .confidence(Confidence::Medium)
            .help("name a stage; where an image is meant, give it a stage of its own: `FROM IMAGE@DIGEST AS NAME`")
    }
}

/// `BuildKit` leaves the stages aside that the target does not need; somebody will build them all the same.
fn in_stages_not_built(file: Dockerfile<'_>) -> Result<Vec<(&str, Span)>, FactError> {
    let stages = file.stages()?;
    let mut found = Vec::new();
    for copy in file.select(Keyword::Copy)? {
        let (Some(from), Some(index)) = (copy.option("from"), copy.stage) else {
            continue;
        };
        let is_built = stages
            .iter()
            .any(|stage| stage.index == index && stage.reachable);
        let is_stage = from.parse::<u32>().is_ok_and(|number| number < index)
            || stages.iter().any(|stage| {
                let name = stage.name.as_deref();
                stage.index < index && name.is_some_and(|name| name.eq_ignore_ascii_case(from))
            });
        if !is_built && !is_stage && !from.contains('$') {
            found.push((from, copy.span));
        }
    }
    Ok(found)
}

/// Whether a line that looks like a `FROM` is none that can be read, as in files that make Dockerfiles:
/// `FROM {{ base }} AS build`.
fn is_in_pieces(file: Dockerfile<'_>) -> Result<bool, FactError> {
    if !matches!(file.status()?, FileStatus::Invalid(_)) {
        return Ok(false);
    }
    let text = file.text()?;
    let first = |line: &str| line.split_whitespace().next().map(str::to_ascii_uppercase);
    let written = text
        .lines()
        .filter(|line| first(line).as_deref() == Some("FROM"));
    Ok(written.count() > file.stages()?.len())
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, evaluate};
    use rstest::rstest;

    #[rstest]
    #[case("FROM scratch\nCOPY --from=builder /a /a", "Severity::High")]
    #[case("FROM scratch\nCOPY --from=composer /a /a", "Severity::Medium")]
    #[case("FROM scratch\nCOPY --from=composer:2 /a /a", "Severity::Low")]
    #[case(
        "{{ x }}\nFROM {{ go }} AS build\nFROM scratch\nCOPY --from=build /a /a",
        "Inconclusive("
    )]
    fn a_name_is_held_against_the_stages_that_are_known(#[case] file: &str, #[case] said: &str) {
        let outcome = evaluate(&PACK, "build.copy-from-external", Given::dockerfile(file));
        let outcome = format!("{outcome:?}");
        assert!(outcome.contains(said), "{outcome}");
    }
}
