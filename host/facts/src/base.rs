//! The config of a base image.

use crate::config;
use dockerfile::evaluate;
use model::facts::ImageConfig;
use model::{Fact, Platform};

/// What is known about a base image.
#[derive(Clone, Debug, PartialEq)]
pub struct BaseConfig {
    /// What it runs on.
    pub platform: Platform,
    /// What containers of it begin with.
    pub config: ImageConfig,
}

/// Reads the config blob of a base image.
///
/// # Errors
/// Why it cannot be used.
pub fn base_config(bytes: &[u8]) -> Fact<BaseConfig> {
    let document = config::read(bytes)?.document;
    Ok(BaseConfig {
        platform: crate::image::platform(&document),
        config: document.image_config(),
    })
}

impl BaseConfig {
    /// In the words of whoever evaluates the Dockerfile.
    pub(crate) fn to_evaluate(&self) -> evaluate::BaseConfig {
        let config = &self.config;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let list = |list: &Option<Vec<String>>| list.clone().unwrap_or_default();
        let variables = config.variables();
        evaluate::BaseConfig {
            os: self.platform.os().to_owned(),
            architecture: self.platform.architecture().to_owned(),
            variant: self.platform.variant().unwrap_or_default().to_owned(),
            author: text(&config.author),
            user: text(&config.user),
            working_dir: text(&config.working_dir),
            stop_signal: text(&config.stop_signal),
            shell: list(&config.shell),
            entrypoint: list(&config.entrypoint),
            cmd: list(&config.cmd),
            env: variables
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            labels: config.labels.clone(),
            exposed_ports: config.exposed_ports.iter().cloned().collect(),
            volumes: config.volumes.iter().cloned().collect(),
            healthcheck: config.healthcheck.as_ref().map(healthcheck),
            args_escaped: false,
            on_build: config.on_build.clone(),
        }
    }
}

fn healthcheck(check: &model::facts::Healthcheck) -> dockerfile::instruction::Healthcheck {
    let number = |value: Option<u64>| value.and_then(|value| i64::try_from(value).ok());
    dockerfile::instruction::Healthcheck {
        test: check.test.clone(),
        interval: number(check.interval).unwrap_or_default(),
        timeout: number(check.timeout).unwrap_or_default(),
        start_period: number(check.start_period).unwrap_or_default(),
        start_interval: number(check.start_interval).unwrap_or_default(),
        retries: check.retries.map(i64::from).unwrap_or_default(),
    }
}
