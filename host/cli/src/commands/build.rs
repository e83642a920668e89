//! What is known about the build of an image.

use crate::failure::Failure;
use crate::files;
use clap::Args;
use pipeline::{BuildInputs, Dockerfile};
use std::path::{Path, PathBuf};

/// How a Dockerfile is evaluated.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Build options")]
pub(crate) struct BuildArgs {
    /// The stage that is built, by its name; the last one where nothing is said
    #[arg(long, value_name = "STAGE")]
    target: Option<String>,
    /// A build argument; without a value it is taken from the environment (repeatable)
    #[arg(long = "build-arg", value_name = "NAME[=VALUE]")]
    arguments: Vec<String>,
    /// The build context, whose `.dockerignore` counts
    #[arg(long, value_name = "DIR")]
    context: Option<PathBuf>,
    /// An image config that stands for every base image
    #[arg(long, value_name = "FILE")]
    base_config: Option<PathBuf>,
}

impl BuildArgs {
    /// What these flags say, but for the `.dockerignore`.
    pub(crate) fn inputs(&self) -> Result<BuildInputs, Failure> {
        if let Some(context) = self.context.as_ref().filter(|context| !context.is_dir()) {
            return Err(
                Failure::say(format!("`{}` is not a folder", context.display()))
                    .help("`--context` takes the folder that is sent to the builder"),
            );
        }
        let base_config = match &self.base_config {
            None => None,
            Some(path) => Some(pipeline::base_config(&files::read(path)?).map_err(|error| {
                Failure {
                    causes: vec![error.to_string()],
                    ..Failure::say(format!("`{}` is not an image config", path.display()))
                        .help("`crane config IMAGE` and `skopeo inspect --config --raw` write one")
                }
            })?),
        };
        Ok(BuildInputs {
            target: self.target.clone(),
            build_args: self
                .arguments
                .iter()
                .filter_map(|text| pair(text))
                .collect(),
            base_config,
            ignore_file: None,
        })
    }

    /// A Dockerfile of the user, with what these flags say.
    pub(crate) fn dockerfile(&self, path: &Path) -> Result<Dockerfile, Failure> {
        let bytes = match path.as_os_str().as_encoded_bytes() {
            b"-" => files::read_stdin()?,
            _ => files::read(path)?,
        };
        Ok(Dockerfile {
            path: path.to_string_lossy().into_owned(),
            bytes,
            inputs: self.with_ignore_file(&self.inputs()?, path)?,
        })
    }

    /// The inputs of one file: the ignore file of its own, if the context has one, else that of the context.
    pub(crate) fn with_ignore_file(
        &self,
        inputs: &BuildInputs,
        dockerfile: &Path,
    ) -> Result<BuildInputs, Failure> {
        let Some(context) = &self.context else {
            return Ok(inputs.clone());
        };
        let mut own = dockerfile.as_os_str().to_owned();
        own.push(".dockerignore");
        let candidates = [PathBuf::from(own), context.join(".dockerignore")];
        let ignore_file = match candidates.iter().find(|path| path.is_file()) {
            None => Some(String::new()),
            Some(path) => Some(String::from_utf8_lossy(&files::read(path)?).into_owned()),
        };
        Ok(BuildInputs {
            ignore_file,
            ..inputs.clone()
        })
    }
}

/// `NAME=VALUE`, or `NAME`, whose value is that of the environment, as docker does it.
fn pair(text: &str) -> Option<(String, String)> {
    match text.split_once('=') {
        Some((name, value)) => Some((name.to_owned(), value.to_owned())),
        None => Some((text.to_owned(), std::env::var(text).ok()?)),
    }
}
