//! Policy sets as they are found: in the binary or in files, each with the sets that it extends laid under it.

use crate::builtin::{BUILTIN, SETS};
use crate::error::{PoliciesError, TrustPolicyError};
use crate::resolve::lay_over;
use crate::set_document::{PointDocument, RuleDocument, SetDocument};
use crate::trust_document::TrustDocument;
use crate::yaml;
use model::report::EnforcementPoint;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Begins the uris of the sets that lie in the binary; no other set may have one.
pub(crate) const BUILTIN_URI: &str = "polcheck:";

/// How many sets one may extend, all of them together.
const MAX_SETS: usize = 64;

/// The sets that are being read, each extended by the one before it, and all that were read.
#[derive(Default)]
struct Readers {
    open: Vec<String>,
    read: Vec<String>,
}

/// Reads a set, `builtin:NAME` or a file, with all that it extends.
///
/// # Errors
/// If it is none, extends itself, or has no rules to take from anywhere.
pub(crate) fn read_set(set: &str) -> Result<SetDocument, PoliciesError> {
    let document = read_in(set, Path::new(""), &mut Readers::default())?;
    if document.packs.is_empty() {
        return Err(PoliciesError::NoPacks {
            set: set.to_owned(),
        });
    }
    Ok(document)
}

/// Enough of a file to know a policy set or a trust policy by.
#[derive(Deserialize)]
struct Head {
    name: Option<IgnoredAny>,
    signers: Option<IgnoredAny>,
}

/// What a file is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A policy set: only those have a name.
    Set,
    /// A trust policy: only those have signers at the top.
    TrustPolicy,
    /// Something else, such as a configuration.
    Other,
}

/// What a file is meant to be.
///
/// # Errors
/// If it cannot be read, or is no map.
pub fn file_kind(path: &Path) -> Result<FileKind, PoliciesError> {
    let text = fs::read(path).map_err(|source| PoliciesError::Read {
        path: path.to_owned(),
        source,
    })?;
    let head: Head = yaml::read(&text).map_err(|reason| PoliciesError::SetDocument {
        set: path.display().to_string(),
        reason,
    })?;
    Ok(match head {
        Head { name: Some(_), .. } => FileKind::Set,
        Head {
            signers: Some(_), ..
        } => FileKind::TrustPolicy,
        Head { .. } => FileKind::Other,
    })
}

/// What a file says about trust: a trust policy, or a policy set that has a section about it at one of the places that ask.
///
/// # Errors
/// If it is none of them.
pub(crate) fn read_trust(
    path: &Path,
    point: EnforcementPoint,
) -> Result<TrustDocument, PoliciesError> {
    if file_kind(path)? == FileKind::Set {
        let set = path.display().to_string();
        let document = read_set(&set)?.at(point);
        let trust = document.trust.ok_or(TrustPolicyError::NoTrust { set });
        return Ok(trust?);
    }
    let text = fs::read(path).map_err(|source| TrustPolicyError::Read {
        path: path.to_owned(),
        source,
    })?;
    let document = TrustDocument::parse(&text).map_err(|reason| TrustPolicyError::Document {
        path: path.to_owned(),
        reason,
    })?;
    Ok(document.in_folder(path.parent().unwrap_or(Path::new(""))))
}

/// What a set, `builtin:NAME` or a file, says about trust at one of the places that ask.
pub(crate) fn trust_of_set(
    set: &str,
    point: EnforcementPoint,
) -> Result<Option<TrustDocument>, PoliciesError> {
    // Those in the binary trust nobody, and are not worth reading for it.
    if set.starts_with(BUILTIN) {
        return Ok(None);
    }
    Ok(read_set(set)?.at(point).trust)
}

/// The files that a set is read from: its own, and those of the sets it extends, as far as they can be read.
pub fn files_of(set: &str) -> Vec<PathBuf> {
    let mut readers = Readers::default();
    // Why it cannot be read is for whoever reads it to say.
    let _ = read_in(set, Path::new(""), &mut readers);
    let files = readers
        .read
        .into_iter()
        .filter(|set| !set.starts_with(BUILTIN));
    files.map(PathBuf::from).collect()
}

/// The same of a set that is named relative to a folder.
fn read_in(set: &str, folder: &Path, readers: &mut Readers) -> Result<SetDocument, PoliciesError> {
    let place = match set.strip_prefix(BUILTIN) {
        Some(_) => set.to_owned(),
        None => folder.join(set).display().to_string(),
    };
    let is_open = readers.open.contains(&place);
    readers.open.push(place.clone());
    readers.read.push(place.clone());
    if is_open || readers.read.len() > MAX_SETS {
        return Err(PoliciesError::ExtendsItself {
            sets: std::mem::take(&mut readers.open),
        });
    }
    let mut document = match set.strip_prefix(BUILTIN) {
        Some(name) => builtin(set, name)?,
        None => of_file(Path::new(&place))?,
    };
    let folder = Path::new(&place).parent().unwrap_or(Path::new(""));
    let below = std::mem::take(&mut document.extends)
        .iter()
        .map(|set| read_in(set, folder, readers))
        .collect::<Result<Vec<_>, _>>()?;
    readers.open.pop();
    let below = below.into_iter().reduce(|below, above| above.over(below));
    Ok(match below {
        Some(below) => document.over(below),
        None => document,
    })
}

