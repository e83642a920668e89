//! What differs between two pieces of evidence, each difference by its name.

mod place;

use crate::evidence::{BuildDocument, EvidenceDocument, RecordedVerdict};
use model::policy_set::SelectedRule;
use model::{Facts, PolicySet, Waiver};
use place::{is_confidential, keys, short, walk};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// Something that is otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// What kind of thing.
    pub what: What,
    /// Which: a JSON pointer (RFC 6901) into the facts, the id of a rule, of a pack, of a waiver.
    pub name: String,
    /// As it was; none: there was none, or it is not for everybody to read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// As it is; none: there is none, or it is not for everybody to read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// What kind of thing is otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The evidence itself: it is not what was recorded.
    Evidence,
    /// polcheck.
    Polcheck,
    /// What runs policies.
    Engine,
    /// The contract with the policies.
    Contract,
    /// The fuel of one evaluation.
    Fuel,
    /// When, where or for what was judged.
    Circumstance,
    /// A document that is not in the image.
    Input,
    /// A fact.
    Fact,
    /// The policy set, but for what is below.
    PolicySet,
    /// A pack.
    Pack,
    /// Which rules count, and how.
    Rule,
    /// A setting of a rule.
    Setting,
    /// A waiver.
    Waiver,
    /// What became of a rule.
    Outcome,
    /// A finding.
    Finding,
    /// A claim.
    Claim,
    /// The verdict.
    Verdict,
}

impl What {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Evidence => "evidence",
            Self::Polcheck => "polcheck",
            Self::Engine => "engine",
            Self::Contract => "contract",
            Self::Fuel => "fuel",
            Self::Circumstance => "circumstance",
            Self::Input => "input",
            Self::Fact => "fact",
            Self::PolicySet => "policy set",
            Self::Pack => "pack",
            Self::Rule => "rule",
            Self::Setting => "setting",
            Self::Waiver => "waiver",
            Self::Outcome => "outcome",
            Self::Finding => "finding",
            Self::Claim => "claim",
            Self::Verdict => "verdict",
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            name,
            before,
            after,
        } = self;
        write!(f, "{} `{name}`", what.name())?;
        match (before, after) {
            (Some(before), Some(after)) => write!(f, ": {before}, now {after}"),
            (Some(before), None) => write!(f, ": {before}, and now none"),
            (None, Some(after)) => write!(f, ": none, and now {after}"),
            (None, None) => f.write_str(": differs"),
        }
    }
}

/// Collects differences.
#[derive(Debug, Default)]
pub(crate) struct Differences(pub(crate) Vec<Difference>);

impl Differences {
    /// Something that is otherwise, if it is.
    pub(crate) fn unless_same<T: PartialEq + fmt::Display>(
        &mut self,
        what: What,
        name: &str,
        before: Option<&T>,
        after: Option<&T>,
    ) {
        if before != after {
            self.0.push(Difference {
                what,
                name: name.to_owned(),
                before: before.map(ToString::to_string),
                after: after.map(ToString::to_string),
            });
        }
    }

    /// What two values have otherwise, by JSON pointers behind a prefix.
    fn of_values(&mut self, what: What, prefix: &str, before: &Value, after: &Value) {
        let mut places = Vec::new();
        walk(prefix.to_owned(), Some(before), Some(after), &mut places);
        self.0
            .extend(places.into_iter().map(|(name, before, after)| {
                let is_hidden = is_confidential(&name);
                let shown = |value: Option<&Value>| value.filter(|_| !is_hidden).map(short);
                Difference {
                    before: shown(before),
                    after: shown(after),
                    what,
                    name,
                }
            }));
    }

    /// What was done with two sets of facts otherwise.
    pub(crate) fn of_facts(&mut self, before: &Facts, after: &Facts) {
        if before != after {
            self.of_values(What::Fact, "", &value(before), &value(after));
        }
    }

    /// What two Dockerfiles, and what is known of their builds, have otherwise.
    pub(crate) fn of_inputs(
        &mut self,
        before: Option<&BuildDocument>,
        after: Option<&BuildDocument>,
    ) {
        if before != after {
            let (before, after) = (before.map(value), after.map(value));
            let empty = Value::Object(Map::new());
            let (before, after) = (
                before.as_ref().unwrap_or(&empty),
                after.as_ref().unwrap_or(&empty),
            );
            self.of_values(What::Input, "/dockerfile", before, after);
        }
    }

