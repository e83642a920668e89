//! `polcheck facts`

use super::build::BuildArgs;
use crate::args::{GlobalArgs, LoginArgs, RegistryArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::report::{self, print};
use crate::session::{Session, block_on};
use clap::Args;
use model::{Facts, canonical};
use pipeline::config::Layer;
use pipeline::{Platforms, gather_facts};
use registry::Source;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Print what policies are told about an image or a Dockerfile, as canonical JSON (RFC 8785)
///
/// One line for each platform. The digests of the lines, which statements name, go to standard error.
#[derive(Debug, Args)]
pub(crate) struct FactsArgs {
    /// The image
    #[arg(required_unless_present = "dockerfile")]
    image: Option<String>,
    /// Instead of an image, this Dockerfile alone; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["image", "platform"])]
    dockerfile: Option<PathBuf>,
    /// Which platform of a multi-platform image: OS/ARCH[/VARIANT], or `all`
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,
    #[command(flatten)]
    build: BuildArgs,
    #[command(flatten)]
    registry: RegistryArgs,
    #[command(flatten)]
    login: LoginArgs,
}

pub(crate) fn run(args: &FactsArgs, global: &GlobalArgs) -> Result<Exit, Failure> {
    let image = args.image.as_deref();
    let source: Option<Source> = image.map(str::parse).transpose()?;
    let session = Session::new(
        global,
        Layer {
            platform: args.platform.clone(),
            ..args.registry.lay(Layer::default())
        },
    )?;
    let session = session.with_login(args.login.login(source.as_slice())?);
    for facts in gather(args, source.as_ref(), &session)? {
        let line = canonical::json(&facts).map_err(|error| Failure::new(&error, None))?;
        if !session.quiet {
            // The digest is a courtesy; the facts are what was asked for.
            let _ = writeln!(std::io::stderr(), "{}", canonical::sha256(line.as_bytes()));
        }
        print(&(line + "\n"))?;
    }
    Ok(Exit::Passed)
}

fn gather(
    args: &FactsArgs,
    source: Option<&Source>,
    session: &Session,
) -> Result<Vec<Facts>, Failure> {
    let source = match (&args.dockerfile, source) {
        (None, Some(source)) => source,
        (path, _) => {
            let path = path.as_deref().unwrap_or(Path::new("-"));
            return Ok(vec![args.build.dockerfile(path)?.facts_alone()]);
        }
    };
    let platform = session.config.values.platform.as_deref();
    let platforms = platform.map(report::platforms).transpose()?;
    let (client, platforms) = (session.registry()?, platforms.unwrap_or(Platforms::Host));
    let gather = async { Ok(gather_facts(&client, source, &platforms).await?) };
    block_on(session.in_time(&source.to_string(), gather))?
}
