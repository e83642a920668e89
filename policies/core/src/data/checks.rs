//! Commands whose only point is their exit status, as of 2026-11-23.

use crate::options::text;
use crate::packages::is_version_of;
use polcheck_sdk::dockerfile::Command;

/// Programs that check something whatever they are told. In order.
#[rustfmt::skip]
const ALWAYS: [&str; 46] = [
    "ansible-lint", "bandit", "brakeman", "bundler-audit", "checkov", "ctest", "eslint", "flake8", "gitleaks",
    "golangci-lint", "gosec", "govulncheck", "gpgv", "grype", "hadolint", "jest", "kubeconform", "kubeval", "mocha",
    "mypy", "nancy", "nox", "osv-scanner", "phpcs", "phpstan", "phpunit", "pip-audit", "psalm", "py.test",
    "pydocstyle", "pylint", "pyright", "pytest", "rspec", "rubocop", "semgrep", "shellcheck", "staticcheck",
    "stylelint", "tflint", "tfsec", "tox", "trivy", "tslint", "vitest", "yamllint",
];

/// Programs that check something if one of their words is one of these. In order.
#[rustfmt::skip]
const WITH: [(&str, &[&str]); 40] = [
    ("b2sum", &["-c", "--check"]),
    ("black", &["--check"]),
    ("bundle", &["audit"]),
    ("cargo", &["test", "clippy", "audit", "deny"]),
    ("composer", &["audit", "validate"]),
    ("cosign", &["verify", "verify-blob", "verify-attestation"]),
    ("dotnet", &["test"]),
    ("dpkg-sig", &["--verify"]),
    ("go", &["vet", "test"]),
    ("gpg", &["--verify"]),
    ("gpg2", &["--verify"]),
    ("gradle", &["test", "check"]),
    ("gradlew", &["test", "check"]),
    ("isort", &["--check", "--check-only"]),
    ("make", &["test", "check", "lint"]),
    ("md5sum", &["-c", "--check"]),
    ("minisign", &["-V", "-Vm"]),
    ("mix", &["test"]),
    ("mvn", &["test", "verify"]),
    ("nginx", &["-t"]),
    ("npm", &["audit", "test", "t", "lint"]),
    ("openssl", &["verify", "-verify"]),
    ("pip", &["check"]),
    ("pip3", &["check"]),
    ("pnpm", &["audit", "test", "lint"]),
    ("rpm", &["-K", "--checksig"]),
    ("ruff", &["check"]),
    ("safety", &["check", "scan"]),
    ("sha1sum", &["-c", "--check"]),
    ("sha224sum", &["-c", "--check"]),
    ("sha256sum", &["-c", "--check"]),
    ("sha384sum", &["-c", "--check"]),
    ("sha512sum", &["-c", "--check"]),
    ("shasum", &["-c", "--check"]),
    ("slsa-verifier", &["verify-artifact", "verify-image"]),
    ("snyk", &["test"]),
    ("sqlfluff", &["lint"]),
    ("swift", &["test"]),
    ("terraform", &["validate"]),
    ("yarn", &["audit", "test", "lint"]),
];

/// Modules that `python -m` runs as a check.
const MODULES: [&str; 8] = [
    "pytest",
    "unittest",
    "flake8",
    "pylint",
    "mypy",
    "bandit",
    "doctest",
    "pip_audit",
];

/// What a command checks with, if it is a check.
pub(crate) fn check(command: &Command) -> Option<&str> {
    let name = command.name()?;
    let has = |wanted: &[&str]| {
        let mut words = command.words.iter().skip(1).map(text);
        words.any(|word| wanted.contains(&word))
    };
    let with = || {
        let at = WITH
            .binary_search_by(|(program, _)| program.cmp(&name))
            .ok()?;
        WITH.get(at)
    };
    let is_check = ALWAYS.binary_search(&name).is_ok()
        || with().is_some_and(|(_, words)| has(words))
        || is_version_of("python", name) && has(&["-m"]) && has(&MODULES);
    (is_check
        && !has(&[
            "--version",
            "-version",
            "version",
            "--help",
            "help",
            "-h",
            "install",
            "fix",
        ]))
    .then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_in_order() {
        assert!(ALWAYS.is_sorted());
        assert!(WITH.is_sorted_by_key(|(program, _)| *program));
    }
}
