//! A Python package is installed without a version
//!
//! ## What it does
//! Looks for packages of `pip install` and `pipx install` without a version or a bound for it, and for repositories
//! without a tag or commit. Files, what `--requirement` reads, packages under a `--constraint` or with `--no-index`, and
//! words that only the run tells, are left alone. Where only `pip`, `setuptools` and `wheel` are renewed, the severity is
//! low.
//!
//! ## Why is this bad?
//! The same Dockerfile makes another image tomorrow, nobody has tested that one, and whoever takes over the package is in
//! it. CIS Docker Benchmark 4.11.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM python:3.14-slim
//! RUN pip install --no-cache-dir requests
//! ```
//! ```dockerfile passes
//! FROM python:3.14-slim
//! RUN pip install --no-cache-dir requests==2.32.5
//! ```

use crate::packages::{Call, Manager};
use crate::parts::{cut, find, has};
use crate::unpinned::Unpinned;
use polcheck_sdk::{Facts, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    aliases: &["DL3013"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

/// What installs the others, and comes with Python.
const INSTALLERS: [&str; 3] = ["pip", "setuptools", "wheel"];

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let rule = Unpinned {
        managers: &[Manager::Pip, Manager::Pipx],
        is_loose,
        severity: |packages| {
            let are_installers = packages.iter().all(|it| INSTALLERS.contains(it));
            if are_installers {
                Severity::Low
            } else {
                Severity::Medium
            }
        },
        help: "name the version, `requests==2.32.5`, or install from a file of requirements with hashes",
    };
    rule.check(facts)
}

fn is_loose(call: &Call<'_>, package: &str) -> bool {
    if call.arguments.has(&["constraint", "c", "no-index"]) {
        return false;
    }
    // `NAME @ URL`
    let source = package
        .split_once('@')
        .map_or(package, |(_, url)| url.trim_start());
    if let Some(at) = find(package, "git+").or_else(|| find(package, "hg+")) {
        return !is_pinned_repository(package.get(at..).unwrap_or_default());
    }
    let is_file = package.starts_with('.')
        || package.contains('/')
        || [".whl", ".zip", ".gz", ".bz2", ".xz", ".tar"]
            .iter()
            .any(|it| package.ends_with(it));
    let is_versioned = package.contains(['=', '<', '>', '~', '!']) || has(source, "://");
    !is_file && !is_versioned
}

/// Whether a tag, branch or commit stands behind the path: `git+ssh://git@HOST/PATH@TAG#egg=NAME`.
fn is_pinned_repository(url: &str) -> bool {
    let (_, rest) = cut(url, "://").unwrap_or(("", url));
    rest.split_once('/')
        .is_some_and(|(_, path)| path.contains('@'))
}
