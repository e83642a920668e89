//! Signing as somebody: identity tokens, and the Sigstore that certifies and logs.

use crate::failure::Failure;
use crate::files;
use crate::secrets;
use crate::session::block_on;
use attest::{IdentityToken, LogService, LogVersion, Services, TrustedRoot};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use jiff::Timestamp;
use sigstore::{Browser, IdentitySource, Signer};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The longest name of a file.
const MAX_NAME_BYTES: usize = 255;
/// Standard input, where a file is meant.
const STDIN: &str = "-";

/// Who signs where no key does, and who takes part, spelled as cosign spells it.
#[derive(Clone, Debug, Args)]
pub(crate) struct IdentityArgs {
    /// Sign as whom the token in this file names (`-` is standard input); without it, `SIGSTORE_ID_TOKEN` is read
    ///
    /// The token itself is refused: whatever stands on a command line can be read by everybody on the machine.
    #[arg(long, value_name = "FILE", conflicts_with = "interactive")]
    identity_token: Option<PathBuf>,
    /// Log in with a browser, and sign as whoever did
    #[arg(long)]
    interactive: bool,
    /// Log in with this issuer, instead of the one of the signing config
    #[arg(long, value_name = "URL", requires = "interactive")]
    oidc_issuer: Option<String>,
    /// The client that identity tokens are for
    #[arg(long, value_name = "ID", default_value = "sigstore", value_parser = NonEmptyStringValueParser::new())]
    oidc_client_id: String,
    /// Use the services that this file names; with a key, log and timestamp as it says
    #[arg(long, value_name = "FILE")]
    signing_config: Option<PathBuf>,
    /// Check what the services sign with this trusted root, before anything is attached
    ///
    /// Where no signing config is given either, it is that of the public Sigstore, as it was when this binary was built.
    #[arg(long, value_name = "FILE")]
    trusted_root: Option<PathBuf>,
    /// Get certificates from this Fulcio, instead of what a signing config says
    #[arg(long, value_name = "URL", conflicts_with = "signing_config")]
    fulcio_url: Option<String>,
    /// Log in this Rekor 1, instead of what a signing config says
    #[arg(long, value_name = "URL", conflicts_with = "signing_config")]
    rekor_url: Option<String>,
    /// Get timestamps from this authority, instead of what a signing config says
    #[arg(long, value_name = "URL", conflicts_with = "signing_config")]
    timestamp_server_url: Option<String>,
    /// Allow plain HTTP to services that are not on this machine
    #[arg(long)]
    pub(crate) allow_http_sigstore: bool,
}

impl IdentityArgs {
    /// Whoever signs as somebody.
    pub(crate) fn signer(&self) -> Result<Signer, Failure> {
        let (services, root) = if let Some(services) = self.services()? {
            (services, self.root()?)
        } else {
            let root = self.root()?.map_or_else(TrustedRoot::public_good, Ok)?;
            (Services::public_good(Timestamp::now())?, Some(root))
        };
        let root = root.ok_or(sigstore::SigningError::NoTrustedRoot)?;
        let source = self.source(services.issuer.as_deref())?;
        let signer = Signer::with_identity(
            source,
            self.oidc_client_id.clone(),
            services,
            root,
            self.allow_http_sigstore,
        )?;
        if self.interactive {
            // Whoever is there now may be gone when the image was checked.
            block_on(signer.prepare())??;
        }
        Ok(signer)
    }

    /// The services that were named; none: those that are usual.
    pub(crate) fn services(&self) -> Result<Option<Services>, Failure> {
        if let Some(path) = &self.signing_config {
            let services = Services::from_signing_config(&files::read(path)?, Timestamp::now());
            return services.map(Some).map_err(|error| {
                let path = path.display();
                Failure::from(error).under(format!("cannot use the signing config `{path}`"))
            });
        }
        if self.fulcio_url.is_none()
            && self.rekor_url.is_none()
            && self.timestamp_server_url.is_none()
        {
            return Ok(None);
        }
        let log = self.rekor_url.clone().map(|url| LogService {
            url,
            version: LogVersion::One,
        });
        Ok(Some(Services {
            certificate_authority: self.fulcio_url.clone(),
            issuer: None,
            logs: log.into_iter().collect(),
            timestamp_authorities: self.timestamp_server_url.iter().cloned().collect(),
        }))
    }

    /// The trusted root that was named.
    pub(crate) fn root(&self) -> Result<Option<TrustedRoot>, Failure> {
        self.trusted_root.as_deref().map(trusted_root).transpose()
    }

    /// Where the identity comes from.
    fn source(&self, issuer: Option<&str>) -> Result<IdentitySource, Failure> {
        if let Some(path) = &self.identity_token {
            return Ok(IdentitySource::given(token(path)?)?);
        }
        if !self.interactive {
            return Ok(IdentitySource::ambient()?);
        }
        let issuer = self.oidc_issuer.as_deref().or(issuer);
        let issuer = issuer.ok_or(sigstore::IdentityError::NoIssuer)?;
        Ok(IdentitySource::browser(Browser {
            issuer: issuer.to_owned(),
            show,
        }))
    }
}

/// The trusted root in a file.
pub(crate) fn trusted_root(path: &Path) -> Result<TrustedRoot, Failure> {
    TrustedRoot::from_json(&files::read(path)?).map_err(|error| {
        let path = path.display();
        Failure::from(error).under(format!("cannot use the trusted root `{path}`"))
    })
}

/// The token in a file, or on standard input.
fn token(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let is_token = path.to_str().is_some_and(IdentityToken::is_like);
    // Longer than the name of any file: a token that was copied badly.
    let is_too_long = path.as_os_str().len() > MAX_NAME_BYTES && !path.exists();
    if is_token || is_too_long {
        return Err(Failure::say(
            "`--identity-token` was given a token, which everybody on this machine could read",
        )
        .help("write it into a file and name that, give it on standard input (`-`), or set `SIGSTORE_ID_TOKEN`; whoever saw it can sign as you until it expires"));
    }
    let bytes = if path == Path::new(STDIN) {
        secrets::read_stdin()?
    } else {
        secrets::read(path)?
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| attest::TokenError::NotAToken)?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Says where to log in. Standard output is for the report.
fn show(url: &str) {
    let text = format!("Log in with a browser:\n\n    {url}\n");
    // Nobody is left to tell when standard error is gone.
    let _ = writeln!(anstream::stderr(), "{text}");
}
