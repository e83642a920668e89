//! What is left to say when everything was judged: waivers and configuration that came to nothing.

use crate::Judged;
use crate::policies::Policies;
use model::report::Ending;
use model::{Digest, SubjectNames, Waiver};
use std::collections::{BTreeSet, HashSet};

/// What was judged in a run, as far as waivers are concerned.
#[derive(Debug, Default)]
pub struct WaiverTally {
    used: BTreeSet<String>,
    subjects: Vec<Names>,
}

/// The names of a subject that is gone.
#[derive(Debug)]
struct Names {
    given: String,
    image: Option<String>,
    dockerfile: Option<String>,
    digest: Digest,
}

/// What a run leaves to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunSummary {
    /// Waivers that are meant for what was judged, and cover nothing of it; expired ones, too.
    pub unused_waivers: Vec<Ending>,
    /// Waivers that are meant for nothing that was judged, by their ids: for other subjects, or for a name that is mistyped.
    pub waivers_for_others: Vec<String>,
    /// What the policy set and the configuration name to no effect.
    pub without_effect: Vec<String>,
}

impl WaiverTally {
    /// Counts one subject.
    pub fn add(&mut self, judged: &Judged) {
        let SubjectNames {
            given,
            image,
            dockerfile,
            digest,
        } = judged.names();
        let waivers = &judged.report.waivers;
        let expired = waivers.expired.iter().map(|ending| ending.id.clone());
        self.used
            .extend(waivers.used.iter().cloned().chain(expired));
        self.subjects.push(Names {
            given: given.to_owned(),
            image: image.map(ToOwned::to_owned),
            dockerfile: dockerfile.map(ToOwned::to_owned),
            digest: digest.clone(),
        });
    }

    /// Counts what another tally counted.
    pub fn join(&mut self, other: Self) {
        self.used.extend(other.used);
        self.subjects.extend(other.subjects);
    }

    /// What is left to say.
    pub fn summary(&self, policies: &Policies) -> RunSummary {
        let waivers = &policies.set.waivers;
        let meant = self.subjects.iter().map(Names::borrowed);
        let meant: HashSet<&str> = meant
            .flat_map(|names| waivers.meant_for(names))
            .map(|waiver| waiver.id.as_str())
            .collect();
        let (unused, for_others): (Vec<&Waiver>, Vec<&Waiver>) = waivers
            .iter()
            .filter(|waiver| !self.used.contains(&waiver.id))
            .partition(|waiver| meant.contains(waiver.id.as_str()));
        let ending = |waiver: &Waiver| Ending {
            id: waiver.id.clone(),
            expires: waiver.expires,
        };
        RunSummary {
            unused_waivers: unused.into_iter().map(ending).collect(),
            waivers_for_others: for_others
                .into_iter()
                .map(|waiver| waiver.id.clone())
                .collect(),
            without_effect: policies.without_effect.clone(),
        }
    }
}

impl Names {
    fn borrowed(&self) -> SubjectNames<'_> {
        SubjectNames {
            given: &self.given,
            image: self.image.as_deref(),
            dockerfile: self.dockerfile.as_deref(),
            digest: &self.digest,
        }
    }
}
