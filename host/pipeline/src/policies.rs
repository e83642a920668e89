//! Policy sets and packs, loaded: what a run judges by.

use crate::Reasons;
use crate::builtin::{BUILTIN, PACKS};
use crate::catalogue::{Catalogue, is_meant};
use crate::error::{PoliciesError, TrustPolicyError};
use crate::lint::OfDockerfiles;
use crate::packs::{ByPack, Packs, load_pack};
use crate::resolve::{check_conflicts, check_settings, merge, resolve};
use crate::set_document::SetDocument;
use crate::set_file::read_set;
use crate::trust_document::TrustDocument;
use crate::trust_policy::TrustPolicy;
use crate::without_effect::without_effect;
use crate::yaml;
use engine::{Engine, Settings};
use model::report::EnforcementPoint;
use model::{Digest, Interface, PolicySet, RuleId, RuleMetadata, Severity, Waiver};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// What a run changes about its policy set. Whatever has an effect withholds the set's claims.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Further packs, all of whose rules count: `builtin:NAME` or the path of a component.
    pub packs: Vec<String>,
    /// Only these rules, by id, alias or `GROUP.*`; empty: all of the set.
    pub rules: Vec<String>,
    /// Not these.
    pub skipped: Vec<String>,
    /// Another threshold.
    pub fail_on: Option<Severity>,
    /// Settings by rule, laid over those of the set.
    pub settings: BTreeMap<String, Value>,
    /// Further waivers.
    pub waivers: Vec<Waiver>,
    /// No comment silences a finding.
    pub ignore_comments: bool,
    /// In place of what the set says about trust.
    pub trust: Option<TrustDocument>,
}

/// What a run judges by.
#[derive(Debug)]
pub struct Policies {
    /// What has the rules that could have been selected.
    pub(crate) packs: Packs,
    /// The selected rules.
    pub(crate) rules: ByPack,
    /// The set in effect.
    pub set: PolicySet,
    /// Its canonical digest.
    pub digest: Digest,
    /// The place that it is for.
    pub point: EnforcementPoint,
    /// Whether it is the published one.
    pub as_published: bool,
    /// Rules of the published set that the run leaves out.
    pub left_out: Vec<RuleId>,
    /// What the set and the run name to no effect.
    pub without_effect: Vec<String>,
    /// Whose statements count; none: nobody's.
    pub trust: Option<Arc<TrustPolicy>>,
    /// The complete settings of the rules of the set in effect.
    pub(crate) settings: Arc<Settings>,
    /// Why what the rules find is bad; read when something is said for the first time.
    reasons: OnceLock<Arc<Reasons>>,
    /// Which rules a Dockerfile alone can serve, and the others; found out when the first one is checked.
    pub(crate) of_dockerfiles: OnceLock<OfDockerfiles>,
}

impl Policies {
    /// Loads a set, `builtin:NAME` or a file, with its packs, as it is at one of the four places, and applies what the run
    /// changes about it.
    ///
    /// # Errors
    /// If the set, a pack, a rule, a setting or a waiver is not what it should be.
    pub fn load(
        engine: &Engine,
        set: &str,
        point: EnforcementPoint,
        changes: &Changes,
    ) -> Result<Self, PoliciesError> {
        let document = read_set(set)?.at(point);
        let mut packs = Packs::default();
        for pack in &document.packs {
            packs.add(load_pack(engine, pack)?)?;
        }
        // The sets in the binary were checked when it was built.
        if !set.starts_with(BUILTIN) {
            check_conflicts(&document, &packs.catalogue)?;
            check_settings(&document, &packs.catalogue)?;
        }
        let trust = resolved_trust(document.trust.as_ref())?;
        let published = resolve(&document, &packs.catalogue, trust.as_deref())?;
        let published_digest = published.digest()?;
        if *changes == Changes::default() {
            let catalogue = &packs.catalogue;
            let without_effect =
                without_effect(&document, &published, &published, catalogue, changes);
            return Ok(Self {
                without_effect,
                ..Self::new(published, published_digest, point, packs, trust)
            });
        }
        let trust = match &changes.trust {
            Some(_) => resolved_trust(changes.trust.as_ref())?,
            None => trust,
        };
        let set = changes.apply(document.clone(), engine, &mut packs, trust.as_deref())?;
        let without_effect = without_effect(&document, &published, &set, &packs.catalogue, changes);
        let digest = set.digest()?;
        let left_out = published
            .rules
            .into_keys()
            .filter(|id| !set.rules.contains_key(id))
            .collect();
        Ok(Self {
            as_published: digest == published_digest,
            left_out,
            without_effect,
            ..Self::new(set, digest, point, packs, trust)
        })
    }

    /// A published set, with its packs and whom it trusts. A recorded one trusts nobody: keys and roots are not recorded, and
    /// whose statements counted is among the facts.
    pub(crate) fn new(
        set: PolicySet,
        digest: Digest,
        point: EnforcementPoint,
        packs: Packs,
        trust: Option<Arc<TrustPolicy>>,
    ) -> Self {
        Self {
            point,
            rules: packs.by_pack(set.rules.keys()),
            packs,
            settings: settings_of(&set),
            reasons: OnceLock::new(),
            of_dockerfiles: OnceLock::new(),
            set,
            digest,
            as_published: true,
            left_out: Vec::new(),
            without_effect: Vec::new(),
            trust,
        }
    }

