//! Who signs: keys, their passwords, and identities.

use super::identity::IdentityArgs;
use crate::failure::Failure;
use crate::files;
use crate::secrets;
use crate::session::block_on;
use attest::{Password, PublicKey, RsaPadding, Services, SigningKey};
use clap::Args;
use pipeline::{Age, AttachMode, AttestRequest, Predicates};
use sigstore::{Key, PluginKey, Signer};
use std::env;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Variables that hold the password of a key, in the order they are asked.
const PASSWORD_VARIABLES: [&str; 2] = ["POLCHECK_KEY_PASSWORD", "COSIGN_PASSWORD"];

/// How statements are signed and attached.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Signing options")]
pub(crate) struct SigningArgs {
    /// Sign with this private key: a file in cosign's form or PKCS#8, or `NAME://KEY`, which `sigstore-kms-NAME` keeps
    ///
    /// `env://NAME` is the key in a variable.
    ///
    /// Where neither a key nor an identity is given, the CI is asked who this is: GitHub Actions, GitLab, Buildkite and
    /// CircleCI say so, and the public Sigstore, or the one of `--signing-config`, certifies and logs it.
    #[arg(long, value_name = "KEY", env = "POLCHECK_KEY", conflicts_with_all = ["identity_token", "interactive"])]
    pub(crate) key: Option<PathBuf>,
    /// How a key for RSA pads what it signs; cosign takes `pkcs1` for granted
    #[arg(long, value_name = "PADDING", default_value = "pkcs1")]
    rsa_padding: Padding,
    #[command(flatten)]
    identity: IdentityArgs,
    /// What to sign
    #[arg(long, value_name = "PREDICATE", default_value = "svr")]
    predicate: Predicate,
    /// Say that the statement counts for so long: `720h`, `30d`
    ///
    /// Nobody who heeds it relies on the statement after that. `verify --max-age` says the same on the other side.
    #[arg(long, value_name = "PERIOD")]
    valid_for: Option<Age>,
    /// Write the signed statement here too
    #[arg(long, value_name = "FILE")]
    pub(crate) bundle: Option<PathBuf>,
    /// Attach nothing to the image: the same as `--attach none`
    #[arg(long, conflicts_with = "attach")]
    pub(crate) no_upload: bool,
    /// In which form to attach
    ///
    /// cosign 3 ignores what has the form before it, the tags `.sig` and `.att`, as soon as an image has a bundle: whoever
    /// verifies signatures of that form begins to fail.
    #[arg(long, value_name = "MODE", default_value = "auto")]
    pub(crate) attach: Attach,
    /// Say what would be signed, attached and superseded, and do nothing of it; this needs no key
    #[arg(long, conflicts_with = "bundle")]
    pub(crate) dry_run: bool,
    /// Leave older statements by the same signer and policy set where they are
    ///
    /// Otherwise a new statement takes the place of those about the same image that say nothing beyond it.
    #[arg(long)]
    pub(crate) keep_superseded: bool,
    /// Say that this verifier judged, instead of polcheck's own id
    #[arg(long, value_name = "URI", env = "POLCHECK_VERIFIER_ID")]
    pub(crate) verifier_id: Option<String>,
}

/// What to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Predicate {
    /// A Simple Verification Result v0.2
    Svr,
    /// A SLSA Verification Summary v1
    Vsa,
    /// One of each
    Both,
}

impl From<Predicate> for Predicates {
    fn from(predicate: Predicate) -> Self {
        match predicate {
            Predicate::Svr => Self::Svr,
            Predicate::Vsa => Self::Vsa,
            Predicate::Both => Self::Both,
        }
    }
}

/// How to attach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Attach {
    /// A bundle; the older form where a bundle would hide signatures of that form
    Auto,
    /// A bundle, as cosign 3 attaches it, whatever it hides
    Bundle,
    /// The form before cosign 3: a layer at the tag `sha256-….att`
    Legacy,
    /// A bundle, and the older form too
    Both,
    /// Not at all; `--bundle FILE` keeps the statement
    None,
}

/// How RSA pads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Padding {
    Pkcs1,
    Pss,
}

