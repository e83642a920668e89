//! From a policy set as people write it to one in which every default is written out.

use crate::catalogue::{Catalogue, exactness, is_meant};
use crate::error::PoliciesError;
use crate::set_document::{Accepted, ClaimDocument, RuleDocument, SetDocument};
use engine::Pack;
use model::policy_set::{Required, SelectedRule};
use model::settings::complete;
use model::{ClaimDefinition, PolicySet, RuleId, RuleMetadata, Severity, Waiver, matching};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Resolves a set against the packs that were loaded for it.
///
/// # Errors
/// If it names a rule that no pack has, gives a rule settings it cannot have, or has a waiver that cannot be used.
pub(crate) fn resolve(
    document: &SetDocument,
    catalogue: &Catalogue,
) -> Result<PolicySet, PoliciesError> {
    for name in document.rules.keys() {
        catalogue.named(name)?;
    }
    let mut rules = BTreeMap::new();
    for (rule, pack) in catalogue.rules() {
        if let Some(selected) = select(document, rule, pack)? {
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
        waivers: waivers(&document.waivers, catalogue)?,
        not_covered: document.not_covered.clone(),
        suppressions: document
            .suppressions
            .iter()
            .flatten()
            .map(|tool| tool.name().to_owned())
            .collect(),
        rules,
    })
}

/// How the set uses a rule; none if it does not.
fn select(
    document: &SetDocument,
    rule: &RuleMetadata,
    pack: &Pack,
) -> Result<Option<SelectedRule>, PoliciesError> {
    let mut entries: Vec<(&String, &RuleDocument)> = document
        .rules
        .iter()
        .filter(|(name, _)| is_meant(rule, name))
        .collect();
    entries.sort_by_key(|(name, _)| exactness(name));
    let Some(entry) = entries
        .into_iter()
        .map(|(_, entry)| entry.clone())
        .reduce(lay_over)
    else {
        return Ok(None);
    };
    if entry.enabled == Some(false) {
        return Ok(None);
    }
    Ok(Some(SelectedRule {
        pack: pack.metadata().id.clone(),
        severity: entry.severity,
        required: match entry.required {
            Some(true) => Required::Always,
            None if rule.needs_only_an_image() => Required::OfImages,
            Some(false) | None => Required::Never,
        },
        settings: settings(rule, entry.settings.as_ref())?,
    }))
}

/// An entry over another one: what it leaves open is as below.
pub(crate) fn lay_over(less_exact: RuleDocument, more_exact: RuleDocument) -> RuleDocument {
    RuleDocument {
        enabled: more_exact.enabled.or(less_exact.enabled),
        severity: more_exact.severity.or(less_exact.severity),
        required: more_exact.required.or(less_exact.required),
        settings: merge(less_exact.settings, more_exact.settings),
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

/// The complete settings of a rule, held against its schema.
fn settings(rule: &RuleMetadata, given: Option<&Value>) -> Result<Value, PoliciesError> {
    let Some(schema) = &rule.settings_schema else {
        return match given {
            None => Ok(Value::Object(Map::new())),
            Some(_) => Err(PoliciesError::NoSettings {
                rule: rule.id.clone(),
            }),
        };
    };
    // The defaults are the pack's own: compiling a schema only to hold them against it would be work for nothing.
    if let Some(given) = given {
        let invalid = |pointer: String, reason: String| PoliciesError::Settings {
            rule: rule.id.clone(),
            pointer,
            reason,
        };
        let validator = jsonschema::validator_for(schema)
            .map_err(|error| invalid(String::new(), error.to_string()))?;
        validator
            .validate(given)
            .map_err(|error| invalid(error.instance_path().to_string(), error.to_string()))?;
    }
    Ok(complete(schema, given))
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
    let resolve = |waiver: &Waiver| {
        if !ids.insert(waiver.id.clone()) {
            return Err(PoliciesError::SameWaiver {
                id: waiver.id.clone(),
            });
        }
        if let Some(glob) = &waiver.image {
            matching::glob(glob).map_err(|source| PoliciesError::Waiver {
                id: waiver.id.clone(),
                source,
            })?;
        }
        match catalogue.named(&waiver.rule)?.as_slice() {
            [rule] => Ok(Waiver {
                rule: rule.id.to_string(),
                ..waiver.clone()
            }),
            _ => Err(PoliciesError::WaiverOfSeveral {
                id: waiver.id.clone(),
                name: waiver.rule.clone(),
            }),
        }
    };
    given.iter().map(resolve).collect()
}
