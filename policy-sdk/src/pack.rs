//! Packs: what a component exports.

use crate::bindings::exports::polcheck::policy::check;
use crate::{Facts, Judgement, Rule, Settings, Source};

pub(crate) use check::Outcome;

/// A pack of rules, as [`pack!`] declares it.
#[derive(Debug)]
pub struct Pack {
    /// Kebab-case.
    pub id: &'static str,
    /// Semantic version.
    pub version: &'static str,
    /// One line.
    pub title: &'static str,
    /// Markdown.
    pub description: &'static str,
    /// SPDX expression.
    pub license: Option<&'static str>,
    /// Generated from the files under `src/`.
    pub rules: &'static [RegisteredRule],
    /// Runs a rule by its place among them. Generated, too: a fresh instance looks every function up that it calls by its
    /// address, and most rules are called once.
    pub check: fn(usize, &Facts, &Settings<'_>) -> Option<Judgement>,
}

/// A rule with what its file's name and documentation say.
#[derive(Debug)]
pub struct RegisteredRule {
    /// `<group>.<rule>`, from the path of the file.
    pub id: &'static str,
    /// The first line of the documentation.
    pub title: &'static str,
    /// The rest of the documentation, Markdown.
    pub description: &'static str,
    /// `RULE` of the file.
    pub rule: Rule,
}

impl Pack {
    /// What the component answers to `describe`.
    pub fn describe(&self) -> check::Metadata {
        check::Metadata {
            id: self.id.to_owned(),
            version: self.version.to_owned(),
            title: self.title.to_owned(),
            description: self.description.to_owned(),
            license: self.license.map(ToOwned::to_owned),
            rules: self.rules.iter().map(RegisteredRule::describe).collect(),
        }
    }

    /// What the component answers to `evaluate`: all rules share one set of facts. A rule it does not have stays
    /// unanswered, which the host knows to be broken.
    pub(crate) fn evaluate(
        &self,
        rules: Vec<String>,
        facts: &Facts,
        settings: &Source,
    ) -> Vec<check::RuleOutcome> {
        let mut outcomes = Vec::with_capacity(rules.len());
        // Both lists are sorted, mostly: the next rule is looked for behind the last one.
        let mut last = 0;
        for id in rules {
            let (before, behind) = self.rules.split_at_checked(last).unwrap_or_default();
            let all = (last..).zip(behind).chain((0..).zip(before));
            let Some((at, rule)) = all.into_iter().find(|(_, rule)| is_same(rule.id, &id)) else {
                continue;
            };
            last = at + 1;
            let settings = Settings {
                rule: rule.id,
                source: settings,
            };
            if let Some(judgement) = (self.check)(at, facts, &settings) {
                outcomes.push(check::RuleOutcome {
                    rule: id,
                    outcome: rule.outcome(judgement),
                });
            }
        }
        outcomes
    }

    /// The same in a component, where a panic says its message before it becomes a trap.
    #[doc(hidden)]
    #[cfg(target_arch = "wasm32")]
    pub fn evaluate_imported(&self, rules: Vec<String>) -> Vec<check::RuleOutcome> {
        use crate::bindings::polcheck::policy::log::{Level, emit};
        std::panic::set_hook(Box::new(|panic| emit(Level::Error, &panic.to_string())));
        // The instance is dropped as a whole; there is no need to take its facts apart before.
        let facts = std::mem::ManuallyDrop::new(Facts::new(Source));
        self.evaluate(rules, &facts, &Source)
    }
}

/// Whether two texts are the same, eight bytes at a time: components have no instruction for it, and the comparison of the
/// toolchain goes byte by byte.
fn is_same(one: &str, other: &str) -> bool {
    let (words, rest) = one.as_bytes().as_chunks::<8>();
    let (others, rest_of_other) = other.as_bytes().as_chunks::<8>();
    let mut pairs = words.iter().zip(others);
    one.len() == other.len()
        && pairs.all(|(word, other)| u64::from_ne_bytes(*word) == u64::from_ne_bytes(*other))
        && rest == rest_of_other
}

impl RegisteredRule {
    fn describe(&self) -> check::Rule {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        check::Rule {
            id: self.id.to_owned(),
            title: self.title.to_owned(),
            default_severity: self.rule.severity,
            description: self.description.to_owned(),
            aliases: owned(self.rule.aliases),
            opt_in: self.rule.opt_in,
            fixable: self.rule.fixable,
            needs: self.rule.needs.iter().map(|group| owned(group)).collect(),
            uses: owned(self.rule.uses),
            settings_schema: self.rule.settings.to_owned(),
            url: self.rule.url.map(ToOwned::to_owned),
        }
    }

    fn outcome(&self, judgement: Judgement) -> Outcome {
        match judgement {
            Ok(findings) => Outcome::Findings(
                findings
                    .into_iter()
                    .map(|finding| finding.finish(self.rule.severity))
                    .collect(),
            ),
            Err(unsettled) => unsettled.finish(),
        }
    }
}

/// Declares the pack of a crate: its rules are the files `src/<group>/<rule>.rs`, found by `polcheck_sdk_build::rules()`
/// in `build.rs`. Name, version and licence are those of the crate.
///
/// ```text
/// polcheck_sdk::pack! {
///     id: "acme-base",
///     title: "How images look at Acme",
///     description: "Checked on every push.",
/// }
/// ```
#[macro_export]
macro_rules! pack {
    (id: $id:literal, title: $title:literal, description: $description:literal $(,)?) => {
        include!(concat!(env!("OUT_DIR"), "/rules.rs"));

        /// The pack of this crate.
        pub static PACK: $crate::Pack = $crate::Pack {
            id: $id,
            version: env!("CARGO_PKG_VERSION"),
            title: $title,
            description: $description,
            license: Some(env!("CARGO_PKG_LICENSE")),
            rules: RULES,
            check,
        };

        #[cfg(target_arch = "wasm32")]
        mod component {
            use $crate::bindings::exports::polcheck::policy::check::{Guest, Metadata, RuleOutcome};

            struct Component;

            impl Guest for Component {
                fn describe() -> Metadata {
                    super::PACK.describe()
                }

                fn evaluate(rules: Vec<String>) -> Vec<RuleOutcome> {
                    super::PACK.evaluate_imported(rules)
                }
            }

            $crate::bindings::export!(Component with_types_in $crate::bindings);
        }

        #[cfg(test)]
        mod examples {
            #[test]
            fn every_example_behaves_as_its_rule_documents() {
                $crate::testing::check_examples(&super::PACK);
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_the_same_only_where_every_byte_is() {
        let text = "secret.default-credential";
        for (length, _) in text.char_indices() {
            let (one, _) = text.split_at(length);
            assert!(is_same(one, one));
            assert!(!is_same(one, text) && !is_same(text, one));
            for (at, _) in one.char_indices() {
                let (before, behind) = one.split_at(at);
                let rest = behind.get(1..).unwrap_or_default();
                let other = format!("{before}#{rest}");
                assert!(!is_same(one, &other), "{other}");
            }
        }
    }
}
