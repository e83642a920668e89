//! What a policy set and a run name to no effect: mostly mistakes, and always worth a word.

use crate::catalogue::{Catalogue, is_meant};
use crate::policies::Changes;
use crate::set_document::SetDocument;
use model::{PolicySet, RuleMetadata};

/// What the published set names to no effect, and what the run adds to it in vain; `in_effect` is the set that it runs with.
pub(crate) fn without_effect(
    document: &SetDocument,
    set: &PolicySet,
    in_effect: &PolicySet,
    catalogue: &Catalogue,
    changes: &Changes,
) -> Vec<String> {
    let rules = document
        .rules
        .keys()
        .filter_map(|name| rule(document, set, catalogue, name));
    let skipped = changes
        .skipped
        .iter()
        .filter(|name| !selects(set, catalogue, name));
    let skipped = skipped.map(|name| format!("`{name}` is left out, and was not selected"));
    let settings = changes.settings.keys();
    let settings = settings.filter(|name| !selects(in_effect, catalogue, name));
    let settings = settings.map(|name| format!("`{name}` has settings, and is not selected"));
    let selected = || set.rules.keys().chain(in_effect.rules.keys());
    let waivers = in_effect.waivers.iter();
    let waivers = waivers.filter(|waiver| !selected().any(|id| id.as_ref() == waiver.rule));
    let waivers = waivers.map(|waiver| {
        format!(
            "the waiver `{}` is for `{}`, which is not selected",
            waiver.id, waiver.rule
        )
    });
    rules
        .chain(claims(document, set, catalogue))
        .chain(packs(set))
        .chain(skipped)
        .chain(settings)
        .chain(waivers)
        .collect()
}

/// An entry that makes no difference to which rules count.
fn rule(
    document: &SetDocument,
    set: &PolicySet,
    catalogue: &Catalogue,
    name: &str,
) -> Option<String> {
    let entry = document.rules.get(name)?;
    if entry.enabled != Some(false) {
        return (!selects(set, catalogue, name)).then(|| {
            format!("`{name}` of `rules` is switched off by what names its rules more exactly")
        });
    }
    if entry.switches_off {
        return None;
    }
    let mut rules = catalogue.rules().filter(|(rule, _)| is_meant(rule, name));
    let is_switched_on = |rule: &RuleMetadata| {
        let others = document.rules.iter().filter(|(other, _)| *other != name);
        others
            .into_iter()
            .any(|(other, entry)| entry.enabled != Some(false) && is_meant(rule, other))
    };
    if !rules.any(|(rule, _)| is_switched_on(rule)) {
        return Some(format!(
            "`{name}` of `rules` is switched off, and nothing switches it on"
        ));
    }
    let says_more =
        entry.severity.is_some() || entry.required.is_some() || entry.settings.is_some();
    says_more.then(|| format!("`{name}` of `rules` is switched off, and says more than that"))
}

/// Names in claims that mean no rule that counts for them.
fn claims(document: &SetDocument, set: &PolicySet, catalogue: &Catalogue) -> Vec<String> {
    let mut all = Vec::new();
    for (name, claim) in &document.claims {
        let of_claim = |rule: &RuleMetadata| {
            let mut names = claim.rules.iter();
            set.rules.contains_key(&rule.id) && names.any(|name| is_meant(rule, name))
        };
        for (list, names) in [
            ("rules", &claim.rules),
            ("mayBeMissing", &claim.may_be_missing),
        ] {
            let is_vain = |name: &&String| {
                let mut meant = catalogue.rules().filter(|(rule, _)| is_meant(rule, name));
                !meant.any(|(rule, _)| of_claim(rule))
            };
            all.extend(names.iter().filter(is_vain).map(|vain| {
                format!(
                    "`{vain}` of `{list}` of the claim `{name}` means no rule that counts for it"
                )
            }));
        }
    }
    all
}

/// Packs none of whose rules counts.
fn packs(set: &PolicySet) -> impl Iterator<Item = String> {
    let is_used = |id: &str| set.rules.values().any(|rule| rule.pack == id);
    let vain = set.packs.iter().filter(move |pack| !is_used(&pack.id));
    vain.map(|pack| format!("no rule of the pack `{}` is selected", pack.id))
}

/// Whether a name means a rule that counts.
fn selects(set: &PolicySet, catalogue: &Catalogue, name: &str) -> bool {
    let mut rules = catalogue.rules();
    rules.any(|(rule, _)| is_meant(rule, name) && set.rules.contains_key(&rule.id))
}
