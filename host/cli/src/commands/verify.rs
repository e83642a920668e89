//! `polcheck verify`

use super::replay::{self, ReplayStatementArgs};
use super::trust::TrustArgs;
use crate::args::{GlobalArgs, LoginArgs, RegistryArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;
use crate::report::verification::{self, UsedRoot};
use crate::report::{self, Form, print};
use crate::session::{Session, block_on};
use attest::{AcceptedPolicySet, Expected};
use bytes::Bytes;
use clap::Args;
use jiff::Timestamp;
use model::platform::InvalidPlatform;
use model::reference::parse_digest;
use model::report::EnforcementPoint;
use model::{Platform, canonical};
use pipeline::config::Layer;
use pipeline::{BUILTIN, Changes, Policies, Verification, VerifyRequest, verify_image};
use registry::Source;
use std::path::PathBuf;

/// Is there a statement about this image that I trust?
///
/// Statements count that are signed with a key or by an identity that is trusted, in the form of cosign 3 or, where no such
/// one is accepted, in the older one. Asks nobody but the registry. Ends with 0 if a statement is accepted, with 1 if none
/// is, with 2 if that could not be found out.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The image
    image: String,
    /// Require this claim, such as `security.scan=passed` (repeatable)
    #[arg(long, value_name = "CLAIM")]
    require: Vec<String>,
    /// Accept statements by this policy set: `builtin:NAME`, URI@DIGEST or DIGEST (repeatable)
    ///
    /// Where none is named, only the `builtin:standard` of this binary is accepted.
    #[arg(long = "policy-set", value_name = "SET")]
    policy_sets: Vec<String>,
    /// Accept statements by this verifier, instead of polcheck's own id (repeatable)
    #[arg(long = "verifier-id", value_name = "URI")]
    verifier_ids: Vec<String>,
    /// Verify this bundle, instead of those attached to the image
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// Verify the manifest of one platform, instead of what the reference names
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,
    /// How to print the result
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Form,
    #[command(flatten)]
    replay: ReplayStatementArgs,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    registry: RegistryArgs,
    #[command(flatten)]
    login: LoginArgs,
}

pub(crate) fn run(args: VerifyArgs, global: &GlobalArgs) -> Result<Exit, Failure> {
    let VerifyArgs {
        image,
        replay: replaying,
        trust,
        require,
        policy_sets,
        verifier_ids,
        bundle,
        platform,
        output,
        registry,
        login,
    } = args;
    let session = Session::new(global, registry.lay(Layer::default()))?;
    let source: Source = image.parse()?;
    let session = session.with_login(login.login(std::slice::from_ref(&source))?);
    session.require_named_registries()?;
    let mut expected = Expected::new(canonical::sha256(&[]), Timestamp::now());
    expected.claims = require;
    expected.policy_sets = accepted(&session, &policy_sets)?;
    if !verifier_ids.is_empty() {
        expected.verifier_ids = verifier_ids;
    }
    let request = VerifyRequest {
        platform: platform.as_deref().map(one_platform).transpose()?,
        trust: trust.require()?,
        expected,
        bundle: bundle
            .map(|path| files::read(&path).map(Bytes::from))
            .transpose()?,
    };
    let registry = session.registry()?;
    let verify = async {
        let verified = verify_image(&registry, &source, &request).await?;
        let replay = replaying.replay(&session, &registry, &source, &verified);
        let replayed = replay.await?;
        Ok((verified, replayed))
    };
    let (verified, replayed) = block_on(Box::pin(session.in_time(&image, verify)))??;
    let root = request.trust.root.as_ref().map(|root| UsedRoot {
        file: trust.root_file(),
        as_of: root.as_of(),
    });
    print(&match output {
        Form::Text => {
            let shown = root.filter(|_| session.verbose);
            let said = verification::text(&image, &verified, shown.as_ref());
            said + &replayed
                .as_ref()
                .map_or_else(String::new, report::replay::of_one)
        }
        Form::Json => {
            let said = verification::json(&image, &verified, root.as_ref());
            report::replay::beside(said, replayed.as_ref())
        }
    })?;
    let replayed = replayed.iter().map(|replayed| replay::exit(Ok(replayed)));
    Ok(Exit::of_all(replayed.chain([exit(&verified)])))
}

/// `OS/ARCH[/VARIANT]`
pub(super) fn one_platform(text: &str) -> Result<Platform, Failure> {
    text.parse()
        .map_err(|error: InvalidPlatform| Failure::new(&error, None))
}

/// Whether there is an accepted statement; one that could not be read might have been it.
fn exit(verified: &Verification) -> Exit {
    if !verified.accepted.is_empty() {
        Exit::Passed
    } else if verified
        .rejected
        .iter()
        .any(|rejected| rejected.reason.leaves_open())
    {
        Exit::Undecided
    } else {
        Exit::Failed
    }
}

/// The policy sets whose statements are accepted.
fn accepted(session: &Session, named: &[String]) -> Result<Vec<AcceptedPolicySet>, Failure> {
    let default = [pipeline::DEFAULT_SET.to_owned()];
    let named = if named.is_empty() { &default } else { named };
    named.iter().map(|set| accept(session, set)).collect()
}

fn accept(session: &Session, set: &str) -> Result<AcceptedPolicySet, Failure> {
    if set.starts_with(BUILTIN) {
        let policies = Policies::load(
            &*session.engine()?,
            set,
            EnforcementPoint::default(),
            &Changes::default(),
        )?;
        return Ok(AcceptedPolicySet {
            uri: policies.set.uri,
            digest: policies.digest,
        });
    }
    let (uri, digest) = set
        .rsplit_once('@')
        .map_or((None, set), |(uri, digest)| (Some(uri.to_owned()), digest));
    let invalid = |_| {
        Failure::say(format!("`{set}` is not a policy set"))
            .help("write `builtin:NAME`, `URI@sha256:…` or `sha256:…`")
    };
    Ok(AcceptedPolicySet {
        uri,
        digest: parse_digest(digest).map_err(invalid)?,
    })
}
