//! What a stage has reached, and its children begin with.

use super::config::{Config, Held, Known};
use super::options::BaseConfig;
use super::table::Table;
use crate::expand::Environment;
use crate::platform::Platform;
use std::sync::Arc;

const UNIX_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The value of a variable.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) text: Arc<str>,
    /// Whether the text is right, as in [`Held`].
    pub(super) clear: bool,
}

impl Value {
    pub(super) fn clear(text: &str) -> Self {
        Self {
            text: text.into(),
            clear: true,
        }
    }
}

impl Environment for Table<Value> {
    fn get(&self, name: &str) -> Option<&str> {
        Self::get(self, name).map(|value| &*value.text)
    }
}

/// What a stage has reached.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) config: Config,
    /// What instructions see: `ENV` and `ARG`.
    pub(super) variables: Table<Value>,
    /// The arguments that `RUN` repeats in the history: the last value declared.
    pub(super) arguments: Table<Arc<str>>,
    /// The working directory, also where it is not known for certain.
    pub(super) directory: Arc<str>,
    pub(super) directory_clear: bool,
    /// Whether this file sets a working directory.
    pub(super) workdir_set: bool,
    /// The operating system of the base image, which tells the default shell.
    pub(super) image_os: Arc<str>,
    pub(super) platform: Platform,
    /// The variables of `ENV` that an `ARG` has set anew: for a child, `ENV` counts again.
    shadowed: Table<()>,
    /// What `ENV` had when the stage began, and how many places were taken then.
    inherited: (Table<Held>, usize),
}

impl State {
    /// `FROM scratch`
    pub(super) fn scratch(platform: &Platform) -> Self {
        let mut config = Config::empty();
        config.working_dir = Known::Base(Some("/".into()));
        Self::new(config, "/", platform, &platform.os)
    }

    /// An image, known or not.
    pub(super) fn image(base: Option<&BaseConfig>, platform: &Platform) -> Self {
        match base {
            Some(base) => Self::new(base.to_config(), &base.working_dir, platform, &base.os),
            None => Self::new(Config::unknown(), "", platform, &platform.os),
        }
    }

    fn new(config: Config, directory: &str, platform: &Platform, os: &str) -> Self {
        Self {
            directory_clear: config.base_known,
            config,
            variables: Table::default(),
            arguments: Table::default(),
            directory: directory.into(),
            workdir_set: false,
            image_os: os.into(),
            platform: platform.clone(),
            shadowed: Table::default(),
            inherited: (Table::default(), 0),
        }
    }

    /// What a child begins with.
    pub(super) fn heir(&self) -> Self {
        let mut heir = self.clone();
        for (name, ()) in self.shadowed.iter() {
            if let Some(held) = self.config.env.get(name) {
                heir.variables.set(name, Value::from(held));
            }
        }
        heir.shadowed = Table::default();
        heir.begin();
        heir
    }

    /// Fills in what every image has, and lets instructions see the variables of the image.
    pub(super) fn first(mut self) -> Self {
        if !self.config.env.contains("PATH") && self.platform.os != "windows" {
            let held = Held {
                text: UNIX_PATH.into(),
                clear: self.config.base_known,
                span: None,
            };
            self.config.env.set("PATH", held);
        }
        for (name, held) in self.config.env.iter() {
            self.variables.renew(name, Value::from(held));
        }
        self.begin();
        self
    }

    /// Whether a child sees other variables than this stage.
    pub(super) fn is_shadowed(&self) -> bool {
        !self.shadowed.is_empty()
    }

    fn begin(&mut self) {
        self.inherited = (self.config.env.clone(), self.variables.next_place());
    }

    /// `ENV`
    pub(super) fn set_env(&mut self, name: &str, held: Held) {
        self.variables.renew(name, Value::from(&held));
        self.config.env.set(name, held);
    }

    /// `ARG`
    pub(super) fn set_argument(&mut self, name: &str, value: Value) {
        self.variables.renew(name, value);
        if self.config.env.contains(name) {
            self.shadowed.set(name, ());
        }
    }

    /// The names of the variables as BuildKit goes through them: those of the parent's arguments, those of the image, and
    /// those that were set since then.
    pub(super) fn names(&self) -> Vec<&str> {
        let (env, limit) = &self.inherited;
        let mut names: Vec<((u8, usize), &str)> = self
            .variables
            .placed()
            .into_iter()
            .map(|(place, name, _)| match env.place(name) {
                _ if place >= *limit => ((2, place), name),
                Some(place) => ((1, place), name),
                None => ((0, place), name),
            })
            .collect();
        names.sort_unstable();
        names.into_iter().map(|(_, name)| name).collect()
    }
}

impl From<&Held> for Value {
    fn from(held: &Held) -> Self {
        Self {
            text: Arc::clone(&held.text),
            clear: held.clear,
        }
    }
}
