//! Testing rules natively: facts without a host, and examples that keep their promise.

mod attested;
mod twin;

pub use facts::BuildInputs;
pub use model::FactError as Missing;

use crate::bindings::polcheck::policy::types;
use crate::pack::Outcome;
use crate::{Pack, RegisteredRule};
use model::edit::{Edited, TextEdit};
use model::facts::Origin;
use model::facts::dockerfile::Span;
use model::{Facts, Need};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The time of the evaluation in tests that say nothing else: 2026-11-23T00:00:00Z.
pub const TIME: u64 = 1_795_392_000;

/// What a rule is told in a test.
#[derive(Clone, Debug)]
pub struct Given {
    facts: Rc<Facts>,
    time: u64,
    subject_name: Option<String>,
    claims: Vec<String>,
    context: BTreeMap<String, String>,
    settings: BTreeMap<String, Value>,
    /// What the rule names among its needs and uses.
    named: BTreeSet<Need>,
}

impl Given {
    /// An image with this config blob, as JSON, and no manifest.
    pub fn image_config(json: &str) -> Self {
        Self::facts(Facts {
            image: Some(facts::image(json.as_bytes(), None)),
            ..Facts::default()
        })
    }

    /// A Dockerfile that the user gives, of whose build nothing is known.
    pub fn dockerfile(text: &str) -> Self {
        Self::build(text, &BuildInputs::default())
    }

    /// A Dockerfile that the user gives, and what is known of its build.
    pub fn build(text: &str, inputs: &BuildInputs) -> Self {
        let file = facts::dockerfile(text.as_bytes(), Origin::Given, inputs, None);
        Self::facts(Facts {
            dockerfile: Some(Ok(Box::new(file))),
            ..Facts::default()
        })
    }

    /// A Dockerfile that the user gives, and the image that it is said to make.
    pub fn built(text: &str, image_config: &str) -> Self {
        let image = facts::image(image_config.as_bytes(), None);
        let inputs = BuildInputs::default();
        let file = facts::dockerfile(text.as_bytes(), Origin::Given, &inputs, Some(&image));
        Self::facts(Facts {
            image: Some(image),
            dockerfile: Some(Ok(Box::new(file))),
            ..Facts::default()
        })
    }

    /// What an example of a rule's documentation shows.
    pub fn example(rule: &str, example: &Example) -> Self {
        let given = match (example.language.as_str(), &example.image) {
            ("dockerfile", Some(image)) => Self::built(&example.text, image),
            ("dockerfile", None) => {
                let inputs = BuildInputs {
                    ignore_file: example.ignore_file.clone(),
                    ..BuildInputs::default()
                };
                Self::build(&example.text, &inputs)
            }
            _ => Self::image_config(&example.text),
        };
        let given = match &example.attestations {
            Some(attestations) => given.attested(attestations),
            None => given,
        };
        match &example.settings {
            Some(settings) => given.settings(rule, settings.clone()),
            None => given,
        }
    }

    /// The settings of a rule, as far as they are given.
    pub fn settings_of(&self, rule: &str) -> Option<&Value> {
        self.settings.get(rule)
    }

    /// The facts that are told.
    pub fn told(&self) -> &Facts {
        &self.facts
    }

    fn facts(facts: Facts) -> Self {
        Self {
            facts: Rc::new(facts),
            time: TIME,
            subject_name: None,
            claims: Vec::new(),
            context: BTreeMap::new(),
            settings: BTreeMap::new(),
            named: BTreeSet::new(),
        }
    }

    /// With this attached to the image and to its base, as JSON: `attached`, `base`, `trustedClaims`, `builtOn`. Of a set that
    /// trusts somebody, unless `trustsNobody`.
    ///
    /// # Panics
    /// If it has not that form.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test is written by hand")]
    pub fn attested(self, json: &str) -> Self {
        let document: attested::Document =
            serde_json::from_str(json).expect("what is attached, as JSON");
        let facts = Facts {
            attestations: Some(Ok(Box::new(document.facts()))),
            image_base: Some(document.image_base()),
            ..Facts::clone(&self.facts)
        };
        Self {
            facts: Rc::new(facts),
            ..self
        }
    }

