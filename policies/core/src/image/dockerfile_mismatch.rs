//! The Dockerfile does not make this image
//!
//! ## What it does
//! Evaluates the Dockerfile and holds what it would make against the config and the history of the image. What only the base
//! image decides, where nobody knows it, is left out.
//!
//! ## Why is this bad?
//! What was found, or not found, in the Dockerfile says nothing about this image: it was built from another file, with other
//! arguments, or changed afterwards.
//!
//! ## Examples
//! ```json image
//! { "config": { "User": "0" }, "history": [] }
//! ```
//! ```dockerfile fails
//! FROM scratch
//! USER 65532
//! ```
//! ```json image
//! { "config": { "User": "65532", "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], "WorkingDir": "/" }, "history": [] }
//! ```
//! ```dockerfile passes
//! FROM scratch
//! USER 65532
//! ```

use polcheck_sdk::dockerfile::{Difference, Origin};
use polcheck_sdk::{
    FactError, Facts, Finding, Judgement, Location, Rule, Settings, Severity, Unsettled,
};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::High,
    needs: &[&["image"], &["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    if file.source()?.origin == Origin::Reconstructed {
        let why = "the Dockerfile is written from the history of the image";
        return Err(Unsettled::NotApplicable(why.to_owned()));
    }
    let differences = match file.comparison() {
        Ok(differences) => differences,
        Err(FactError::Absent) => {
            let why = "the Dockerfile or the image says too little to compare them";
            return Err(Unsettled::Inconclusive(why.to_owned()));
        }
        Err(error) => return Err(error.into()),
    };
    let (steps, values): (Vec<_>, Vec<_>) = differences
        .into_iter()
        .partition(|difference| difference.pointer.starts_with("/history"));
    let of_history = history(&steps);
    Ok(values.iter().map(value).chain(of_history).collect())
}

fn value(difference: &Difference) -> Finding {
    let Difference {
        pointer,
        dockerfile,
        image,
    } = difference;
    let name = pointer.strip_prefix("/config/").unwrap_or(pointer);
    // Variables may hold secrets.
    let message = if pointer.starts_with("/config/Env/") {
        format!("`{name}` of the image is not what the Dockerfile makes")
    } else {
        format!("`{name}` of the image is `{image}`, and the Dockerfile makes `{dockerfile}`")
    };
    Finding::new(message)
        .at(Location::Config(pointer.clone()))
        .help(
            "give the Dockerfile, the target and the build arguments that the image was built with",
        )
        .key(pointer.clone())
}

/// One finding for all steps, as one step more or less moves all others.
fn history(steps: &[Difference]) -> Option<Finding> {
    let first = steps.first()?;
    let mut parts = first.pointer.split('/').skip(2);
    let index: Option<u32> = parts.next().and_then(|index| index.parse().ok());
    let message = match index {
        Some(_) => "a step in the history of the image is not that of the Dockerfile".to_owned(),
        None => format!(
            "the history of the image has {}, and the Dockerfile {}",
            first.image, first.dockerfile
        ),
    };
    let place = index.map_or_else(
        || Location::Config("/history".to_owned()),
        Location::History,
    );
    Some(
        Finding::new(message)
            .at(place)
            .help("give the Dockerfile, the target and the build arguments that the image was built with")
            .key("history"),
    )
}
