//! `polcheck diff`

use crate::args::{GlobalArgs, LoginArgs, PolicyArgs, RegistryArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::report::{self, Form, plan, print};
use crate::session::{Session, block_on};
use clap::Args;
use pipeline::config::Layer;
use pipeline::{CheckRequest, EvidenceDocument, Pipeline, Platforms, differences_of_images};
use registry::Source;
use std::sync::Arc;

/// What differs between two images, in facts, findings and claims
///
/// Both are checked by the same policy set. Ends with 0 if nothing differs, with 1 if something does, with 2 if that cannot be
/// found out.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// One image
    before: String,
    /// The other one
    after: String,
    /// Which platform of multi-platform images: OS/ARCH[/VARIANT]
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,
    /// How to print the result
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Form,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    registry: RegistryArgs,
    #[command(flatten)]
    login: LoginArgs,
}

pub(crate) fn run(args: &DiffArgs, global: &GlobalArgs) -> Result<Exit, Failure> {
    let DiffArgs {
        before,
        after,
        platform,
        output,
        policy,
        registry,
        login,
    } = args;
    let session = Session::new(global, registry.lay(policy.lay(Layer::default())?))?;
    let sources: [Source; 2] = [before.parse()?, after.parse()?];
    let session = session.with_login(login.login(&sources)?);
    let request = CheckRequest {
        platforms: match platform.as_deref().map(report::platforms).transpose()? {
            Some(Platforms::All) => {
                return Err(Failure::say("two images are compared on one platform")
                    .help("write `--platform OS/ARCH`, such as `--platform linux/arm64`"));
            }
            Some(platforms) => platforms,
            None => Platforms::Host,
        },
        unnamed: session.config.unnamed(),
        insecure: session.insecure(),
        records: true,
        ..CheckRequest::default()
    };
    let pipeline = session.pipeline()?;
    let [before, after] = &sources;
    let (before, after) = block_on(async {
        let one = one(&session, &pipeline, before, &request).await?;
        let other = self::one(&session, &pipeline, after, &request).await?;
        Ok::<_, Failure>((one, other))
    })??;
    let differences = differences_of_images(&before, &after);
    print(&match output {
        Form::Text => plan::differences_text(&before, &after, &differences),
        Form::Json => plan::differences_json(&before, &after, &differences),
    })?;
    Ok(if differences.is_empty() {
        Exit::Passed
    } else {
        Exit::Failed
    })
}

async fn one(
    session: &Session,
    pipeline: &Pipeline,
    source: &Source,
    request: &CheckRequest,
) -> Result<Arc<EvidenceDocument>, Failure> {
    let reference = source.to_string();
    let check = async { Ok(pipeline.check(source, request).await?) };
    let judged = session.in_time(&reference, check).await?;
    let recorded = judged.into_iter().find_map(|judged| judged.recorded);
    recorded.ok_or_else(|| Failure::say(format!("`{reference}` was not judged")))
}
