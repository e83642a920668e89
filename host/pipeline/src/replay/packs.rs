//! Packs by the digests of their components, and policy sets as they were recorded.

use super::Unobtainable;
use crate::builtin::PACKS;
use crate::error::PoliciesError;
use crate::packs::Packs;
use crate::policies::Policies;
use ::engine::{Engine, Pack};
use model::policy_set::PackReference;
use model::report::EnforcementPoint;
use model::{Digest, PolicySet, canonical};
use std::fs;
use std::path::PathBuf;

/// Where packs come from beside the binary and the code that was compiled before.
#[derive(Debug, Default)]
pub struct PackSources {
    components: Vec<(Digest, Vec<u8>)>,
}

impl PackSources {
    /// Components in files.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn of_files(paths: &[PathBuf]) -> Result<Self, PoliciesError> {
        let read = |path: &PathBuf| -> Result<_, PoliciesError> {
            let component = fs::read(path).map_err(|source| PoliciesError::Read {
                path: path.clone(),
                source,
            })?;
            Ok((canonical::sha256(&component), component))
        };
        let components = paths
            .iter()
            .map(read)
            .collect::<Result<_, PoliciesError>>()?;
        Ok(Self { components })
    }

    /// The pack with that digest, and no other one.
    fn load(&self, engine: &Engine, wanted: &PackReference) -> Result<Pack, Unobtainable> {
        let PackReference { id, digest } = wanted;
        let mut builtin = PACKS.iter();
        let loaded = match builtin.find(|pack| pack.description().digest == *digest) {
            Some(pack) => Some(pack.load(engine)),
            None => match self.components.iter().find(|(found, _)| found == digest) {
                Some((_, component)) => Some(engine.load(component)),
                None => engine.load_kept(digest),
            },
        };
        match loaded {
            Some(Ok(pack)) => Ok(pack),
            Some(Err(source)) => Err(Unobtainable::BrokenPack {
                id: id.clone(),
                digest: digest.clone(),
                source,
            }),
            None => Err(Unobtainable::Pack {
                id: id.clone(),
                digest: digest.clone(),
            }),
        }
    }

    /// A policy set as it was recorded, with its packs.
    pub(super) fn policies(
        &self,
        engine: &Engine,
        set: &PolicySet,
        digest: Digest,
        point: EnforcementPoint,
    ) -> Result<Policies, Unobtainable> {
        let mut packs = Packs::default();
        for pack in &set.packs {
            packs.add(self.load(engine, pack)?)?;
        }
        for (id, rule) in &set.rules {
            let found = packs.catalogue.rule(id);
            if found.is_none_or(|(_, pack)| pack.metadata.id != rule.pack) {
                return Err(Unobtainable::Rule { rule: id.clone() });
            }
        }
        Ok(Policies::new(set.clone(), digest, point, packs, None))
    }
}
