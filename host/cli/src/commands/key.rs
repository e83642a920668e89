//! `polcheck key`

use super::signing::new_password;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;
use crate::report::print;
use attest::SigningKey;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Make keys that sign statements
#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Make a key pair for statements, and for nothing else
    ///
    /// Use a key of its own for statements. `cosign verify` accepts any bundle that is signed with its key, whatever the
    /// bundle says: with the key that signs your images, every image with a statement would count as signed.
    ///
    /// The password is taken from `POLCHECK_KEY_PASSWORD` or `COSIGN_PASSWORD`, or asked for. The file has cosign's form.
    Generate {
        /// Write PREFIX.key and PREFIX.pub
        #[arg(long, value_name = "PREFIX", default_value = "polcheck")]
        output_key_prefix: PathBuf,
        /// Do not encrypt the private key
        #[arg(long)]
        no_password: bool,
    },
}

pub(crate) fn run(args: KeyArgs) -> Result<Exit, Failure> {
    let KeyCommand::Generate {
        output_key_prefix,
        no_password,
    } = args.command;
    let file = |extension: &str| {
        let mut file = output_key_prefix.clone().into_os_string();
        file.push(extension);
        PathBuf::from(file)
    };
    let (private, public) = (file(".key"), file(".pub"));
    for path in [&private, &public] {
        if path.exists() {
            let failure = Failure::say(format!("`{}` is already there", path.display()));
            return Err(failure.help("move it away, or choose another `--output-key-prefix`"));
        }
    }
    let key = SigningKey::generate()?;
    if no_password {
        files::write_new(&private, key.to_pem()?.as_bytes(), 0o600)?;
    } else {
        files::write_new(
            &private,
            key.to_encrypted_pem(&new_password()?)?.as_bytes(),
            0o600,
        )?;
    }
    files::write_new(&public, key.public_key().to_pem().as_bytes(), 0o644)?;
    print(&format!(
        "private key {}\npublic key  {}\nfingerprint {}\nUse it for statements only: with the key that signs images, every image with a statement would count as signed.\n",
        private.display(),
        public.display(),
        key.public_key().fingerprint()
    ))
}
