//! One command of the suite's protocol.

use attest::{
    Artifact, Identity, LogPolicy, Matcher, PublicKey, Trust, TrustedRoot, Verified,
    verify_signature,
};
use jiff::Timestamp;
use model::canonical;
use model::reference::parse_digest;
use std::error::Error;
use std::fs;
use std::path::Path;

/// What went wrong, for people.
pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// The options of `verify-bundle`.
#[derive(Default)]
struct Options<'a> {
    bundle: Option<&'a str>,
    identity: Option<&'a str>,
    issuer: Option<&'a str>,
    key: Option<&'a str>,
    trusted_root: Option<&'a str>,
    artifact: Option<&'a str>,
}

impl<'a> Options<'a> {
    fn parse(arguments: &[&'a str]) -> Outcome<Self> {
        let mut options = Self::default();
        let mut arguments = arguments.iter().copied();
        while let Some(argument) = arguments.next() {
            let option = match argument {
                "--bundle" => &mut options.bundle,
                "--certificate-identity" => &mut options.identity,
                "--certificate-oidc-issuer" => &mut options.issuer,
                "--key" => &mut options.key,
                "--trusted-root" => &mut options.trusted_root,
                option if option.starts_with("--") => {
                    return Err(format!("`{option}` is not supported").into());
                }
                artifact => {
                    options.artifact = Some(artifact);
                    continue;
                }
            };
            *option = Some(
                arguments
                    .next()
                    .ok_or_else(|| format!("`{argument}` needs a value"))?,
            );
        }
        Ok(options)
    }

    fn trust(&self) -> Outcome<Trust> {
        let root = match self.trusted_root {
            Some(path) => TrustedRoot::from_json(&fs::read(path)?)?,
            None => TrustedRoot::public_good()?,
        };
        let mut trust = Trust {
            root: Some(root),
            log: LogPolicy::Everybody,
            ..Trust::default()
        };
        match (self.key, self.identity, self.issuer) {
            (Some(key), None, None) => trust.keys.push(PublicKey::from_pem(&fs::read(key)?)?),
            (None, Some(identity), Some(issuer)) => trust.identities.push(Identity {
                subject: Matcher::Exact(identity.to_owned()),
                issuer: Matcher::Exact(issuer.to_owned()),
            }),
            _ => return Err("either a key, or an identity and an issuer".into()),
        }
        Ok(trust)
    }
}

/// `verify-bundle`: fails if the bundle is not one for the artifact by whom the options name.
pub(crate) fn verify_bundle(arguments: &[&str]) -> Outcome<()> {
    let options = Options::parse(arguments)?;
    let bundle = fs::read(options.bundle.ok_or("no bundle")?)?;
    let artifact = options.artifact.ok_or("no artifact")?;
    let trust = options.trust()?;
    let (bytes, digest) = read_artifact(artifact)?;
    let artifact = bytes
        .as_deref()
        .map_or(Artifact::Digest(&digest), Artifact::Bytes);
    match verify_signature(&bundle, Some(artifact), &trust, Timestamp::now())? {
        Verified::Artifact(_) => Ok(()),
        Verified::Envelope(envelope) => Ok(envelope.subject(&digest).map(|_| ())?),
    }
}

/// The artifact, if it is a file, and its digest.
fn read_artifact(text: &str) -> Outcome<(Option<Vec<u8>>, model::Digest)> {
    if let Ok(digest) = parse_digest(text)
        && !Path::new(text).exists()
    {
        return Ok((None, digest));
    }
    let bytes = fs::read(text)?;
    let digest = canonical::sha256(&bytes);
    Ok((Some(bytes), digest))
}
