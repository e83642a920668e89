//! Packs that were loaded: what a run evaluates.

use crate::builtin::{BUILTIN, builtin_pack};
use crate::catalogue::Catalogue;
use crate::error::PoliciesError;
use engine::{Case, Engine, Evaluation, Pack};
use model::walk::Walk;
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

    /// Runs these rules, each in its pack.
    pub(crate) fn evaluate(
        &self,
        engine: &Engine,
        rules: &[RuleId],
        case: &Arc<Case>,
    ) -> Evaluation {
        if let [pack] = &self.loaded[..] {
            return engine.evaluate(pack, rules, case);
        }
        let mut all = Evaluation::default();
        for pack in &self.loaded {
            let mut own = Walk::over(&pack.description().metadata.rules);
            let of_pack = rules
                .iter()
                .filter(|id| own.find(|rule| rule.id == **id).is_some());
            let of_pack: Vec<RuleId> = of_pack.cloned().collect();
            if of_pack.is_empty() {
                continue;
            }
            all.join(engine.evaluate(pack, &of_pack, case));
        }
        all
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
