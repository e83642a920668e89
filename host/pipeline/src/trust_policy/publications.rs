//! What publishers state about policy sets: bundles that a trust policy names.

use super::resolved::read;
use crate::error::TrustPolicyError;
use ::attest::{AcceptedPolicySet, Rejection, Trust, verify_publication};
use jiff::Timestamp;
use model::trust::{TrustedBy, TrustedPolicySet};
use std::fs;
use std::path::{Path, PathBuf};

/// Bundles, and what became of each.
pub(super) struct Publications(Vec<Publication>);

struct Publication {
    path: PathBuf,
    bundle: Vec<u8>,
    state: State,
}

enum State {
    /// No publisher was asked.
    NotAsked,
    /// Not of any publisher that was asked: why not of the last one.
    Rejected(Rejection),
    Accepted,
}

impl Publications {
    /// Reads files, and all files of folders.
    pub(super) fn read(paths: &[String]) -> Result<Self, TrustPolicyError> {
        let mut all = Vec::new();
        for path in paths.iter().map(Path::new) {
            for path in files(path)? {
                all.push(Publication {
                    bundle: read(&path)?,
                    path,
                    state: State::NotAsked,
                });
            }
        }
        Ok(Self(all))
    }

    /// The policy sets that are accepted, those of publishers by the digests that they state. A signer is trusted as the
    /// rule says.
    pub(super) fn accepted(
        &mut self,
        sets: &[TrustedPolicySet],
        trust_in: impl Fn(&str) -> Trust,
        now: Timestamp,
    ) -> Vec<AcceptedPolicySet> {
        let mut accepted = Vec::new();
        for TrustedPolicySet { uri, by } in sets {
            match by {
                TrustedBy::Digest(digest) => accepted.push(AcceptedPolicySet {
                    uri: uri.clone(),
                    digest: digest.clone(),
                }),
                TrustedBy::Publisher(name) => {
                    let trust = trust_in(name);
                    let published = self.0.iter_mut();
                    let published = published.flat_map(|it| it.digests(&trust, now));
                    accepted.extend(published.map(|digest| AcceptedPolicySet {
                        uri: uri.clone(),
                        digest,
                    }));
                }
            }
        }
        accepted
    }

    /// What no publisher vouches for is a mistake, or was put there by somebody.
    pub(super) fn require_all_accepted(self) -> Result<(), TrustPolicyError> {
        for Publication { path, state, .. } in self.0 {
            match state {
                State::Accepted => {}
                State::NotAsked => return Err(TrustPolicyError::NoPublisher { path }),
                State::Rejected(source) => {
                    return Err(TrustPolicyError::Publication {
                        path,
                        source: Box::new(source),
                    });
                }
            }
        }
        Ok(())
    }
}

impl Publication {
    /// The digests of the policy sets that it publishes, if it is of this publisher.
    fn digests(&mut self, trust: &Trust, now: Timestamp) -> Vec<model::Digest> {
        match verify_publication(&self.bundle, trust, now) {
            Ok(digests) => {
                self.state = State::Accepted;
                digests
            }
            Err(rejection) => {
                if !matches!(self.state, State::Accepted) {
                    self.state = State::Rejected(rejection);
                }
                Vec::new()
            }
        }
    }
}

/// The file, or all files of the folder, by their names.
fn files(path: &Path) -> Result<Vec<PathBuf>, TrustPolicyError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|source| TrustPolicyError::Read {
        path: path.to_owned(),
        source,
    })?;
    let paths = entries.into_iter().map(|entry| entry.path());
    let mut files: Vec<PathBuf> = paths.filter(|path| path.is_file()).collect();
    files.sort();
    Ok(files)
}
