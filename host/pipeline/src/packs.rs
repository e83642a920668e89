//! Packs that were loaded: what a run evaluates.

use crate::builtin::{BUILTIN, builtin_pack};
use crate::catalogue::Catalogue;
use crate::error::PoliciesError;
use engine::{Case, Engine, Evaluation, Pack};
use model::{Digest, RuleId, canonical};
use std::fs;
use std::sync::Arc;

/// What stands between a pack and the digest it is meant to have.
const DIGEST: &str = "@sha256:";

/// Packs, and the rules they have.
#[derive(Debug, Default)]
pub(crate) struct Packs {
    /// All rules of all of them.
    pub(crate) catalogue: Catalogue,
    loaded: Vec<Pack>,
}

impl Packs {
    /// Adds a pack, unless it is there.
    ///
    /// # Errors
    /// If another pack already has a rule of the same id.
    pub(crate) fn add(&mut self, pack: Pack) -> Result<(), PoliciesError> {
        if self.catalogue.add(Arc::clone(pack.description()))? {
            self.loaded.push(pack);
        }
        Ok(())
    }

    /// Gives each rule to its pack; one that none has to the first, which has no answer for it.
    pub(crate) fn by_pack<'a>(&self, rules: impl IntoIterator<Item = &'a RuleId>) -> ByPack {
        let mut lists = vec![Vec::new(); self.loaded.len()];
        for id in rules {
            let has = |pack: &Pack| pack.description().rule(id).is_some();
            let at = self.loaded.iter().position(has).unwrap_or_default();
            if let Some(list) = lists.get_mut(at) {
                list.push(id.clone());
            }
        }
        ByPack(lists)
    }

    /// Runs rules of these packs, each in its own.
    pub(crate) fn evaluate(&self, engine: &Engine, rules: &ByPack, case: &Arc<Case>) -> Evaluation {
        let of_packs = self.loaded.iter().zip(&rules.0);
        of_packs
            .filter(|(_, rules)| !rules.is_empty())
            .map(|(pack, rules)| engine.evaluate(pack, rules, case))
            .reduce(Evaluation::join)
            .unwrap_or_default()
    }
}

/// Rules that are run together, in a list for each of the packs.
#[derive(Debug)]
pub(crate) struct ByPack(Vec<Vec<RuleId>>);

impl ByPack {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(Vec::is_empty)
    }

    /// Those of them that are meant.
    pub(crate) fn only(&self, is_meant: impl Fn(&RuleId) -> bool) -> Self {
        let of_pack = |rules: &Vec<RuleId>| {
            let meant = rules.iter().filter(|id| is_meant(id));
            meant.cloned().collect()
        };
        Self(self.0.iter().map(of_pack).collect())
    }
}

/// Loads a pack: `builtin:NAME`, or the path of a component, with `@sha256:…` behind it where only this one will do.
pub(crate) fn load_pack(engine: &Engine, text: &str) -> Result<Pack, PoliciesError> {
    let (name, digest) = match text.rsplit_once(DIGEST) {
        Some((name, hex)) => (name, Some(format!("sha256:{hex}"))),
        None => (text, None),
    };
    let is_meant = |found: &Digest| match digest {
        Some(digest) if digest != found.to_string() => Err(PoliciesError::OtherPack {
            pack: text.to_owned(),
            found: found.clone(),
        }),
        _ => Ok(()),
    };
    let failed = |source| PoliciesError::Pack {
        pack: text.to_owned(),
        source,
    };
    let Some(name) = name.strip_prefix(BUILTIN) else {
        let component = fs::read(name).map_err(|source| PoliciesError::Read {
            path: name.into(),
            source,
        })?;
        // Nothing of another one is compiled.
        is_meant(&canonical::sha256(&component))?;
        return engine.load(&component).map_err(failed);
    };
    let builtin = builtin_pack(name)?;
    is_meant(&builtin.description().digest)?;
    builtin.load(engine).map_err(failed)
}
