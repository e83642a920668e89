//! `cargo xtask e2e`: polcheck against the registries and clients that people use.
//!
//! `tests/e2e/tools/install.sh` installs these peers into a folder that is kept, `tests/e2e` holds the tests, and what they
//! show is the table in `docs/reference/interop.md`.

mod table;

use crate::build;
use crate::run::{Failure, Outcome, cargo, command, output, root, say, step};
use crate::runner::Tests;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Who takes part beside polcheck.
const PEERS: [&str; 15] = [
    "crane",
    "oras",
    "registry",
    "refreg",
    "cosign",
    "skopeo",
    "buildah",
    "docker-registry",
    "docker",
    "dockerd",
    "sigstore-local",
    "rekor-server-posix",
    "sigstore-python",
    "sigstore-js",
    "kyverno",
];

/// What was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    /// A peer that cannot be had on this machine is no failure: what needs it is named as not run.
    may_be_absent: bool,
    /// Write the table into the documentation, instead of comparing.
    write: bool,
    /// Only tests whose names have this in them.
    filter: Option<String>,
}

/// A peer, and its version, or why it cannot be had.
#[derive(Debug, PartialEq, Eq)]
struct Peer {
    name: String,
    version: Result<String, String>,
}

/// Installs the peers, builds polcheck, and runs all tests.
pub(crate) fn run(words: &[&str]) -> Outcome {
    let options = options(words)?;
    let start = Instant::now();
    step("peers");
    let tools = tools()?;
    let peers = install(&tools)?;
    let absent = absent(&peers);
    if !absent.is_empty() && !options.may_be_absent {
        return Err(Failure(format!(
            "cannot be had here: {}",
            absent.join(", ")
        )));
    }
    step("build");
    let binary = build::for_tests()?;
    step("end-to-end tests");
    let folder = root().join("target");
    fs::create_dir_all(&folder)?;
    let shown = folder.join("shown");
    fs::write(&shown, "")?;
    let mut tests = cargo(&["test", "--locked", "--workspace", "--test", "e2e", "--"]);
    tests.args(&options.filter);
    tests
        .env("POLCHECK_BINARY", binary)
        .env("POLCHECK_TOOLS", &tools)
        .env("POLCHECK_ABSENT", absent.join("\n"))
        .env("POLCHECK_SHOWN", &shown);
    if options.may_be_absent {
        tests.env("POLCHECK_ALLOW_ABSENT", "1");
    }
    let tests = Tests::run(&mut tests)?;
    say(&format!("it took {} s", start.elapsed().as_secs()));
    tests.say();
    tests.outcome?;
    let is_whole = tests.not_run.is_empty()
        && options.filter.is_none()
        && env::var_os("POLCHECK_E2E_ROUNDS").is_none();
    if is_whole {
        let block = table::markdown(&fs::read_to_string(shown)?);
        table::hold(&block, options.write)
    } else {
        Ok(())
    }
}

fn options(words: &[&str]) -> Outcome<Options> {
    let mut options = Options::default();
    for word in words {
        match *word {
            "--allow-absent" => options.may_be_absent = true,
            "--write" => options.write = true,
            filter if !filter.starts_with('-') && options.filter.is_none() => {
                options.filter = Some(filter.to_owned());
            }
            _ => {
                return Err(Failure(
                    "usage: cargo xtask e2e [--allow-absent] [--write] [FILTER]".to_owned(),
                ));
            }
        }
    }
    Ok(options)
}

/// The folder of the peers, which is kept between runs, and lies outside of the checkout.
fn tools() -> Outcome<PathBuf> {
    if let Some(tools) = env::var_os("POLCHECK_TOOLS") {
        return Ok(std::path::absolute(PathBuf::from(tools))?);
    }
    let home = |name, below| env::var_os(name).map(|home| Path::new(&home).join(below));
    let cache = home("XDG_CACHE_HOME", "").or_else(|| home("HOME", ".cache"));
    let cache = cache.ok_or_else(|| Failure("`HOME` is not set".to_owned()))?;
    Ok(cache.join("polcheck").join("tools"))
}

/// Installs what is not there. What could be had and was not installed is named on standard error.
fn install(tools: &Path) -> Outcome<Vec<Peer>> {
    let mut install = command("bash", &["tests/e2e/tools/install.sh"]);
    let said = output(install.arg(tools).args(PEERS))?;
    let peers: Vec<Peer> = said.lines().filter_map(peer).collect();
    for Peer { name, version } in &peers {
        match version {
            Ok(version) => say(&format!("{name} {version}")),
            Err(why) => say(&format!("not run: {name}: {why}")),
        }
    }
    Ok(peers)
}

/// `NAME`, a tab, and the version or `absent: ` and why.
fn peer(line: &str) -> Option<Peer> {
    let (name, version) = line.split_once('\t')?;
    let version = match version.strip_prefix("absent: ") {
        Some(why) => Err(why.to_owned()),
        None => Ok(version.to_owned()),
    };
    Some(Peer {
        name: name.to_owned(),
        version,
    })
}

/// The peers that cannot be had, as `NAME: why`.
fn absent(peers: &[Peer]) -> Vec<String> {
    let absent = peers.iter().filter_map(|Peer { name, version }| {
        let why = version.as_ref().err()?;
        Some(format!("{name}: {why}"))
    });
    absent.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_there_or_cannot_be_had() {
        let peers = ["crane\tv0.22.1", "dockerd\tabsent: it needs root"];
        let peers: Vec<Peer> = peers.into_iter().filter_map(peer).collect();
        assert_eq!(peers.len(), 2);
        assert_eq!(absent(&peers), ["dockerd: it needs root"]);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert!(options(&["--allow"]).is_err());
        assert!(options(&["one", "two"]).is_err());
        assert!(options(&["--allow-absent"]).unwrap().may_be_absent);
    }
}
