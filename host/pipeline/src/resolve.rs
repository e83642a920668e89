//! From a policy set as people write it to one in which every default is written out.

use crate::catalogue::{Catalogue, EXACT, exactness, is_meant};
use crate::error::PoliciesError;
use crate::set_document::{Accepted, ClaimDocument, RuleDocument, SetDocument};
use crate::trust_policy::TrustPolicy;
use model::policy_set::{Required, SelectedRule};
use model::settings::complete;
use model::{
    ClaimDefinition, PackDescription, PolicySet, RuleId, RuleMetadata, Severity, Waiver, matching,
};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Resolves a set against the packs that were loaded for it, and its section about trust, resolved before. Its settings are
/// believed.
///
/// # Errors
/// If it names a rule that no pack has, or has a waiver that cannot be used.
pub(crate) fn resolve(
    document: &SetDocument,
    catalogue: &Catalogue,
    trust: Option<&TrustPolicy>,
) -> Result<PolicySet, PoliciesError> {
    for name in document.rules.keys() {
        catalogue.named(name)?;
    }
    let mut rules = BTreeMap::new();
    for (rule, pack) in catalogue.rules() {
        if let Some(selected) = select(document, rule, pack) {
            rules.insert(rule.id.clone(), selected);
        }
    }
    let claims = document
        .claims
        .iter()
        .map(|(name, claim)| Ok((name.clone(), define(claim, &rules, catalogue)?)));
    Ok(PolicySet {
        name: document.name.clone(),
        uri: document.uri.clone(),
        packs: catalogue.references(),
        fail_on: document.fail_on.unwrap_or(Severity::High),
        claims: claims.collect::<Result<_, PoliciesError>>()?,
        waivers: waivers(&document.waivers, catalogue)?.into(),
        not_covered: document.not_covered.clone(),
        suppressions: document
            .suppressions
            .iter()
            .flatten()
            .map(|tool| tool.name().to_owned())
            .collect(),
        trust: trust.and_then(TrustPolicy::definition).cloned(),
        rules,
    })
}

/// A set that says different things of one rule by different names says nothing that anybody can rely on.
///
/// # Errors
/// If it does.
pub(crate) fn check_conflicts(
    document: &SetDocument,
    catalogue: &Catalogue,
) -> Result<(), PoliciesError> {
    for (rule, _) in catalogue.rules() {
        let exact = document.rules.iter();
        let exact = exact.filter(|(name, _)| exactness(name) == EXACT && is_meant(rule, name));
        let entries: Vec<(&String, &RuleDocument)> = exact.collect();
        for pair in entries.windows(2) {
            if let [(one, of_one), (other, of_other)] = pair
                && let Some(what) = of_one.conflict(of_other)
            {
                return Err(PoliciesError::Conflict {
                    rule: rule.id.clone(),
                    names: [(*one).clone(), (*other).clone()],
                    what,
                });
            }
        }
    }
    Ok(())
}

impl RuleDocument {
    /// What two entries say differently.
    fn conflict(&self, other: &Self) -> Option<&'static str> {
        fn differ<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
            matches!((one, other), (Some(one), Some(other)) if one != other)
        }
        let differences = [
            (
                "enabled",
                differ(self.enabled.as_ref(), other.enabled.as_ref()),
            ),
            (
                "severity",
                differ(self.severity.as_ref(), other.severity.as_ref()),
            ),
            (
                "required",
                differ(self.required.as_ref(), other.required.as_ref()),
            ),
            (
                "settings",
                differ(self.settings.as_ref(), other.settings.as_ref()),
            ),
        ];
        let mut found = differences.into_iter();
        found.find_map(|(what, differs)| differs.then_some(what))
    }
}

/// Holds the settings of a set against the schemas of its rules.
///
/// # Errors
/// If it gives a rule settings that it cannot have.
pub(crate) fn check_settings(
    document: &SetDocument,
    catalogue: &Catalogue,
) -> Result<(), PoliciesError> {
    for (rule, _) in catalogue.rules() {
        // The defaults are the pack's own: compiling a schema only to hold them against it would be work for nothing.
        let Some(given) = entry(document, rule).and_then(|entry| entry.settings) else {
            continue;
        };
        let Some(schema) = &rule.settings_schema else {
            return Err(PoliciesError::NoSettings {
                rule: rule.id.clone(),
            });
        };
        let invalid = |pointer: String, reason: String| PoliciesError::Settings {
            rule: rule.id.clone(),
            pointer,
            reason,
        };
        let validator = jsonschema::validator_for(schema)
            .map_err(|error| invalid(String::new(), error.to_string()))?;
        validator
            .validate(&given)
            .map_err(|error| invalid(error.instance_path().to_string(), error.to_string()))?;
    }
    Ok(())
}

