//! A stage is not needed for the image
//!
//! ## What it does
//! Looks for stages that the target, the last stage where none is named, takes nothing from: neither by `FROM`, nor by
//! `COPY --from`, nor by `RUN --mount=from`.
//!
//! ## Why is this bad?
//! BuildKit does not build such a stage. Tests and scans in it never run, and what it makes never gets into the image,
//! though everybody who reads the file believes that it does.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM golang:1.26 AS build
//! RUN go build -o /service
//! FROM golang:1.26 AS test
//! RUN go test ./...
//! FROM scratch
//! COPY --from=build /service /service
//! ```
//! ```dockerfile passes
//! FROM golang:1.26 AS build
//! RUN go test ./... && go build -o /service
//! FROM scratch
//! COPY --from=build /service /service
//! ```

use polcheck_sdk::dockerfile::{FileStatus, Stage};
use polcheck_sdk::{Facts, Finding, Judgement, Location, Rule, Settings, Severity, Unsettled};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let stages = file.stages()?;
    if matches!(file.status()?, FileStatus::Invalid(_))
        && !file.target().is_ok_and(|it| it.reachable)
    {
        let why = "BuildKit refuses the file before it knows what the image needs";
        return Err(Unsettled::Inconclusive(why.to_owned()));
    }
    let finding = |stage: &Stage| {
        let name = match &stage.name {
            Some(name) => format!("`{name}`"),
            None => stage.index.to_string(),
        };
        Finding::new(format!("the image needs nothing of the stage {name}"))
            .at(Location::Dockerfile(stage.span))
            .help("take something from it with `COPY --from`, build it by name with `--target`, or remove it")
            .key(format!("stage {name}"))
    };
    let unreachable = stages.iter().filter(|stage| !stage.reachable);
    Ok(unreachable.map(finding).collect())
}
