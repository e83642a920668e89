//! What secrets are called, and how known credentials begin. From the documentation of the products that read these
//! variables, and of those that issue these credentials.

/// When the tables were put together.
#[expect(dead_code, reason = "said where the tables are documented")]
pub(crate) const AS_OF: &str = "2026-11-23";

/// What the last word of a secret's name ends in.
pub(crate) const LAST_WORDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "secrets",
    "token",
    "apikey",
    "credential",
    "credentials",
];
/// Last words that are secrets only after another word: `DB_PASS`, but not `PWD`.
pub(crate) const SECOND_WORDS: &[&str] = &["pass", "psw", "pwd", "pword"];
/// Words that make a secret of the `KEY` behind them. `GPG_KEY` of many base images is a fingerprint.
pub(crate) const KEYS: &[&str] = &[
    "api",
    "access",
    "secret",
    "private",
    "encryption",
    "signing",
    "master",
    "app",
    "account",
    "license",
    "session",
    "auth",
    "admin",
    "ssh",
    "jwt",
];
/// Names, and ends of names behind `_`, that follow none of this.
pub(crate) const NAMES: &[&str] = &["AWS_ACCESS_KEY_ID", "ARTIFACTORY_USR", "NPM_AUTH"];
/// How values of well-known credentials begin, and how long they are at least.
pub(crate) const CREDENTIALS: &[(&str, usize)] = &[
    ("AKIA", 20),
    ("ASIA", 20),
    ("ghp_", 36),
    ("gho_", 36),
    ("ghs_", 36),
    ("github_pat_", 40),
    ("glpat-", 20),
    ("npm_", 40),
    ("pypi-AgEI", 40),
    ("xoxb-", 24),
    ("xoxp-", 24),
    ("sk_live_", 24),
    ("sk-ant-", 40),
    ("dckr_pat_", 30),
    ("hvs.", 28),
];