impl From<Padding> for RsaPadding {
    fn from(padding: Padding) -> Self {
        match padding {
            Padding::Pkcs1 => Self::Pkcs1,
            Padding::Pss => Self::Pss,
        }
    }
}

impl SigningArgs {
    /// How statements are made and attached.
    pub(crate) fn request(&self) -> AttestRequest<'_> {
        AttestRequest {
            verifier_id: self.verifier_id.as_deref(),
            predicates: self.predicate.into(),
            valid_for: self.valid_for.map(|Age(period)| period),
            mode: self.mode(),
            keep_superseded: self.keep_superseded,
        }
    }

    fn mode(&self) -> AttachMode {
        match (self.no_upload, self.attach) {
            (true, _) | (false, Attach::None) => AttachMode::None,
            (false, Attach::Auto) => AttachMode::Auto,
            (false, Attach::Bundle) => AttachMode::Bundle,
            (false, Attach::Legacy) => AttachMode::Legacy,
            (false, Attach::Both) => AttachMode::Both,
        }
    }

    /// Refuses to sign what nobody is going to see.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.mode() == AttachMode::None && self.bundle.is_none() && !self.dry_run {
            return Err(Failure::say(
                "the statement would be neither attached nor written to a file",
            )
            .help("name a file with `--bundle FILE`"));
        }
        Ok(())
    }

    /// Whoever signs. Nobody is asked yet, but for a program that keeps a key, and for somebody who is there to log in.
    pub(crate) fn signer(&self) -> Result<Signer, Failure> {
        let Some(path) = &self.key else {
            return self.identity.signer();
        };
        let key = if let Some(name) = plugin_name(path) {
            Key::Plugin(Box::new(block_on(PluginKey::open(name))??))
        } else {
            let key = signing_key(path)?;
            Key::Own(Box::new(key.with_rsa_padding(self.rsa_padding.into())))
        };
        let services = self.identity.services()?.unwrap_or_else(Services::default);
        let root = self.identity.root()?;
        Ok(Signer::with_key(
            key,
            services,
            root,
            self.identity.allow_http_sigstore,
        )?)
    }
}

/// The private key in a file, or in a variable.
fn signing_key(path: &Path) -> Result<SigningKey, Failure> {
    let pem = match variable(path) {
        Some(name) => Zeroizing::new(from_variable(name)?.into_bytes()),
        None => secrets::read(path)?,
    };
    SigningKey::from_pem(&pem, || password(path)).map_err(|error| named(path, error))
}

/// The variable that a key is in, as cosign names it: `env://NAME`.
fn variable(key: &Path) -> Option<&str> {
    key.to_str()?.strip_prefix("env://")
}

fn from_variable(name: &str) -> Result<String, Failure> {
    env::var(name).map_err(|_| {
        Failure::say(format!("there is no key in the variable `{name}`"))
            .help("set it to the text of the key, or name a file")
    })
}

/// The name of a key that a program keeps, if it is one.
fn plugin_name(key: &Path) -> Option<&str> {
    key.to_str()
        .filter(|name| PluginKey::is_name(name) && variable(key).is_none())
}

/// Public keys: those in files, and those of programs that keep the private ones.
pub(crate) fn public_keys(paths: &[PathBuf]) -> Result<Vec<PublicKey>, Failure> {
    paths.iter().map(|path| public_key(path)).collect()
}

fn public_key(path: &Path) -> Result<PublicKey, Failure> {
    if let Some(name) = plugin_name(path) {
        return Ok(block_on(PluginKey::open(name))??.public_key().clone());
    }
    let pem = match variable(path) {
        Some(name) => from_variable(name)?.into_bytes(),
        None => files::read(path)?,
    };
    PublicKey::from_pem(&pem).map_err(|error| named(path, error))
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
        let password = rpassword::prompt_password(prompt).map(Zeroizing::new);
        password.map_err(|error| Failure::new(&error, None))
    };
    let mut password = ask("Password of the new key: ")?;
    if password != ask("The same again: ")? {
        return Err(Failure::say("the two passwords are not the same"));
    }
    Ok(Password::new(std::mem::take(&mut *password)))
}

fn from_variables() -> Option<Password> {
    PASSWORD_VARIABLES
        .iter()
        .find_map(|name| env::var(name).ok())
        .map(Password::new)
}
