//! `polcheck statements`

use super::trust::TrustArgs;
use super::verify::one_platform;
use crate::args::{GlobalArgs, LoginArgs, RegistryArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::report::{Form, print, statements};
use crate::session::{Session, block_on};
use clap::Args;
use jiff::Timestamp;
use pipeline::config::Layer;
use pipeline::{StatementsRequest, list_statements};
use registry::Source;

/// List what is attached to an image, whoever attached it
///
/// Statements, signatures, SBOMs and everything else that refers to the image, with what it says of itself; nobody vouches
/// for that unless it is verified. Whether an image may be used is for `verify` to say. Ends with 0 where the list could be
/// had, also if nothing is attached, and with 2 where it could not.
#[derive(Debug, Args)]
pub(crate) struct StatementsArgs {
    /// The image
    image: String,
    /// List what is attached to the manifest of one platform, instead of what the reference names
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,
    /// How to print the list
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Form,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    login: LoginArgs,
    #[command(flatten)]
    registry: RegistryArgs,
}

pub(crate) fn run(args: &StatementsArgs, global: &GlobalArgs) -> Result<Exit, Failure> {
    let session = Session::new(global, args.trust.lay(args.registry.lay(Layer::default())))?;
    let source: Source = args.image.parse()?;
    let session = session.with_login(args.login.login(std::slice::from_ref(&source))?);
    let policy = args.trust.policy(&session)?;
    let request = StatementsRequest {
        platform: args.platform.as_deref().map(one_platform).transpose()?,
        trust: match &policy {
            Some(policy) => policy.everybody(),
            None => args.trust.trust()?,
        },
        policy,
        now: Timestamp::now(),
    };
    let registry = session.registry()?;
    let list = async { Ok(list_statements(&registry, &source, &request).await?) };
    let found = block_on(session.in_time(&args.image, list))??;
    print(&match args.output {
        Form::Text => statements::text(&args.image, &found),
        Form::Json => statements::json(&args.image, &found),
    })
}
