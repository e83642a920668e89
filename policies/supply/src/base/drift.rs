//! The base image is not what it was
//!
//! ## What it does
//! Finds out what the image was built on, from its provenance, its annotations (`org.opencontainers.image.base.name` and
//! `.digest`), its labels or its Dockerfile, and asks the registry what the tag names now. Where the image of that time is
//! still there, its layers are held against those that the image begins with.
//!
//! ## Why is this bad?
//! A tag of a base image moves when something is fixed. An image that was not built again still has what was fixed. And an image
//! whose layers are not those of its base is something else than it says. CIS Docker Benchmark 4.4.
//!
//! ## Examples
//! ```json attestations
//! { "builtOn": {
//!   "reference": "docker.io/library/debian:13", "saidBy": "provenance", "layersMatch": true,
//!   "digest": "sha256:9fc20267ae51477a2da6774940b738c24f6da2ee6fb123a2b7781c4700f2eaa0",
//!   "tagDigest": "sha256:1b0d1f6a2e3bca0c1a3ec2d0ff4e7d60cd93d3e0b7e4c1bd0a44a1e5c8d7a111"
//! } }
//! ```
//! ```json fails
//! { "config": {} }
//! ```
//! ```json attestations
//! { "builtOn": {
//!   "reference": "docker.io/library/debian:13", "saidBy": "provenance", "layersMatch": true,
//!   "digest": "sha256:9fc20267ae51477a2da6774940b738c24f6da2ee6fb123a2b7781c4700f2eaa0",
//!   "tagDigest": "sha256:9fc20267ae51477a2da6774940b738c24f6da2ee6fb123a2b7781c4700f2eaa0"
//! } }
//! ```
//! ```json passes
//! { "config": {} }
//! ```

use crate::built_on::{short, source};
use polcheck_sdk::{
    Facts, Finding, ImageBase, Judgement, Location, Rule, Settings, Severity, Unsettled,
};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &["CIS-4.4"],
    opt_in: true,
    needs: &[&["base-image/of-image"]],
    url: Some("https://github.com/opencontainers/image-spec/blob/main/annotations.md"),
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let base = facts.base_of_image()?;
    let reference = base.reference.as_str();
    let tag = facts.parse_reference(reference).ok().and_then(|it| it.tag);
    let finding = if base.layers_match == Some(false) {
        other_layers(&base)
    } else {
        match (&base.digest, &base.tag_digest, tag) {
            (_, _, None) => {
                let why = "what the image was built on has no tag that could move";
                return Err(Unsettled::NotApplicable(why.to_owned()));
            }
            (Some(then), Some(now), _) if then != now => moved(&base, then, now),
            (Some(_), Some(_), _) => return Ok(vec![]),
            (None, Some(_), _) if base.layers_match == Some(true) => return Ok(vec![]),
            (None, Some(_), _) => {
                let why = format!("nobody wrote down which `{reference}` the image was built on");
                return Err(Unsettled::Inconclusive(why));
            }
            (_, None, _) => Finding::new(format!(
                "the image is built on `{reference}`, {}, and there is no such tag any more",
                source(&base)
            ))
            .help("build the image on one that is still looked after"),
        }
    };
    Ok(vec![finding.at(Location::Manifest).key(reference)])
}

fn moved(base: &ImageBase, then: &str, now: &str) -> Finding {
    Finding::new(format!(
        "the base image `{}` was `{}` when the image was built, and is `{}` now",
        base.reference,
        short(then),
        short(now)
    ))
    .help("build the image again")
    .evidence("then", then)
    .evidence("now", now)
}

fn other_layers(base: &ImageBase) -> Finding {
    let which = match &base.digest {
        Some(digest) => format!("`{}@{}`", base.reference, short(digest)),
        None => format!("what `{}` is now", base.reference),
    };
    let finding = Finding::new(format!(
        "the image is built on {which}, {}, and its layers do not begin with those of that image",
        source(base)
    ))
    .help("build the image again, and let the builder write down what it was built on");
    match base.digest {
        // Then somebody says what is not so.
        Some(_) => finding.severity(Severity::Medium),
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, evaluate, messages};
    use rstest::rstest;
    use serde_json::{Value, json};

    const RULE: &str = "base.drift";

    fn digest(digit: &str) -> String {
        format!("sha256:{}", digit.repeat(64))
    }

    fn given(reference: &str, more: &Value) -> Given {
        let mut built_on = json!({ "reference": reference, "saidBy": "label" });
        let more = more.as_object().unwrap().clone();
        built_on.as_object_mut().unwrap().extend(more);
        Given::image_config("{}").attested(&json!({ "builtOn": built_on }).to_string())
    }

    #[rstest]
    #[case(json!({ "digest": digest("1"), "tagDigest": digest("1"), "layersMatch": true }), &[])]
    #[case(json!({ "digest": digest("1"), "tagDigest": digest("1") }), &[])]
    #[case(json!({ "tagDigest": digest("1"), "layersMatch": true }), &[])]
    #[case(
        json!({ "digest": digest("1"), "tagDigest": digest("2"), "layersMatch": true }),
        &["the base image `base.test/debian:13` was `sha256:111111111111` when the image was built, and is `sha256:222222222222` now"]
    )]
    #[case(
        json!({ "digest": digest("1"), "tagDigest": digest("1"), "layersMatch": false }),
        &["the image is built on `base.test/debian:13@sha256:111111111111`, its labels say, and its layers do not begin with those of that image"]
    )]
    #[case(
        json!({ "tagDigest": digest("1"), "layersMatch": false }),
        &["the image is built on what `base.test/debian:13` is now, its labels say, and its layers do not begin with those of that image"]
    )]
    #[case(
        json!({ "digest": digest("1") }),
        &["the image is built on `base.test/debian:13`, its labels say, and there is no such tag any more"]
    )]
    fn a_base_that_moved_is_found(#[case] base: Value, #[case] found: &[&str]) {
        assert_eq!(
            messages(&PACK, RULE, given("base.test/debian:13", &base)),
            found
        );
    }

    #[rstest]
    #[case("base.test/debian:13", json!({ "tagDigest": digest("1") }), "Outcome::Inconclusive")]
    #[case("base.test/debian@sha256:1111111111111111111111111111111111111111111111111111111111111111", json!({ "digest": digest("1") }), "Outcome::NotApplicable")]
    fn what_nobody_wrote_down_cannot_have_moved(
        #[case] reference: &str,
        #[case] base: Value,
        #[case] outcome: &str,
    ) {
        let found = format!("{:?}", evaluate(&PACK, RULE, given(reference, &base)));
        assert!(found.starts_with(outcome), "{found}");
    }
}
