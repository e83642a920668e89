//! An RPM package is installed without a version
//!
//! ## What it does
//! Looks for packages of `dnf`, `yum`, `microdnf`, `tdnf` and `zypper install` without a version, and for modules without
//! a stream. Files, groups, and words that only the run tells, are left alone.
//!
//! ## Why is this bad?
//! The same Dockerfile makes another image tomorrow, and nobody has tested that one. CIS Docker Benchmark 4.11.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM fedora:43
//! RUN dnf install -y java-21-openjdk && dnf clean all
//! ```
//! ```dockerfile passes
//! FROM fedora:43
//! RUN dnf install -y java-21-openjdk-21.0.9.0.10 && dnf clean all
//! ```

use crate::packages::{Action, Call, Manager, bare, ending};
use crate::unpinned::Unpinned;
use polcheck_sdk::{Facts, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &["DL3033", "DL3037", "DL3041"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let rule = Unpinned {
        managers: &[Manager::Dnf, Manager::Zypper],
        is_loose,
        severity: |_| Severity::Low,
        help: "name the version: `curl-8.15.0` for dnf and yum, `curl=8.15.0` for zypper",
    };
    rule.check(facts)
}

fn is_loose(call: &Call<'_>, package: &str) -> bool {
    if call.action == Action::InstallGroup {
        return call.verb == "module" && !package.contains(':');
    }
    let is_other = package.contains(['=', '<', '>', '/']) || package.starts_with('@');
    !is_other && ending(package) != "rpm" && {
        let name = bare(call.manager, package);
        // Only an architecture was taken away.
        let rest = package.get(name.len()..).unwrap_or_default();
        !rest.starts_with('-')
    }
}
