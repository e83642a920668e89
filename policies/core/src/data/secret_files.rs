//! Files that hold secrets, by their names. From the documentation of the programs that read them.

/// When the tables were put together.
pub(crate) const AS_OF: &str = "2026-11-23";

/// Names, in lower case, of files and folders.
pub(crate) const NAMES: &[&str] = &[
    ".env",
    ".netrc",
    "_netrc",
    ".pypirc",
    ".pgpass",
    ".my.cnf",
    ".git-credentials",
    ".dockercfg",
    ".vault-token",
    ".ssh",
    ".aws",
    ".azure",
    ".gnupg",
    ".kube",
    "kubeconfig",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "terraform.tfstate",
    "service-account.json",
    "serviceaccount.json",
    "secrets.yml",
    "secrets.yaml",
    "secrets.json",
    "credentials.json",
];
/// Names of what may hold a secret, or has others in it.
pub(crate) const MAYBE_NAMES: &[&str] = &[
    ".npmrc",
    ".yarnrc.yml",
    ".git",
    ".htpasswd",
    ".envrc",
    "terraform.tfvars",
];
/// Those of them that most projects keep in the open, beside their lock file.
pub(crate) const SETTINGS: &[&str] = &[".npmrc", ".yarnrc.yml"];
/// How names end.
pub(crate) const ENDINGS: &[&str] = &[
    ".env",
    ".key",
    ".p12",
    ".pfx",
    ".jks",
    ".keystore",
    ".ppk",
    ".kdbx",
    "_rsa",
    "_ed25519",
];
/// Endings of `.env.…` that are no secrets.
pub(crate) const TEMPLATES: &[&str] = &[
    "example", "sample", "template", "tpl", "dist", "default", "defaults", "schema", "md", "j2",
    "tmpl", "ci", "test", "testing",
];
/// Parts of names of keys that are public.
pub(crate) const PUBLIC: &[&str] = &[
    "pub", "gpg", "apt", "archive", "release", "repo", "signing", "keyring", "license",
];
