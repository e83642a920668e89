//! `polcheck facts`

use crate::args::{GlobalArgs, RegistryArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::report::{self, print};
use crate::session::{Session, block_on};
use clap::Args;
use model::canonical;
use pipeline::config::Layer;
use pipeline::{Platforms, gather_facts};
use registry::Source;
use std::io::Write;

/// Print what policies are told about an image, as canonical JSON (RFC 8785)
///
/// One line for each platform. The digests of the lines, which statements name, go to standard error.
#[derive(Debug, Args)]
pub(crate) struct FactsArgs {
    /// The image
    image: String,
    /// Which platform of a multi-platform image: OS/ARCH[/VARIANT], or `all`
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,
    #[command(flatten)]
    registry: RegistryArgs,
}

pub(crate) fn run(args: FactsArgs, global: &GlobalArgs) -> Result<Exit, Failure> {
    let FactsArgs {
        image,
        platform,
        registry,
    } = args;
    let session = Session::new(
        global,
        Layer {
            platform,
            ..registry.lay(Layer::default())
        },
    )?;
    let source: Source = image.parse()?;
    let platforms = session
        .config
        .values
        .platform
        .as_deref()
        .map(report::platforms)
        .transpose()?;
    let (client, platforms) = (session.registry(), platforms.unwrap_or(Platforms::Host));
    let gather = async { Ok(gather_facts(&client, &source, &platforms).await?) };
    let facts = block_on(session.in_time(&image, gather))??;
    for facts in facts {
        let line = canonical::json(&facts).map_err(|error| Failure::new(&error, None))?;
        if !session.quiet {
            // The digest is a courtesy; the facts are what was asked for.
            let _ = writeln!(std::io::stderr(), "{}", canonical::sha256(line.as_bytes()));
        }
        print(&(line + "\n"))?;
    }
    Ok(Exit::Passed)
}