    /// Where this could not be had: what is attached to the image.
    #[must_use]
    pub fn without_attestations(self, error: Missing) -> Self {
        let facts = Facts {
            attestations: Some(Err(error)),
            ..Facts::clone(&self.facts)
        };
        Self {
            facts: Rc::new(facts),
            ..self
        }
    }

    /// In a run that decides this claim.
    #[must_use]
    pub fn claim(mut self, claim: &str) -> Self {
        self.claims.push(claim.to_owned());
        self
    }

    /// At this time, in seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn at(mut self, time: u64) -> Self {
        self.time = time;
        self
    }

    /// With these settings of a rule; the schema's defaults complete them.
    #[must_use]
    pub fn settings(mut self, rule: &str, settings: Value) -> Self {
        self.settings.insert(rule.to_owned(), settings);
        self
    }

    fn complete(mut self, rule: &RegisteredRule) -> Self {
        let schema = serde_json::from_str(rule.rule.settings).unwrap_or(Value::Null);
        let settings = model::settings::complete(&schema, self.settings.get(rule.id));
        self.settings.insert(rule.id.to_owned(), settings);
        let needs = rule.rule.needs.iter().copied().flatten();
        let names = needs.chain(rule.rule.uses);
        self.named = names.filter_map(|name| Need::from_name(name)).collect();
        self
    }
}

/// What a rule of a pack says.
///
/// # Panics
/// If the pack has no such rule.
#[expect(clippy::expect_used, reason = "a test names the rule it tests")]
pub fn evaluate(pack: &Pack, rule: &str, given: Given) -> Outcome {
    let registered = pack
        .rules
        .iter()
        .find(|registered| registered.id == rule)
        .expect("a rule of the pack");
    let given = given.complete(registered);
    let facts = crate::Facts::new(given.clone());
    let outcomes = pack.evaluate(vec![rule.to_owned()], &facts, &given);
    outcomes.into_iter().next().expect("an answer").outcome
}

/// The messages of what a rule of a pack finds.
///
/// # Panics
/// If the rule does not come to a conclusion.
#[expect(
    clippy::panic,
    reason = "a test that wants findings fails without them"
)]
pub fn messages(pack: &Pack, rule: &str, given: Given) -> Vec<String> {
    match evaluate(pack, rule, given) {
        Outcome::Findings(findings) => findings
            .into_iter()
            .map(|finding| finding.message)
            .collect(),
        other => panic!("`{rule}` does not come to a conclusion: {other:?}"),
    }
}

/// A Dockerfile with all edits that a rule of a pack offers for it.
///
/// # Panics
/// If the pack has no such rule.
pub fn fix(pack: &Pack, rule: &str, text: &str) -> String {
    with_edits(pack, rule, text, Given::dockerfile(text))
}

fn with_edits(pack: &Pack, rule: &str, text: &str, given: Given) -> String {
    let Outcome::Findings(findings) = evaluate(pack, rule, given) else {
        return text.to_owned();
    };
    let edits = findings.into_iter().filter_map(|it| it.remediation);
    let edits: Vec<Vec<TextEdit>> = edits
        .map(|remediation| remediation.edits.into_iter().map(edit).collect())
        .collect();
    let mut edited = Edited::new(text);
    for edits in &edits {
        // What stands in another's way is not made, as in the host.
        let _ = edited.make(edits);
    }
    edited.text()
}

fn edit(edit: types::TextEdit) -> TextEdit {
    TextEdit {
        span: Span {
            start_line: edit.span.start_line,
            start_column: edit.span.start_column,
            end_line: edit.span.end_line,
            end_column: edit.span.end_column,
        },
        original: edit.original,
        replacement: edit.replacement,
    }
}

/// One example of a rule's documentation: a fenced block with a language and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// `json`: an image config. `dockerfile`: a Dockerfile.
    pub language: String,
    /// Whether the rule has to find something in it.
    pub fails: bool,
    /// The block.
    pub text: String,
    /// The block ```` ```dockerfile fixed ```` behind it: what the edits of the rule make of it.
    pub fixed: Option<String>,
    /// The block ```` ```dockerignore ```` before it.
    pub ignore_file: Option<String>,
    /// The block ```` ```json image ```` before it: the config of the image that the Dockerfile is said to make.
    pub image: Option<String>,
    /// The block ```` ```json attestations ```` before it: what is attached, as [`Given::attested`] reads it.
    pub attestations: Option<String>,
    /// The block ```` ```json settings ```` before it.
    pub settings: Option<Value>,
}