    /// All rules that could have been selected.
    pub fn catalogue(&self) -> &Catalogue {
        &self.packs.catalogue
    }

    /// Why what the rules find is bad.
    pub(crate) fn reasons(&self) -> Arc<Reasons> {
        let read = || {
            let rules = self.packs.catalogue.rules();
            Arc::new(
                rules
                    .filter_map(|(rule, _)| Some((rule.id.clone(), rule.why()?)))
                    .collect(),
            )
        };
        Arc::clone(self.reasons.get_or_init(read))
    }

    /// Adds the rules of built-in packs that the set does not name to the catalogue, for whoever lists rules. It selects none of
    /// them.
    pub fn list_builtin_packs(&mut self) {
        for pack in &PACKS {
            // One with a rule of a name that is taken is left out.
            let _ = self.packs.catalogue.add(Arc::clone(pack.description()));
        }
    }

    /// The families of facts that the selected rules need of an image. What they only use is not fetched for them, nor what
    /// they would take in place of the image itself.
    pub fn needs(&self) -> BTreeSet<Interface> {
        let ids = self.set.rules.keys();
        let selected = ids.filter_map(|id| self.packs.catalogue.rule(id));
        let groups = selected.flat_map(|(rule, _)| &rule.needs);
        let needed = |group: &Vec<String>| {
            let names = group.iter().filter_map(|name| Interface::from_name(name));
            let all: Vec<Interface> = names.collect();
            if all.contains(&Interface::Image) {
                vec![Interface::Image]
            } else {
                all
            }
        };
        groups.flat_map(needed).collect()
    }
}

fn resolved_trust(
    document: Option<&TrustDocument>,
) -> Result<Option<Arc<TrustPolicy>>, TrustPolicyError> {
    Ok(document
        .map(TrustPolicy::resolve)
        .transpose()?
        .map(Arc::new))
}

fn settings_of(set: &PolicySet) -> Arc<Settings> {
    let rules = set.rules.iter();
    Arc::new(
        rules
            .map(|(id, rule)| (id.clone(), rule.settings.clone()))
            .collect(),
    )
}

impl Changes {
    /// The set in effect: the changed document, resolved like the published one.
    fn apply(
        &self,
        mut document: SetDocument,
        engine: &Engine,
        packs: &mut Packs,
        trust: Option<&TrustPolicy>,
    ) -> Result<PolicySet, PoliciesError> {
        for text in &self.packs {
            let pack = load_pack(engine, text)?;
            let rules = &pack.description().metadata.rules;
            for rule in rules.iter().filter(|rule| !rule.opt_in) {
                document.rules.entry(rule.id.to_string()).or_default();
            }
            packs.add(pack)?;
        }
        let catalogue = &packs.catalogue;
        for name in &self.rules {
            document.rules.entry(name.clone()).or_default();
        }
        for (rule, settings) in self.settings_by_rule(catalogue)? {
            // Settings switch no rule on.
            if !document.rules.keys().any(|name| is_meant(rule, name)) {
                continue;
            }
            let entry = document.rules.entry(rule.id.to_string()).or_default();
            entry.settings = merge(entry.settings.take(), Some(settings));
        }
        document.fail_on = self.fail_on.or(document.fail_on);
        document.waivers.extend(self.waivers.iter().cloned());
        if self.ignore_comments {
            document.suppressions = None;
        }
        check_settings(&document, catalogue)?;
        let mut set = resolve(&document, catalogue, trust)?;
        let (wanted, skipped) = (ids(&self.rules, catalogue)?, ids(&self.skipped, catalogue)?);
        set.rules.retain(|id, _| {
            (self.rules.is_empty() || wanted.contains(id)) && !skipped.contains(id)
        });
        Ok(set)
    }

    /// The settings with the rules that they are for: by any other name, what the set says of the id of a rule would win.
    fn settings_by_rule<'a>(
        &self,
        catalogue: &'a Catalogue,
    ) -> Result<Vec<(&'a RuleMetadata, Value)>, PoliciesError> {
        let mut settings: Vec<(&RuleMetadata, Value)> = Vec::new();
        for (name, given) in &self.settings {
            for rule in catalogue.named(name)? {
                if settings.iter().any(|(known, _)| known.id == rule.id) {
                    return Err(PoliciesError::SettingsTwice {
                        rule: rule.id.clone(),
                    });
                }
                settings.push((rule, given.clone()));
            }
        }
        Ok(settings)
    }
}

fn ids(names: &[String], catalogue: &Catalogue) -> Result<BTreeSet<RuleId>, PoliciesError> {
    let mut ids = BTreeSet::new();
    for name in names {
        ids.extend(
            catalogue
                .named(name)?
                .into_iter()
                .map(|rule| rule.id.clone()),
        );
    }
    Ok(ids)
}

/// The place of a word in the first of some files that has it as a key or a text: `policies.yaml:4:3`.
pub fn find_word(files: &[PathBuf], word: &str) -> Option<String> {
    files.iter().find_map(|path| {
        let (line, column) = yaml::find(&fs::read(path).ok()?, word)?;
        Some(format!("{}:{line}:{column}", path.display()))
    })
}

#[cfg(test)]
mod tests;