    /// What two policy sets say otherwise.
    pub(crate) fn of_sets(&mut self, before: &PolicySet, after: &PolicySet) {
        for id in keys(before.packs.iter(), after.packs.iter(), |pack| &pack.id) {
            let digest = |set: &PolicySet| {
                let packs = set.packs.iter().filter(|pack| pack.id == *id);
                let digests: Vec<&str> = packs.map(|pack| pack.digest.as_ref()).collect();
                (!digests.is_empty()).then(|| digests.join(" and "))
            };
            let (before, after) = (digest(before), digest(after));
            self.unless_same(What::Pack, id, before.as_ref(), after.as_ref());
        }
        for id in keys(before.rules.keys(), after.rules.keys(), |id| *id) {
            let (before, after) = (before.rules.get(id), after.rules.get(id));
            self.of_rule(id.as_ref(), before, after);
        }
        let waivers = |set: &PolicySet| {
            let waivers = set.waivers.iter().cloned();
            waivers
                .map(|waiver: Waiver| (waiver.id.clone(), waiver))
                .collect::<BTreeMap<_, _>>()
        };
        let (old, new) = (waivers(before), waivers(after));
        for id in keys(old.keys(), new.keys(), |id| *id) {
            match (old.get(id), new.get(id)) {
                (Some(old), Some(new)) => {
                    self.of_values(What::Waiver, id, &value(old), &value(new));
                }
                (old, new) => {
                    let until = |waiver: &Waiver| format!("until {}", waiver.expires);
                    let (old, new) = (old.map(until), new.map(until));
                    self.unless_same(What::Waiver, id, old.as_ref(), new.as_ref());
                }
            }
        }
        for (name, before, after) in [
            ("failOn", value(&before.fail_on), value(&after.fail_on)),
            ("name", value(&before.name), value(&after.name)),
            ("uri", value(&before.uri), value(&after.uri)),
            (
                "suppressions",
                value(&before.suppressions),
                value(&after.suppressions),
            ),
            (
                "notCovered",
                value(&before.not_covered),
                value(&after.not_covered),
            ),
            ("claims", value(&before.claims), value(&after.claims)),
        ] {
            self.of_values(What::PolicySet, name, &before, &after);
        }
    }

    fn of_rule(&mut self, id: &str, before: Option<&SelectedRule>, after: Option<&SelectedRule>) {
        let (Some(before), Some(after)) = (before, after) else {
            let selected = |rule: Option<&SelectedRule>| rule.map(|_| "selected");
            self.unless_same(
                What::Rule,
                id,
                selected(before).as_ref(),
                selected(after).as_ref(),
            );
            return;
        };
        self.of_values(What::Setting, id, &before.settings, &after.settings);
        let use_of = |rule: &SelectedRule| {
            let mut rule = value(rule);
            if let Some(rule) = rule.as_object_mut() {
                rule.remove("settings");
            }
            rule
        };
        self.of_values(What::Rule, id, &use_of(before), &use_of(after));
    }

    /// What came out otherwise.
    pub(crate) fn of_verdicts(&mut self, before: &RecordedVerdict, after: &RecordedVerdict) {
        if before == after {
            return;
        }
        let (was, is) = (before.verdict, after.verdict);
        self.unless_same(What::Verdict, "verdict", Some(&was), Some(&is));
        for id in keys(before.rules.keys(), after.rules.keys(), |id| *id) {
            let (was, is) = (before.rules.get(id), after.rules.get(id));
            let (was, is) = (was.map(state), is.map(state));
            self.unless_same(What::Outcome, id.as_ref(), was.as_ref(), is.as_ref());
        }
        self.of_findings(&before.findings, &after.findings);
        self.of_values(What::Waiver, "", &before.waivers, &after.waivers);
    }

    fn of_findings(&mut self, before: &[Value], after: &[Value]) {
        let (before, after) = (by_key(before), by_key(after));
        for name in keys(before.keys(), after.keys(), |name| *name) {
            match (before.get(name), after.get(name)) {
                (Some(before), Some(after)) => {
                    self.of_values(What::Finding, name, before, after);
                }
                (before, after) => {
                    let message = |finding: &&Value| text(finding, "message");
                    let (before, after) = (before.map(message), after.map(message));
                    self.unless_same(What::Finding, name, before.as_ref(), after.as_ref());
                }
            }
        }
    }