/// The examples of a rule's documentation: blocks fenced as ```` ```json fails ```` or ```` ```dockerfile passes ````. A
/// block ```` ```dockerignore ````, ```` ```json image ````, ```` ```json attestations ```` or ```` ```json settings ```` belongs to
/// the example behind it, a block
/// ```` ```dockerfile fixed ```` to the one before it, and is one that passes.
pub fn examples(description: &str) -> Vec<Example> {
    let (mut examples, mut ignore_file, mut image) = (Vec::new(), None, None);
    let (mut attestations, mut settings) = (None, None);
    for (info, text) in blocks(description) {
        match info.split_once(' ') {
            _ if info == "dockerignore" => ignore_file = Some(text),
            Some(("json", "image")) => image = Some(text),
            Some(("json", "attestations")) => attestations = Some(text),
            Some(("json", "settings")) => settings = serde_json::from_str(&text).ok(),
            Some((language, expectation @ ("fails" | "passes"))) => examples.push(Example {
                language: language.to_owned(),
                fails: expectation == "fails",
                text,
                fixed: None,
                ignore_file: ignore_file.take(),
                image: image.take(),
                attestations: attestations.take(),
                settings: settings.take(),
            }),
            Some(("dockerfile", "fixed")) => {
                if let Some(example) = examples.last_mut() {
                    example.fixed = Some(text.clone());
                    let fixed = Example {
                        fails: false,
                        text,
                        fixed: None,
                        ..example.clone()
                    };
                    examples.push(fixed);
                }
            }
            _ => {}
        }
    }
    examples
}

/// The fenced blocks, each with what stands behind its first fence.
fn blocks(text: &str) -> Vec<(&str, String)> {
    let mut blocks: Vec<(&str, String)> = Vec::new();
    let mut is_open = false;
    for line in text.lines() {
        match (line.strip_prefix("```"), blocks.last_mut()) {
            (Some(_), _) if is_open => is_open = false,
            (Some(info), _) => {
                blocks.push((info, String::new()));
                is_open = true;
            }
            (None, Some((_, block))) if is_open => {
                block.push_str(line);
                block.push('\n');
            }
            (None, _) => {}
        }
    }
    blocks
}

/// Checks that every rule of a pack has a failing and a passing example, and that they do.
///
/// # Panics
/// If one does not.
pub fn check_examples(pack: &Pack) {
    for rule in pack.rules {
        let examples = examples(rule.description);
        for expectation in [true, false] {
            assert!(
                examples.iter().any(|example| example.fails == expectation),
                "`{}` documents no example that {}",
                rule.id,
                if expectation { "fails" } else { "passes" }
            );
        }
        for example in examples {
            let given = Given::example(rule.id, &example);
            let found = messages(pack, rule.id, given);
            assert_eq!(
                !found.is_empty(),
                example.fails,
                "an example of `{}` finds {found:?}:\n{}",
                rule.id,
                example.text
            );
            check_edits(pack, rule, &example);
        }
    }
}

/// Checks that the edits for an example make what its documentation shows, and that nothing is left for a second time.
fn check_edits(pack: &Pack, rule: &RegisteredRule, example: &Example) {
    let expected = example.fixed.as_ref().unwrap_or(&example.text);
    let given = Given::example(rule.id, example);
    let fixed = with_edits(pack, rule.id, &example.text, given);
    assert_eq!(&fixed, expected, "the edits of `{}`", rule.id);
    if fixed == example.text {
        return;
    }
    assert!(
        rule.rule.fixable,
        "`{}` has edits and is not fixable",
        rule.id
    );
    let again = Example {
        text: fixed.clone(),
        ..example.clone()
    };
    let given = Given::example(rule.id, &again);
    assert_eq!(with_edits(pack, rule.id, &fixed, given), fixed);
}