/// All that the set says of a rule that it selects.
fn entry(document: &SetDocument, rule: &RuleMetadata) -> Option<RuleDocument> {
    let mut entries: Vec<(&String, &RuleDocument)> = document
        .rules
        .iter()
        .filter(|(name, _)| is_meant(rule, name))
        .collect();
    entries.sort_by_key(|(name, _)| exactness(name));
    let entries = entries.into_iter().map(|(_, entry)| entry.clone());
    let entry = entries.reduce(lay_over)?;
    (entry.enabled != Some(false)).then_some(entry)
}

/// How the set uses a rule; none if it does not.
fn select(
    document: &SetDocument,
    rule: &RuleMetadata,
    pack: &PackDescription,
) -> Option<SelectedRule> {
    let entry = entry(document, rule)?;
    let schema = rule.settings_schema.as_ref();
    Some(SelectedRule {
        pack: pack.metadata.id.clone(),
        severity: entry.severity,
        required: match entry.required {
            Some(true) => Required::Always,
            None if rule.needs_only_an_image() => Required::OfImages,
            Some(false) | None => Required::Never,
        },
        settings: schema.map_or_else(
            || Value::Object(Map::new()),
            |schema| complete(schema, entry.settings.as_ref()),
        ),
    })
}

/// An entry over another one: what it leaves open is as below.
pub(crate) fn lay_over(less_exact: RuleDocument, more_exact: RuleDocument) -> RuleDocument {
    RuleDocument {
        enabled: more_exact.enabled.or(less_exact.enabled),
        severity: more_exact.severity.or(less_exact.severity),
        required: more_exact.required.or(less_exact.required),
        settings: merge(less_exact.settings, more_exact.settings),
        switches_off: false,
    }
}

/// Lays settings over others, key by key.
pub(crate) fn merge(below: Option<Value>, above: Option<Value>) -> Option<Value> {
    match (below, above) {
        (Some(Value::Object(mut below)), Some(Value::Object(above))) => {
            below.extend(above);
            Some(Value::Object(below))
        }
        (below, above) => above.or(below),
    }
}

fn define(
    claim: &ClaimDocument,
    selected: &BTreeMap<RuleId, SelectedRule>,
    catalogue: &Catalogue,
) -> Result<ClaimDefinition, PoliciesError> {
    let named = |names: &[String]| -> Result<Vec<RuleId>, PoliciesError> {
        let mut ids = BTreeSet::new();
        for name in names {
            ids.extend(
                catalogue
                    .named(name)?
                    .into_iter()
                    .map(|rule| rule.id.clone()),
            );
        }
        Ok(ids
            .into_iter()
            .filter(|id| selected.contains_key(id))
            .collect())
    };
    Ok(ClaimDefinition {
        rules: named(&claim.rules)?,
        threshold: claim.threshold,
        may_be_missing: named(&claim.may_be_missing)?,
        origins: claim.origins.clone(),
        tolerates_waivers: claim.waivers == Accepted::Count,
        tolerates_suppressions: claim.suppressions == Accepted::Count,
    })
}

/// The waivers, each with the id of its rule.
fn waivers(given: &[Waiver], catalogue: &Catalogue) -> Result<Vec<Waiver>, PoliciesError> {
    let mut ids = BTreeSet::new();
    let mut rules: BTreeMap<&str, RuleId> = BTreeMap::new();
    let mut waivers = Vec::with_capacity(given.len());
    for waiver in given {
        let Waiver { id, rule, .. } = waiver;
        if !ids.insert(id) {
            return Err(PoliciesError::SameWaiver { id: id.clone() });
        }
        check(waiver)?;
        if !rules.contains_key(rule.as_str()) {
            let [named] = catalogue.named(rule)?[..] else {
                return Err(PoliciesError::WaiverOfSeveral {
                    id: id.clone(),
                    name: rule.clone(),
                });
            };
            rules.insert(rule, named.id.clone());
        }
        let named = rules.get(rule.as_str()).map(ToString::to_string);
        waivers.push(Waiver {
            rule: named.unwrap_or_default(),
            ..waiver.clone()
        });
    }
    Ok(waivers)
}

/// Whether a waiver says all that it has to, and can be held against names.
fn check(waiver: &Waiver) -> Result<(), PoliciesError> {
    let Waiver {
        id, reason, owner, ..
    } = waiver;
    let texts = [("id", id), ("reason", reason), ("owner", owner)];
    if let Some((what, _)) = texts.iter().find(|(_, text)| text.trim().is_empty()) {
        return Err(PoliciesError::WaiverWithout {
            id: id.clone(),
            what,
        });
    }
    for glob in waiver.image.iter().chain(&waiver.path) {
        matching::check_glob(glob).map_err(|source| PoliciesError::Waiver {
            id: id.clone(),
            source,
        })?;
    }
    Ok(())
}