fn builtin(set: &str, name: &str) -> Result<SetDocument, PoliciesError> {
    let known = SETS.map(|set| set.name).to_vec();
    let builtin = SETS.iter().find(|set| set.name == name);
    let builtin = builtin.ok_or_else(|| PoliciesError::UnknownSet {
        name: name.to_owned(),
        known,
    })?;
    parse(set, builtin.text.as_bytes())
}

/// A set of a file. Its packs are relative to the folder of the file.
fn of_file(path: &Path) -> Result<SetDocument, PoliciesError> {
    let set = path.display().to_string();
    let text = fs::read(path).map_err(|source| PoliciesError::Read {
        path: path.to_owned(),
        source,
    })?;
    let mut document = parse(&set, &text)?;
    let uri = document.uri.as_ref();
    if uri.is_some_and(|uri| uri.starts_with(BUILTIN_URI)) {
        return Err(PoliciesError::ReservedUri { set });
    }
    let folder = path.parent().map_or_else(PathBuf::new, Path::to_owned);
    document.trust = document.trust.map(|trust| trust.in_folder(&folder));
    for point in document.points.values_mut() {
        point.trust = point.trust.take().map(|trust| trust.in_folder(&folder));
    }
    let points = document.points.values_mut();
    let of_points = points.flat_map(|point| &mut point.packs);
    for pack in document.packs.iter_mut().chain(of_points) {
        if !pack.starts_with(BUILTIN) {
            *pack = folder.join(&*pack).display().to_string();
        }
    }
    Ok(document)
}

fn parse(set: &str, text: &[u8]) -> Result<SetDocument, PoliciesError> {
    yaml::read(text).map_err(|reason| PoliciesError::SetDocument {
        set: set.to_owned(),
        reason,
    })
}

impl SetDocument {
    /// This set, laid over another one: what it says of a rule, a claim or a threshold counts, and what it leaves open is as below.
    /// Packs, waivers and what is not covered add up. Whose
    /// statements count is said by the uppermost set that says anything about it, and by no other. Name and uri are its own.
    fn over(self, below: Self) -> Self {
        let mut points = below.points;
        for (point, above) in self.points {
            let below = points.remove(&point).unwrap_or_default();
            points.insert(point, above.over(below));
        }
        Self {
            name: self.name,
            uri: self.uri,
            extends: Vec::new(),
            fail_on: self.fail_on.or(below.fail_on),
            packs: each_once(below.packs, self.packs),
            rules: rules_over(below.rules, self.rules),
            claims: below.claims.into_iter().chain(self.claims).collect(),
            waivers: below.waivers.into_iter().chain(self.waivers).collect(),
            suppressions: self.suppressions.or(below.suppressions),
            not_covered: below
                .not_covered
                .into_iter()
                .chain(self.not_covered)
                .collect(),
            // Of two policies laid over one another, nobody could say whom they trust.
            trust: self.trust.or(below.trust),
            points,
        }
    }

    /// The set as it is at one of the places that ask.
    pub(crate) fn at(mut self, point: EnforcementPoint) -> Self {
        let Some(here) = self.points.remove(&point) else {
            return self;
        };
        let PointDocument {
            fail_on,
            packs,
            rules,
            claims,
            waivers,
            suppressions,
            not_covered,
            trust,
        } = here;
        self.rules = rules_over(self.rules, rules);
        self.claims.extend(claims);
        self.waivers.extend(waivers);
        self.not_covered.extend(not_covered);
        Self {
            packs: each_once(self.packs, packs),
            fail_on: fail_on.or(self.fail_on),
            suppressions: suppressions.or(self.suppressions),
            trust: trust.or(self.trust),
            ..self
        }
    }
}

impl PointDocument {
    /// What a set says of a point, laid over what one below it says.
    fn over(self, below: Self) -> Self {
        Self {
            fail_on: self.fail_on.or(below.fail_on),
            packs: each_once(below.packs, self.packs),
            rules: rules_over(below.rules, self.rules),
            claims: below.claims.into_iter().chain(self.claims).collect(),
            waivers: below.waivers.into_iter().chain(self.waivers).collect(),
            suppressions: self.suppressions.or(below.suppressions),
            not_covered: below
                .not_covered
                .into_iter()
                .chain(self.not_covered)
                .collect(),
            trust: self.trust.or(below.trust),
        }
    }
}

/// Packs and further ones, each in its first place.
fn each_once(mut packs: Vec<String>, further: Vec<String>) -> Vec<String> {
    for pack in further {
        if !packs.contains(&pack) {
            packs.push(pack);
        }
    }
    packs
}

type Rules = BTreeMap<String, RuleDocument>;

/// Entries over entries of the same names.
fn rules_over(mut below: Rules, above: Rules) -> Rules {
    for (name, above) in above {
        let of_name = below.remove(&name);
        let was_on = of_name
            .as_ref()
            .is_some_and(|entry| entry.enabled != Some(false) || entry.switches_off);
        let entry = lay_over(of_name.unwrap_or_default(), above);
        let switches_off = was_on && entry.enabled == Some(false);
        below.insert(
            name,
            RuleDocument {
                switches_off,
                ..entry
            },
        );
    }
    below
}

#[cfg(test)]
mod tests;
