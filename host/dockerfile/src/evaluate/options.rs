//! What an evaluation depends on besides the file.

use super::config::{Config, Held, Known};
use super::ports;
use crate::dockerignore::Dockerignore;
use crate::instruction::Healthcheck;
use crate::platform::Platform;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What an evaluation depends on besides the file.
#[derive(Clone, Debug)]
pub struct Options {
    /// The stage to build; the last one, if none is named.
    pub target: Option<String>,
    /// `--build-arg`
    pub build_args: BTreeMap<String, String>,
    /// What to build for.
    pub platform: Platform,
    /// What is built on.
    pub build_platform: Platform,
    /// An image that stands for every base image.
    pub base: Option<BaseConfig>,
    /// The files of the context that BuildKit does not see.
    pub dockerignore: Option<Dockerignore>,
    /// Evaluate every stage, also those that the target does not need. As when BuildKit checks a file, this counts only where
    /// no target is named.
    pub all_stages: bool,
}

impl Options {
    /// Whether stages count that the target does not need.
    pub(super) fn checks_all(&self) -> bool {
        self.all_stages && self.target.is_none()
    }
}

impl Default for Options {
    /// For `linux/amd64`, with nothing known about base images.
    fn default() -> Self {
        let platform = Platform::new("linux", "amd64", "");
        Self {
            target: None,
            build_args: BTreeMap::new(),
            build_platform: platform.clone(),
            platform,
            base: None,
            dockerignore: None,
            all_stages: true,
        }
    }
}

/// The configuration of an image.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct BaseConfig {
    /// `os`
    pub os: String,
    /// `architecture`
    pub architecture: String,
    /// `variant`
    pub variant: String,
    /// `author`
    pub author: String,
    /// `User`
    pub user: String,
    /// `WorkingDir`
    pub working_dir: String,
    /// `StopSignal`
    pub stop_signal: String,
    /// `Shell`
    pub shell: Vec<String>,
    /// `Entrypoint`
    pub entrypoint: Vec<String>,
    /// `Cmd`
    pub cmd: Vec<String>,
    /// `Env`
    pub env: Vec<(String, String)>,
    /// `Labels`
    pub labels: BTreeMap<String, String>,
    /// `ExposedPorts`
    pub exposed_ports: Vec<String>,
    /// `Volumes`
    pub volumes: Vec<String>,
    /// `Healthcheck`
    pub healthcheck: Option<Healthcheck>,
    /// `ArgsEscaped`
    pub args_escaped: bool,
    /// `OnBuild`
    pub on_build: Vec<String>,
}

impl BaseConfig {
    /// How many bytes a stage on it begins with, about.
    pub(super) fn size(&self) -> usize {
        /// What an entry of a table costs besides its text.
        const ENTRY: usize = 256;
        let texts = [&self.author, &self.user, &self.working_dir]
            .into_iter()
            .chain(&self.shell)
            .chain(&self.entrypoint)
            .chain(&self.cmd)
            .chain(self.healthcheck.iter().flat_map(|check| &check.test))
            .map(|text| text.len() + size_of::<String>());
        let entries = (self.env.iter().map(|(name, value)| (name, value)))
            .chain(&self.labels)
            .map(|(name, value)| name.len() + value.len() + ENTRY);
        let names = self.exposed_ports.iter().chain(&self.volumes);
        let names = names.map(|name| name.len() + ENTRY);
        texts.chain(entries).chain(names).sum()
    }

    /// What a stage on it begins with.
    pub(super) fn to_config(&self) -> Config {
        let text = |text: &str| match text {
            "" => Known::Unset,
            text => Known::Base(Some(text.into())),
        };
        let words = |words: &[String]| match words {
            [] => Known::Unset,
            words => Known::Base(Some(words.into())),
        };
        let mut config = Config {
            author: text(&self.author),
            user: text(&self.user),
            working_dir: text(&self.working_dir),
            stop_signal: text(&self.stop_signal),
            shell: words(&self.shell),
            entrypoint: words(&self.entrypoint),
            cmd: words(&self.cmd),
            args_escaped: self.args_escaped,
            ..Config::empty()
        };
        if let Some(healthcheck) = &self.healthcheck {
            config.healthcheck = Known::Base(Some(Arc::new(healthcheck.clone())));
        }
        let held = |text: &String| Held {
            text: text.as_str().into(),
            clear: true,
            span: None,
        };
        for (name, value) in &self.env {
            config.env.set(name, held(value));
        }
        for (name, value) in &self.labels {
            config.labels.set(name, held(value));
        }
        for text in &self.exposed_ports {
            if let Ok(Ok(ports)) = ports::read(text).map(|written| written.ports) {
                config.ports.set(text, (ports, None));
            }
        }
        for path in &self.volumes {
            config.volumes.set(path, None);
        }
        config
    }
}
