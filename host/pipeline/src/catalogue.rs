//! All rules of all loaded packs, and the names they go by.

use crate::error::PoliciesError;
use model::policy_set::PackReference;
use model::{PackDescription, RuleId, RuleMetadata};
use std::sync::Arc;

/// How alike a mistyped name and a known one must be to be suggested.
const LIKENESS: f64 = 0.7;
/// Means every rule, or every rule of the group before it.
const ANY: &str = "*";

/// The rules of some packs, as these describe them. No two packs have a rule of one id.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    packs: Vec<Arc<PackDescription>>,
    /// All rules, sorted by id: index of the pack, and of the rule in it.
    order: Vec<(usize, usize)>,
}

impl Catalogue {
    /// The packs, in the order they were added.
    pub fn packs(&self) -> &[Arc<PackDescription>] {
        &self.packs
    }

    /// Adds a pack, unless it is there, and answers whether it was not.
    ///
    /// # Errors
    /// If another pack already has a rule of the same id.
    pub fn add(&mut self, pack: Arc<PackDescription>) -> Result<bool, PoliciesError> {
        let mut packs = self.packs.iter();
        if packs.any(|there| there.digest == pack.digest) {
            return Ok(false);
        }
        let mut rules = pack.metadata.rules.iter();
        let taken = rules.find_map(|rule| self.rule(&rule.id));
        if let Some((rule, there)) = taken {
            return Err(PoliciesError::DuplicateRule {
                rule: rule.id.clone(),
                packs: [there.metadata.id.clone(), pack.metadata.id.clone()],
            });
        }
        self.packs.push(pack);
        self.sort();
        Ok(true)
    }

    fn sort(&mut self) {
        let rules = |(at, pack): (usize, &Arc<PackDescription>)| {
            (0..pack.metadata.rules.len()).map(move |rule| (at, rule))
        };
        let mut order: Vec<_> = self.packs.iter().enumerate().flat_map(rules).collect();
        order.sort_by_key(|place| self.at(*place).map(|(rule, _)| &rule.id));
        self.order = order;
    }

    fn at(&self, (pack, rule): (usize, usize)) -> Option<(&RuleMetadata, &Arc<PackDescription>)> {
        let pack = self.packs.get(pack)?;
        Some((pack.metadata.rules.get(rule)?, pack))
    }

    /// All rules with their packs, sorted by id.
    pub fn rules(&self) -> impl Iterator<Item = (&RuleMetadata, &Arc<PackDescription>)> {
        self.order.iter().filter_map(|place| self.at(*place))
    }

    /// The rule of an id, with its pack.
    pub fn rule(&self, id: &RuleId) -> Option<(&RuleMetadata, &Arc<PackDescription>)> {
        self.packs
            .iter()
            .find_map(|pack| Some((pack.rule(id)?, pack)))
    }

    /// The rules that a name means: an id, an alias, `GROUP.*` or `*`.
    ///
    /// # Errors
    /// If it means none.
    pub fn named(&self, name: &str) -> Result<Vec<&RuleMetadata>, PoliciesError> {
        let named: Vec<_> = self
            .rules()
            .map(|(rule, _)| rule)
            .filter(|rule| is_meant(rule, name))
            .collect();
        if named.is_empty() {
            Err(self.unknown(name))
        } else {
            Ok(named)
        }
    }

    fn unknown(&self, name: &str) -> PoliciesError {
        let names = self.rules().flat_map(|(rule, _)| {
            std::iter::once(rule.id.as_ref()).chain(rule.aliases.iter().map(String::as_str))
        });
        let likeness = |known: &str| {
            strsim::jaro_winkler(&name.to_ascii_lowercase(), &known.to_ascii_lowercase())
        };
        let nearest = names.max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        PoliciesError::UnknownRule {
            name: name.to_owned(),
            nearest: nearest
                .filter(|known| likeness(known) >= LIKENESS)
                .map(ToOwned::to_owned),
        }
    }

    /// What a policy set says of the packs.
    pub(crate) fn references(&self) -> Vec<PackReference> {
        let mut references: Vec<_> = self
            .packs
            .iter()
            .map(|pack| PackReference {
                id: pack.metadata.id.clone(),
                digest: pack.digest.clone(),
            })
            .collect();
        references.sort_by(|a, b| (&a.id, a.digest.as_ref()).cmp(&(&b.id, b.digest.as_ref())));
        references
    }
}

/// Whether a name means a rule; one that is opt-in is only meant by its id and its aliases.
pub(crate) fn is_meant(rule: &RuleMetadata, name: &str) -> bool {
    match name.strip_suffix(ANY) {
        Some("") => !rule.opt_in,
        Some(group) => {
            let group = group.strip_suffix('.');
            !rule.opt_in && group.is_some_and(|group| group == rule.id.group())
        }
        None => rule.is_called(name),
    }
}

/// How exactly an id or an alias means a rule.
pub(crate) const EXACT: u8 = 2;

/// How exactly a name means a rule; what names it more exactly is laid over what names it less exactly.
pub(crate) fn exactness(name: &str) -> u8 {
    match name.strip_suffix(ANY) {
        Some("") => 0,
        Some(_) => 1,
        None => EXACT,
    }
}
