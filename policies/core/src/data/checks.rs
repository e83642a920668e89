//! Commands whose only point is their exit status, as of 2026-11-23.

use crate::options::text;
use crate::packages::is_version_of;
use polcheck_sdk::dockerfile::Command;

/// Programs that check something whatever they are told.
#[rustfmt::skip]
const ALWAYS: [&str; 46] = [
    "pytest", "py.test", "tox", "nox", "flake8", "pylint", "mypy", "pyright", "bandit", "pip-audit", "pydocstyle",
    "hadolint", "shellcheck", "yamllint", "ansible-lint", "eslint", "stylelint", "tslint", "jest", "vitest", "mocha",
    "golangci-lint", "gosec", "govulncheck", "staticcheck", "nancy", "rubocop", "brakeman", "bundler-audit", "rspec",
    "phpunit", "phpstan", "psalm", "phpcs", "ctest", "trivy", "grype", "semgrep", "checkov", "tfsec", "tflint",
    "kubeconform", "kubeval", "gpgv", "gitleaks", "osv-scanner",
];

/// Programs that check something if one of their words is one of these.
#[rustfmt::skip]
const WITH: [(&str, &[&str]); 40] = [
    ("sqlfluff", &["lint"]),
    ("npm", &["audit", "test", "t", "lint"]),
    ("yarn", &["audit", "test", "lint"]),
    ("pnpm", &["audit", "test", "lint"]),
    ("go", &["vet", "test"]),
    ("ruff", &["check"]),
    ("black", &["--check"]),
    ("isort", &["--check", "--check-only"]),
    ("safety", &["check", "scan"]),
    ("cargo", &["test", "clippy", "audit", "deny"]),
    ("mvn", &["test", "verify"]),
    ("gradle", &["test", "check"]),
    ("gradlew", &["test", "check"]),
    ("make", &["test", "check", "lint"]),
    ("sha1sum", &["-c", "--check"]),
    ("sha224sum", &["-c", "--check"]),
    ("sha256sum", &["-c", "--check"]),
    ("sha384sum", &["-c", "--check"]),
    ("sha512sum", &["-c", "--check"]),
    ("md5sum", &["-c", "--check"]),
    ("b2sum", &["-c", "--check"]),
    ("shasum", &["-c", "--check"]),
    ("gpg", &["--verify"]),
    ("gpg2", &["--verify"]),
    ("cosign", &["verify", "verify-blob", "verify-attestation"]),
    ("minisign", &["-V", "-Vm"]),
    ("openssl", &["verify", "-verify"]),
    ("slsa-verifier", &["verify-artifact", "verify-image"]),
    ("snyk", &["test"]),
    ("bundle", &["audit"]),
    ("composer", &["audit", "validate"]),
    ("dotnet", &["test"]),
    ("swift", &["test"]),
    ("mix", &["test"]),
    ("terraform", &["validate"]),
    ("nginx", &["-t"]),
    ("rpm", &["-K", "--checksig"]),
    ("pip", &["check"]),
    ("pip3", &["check"]),
    ("dpkg-sig", &["--verify"]),
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
    let is_check = ALWAYS.contains(&name)
        || WITH
            .iter()
            .any(|(program, words)| *program == name && has(words))
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
