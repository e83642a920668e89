//! Packages are installed without checking what they are
//!
//! ## What it does
//! Looks for `pip install --requirement` without `--require-hashes`, and for `npm install` of a project's dependencies,
//! which may change the lock file, in place of `npm ci`, which obeys it.
//!
//! ## Why is this bad?
//! A version names a package, but only its hash says that it is the one that was tested. CIS Docker Benchmark 4.11.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM python:3.14-slim
//! COPY requirements.txt .
//! RUN pip install --no-cache-dir -r requirements.txt
//! ```
//! ```dockerfile fails
//! FROM node:24-slim
//! COPY package.json package-lock.json ./
//! RUN npm install
//! ```
//! ```dockerfile passes
//! FROM python:3.14-slim
//! COPY requirements.txt .
//! RUN pip install --no-cache-dir --require-hashes -r requirements.txt
//! ```
//! ```dockerfile passes
//! FROM node:24-slim
//! COPY package.json package-lock.json ./
//! RUN npm ci
//! ```

use crate::packages::{Action, Call, Manager, calls_of};
use crate::reports::{Reports, list};
use crate::runs::{Runs, variable};
use polcheck_sdk::dockerfile::Dockerfile;
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Info,
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let mut reports = Reports::default();
    for call in calls_of(file, &[Manager::Pip, Manager::Npm], &[Action::Install])? {
        let Some((about, finding)) = finding(file, &call) else {
            continue;
        };
        let stage = Runs::of(file)?.stage_name(call.command.stage);
        reports.add_at(format!("{stage} {about}"), call.command.span, finding);
    }
    file.commands()?.conclude(reports.finish())
}

/// What the finding is about, and the finding.
fn finding(file: Dockerfile<'_>, call: &Call<'_>) -> Option<(String, Finding)> {
    let arguments = &call.arguments;
    match call.manager {
        Manager::Pip => {
            let files: Vec<&str> = arguments.values(&["requirement", "r"]).collect();
            let is_checked = || {
                arguments.has(&["require-hashes"])
                    || variable(file, call.command.stage, "PIP_REQUIRE_HASHES").is_some()
            };
            if files.is_empty() || is_checked() {
                return None;
            }
            let message = format!(
                "pip installs what {} names without checking hashes",
                list(&files)
            );
            let help = "write the hashes down with `pip-compile --generate-hashes`, and add `--require-hashes`";
            Some((files.join(" "), Finding::new(message).help(help)))
        }
        Manager::Npm => {
            let is_other = arguments.has(&["g", "global", "package-lock-only", "location"]);
            if !arguments.operands.is_empty() || is_other {
                return None;
            }
            let message = "`npm install` may install other versions than the lock file names";
            Some(("npm".to_owned(), Finding::new(message).help("use `npm ci`")))
        }
        _ => None,
    }
}
