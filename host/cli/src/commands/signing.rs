//! Keys and passwords, for the verbs that sign.

use crate::failure::Failure;
use crate::files;
use attest::{Password, PublicKey, SigningKey};
use clap::Args;
use pipeline::{AttachMode, AttestRequest};
use std::env;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// Variables that hold the password of a key, in the order they are asked.
const PASSWORD_VARIABLES: [&str; 2] = ["POLCHECK_KEY_PASSWORD", "COSIGN_PASSWORD"];

/// How statements are signed and attached.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Signing options")]
pub(crate) struct SigningArgs {
    /// Sign with this private key: cosign's form or PKCS#8
    #[arg(long, value_name = "FILE", env = "POLCHECK_KEY")]
    pub(crate) key: Option<PathBuf>,
    /// Write the signed statement here too
    #[arg(long, value_name = "FILE")]
    pub(crate) bundle: Option<PathBuf>,
    /// Attach nothing to the image
    #[arg(long, requires = "bundle", conflicts_with = "attach")]
    pub(crate) no_upload: bool,
    /// How to attach: `bundle`, or `auto`, which refuses to hide signatures of the old form from cosign 3
    #[arg(long, value_name = "MODE", default_value = "auto")]
    pub(crate) attach: Attach,
    /// Leave older statements by the same key and policy set where they are
    ///
    /// Otherwise a new statement takes the place of those about the same image that say nothing beyond it.
    #[arg(long)]
    pub(crate) keep_superseded: bool,
    /// Say that this verifier judged, instead of polcheck's own id
    #[arg(long, value_name = "URI", env = "POLCHECK_VERIFIER_ID")]
    pub(crate) verifier_id: Option<String>,
}

/// How to attach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Attach {
    Auto,
    Bundle,
}

impl SigningArgs {
    /// How statements are made and attached.
    pub(crate) fn request<'a>(&'a self, key: &'a SigningKey) -> AttestRequest<'a> {
        AttestRequest {
            key,
            verifier_id: self.verifier_id.as_deref(),
            mode: self.mode(),
            keep_superseded: self.keep_superseded,
        }
    }

    fn mode(&self) -> AttachMode {
        match (self.no_upload, self.attach) {
            (true, _) => AttachMode::None,
            (false, Attach::Auto) => AttachMode::Auto,
            (false, Attach::Bundle) => AttachMode::Bundle,
        }
    }

    /// The key that signs.
    pub(crate) fn signing_key(&self) -> Result<SigningKey, Failure> {
        let path = self.key.as_deref().ok_or_else(|| {
            Failure::say("no key to sign with")
                .help("name one with `--key FILE`; `polcheck key generate` makes one")
        })?;
        let pem = files::read(path)?;
        SigningKey::from_pem(&pem, || password(path)).map_err(|error| named(path, error))
    }
}

/// The public keys in files.
pub(crate) fn public_keys(paths: &[PathBuf]) -> Result<Vec<PublicKey>, Failure> {
    paths.iter().map(|path| public_key(path)).collect()
}

/// The key in a file of public keys.
fn public_key(path: &Path) -> Result<PublicKey, Failure> {
    PublicKey::from_pem(&files::read(path)?).map_err(|error| named(path, error))
}

/// The error of a key, with its file.
fn named(path: &Path, error: attest::KeyError) -> Failure {
    Failure::from(error).under(format!("cannot use the key `{}`", path.display()))
}

fn password(path: &Path) -> Result<Password, attest::BoxError> {
    if let Some(password) = from_variables() {
        return Ok(password);
    }
    if !std::io::stdin().is_terminal() {
        return Err(format!(
            "the key is encrypted, and neither {} nor a terminal is there",
            PASSWORD_VARIABLES.join(" nor ")
        )
        .into());
    }
    Ok(Password::new(rpassword::prompt_password(format!(
        "Password of {}: ",
        path.display()
    ))?))
}

/// The password of a new key, asked for twice.
pub(crate) fn new_password() -> Result<Password, Failure> {
    if let Some(password) = from_variables() {
        return Ok(password);
    }
    if !std::io::stdin().is_terminal() {
        let help = format!(
            "set {}, or leave the key unencrypted with `--no-password`",
            PASSWORD_VARIABLES.join(" or ")
        );
        return Err(Failure::say("no password for the new key").help(help));
    }
    let ask = |prompt: &str| {
        rpassword::prompt_password(prompt).map_err(|error| Failure::new(&error, None))
    };
    let password = ask("Password of the new key: ")?;
    if password != ask("The same again: ")? {
        return Err(Failure::say("the two passwords are not the same"));
    }
    Ok(Password::new(password))
}

fn from_variables() -> Option<Password> {
    PASSWORD_VARIABLES
        .iter()
        .find_map(|name| env::var(name).ok())
        .map(Password::new)
}
