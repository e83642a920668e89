//! The config that a container will run with, whichever document tells it.

use crate::dockerfile::{Decided, Entry, HealthSetting, ListSetting, Setting};
use crate::{FactError, Facts, HealthCheck, ImageConfig, KeyValue, Location, Span};

/// The config at hand, as [`Facts::run_config`] gives it: that of the image where there is one, else what the Dockerfile
/// makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunConfig {
    /// Which document tells it.
    pub source: ConfigSource,
    /// The user; never empty.
    pub user: Value<String>,
    /// The working folder.
    pub working_dir: Value<String>,
    /// The shell of shell-form instructions.
    pub shell: Value<Vec<String>>,
    /// The entrypoint.
    pub entrypoint: Value<Vec<String>>,
    /// The command, or the arguments of the entrypoint.
    pub cmd: Value<Vec<String>>,
    /// The health check.
    pub health_check: Value<HealthCheck>,
    /// Environment variables, in order; a name may occur twice in the config of an image.
    pub env: Vec<Item>,
    /// Labels.
    pub labels: Vec<Item>,
    /// `PORT/PROTOCOL`, with an empty value.
    pub exposed_ports: Vec<Item>,
    /// Paths, with an empty value.
    pub volumes: Vec<Item>,
    /// Whether the lists are whole. They are not where nobody knows the base image.
    pub is_complete: bool,
}

/// Where a config comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigSource {
    /// The image.
    Image,
    /// The end of this stage of the Dockerfile.
    Dockerfile {
        /// Its index.
        stage: u32,
    },
}

/// One value of a config, and the place that decides it: of what nobody decides, the `FROM` of the stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value<T> {
    /// What it is.
    pub known: Known<T>,
    /// Where to point.
    pub place: Location,
}

/// What is known about a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known<T> {
    /// It has this value.
    Set(T),
    /// Nobody sets it.
    Unset,
    /// The base image, or the build, decides it.
    Unknown,
}

impl<T> Value<T> {
    /// The value, if it is set and known.
    pub fn get(&self) -> Option<&T> {
        match &self.known {
            Known::Set(value) => Some(value),
            Known::Unset | Known::Unknown => None,
        }
    }
}

/// One entry of a list of a config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// A variable, a label, a port or a path.
    pub key: String,
    /// None: only the base image, or the build, can tell it.
    pub value: Option<String>,
    /// Whether the Dockerfile says nothing of it: the base image has it.
    pub is_inherited: bool,
    /// Where to point.
    pub place: Location,
}

impl Facts {
    /// The config that a container will run with: of the image where there is one, else of the stage of the Dockerfile that
    /// is built. Needs `[["image", "dockerfile"]]`.
    ///
    /// # Errors
    /// Why neither is there.
    pub fn run_config(&self) -> Result<&RunConfig, FactError> {
        let config = self.run_config.get_or_init(|| match self.config() {
            Ok(config) => Ok(of_image(config)),
            Err(FactError::Denied | FactError::Absent) => of_dockerfile(self),
            Err(error) => Err(error),
        });
        config.as_ref().map_err(Clone::clone)
    }
}

impl Facts {
    /// What a rule says that looked through the config and, where there is a Dockerfile, through its commands as well. An image
    /// was judged whole by its config; of a Dockerfile silence counts only if the commands are complete.
    ///
    /// # Errors
    /// There are no findings, no image, and some script could not be read.
    pub fn conclude(&self, findings: Vec<crate::Finding>) -> crate::Judgement {
        match self.run_config() {
            Ok(config) if config.source == ConfigSource::Image => Ok(findings),
            _ => self.dockerfile().commands()?.conclude(findings),
        }
    }
}

