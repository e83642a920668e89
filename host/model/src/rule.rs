//! Rules and packs, as components describe them.

use crate::facts::{Interface, Need};
use crate::finding::Severity;
use oci_spec::image::Digest;
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The id of a rule: `<group>.<rule>`, both kebab-case. A copy costs nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RuleId(Arc<str>);

/// Not the id of a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a rule id, which has the form `group.rule`")]
pub struct InvalidRuleId(pub String);

impl RuleId {
    /// The part before the dot.
    pub fn group(&self) -> &str {
        self.0.split_once('.').map_or(&*self.0, |(group, _)| group)
    }
}

/// Whether a word is kebab-case: lower-case letters, digits and single hyphens, beginning with a letter.
pub fn is_kebab_case(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_lowercase())
        && word.split('-').all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}

impl FromStr for RuleId {
    type Err = InvalidRuleId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('.') {
            Some((group, rule)) if is_kebab_case(group) && is_kebab_case(rule) => {
                Ok(Self(text.into()))
            }
            _ => Err(InvalidRuleId(text.to_owned())),
        }
    }
}

impl TryFrom<String> for RuleId {
    type Error = InvalidRuleId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RuleId> for String {
    fn from(id: RuleId) -> Self {
        id.0.as_ref().to_owned()
    }
}

/// Ids are ordered and hashed as their text is.
impl Borrow<str> for RuleId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for RuleId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a pack says of one of its rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleMetadata {
    /// Unique in a policy set.
    pub id: RuleId,
    /// One line.
    pub title: String,
    /// Where the policy set says nothing else.
    pub default_severity: Severity,
    /// Markdown: what, why, a failing and a passing example.
    pub description: String,
    /// Ids of the same check in other tools.
    pub aliases: Vec<String>,
    /// Whether it counts only where a policy set names it by its id or an alias.
    pub opt_in: bool,
    /// Whether its findings may have edits.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fixable: bool,
    /// Names of interfaces; every group must be served by one of its members.
    pub needs: Vec<Vec<String>>,
    /// Names of interfaces that make the rule better.
    pub uses: Vec<String>,
    /// JSON Schema of the settings; none: the rule takes none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings_schema: Option<serde_json::Value>,
    /// Where to read more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// A sentence of fewer bytes leaves the reader wanting the next one.
const SHORT: usize = 60;

impl RuleMetadata {
    /// Whether every image has all that the rule needs.
    pub fn needs_only_an_image(&self) -> bool {
        self.needs
            .iter()
            .all(|group| group.iter().any(|name| name == Interface::Image.name()))
    }

    /// The interfaces this version serves among those the rule needs or uses.
    pub fn interfaces(&self) -> impl Iterator<Item = Interface> {
        self.needs
            .iter()
            .flatten()
            .chain(&self.uses)
            .filter_map(|name| Need::from_name(name).map(Need::interface))
    }

    /// Why what it finds is bad: the first sentences below `## Why is this bad?` of the description, as many as it takes to say
    /// something.
    pub fn why(&self) -> Option<String> {
        let (_, behind) = self.description.split_once("## Why")?;
        let (_, text) = behind.split_once('\n')?;
        let paragraph = text.trim_start().split("\n\n").next()?;
        let words: Vec<&str> = paragraph.split_whitespace().collect();
        let text = words.join(" ");
        let mut ends = text.match_indices(". ").map(|(end, _)| end + 1);
        let end = ends.find(|end| *end >= SHORT).unwrap_or(text.len());
        text.get(..end)
            .filter(|why| !why.is_empty())
            .map(ToOwned::to_owned)
    }

    /// Whether a name means this rule: its id or one of its aliases.
    pub fn is_called(&self, name: &str) -> bool {
        self.id.as_ref() == name || self.aliases.iter().any(|alias| alias == name)
    }
}

/// What a pack says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PackMetadata {
    /// Kebab-case.
    pub id: String,
    /// Semantic version.
    pub version: String,
    /// One line.
    pub title: String,
    /// Markdown.
    pub description: String,
    /// SPDX expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// At least one, sorted by id.
    pub rules: Vec<RuleMetadata>,
}

/// What is known of a pack before any of it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PackDescription {
    /// The digest of the component: what the pack is.
    pub digest: Digest,
    /// The families of facts it imports: the most it can ever see.
    pub imports: BTreeSet<Interface>,
    /// What it says of itself.
    pub metadata: PackMetadata,
}

impl PackDescription {
    /// One of its rules.
    pub fn rule(&self, id: &RuleId) -> Option<&RuleMetadata> {
        let rules = &self.metadata.rules;
        let at = rules.binary_search_by(|rule| rule.id.cmp(id)).ok()?;
        rules.get(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(
        "## Why is this bad?\nIt breaks\nthings. More.\n\n## Examples",
        Some("It breaks things. More.")
    )]
    #[case("## Why is this bad?\n\nAt 2.0 it breaks", Some("At 2.0 it breaks"))]
    #[case(
        "## Why is this bad?\nWhoever gets into the container finds the tools that are needed there. More.",
        Some("Whoever gets into the container finds the tools that are needed there.")
    )]
    #[case("## What it does\nIt looks.", None)]
    #[case("", None)]
    fn the_first_sentence_says_why(#[case] description: &str, #[case] why: Option<&str>) {
        let rule = RuleMetadata {
            id: "a.b".parse().unwrap(),
            title: String::new(),
            default_severity: Severity::Low,
            description: description.to_owned(),
            aliases: vec![],
            opt_in: false,
            fixable: false,
            needs: vec![],
            uses: vec![],
            settings_schema: None,
            url: None,
        };
        assert_eq!(rule.why().as_deref(), why);
    }

    #[rstest]
    #[case("user.final-root", true)]
    #[case("pkg.no-hashes2", true)]
    #[case("user", false)]
    #[case("user.", false)]
    #[case(".root", false)]
    #[case("user.Final", false)]
    #[case("user.final--root", false)]
    #[case("user.final.root", false)]
    #[case("1user.root", false)]
    fn an_id_is_two_kebab_case_words(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(text.parse::<RuleId>().is_ok(), expected);
    }
}
