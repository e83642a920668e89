//! `polcheck trusted-root`

use crate::args::GlobalArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;
use crate::report::print;
use crate::session::{Session, block_on};
use attest::TrustedRoot;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use model::canonical;
use pipeline::config::Layer;
use sigstore::{FirstRoot, Tuf};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Get newer trusted roots; nothing else ever does
#[derive(Debug, Args)]
pub(crate) struct TrustedRootArgs {
    #[command(subcommand)]
    command: TrustedRootCommand,
}

#[derive(Debug, Subcommand)]
enum TrustedRootCommand {
    /// Fetch the trusted root and the signing config of a Sigstore, by The Update Framework
    ///
    /// Without further options it is the public Sigstore. What is fetched is signed from root to root, beginning with the one
    /// whose digest is in this binary, or with `--tuf-root`, and is never older than what was fetched before. `--trusted-root` and
    /// `--signing-config` of other commands take the files.
    Update {
        /// Fetch from this repository
        #[arg(long, value_name = "URL", requires = "tuf_root")]
        tuf_mirror: Option<String>,
        /// Trust this root metadata of that repository: a file (`root.json`), or `VERSION@sha256:DIGEST`, which is fetched
        #[arg(long, value_name = "ROOT", requires = "tuf_mirror")]
        tuf_root: Option<String>,
        /// Allow plain HTTP to a repository that is not on this machine
        #[arg(long, requires = "tuf_mirror")]
        allow_http_sigstore: bool,
        /// Write `trusted_root.json` and `signing_config.json` into this folder
        #[arg(long, value_name = "DIR", default_value = ".")]
        output_dir: PathBuf,
    },
}

pub(crate) fn run(args: TrustedRootArgs, global: &GlobalArgs) -> Result<Exit, Failure> {
    let TrustedRootCommand::Update {
        tuf_mirror,
        tuf_root,
        allow_http_sigstore,
        output_dir,
    } = args.command;
    let session = Session::new(global, Layer::default())?;
    let cache = |mirror: &str| {
        let name = canonical::sha256(mirror.trim_end_matches('/').as_bytes());
        let dir = session.config.values.cache_dir.as_deref()?;
        Some(dir.join("tuf").join(name.digest()))
    };
    let tuf = if let (Some(mirror), Some(root)) = (tuf_mirror, tuf_root) {
        Tuf {
            cache: cache(&mirror),
            root: first_root(&root)?,
            allow_http: allow_http_sigstore,
            mirror,
        }
    } else {
        let public = Tuf::public_good(None);
        Tuf {
            cache: cache(&public.mirror),
            ..public
        }
    };
    let published = block_on(tuf.fetch(Timestamp::now()))??;
    let path = output_dir.join("trusted_root.json");
    files::write(&path, &published.trusted_root)?;
    let mut text = format!("trusted root {}", path.display());
    if let Some(as_of) = TrustedRoot::from_json(&published.trusted_root)?.as_of() {
        let _ = write!(text, ", which knows of nothing after {as_of}");
    }
    text.push('\n');
    if let Some(config) = published.signing_config {
        let path = output_dir.join("signing_config.json");
        files::write(&path, &config)?;
        let _ = writeln!(text, "signing config {}", path.display());
    }
    print(&text)
}

/// Where trust in a repository begins: `VERSION@sha256:DIGEST`, or a file.
fn first_root(text: &str) -> Result<FirstRoot, Failure> {
    let pinned = text.split_once("@sha256:").and_then(|(version, sha256)| {
        let is_digest = sha256.len() == 64 && sha256.bytes().all(|it| it.is_ascii_hexdigit());
        Some((version.parse().ok()?, is_digest.then_some(sha256)?))
    });
    Ok(match pinned {
        Some((version, sha256)) => FirstRoot::Pinned {
            version,
            sha256: sha256.to_ascii_lowercase(),
        },
        None => FirstRoot::Given(files::read(Path::new(text))?),
    })
}