fn of_image(config: &ImageConfig) -> RunConfig {
    let at = |key: &str| Location::config(&["config", key]);
    let keys = |list: &str, keys: &[String]| {
        let item = |key: &String| Item {
            key: key.clone(),
            value: Some(String::new()),
            is_inherited: false,
            place: Location::config(&["config", list, key]),
        };
        keys.iter().map(item).collect()
    };
    let env = config.env.iter().enumerate();
    let labels = config.labels.iter();
    RunConfig {
        source: ConfigSource::Image,
        user: known(config.user.as_ref(), at("User")),
        working_dir: known(config.working_dir.as_ref(), at("WorkingDir")),
        shell: known(config.shell.as_ref(), at("Shell")),
        entrypoint: known(config.entrypoint.as_ref(), at("Entrypoint")),
        cmd: known(config.cmd.as_ref(), at("Cmd")),
        health_check: known(config.health_check.as_ref(), at("Healthcheck")),
        env: env
            .map(|(index, pair)| item(pair, &["config", "Env", &index.to_string()]))
            .collect(),
        labels: labels
            .map(|pair| item(pair, &["config", "Labels", &pair.key]))
            .collect(),
        exposed_ports: keys("ExposedPorts", &config.exposed_ports),
        volumes: keys("Volumes", &config.volumes),
        is_complete: true,
    }
}

fn known<T: Clone>(value: Option<&T>, place: Location) -> Value<T> {
    let known = value.cloned().map_or(Known::Unset, Known::Set);
    Value { known, place }
}

fn item(pair: &KeyValue, place: &[&str]) -> Item {
    Item {
        key: pair.key.clone(),
        value: Some(pair.value.clone()),
        is_inherited: false,
        place: Location::config(place),
    }
}

fn of_dockerfile(facts: &Facts) -> Result<RunConfig, FactError> {
    let file = facts.dockerfile();
    let target = file.target()?;
    let config = file.target_config()?;
    let from = target.span;
    // Of a base image that is known, no value means that it sets none.
    let is_known = config.base_known;
    let items = |entries: &[Entry]| entries.iter().map(|entry| entered(entry, from)).collect();
    let user = decided(&config.user, from, is_known);
    Ok(RunConfig {
        source: ConfigSource::Dockerfile {
            stage: target.index,
        },
        user: match user.get().map(String::as_str) {
            // Set to nothing, and not set, are the same: root.
            Some("") => Value {
                known: Known::Unset,
                ..user
            },
            _ => user,
        },
        working_dir: decided(&config.working_dir, from, is_known),
        shell: decided_list(&config.shell, from, is_known),
        entrypoint: decided_list(&config.entrypoint, from, is_known),
        cmd: decided_list(&config.cmd, from, is_known),
        health_check: decided_check(&config.health_check, from, is_known),
        env: items(&config.env),
        labels: items(&config.labels),
        exposed_ports: items(&config.exposed_ports),
        volumes: items(&config.volumes),
        is_complete: config.base_known,
    })
}

fn decided(setting: &Setting, from: Span, is_base_known: bool) -> Value<String> {
    let value = setting.value.as_ref();
    place(
        setting.span,
        from,
        settle(setting.decided, value, is_base_known),
    )
}

fn decided_list(setting: &ListSetting, from: Span, is_base_known: bool) -> Value<Vec<String>> {
    let value = setting.value.as_ref();
    place(
        setting.span,
        from,
        settle(setting.decided, value, is_base_known),
    )
}

fn decided_check(setting: &HealthSetting, from: Span, is_base_known: bool) -> Value<HealthCheck> {
    let value = setting.value.as_ref();
    place(
        setting.span,
        from,
        settle(setting.decided, value, is_base_known),
    )
}

fn settle<T: Clone>(decided: Decided, value: Option<&T>, is_base_known: bool) -> Known<T> {
    match (decided, value) {
        (_, Some(value)) => Known::Set(value.clone()),
        (Decided::Unset, None) => Known::Unset,
        (Decided::Base, None) if is_base_known => Known::Unset,
        (Decided::Here | Decided::Base, None) => Known::Unknown,
    }
}

fn place<T>(span: Option<Span>, from: Span, known: Known<T>) -> Value<T> {
    let place = Location::Dockerfile(span.unwrap_or(from));
    Value { known, place }
}

fn entered(entry: &Entry, from: Span) -> Item {
    Item {
        key: entry.key.clone(),
        value: entry.value.clone(),
        is_inherited: entry.span.is_none(),
        place: Location::Dockerfile(entry.span.unwrap_or(from)),
    }
}