    /// Two runs over two images: facts, findings and claims.
    pub(crate) fn of_images(&mut self, before: &EvidenceDocument, after: &EvidenceDocument) {
        self.of_facts(&before.facts, &after.facts);
        self.of_verdicts(&before.verdict, &after.verdict);
        let claims = |evidence: &EvidenceDocument| {
            let claims = evidence.claims.iter();
            claims
                .map(|claim| {
                    let why = claim.withheld.join("; ");
                    let said = if claim.issued {
                        "passed".to_owned()
                    } else {
                        format!("withheld ({why})")
                    };
                    (claim.name.clone(), said)
                })
                .collect::<BTreeMap<_, _>>()
        };
        let (before, after) = (claims(before), claims(after));
        for name in keys(before.keys(), after.keys(), |name| *name) {
            self.unless_same(What::Claim, name, before.get(name), after.get(name));
        }
    }
}

/// What differs between two images that were judged alike.
pub fn differences_of_images(
    before: &EvidenceDocument,
    after: &EvidenceDocument,
) -> Vec<Difference> {
    let mut differences = Differences::default();
    differences.of_images(before, after);
    differences.0
}

/// What became of a rule, in a word, and why.
fn state(outcome: &Value) -> String {
    let state = text(outcome, "state");
    let findings = outcome.get("findings").and_then(Value::as_array);
    let findings = findings.filter(|_| state == "evaluated");
    match (findings.map(Vec::len), outcome.get("reason")) {
        (Some(0), _) => "holds".to_owned(),
        (Some(1), _) => "1 finding".to_owned(),
        (Some(count), _) => format!("{count} findings"),
        (None, Some(Value::String(reason))) => format!("{state} ({reason})"),
        (None, _) => state,
    }
}

/// Findings by their rules and keys; where a rule found the same more than once, by number.
fn by_key(findings: &[Value]) -> BTreeMap<String, &Value> {
    let mut by_key = BTreeMap::new();
    for finding in findings {
        let name = format!("{} {}", text(finding, "rule"), text(finding, "key"));
        let numbered = (2..).map(|number: u32| format!("{name} #{number}"));
        let mut names = std::iter::once(name.clone()).chain(numbered);
        if let Some(free) = names.find(|name| !by_key.contains_key(name)) {
            by_key.insert(free, finding);
        }
    }
    by_key
}

pub(crate) fn text(value: &Value, key: &str) -> String {
    let text = value.get(key).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// Plain data always is JSON.
fn value(data: &impl Serialize) -> Value {
    serde_json::to_value(data).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case(json!({"a": 1}), json!({"a": 1}), &[])]
    #[case(json!({"a/b": {"~": 1}}), json!({"a/b": {"~": 2}}), &["/a~1b/~0"])]
    #[case(json!([1, 2, 3]), json!([1, 9, 2, 3]), &["/1"])]
    #[case(json!([1, 2, 3]), json!([1, 3]), &["/1"])]
    #[case(json!([1, 1]), json!([1, 1, 1]), &["/2"])]
    #[case(json!([{"a": 1}, 2]), json!([{"a": 3}, 2]), &["/0/a"])]
    #[case(json!({"a": 1}), json!({"b": 1}), &["/a", "/b"])]
    #[case(json!([]), json!({}), &[""])]
    #[case(json!({"a": {"unusable": {}}}), json!({"a": {"b": 1, "c": 2}}), &["/a"])]
    fn each_place_that_differs_is_named_once(
        #[case] before: Value,
        #[case] after: Value,
        #[case] expected: &[&str],
    ) {
        let mut differences = Differences::default();
        differences.of_values(What::Fact, "", &before, &after);
        let names: Vec<_> = differences.0.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn values_of_variables_are_not_shown() {
        let mut differences = Differences::default();
        let (before, after) = (
            json!({"config": {"Env": ["A=secret"], "User": "0"}}),
            json!({"config": {"Env": ["A=other"], "User": "1"}}),
        );
        differences.of_values(What::Fact, "", &before, &after);
        let said: Vec<_> = differences.0.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "fact `/config/Env/0`: differs",
                "fact `/config/User`: \"0\", now \"1\""
            ]
        );
    }
}
