//! `polcheck verify`

use super::replay::{self, ReplayStatementArgs};
use super::trust::TrustArgs;
use crate::args::{GlobalArgs, LoginArgs, RegistryArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;
use crate::report::verification::{self, Answer};
use crate::report::{self, Form, print};
use crate::session::{Session, block_on};
use attest::{AcceptedPolicySet, VERIFIER_ID};
use bytes::Bytes;
use clap::Args;
use model::Platform;
use model::platform::InvalidPlatform;
use model::reference::parse_digest;
use pipeline::config::Layer;
use pipeline::{
    Age, BUILTIN, TrustPolicy, Verification, VerifyRequest, builtin_set, verify_image, whole_second,
};
use registry::Source;
use std::path::PathBuf;
use std::sync::Arc;

/// Is there a statement about this image that I trust?
///
/// Statements count that are signed with a key or by an identity that is trusted: by flags, or by a trust policy, which says who
/// may state what about which images, and how many of them have to. They are looked for among what refers to the image, at the
/// fallback tag, and in the older form (`.att`), until all that is required is stated. Asks nobody but the registry. Ends with 0
/// if it is, with 1 if it is not, with 2 if that could not be found out.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The image
    image: String,
    /// Require this claim, such as `security.scan=passed` (repeatable)
    ///
    /// Each may be stated by another statement. Where none is required, any claim will do.
    #[arg(long, value_name = "CLAIM")]
    require: Vec<String>,
    /// Accept statements by this policy set: `builtin:NAME`, URI@DIGEST or DIGEST (repeatable)
    ///
    /// Where none is named, only the `builtin:standard` of this binary is accepted.
    #[arg(
        long = "policy-set",
        value_name = "SET",
        conflicts_with = "trust_policy"
    )]
    policy_sets: Vec<String>,
    /// Accept statements by this verifier, instead of polcheck's own id (repeatable)
    #[arg(
        long = "verifier-id",
        value_name = "URI",
        conflicts_with = "trust_policy"
    )]
    verifier_ids: Vec<String>,
    /// Accept no statement that is older than this, such as `720h` or `30d`
    #[arg(long, value_name = "AGE")]
    max_age: Option<Age>,
    /// Verify this bundle, instead of those attached to the image (repeatable)
    #[arg(long = "bundle", value_name = "FILE")]
    bundles: Vec<PathBuf>,
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
        max_age,
        bundles,
        platform,
        output,
        registry,
        login,
    } = args;
    let session = Session::new(global, trust.lay(registry.lay(Layer::default())))?;
    let source: Source = image.parse()?;
    let session = session.with_login(login.login(std::slice::from_ref(&source))?);
    session.require_named_registries()?;
    let policy = trusted(&session, &trust, &policy_sets, verifier_ids)?;
    let read = |path: &PathBuf| files::read(path).map(Bytes::from);
    let request = VerifyRequest {
        platform: platform.as_deref().map(one_platform).transpose()?,
        trust: Arc::new(policy),
        require,
        max_age: max_age.map(|Age(age)| age),
        now: whole_second(),
        bundles: bundles.iter().map(read).collect::<Result<_, _>>()?,
    };
    let registry = session.registry()?;
    let verify = async {
        let verified = verify_image(&registry, &source, &request).await?;
        let replayed = replaying.replay(&session, &registry, &source, &verified);
        Ok((replayed.await?, verified))
    };
    let (replayed, verified) = block_on(Box::pin(session.in_time(&image, verify)))??;
    let answer = Answer {
        image: &image,
        verification: &verified,
        bundles: &bundles,
        policy: &request.trust,
        root_file: trust.root_file(),
        policy_file: session.config.values.trust_policy.as_deref(),
        insecure: [session.insecure(), trust.insecure()].concat(),
    };
    print(&match output {
        Form::Text => {
            let said = verification::text(&answer, session.verbose);
            said + &replayed
                .as_ref()
                .map_or_else(String::new, report::replay::of_one)
        }
        Form::Json => {
            let said = verification::json(&answer)?;
            report::replay::beside(said, replayed.as_ref())
        }
    })?;
    let replayed = replayed.iter().map(|replayed| replay::exit(Ok(replayed)));
    Ok(Exit::of_all(replayed.chain([exit(&verified)])))
}

/// Whose statements count: by the flags, or else by a trust policy.
fn trusted(
    session: &Session,
    trust: &TrustArgs,
    policy_sets: &[String],
    verifier_ids: Vec<String>,
) -> Result<TrustPolicy, Failure> {
    if let Some(policy) = trust.policy(session)? {
        if policy_sets.is_empty() && verifier_ids.is_empty() {
            return Ok(policy);
        }
        return Err(Failure::say(
            "the trust policy says which policy sets and verifiers are accepted, and so does the command line",
        )
        .help("say it in the trust policy, or say on the command line whom you trust, too: `--key`, `--certificate-identity`"));
    }
    let verifier_ids = if verifier_ids.is_empty() {
        [VERIFIER_ID.to_owned()].into()
    } else {
        verifier_ids.into_iter().collect()
    };
    let rule = trust.rule(accepted(policy_sets)?, verifier_ids)?;
    Ok(TrustPolicy::of_rule(rule))
}

/// `OS/ARCH[/VARIANT]`
pub(super) fn one_platform(text: &str) -> Result<Platform, Failure> {
    text.parse()
        .map_err(|error: InvalidPlatform| Failure::new(&error, None))
}

/// Whether all that is required is stated; what could not be read might have stated it.
fn exit(verified: &Verification) -> Exit {
    if verified.verified {
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
fn accepted(named: &[String]) -> Result<Vec<AcceptedPolicySet>, Failure> {
    let default = [pipeline::DEFAULT_SET.to_owned()];
    let named = if named.is_empty() { &default } else { named };
    named.iter().map(|set| accept(set)).collect()
}

fn accept(set: &str) -> Result<AcceptedPolicySet, Failure> {
    if let Some(name) = set.strip_prefix(BUILTIN) {
        return Ok(builtin_set(name)?);
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
