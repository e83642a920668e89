//! Testing rules natively: facts without a host, and examples that keep their promise.

mod twin;

use crate::pack::Outcome;
use crate::{Pack, RegisteredRule};
use model::Facts;
use model::facts::Origin;
use serde_json::Value;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What a rule is told in a test.
#[derive(Clone, Debug)]
pub struct Given {
    facts: Rc<Facts>,
    time: u64,
    subject_name: Option<String>,
    claims: Vec<String>,
    context: BTreeMap<String, String>,
    settings: BTreeMap<String, Value>,
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
        let inputs = facts::BuildInputs::default();
        let file = facts::dockerfile(text.as_bytes(), Origin::Given, &inputs, None);
        Self::facts(Facts {
            dockerfile: Some(Ok(Box::new(file))),
            ..Facts::default()
        })
    }

    /// What an example of a rule's documentation shows.
    pub fn example(example: &Example) -> Self {
        match example.language.as_str() {
            "dockerfile" => Self::dockerfile(&example.text),
            _ => Self::image_config(&example.text),
        }
    }

    /// The facts that are told.
    pub fn told(&self) -> &Facts {
        &self.facts
    }

    fn facts(facts: Facts) -> Self {
        Self {
            facts: Rc::new(facts),
            time: 0,
            subject_name: None,
            claims: Vec::new(),
            context: BTreeMap::new(),
            settings: BTreeMap::new(),
        }
    }

    /// In a run that decides this claim.
    #[must_use]
    pub fn claim(mut self, claim: &str) -> Self {
        self.claims.push(claim.to_owned());
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
    let outcomes = pack.evaluate(&[rule.to_owned()], || given.clone());
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

/// One example of a rule's documentation: a fenced block with a language and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// `json`: an image config. `dockerfile`: a Dockerfile.
    pub language: String,
    /// Whether the rule has to find something in it.
    pub fails: bool,
    /// The block.
    pub text: String,
}

/// The examples of a rule's documentation: blocks fenced as ```` ```json fails ```` or
/// ```` ```dockerfile passes ````.
pub fn examples(description: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut open = false;
    for line in description.lines() {
        match (open, line.strip_prefix("```")) {
            (true, Some(_)) => open = false,
            (true, None) => {
                if let Some(example) = examples.last_mut() {
                    example.text += line;
                    example.text.push('\n');
                }
            }
            (false, Some(info)) => {
                if let Some((language, expectation @ ("fails" | "passes"))) = info.split_once(' ') {
                    let language = language.to_owned();
                    examples.push(Example {
                        language,
                        fails: expectation == "fails",
                        text: String::new(),
                    });
                    open = true;
                }
            }
            (false, None) => {}
        }
    }
    examples
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
            let found = messages(pack, rule.id, Given::example(&example));
            assert_eq!(
                !found.is_empty(),
                example.fails,
                "an example of `{}` finds {found:?}:\n{}",
                rule.id,
                example.text
            );
        }
    }
}
