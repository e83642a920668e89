//! Policy sets and packs, loaded: what a run judges by.

use crate::Reasons;
use crate::builtin::PACKS;
use crate::catalogue::Catalogue;
use crate::error::PoliciesError;
use crate::lint::OfDockerfiles;
use crate::resolve::{merge, resolve};
use crate::set_document::SetDocument;
use crate::set_file::read_set;
use engine::{Engine, Pack, Settings};
use model::{Digest, Interface, PolicySet, RuleId, Severity, Waiver};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::{Arc, OnceLock};

/// Marks what lies in the binary: `builtin:core`.
pub const BUILTIN: &str = "builtin:";

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
}

/// What a run judges by.
#[derive(Debug)]
pub struct Policies {
    /// All rules that could have been selected.
    pub catalogue: Catalogue,
    /// The set in effect.
    pub set: PolicySet,
    /// Its canonical digest.
    pub digest: Digest,
    /// Whether it is the published one.
    pub as_published: bool,
    /// Rules of the published set that the run leaves out.
    pub left_out: Vec<RuleId>,
    /// The complete settings of the rules of the set in effect.
    pub(crate) settings: Arc<Settings>,
    /// Why what the rules find is bad; read when something is said for the first time.
    reasons: OnceLock<Arc<Reasons>>,
    /// Which rules a Dockerfile alone can serve, and the others; found out when the first one is checked.
    pub(crate) of_dockerfiles: OnceLock<OfDockerfiles>,
}

impl Policies {
    /// Loads a set, `builtin:NAME` or a file, with its packs, and applies what the run changes about it.
    ///
    /// # Errors
    /// If the set, a pack, a rule, a setting or a waiver is not what it should be.
    pub fn load(engine: &Engine, set: &str, changes: &Changes) -> Result<Self, PoliciesError> {
        let document = read_set(set)?;
        let mut catalogue = Catalogue::default();
        for pack in &document.packs {
            catalogue.add(load_pack(engine, pack)?)?;
        }
        let published = resolve(&document, &catalogue)?;
        let published_digest = published.digest()?;
        if *changes == Changes::default() {
            return Ok(Self {
                catalogue,
                settings: settings_of(&published),
                reasons: OnceLock::new(),
                of_dockerfiles: OnceLock::new(),
                set: published,
                digest: published_digest,
                as_published: true,
                left_out: Vec::new(),
            });
        }
        let set = changes.apply(document, engine, &mut catalogue)?;
        let digest = set.digest()?;
        let left_out = published
            .rules
            .into_keys()
            .filter(|id| !set.rules.contains_key(id))
            .collect();
        Ok(Self {
            as_published: digest == published_digest,
            catalogue,
            settings: settings_of(&set),
            reasons: OnceLock::new(),
            of_dockerfiles: OnceLock::new(),
            set,
            digest,
            left_out,
        })
    }

    /// Why what the rules find is bad.
    pub(crate) fn reasons(&self) -> Arc<Reasons> {
        let read = || {
            let rules = self.catalogue.rules();
            Arc::new(
                rules
                    .filter_map(|(rule, _)| Some((rule.id.clone(), rule.why()?)))
                    .collect(),
            )
        };
        Arc::clone(self.reasons.get_or_init(read))
    }

    /// The families of facts that the selected rules need of an image. What they only use is not fetched for them, nor what
    /// they would take in place of the image itself.
    pub fn needs(&self) -> BTreeSet<Interface> {
        let ids = self.set.rules.keys();
        let selected = ids.filter_map(|id| self.catalogue.rule(id));
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
        catalogue: &mut Catalogue,
    ) -> Result<PolicySet, PoliciesError> {
        for text in &self.packs {
            let pack = load_pack(engine, text)?;
            for rule in pack.metadata().rules.iter().filter(|rule| !rule.opt_in) {
                document.rules.entry(rule.id.to_string()).or_default();
            }
            catalogue.add(pack)?;
        }
        for name in &self.rules {
            document.rules.entry(name.clone()).or_default();
        }
        for (id, settings) in self.settings_by_rule(catalogue)? {
            let entry = document.rules.entry(id).or_default();
            entry.settings = merge(entry.settings.take(), Some(settings));
        }
        document.fail_on = self.fail_on.or(document.fail_on);
        document.waivers.extend(self.waivers.iter().cloned());
        let mut set = resolve(&document, catalogue)?;
        let (wanted, skipped) = (ids(&self.rules, catalogue)?, ids(&self.skipped, catalogue)?);
        set.rules.retain(|id, _| {
            (self.rules.is_empty() || wanted.contains(id)) && !skipped.contains(id)
        });
        Ok(set)
    }

    /// The settings by the ids of their rules: by any other name, what the set says of the id would win.
    fn settings_by_rule(
        &self,
        catalogue: &Catalogue,
    ) -> Result<BTreeMap<String, Value>, PoliciesError> {
        let mut settings = BTreeMap::new();
        for (name, given) in &self.settings {
            for rule in catalogue.named(name)? {
                let twice = settings.insert(rule.id.to_string(), given.clone());
                if twice.is_some() {
                    return Err(PoliciesError::SettingsTwice {
                        rule: rule.id.clone(),
                    });
                }
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

/// Loads a pack: `builtin:NAME`, or the path of a component.
fn load_pack(engine: &Engine, text: &str) -> Result<Pack, PoliciesError> {
    let failed = |source| PoliciesError::Pack {
        pack: text.to_owned(),
        source,
    };
    let Some(name) = text.strip_prefix(BUILTIN) else {
        let component = fs::read(text).map_err(|source| PoliciesError::Read {
            path: text.into(),
            source,
        })?;
        return engine.load(&component).map_err(failed);
    };
    let known = PACKS.map(|pack| pack.name).to_vec();
    let builtin = PACKS.iter().find(|pack| pack.name == name);
    let builtin = builtin.ok_or_else(|| PoliciesError::UnknownPack {
        name: name.to_owned(),
        known,
    })?;
    engine
        .load_code(builtin.digest(), builtin.code)
        .map_err(failed)
}

#[cfg(test)]
mod tests;
