//! A Node or Ruby package is installed without a version
//!
//! ## What it does
//! Looks for packages of `npm install`, `yarn add`, `pnpm add` and `gem install` without a version, or with `@latest`,
//! and for repositories without a tag or commit. Files, and words that only the run tells, are left alone.
//!
//! ## Why is this bad?
//! The same Dockerfile makes another image tomorrow, nobody has tested that one, and whoever takes over the package is in
//! it. CIS Docker Benchmark 4.11.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM node:24-slim
//! RUN npm install --global typescript
//! ```
//! ```dockerfile fails
//! FROM ruby:3.4-slim
//! RUN gem install bundler
//! ```
//! ```dockerfile passes
//! FROM node:24-slim
//! RUN npm install --global typescript@5.9.3
//! ```
//! ```dockerfile passes
//! FROM ruby:3.4-slim
//! RUN gem install bundler --version 2.7.2
//! ```

use crate::packages::{Call, Manager, bare, ending};
use crate::parts::has;
use crate::unpinned::Unpinned;
use polcheck_sdk::{Facts, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    aliases: &["DL3016", "DL3028"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

/// Tags that move.
const MOVING: [&str; 5] = ["latest", "next", "canary", "beta", "nightly"];

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let rule = Unpinned {
        managers: &[Manager::Npm, Manager::Yarn, Manager::Pnpm, Manager::Gem],
        is_loose,
        severity: |_| Severity::Medium,
        help: "name the version: `typescript@5.9.3` for npm, `bundler:2.7.2` for gem",
    };
    rule.check(facts)
}

fn is_loose(call: &Call<'_>, package: &str) -> bool {
    if call.manager == Manager::Gem {
        let is_versioned = call.arguments.has(&["version", "v"]) || package.contains(':');
        return !is_versioned && ending(package) != "gem" && !is_behind_dashes(call, package);
    }
    let is_file = package.starts_with(['.', '/', '~'])
        || package.starts_with("file:")
        || [".tgz", ".tar", ".tar.gz"]
            .iter()
            .any(|it| package.ends_with(it));
    if is_file || matches!(package, "true" | "false") {
        return false;
    }
    let is_repository = ["git+", "git:", "git@", "github:", "gitlab:", "bitbucket:"]
        .iter()
        .any(|it| package.starts_with(it));
    if is_repository {
        return !has(package, "#");
    }
    if package.starts_with("http:") || package.starts_with("https:") {
        return false;
    }
    let version = package
        .get(bare(call.manager, package).len()..)
        .unwrap_or_default();
    let version = version.trim_start_matches('@');
    version.is_empty() && !has(package, "#") || MOVING.contains(&version)
}

/// Whether a word is for the build of a gem: it stands behind `--`.
fn is_behind_dashes(call: &Call<'_>, package: &str) -> bool {
    let values = call.command.words.iter().map(|word| word.value.as_deref());
    let mut behind = values.skip_while(|value| *value != Some("--"));
    behind.any(|value| value == Some(package))
}
