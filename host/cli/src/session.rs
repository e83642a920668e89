//! What the commands share: configuration, and the parts that are made from it only when they are wanted.

use crate::args::{GlobalArgs, PolicyArgs, RegistryArgs};
use crate::failure::Failure;
use crate::progress;
use crate::report::{self, Output};
use engine::Allocation;
use etcetera::{AppStrategy, AppStrategyArgs, choose_app_strategy};
use jiff::SignedDuration;
use pipeline::config::{Config, FILE_NAME, FailOn, Layer, Origin};
use pipeline::{Baseline, Pipeline, Policies, find_word};
use registry::{CacheOptions, ClientIdentity, GivenLogin, Options, Registry};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::env;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The longest that one policy may be compiled.
const COMPILE_TIMEOUT: Duration = Duration::from_mins(1);

/// One run of polcheck.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) config: Config,
    pub(crate) verbose: bool,
    pub(crate) quiet: bool,
    login: Option<GivenLogin>,
}

impl Session {
    /// Lays the configuration together: flags, variables, the file, defaults.
    pub(crate) fn new(global: &GlobalArgs, flags: Layer) -> Result<Self, Failure> {
        let folders = folders();
        let flags = Layer {
            cache_dir: global.cache_dir.clone(),
            ..flags
        };
        let mut layers = vec![
            (Origin::Flag, flags),
            (Origin::Environment, Layer::from_variables(env::vars_os())?),
        ];
        if let Some((origin, path)) = file(global, folders.as_ref().map(AppStrategy::config_dir)) {
            let layer = Layer::read(&path)?;
            if matches!(origin, Origin::WorkingDirectory(_)) {
                check_layer_of_folder(&layer, &path)?;
            }
            layers.push((origin, layer));
        }
        layers.push((
            Origin::Default,
            Config::defaults(folders.map(|folders| folders.cache_dir())),
        ));
        Ok(Self {
            config: Config::resolve(layers)?,
            verbose: global.verbose,
            quiet: global.quiet,
            login: None,
        })
    }

    /// With the login that the command line gives.
    pub(crate) fn with_login(self, login: Option<GivenLogin>) -> Self {
        Self { login, ..self }
    }

    /// The sandbox for a few evaluations. It keeps compiled policies only where a cache can be had.
    pub(crate) fn engine(&self) -> Result<Arc<engine::Engine>, Failure> {
        self.engine_with(Allocation::OnDemand)
    }

    /// The sandbox, with memory as it is wanted.
    pub(crate) fn engine_with(
        &self,
        allocation: Allocation,
    ) -> Result<Arc<engine::Engine>, Failure> {
        let cache = self
            .config
            .values
            .cache_dir
            .as_deref()
            .map(|dir| engine::Cache::open(&dir.join("compiled")));
        let options = engine::Options {
            allocation,
            limits: engine::Limits::default(),
            compiler: engine::Compiler {
                program: env::current_exe().map_err(|error| Failure::new(&error, None))?,
                args: vec![crate::commands::COMPILE.into()],
                timeout: COMPILE_TIMEOUT,
            },
            cache: cache.and_then(Result::ok),
        };
        Ok(Arc::new(engine::Engine::new(options)?))
    }

    /// Where reports go.
    pub(crate) fn outputs(&self) -> Result<Vec<Output>, Failure> {
        report::outputs(self.config.values.output.as_deref().unwrap_or_default())
    }

    /// What images are judged by.
    pub(crate) fn policies(&self, engine: &engine::Engine) -> Result<Policies, Failure> {
        let values = &self.config.values;
        let set = self.config.policy_set();
        let point = values.point.unwrap_or_default();
        let policies = Policies::load(engine, set, point, &self.config.changes()?);
        policies.map_err(|error| {
            let place = error
                .word()
                .and_then(|word| find_word(&self.written(), word));
            Failure {
                place,
                ..Failure::from(error)
            }
        })
    }

    /// The files in which somebody may have written what policies are made of.
    pub(crate) fn written(&self) -> Vec<PathBuf> {
        let mut files = pipeline::files_of(self.config.policy_set());
        let values = &self.config.values;
        files.extend(values.waiver_files.iter().flatten().cloned());
        files.extend(values.trust_policy.clone());
        for origin in self.config.origins.values() {
            if let Origin::File(path) | Origin::WorkingDirectory(path) = origin
                && !files.contains(path)
            {
                files.push(path.clone());
            }
        }
        files
    }

    /// The findings that are not new.
    pub(crate) fn baseline(&self) -> Result<Option<Arc<Baseline>>, Failure> {
        let Some(path) = &self.config.values.baseline else {
            return Ok(None);
        };
        let findings = pipeline::read_findings(path)?;
        Ok(Some(Arc::new(Baseline::of_findings(findings))))
    }

    /// The way to registries.
    pub(crate) fn registry(&self) -> Result<Registry, Failure> {
        let values = &self.config.values;
        let identity = match (&values.registry_client_cert, &values.registry_client_key) {
            (Some(cert), Some(key)) => Some(ClientIdentity {
                cert: cert.clone(),
                key: key.clone(),
            }),
            (None, None) => None,
            _ => {
                return Err(Failure::say(
                    "a client certificate needs its key, and a key its certificate",
                )
                .help("give both `--registry-client-cert` and `--registry-client-key`"));
            }
        };
        let cache = values.cache_dir.as_deref().zip(values.blob_cache);
        Ok(Registry::new(Options {
            allow_http: values.allow_http_registry == Some(true),
            allow_insecure: values.allow_insecure_registry == Some(true),
            retries: values.retries.unwrap_or_default(),
            ca: values.registry_cacert.clone(),
            identity,
            registries: values.registries.clone().unwrap_or_default(),
            cache: cache.map(|(dir, size)| CacheOptions {
                dir: dir.join("blobs"),
                max_bytes: size.0,
            }),
            on_wait: progress::waits(self.quiet),
            login: self.login.clone(),
            ..Options::default()
        }))
    }

    /// Refuses to ask registries that a file in the working directory chose: an accepted statement is an answer, and whoever
    /// wrote the file could have had another image answered for.
    pub(crate) fn require_named_registries(&self) -> Result<(), Failure> {
        if !self.config.are_registries_unnamed() {
            return Ok(());
        }
        Err(Failure::say(format!(
            "which registries are asked comes from `{FILE_NAME}` in the working directory, which nobody named"
        ))
        .help(format!(
            "name it with `--config {FILE_NAME}` if you trust it, or leave it out with `--no-config`"
        )))
    }

    /// The whole line.
    pub(crate) fn pipeline(&self) -> Result<Pipeline, Failure> {
        self.pipeline_on(self.engine()?)
    }

    /// The whole line for many subjects, so many at the same time: a pool of instances is there before the first.
    pub(crate) fn pipeline_for_many(&self, at_once: u32) -> Result<Pipeline, Failure> {
        self.pipeline_on(self.engine_with(Allocation::Pooling { instances: at_once })?)
    }

    fn pipeline_on(&self, engine: Arc<engine::Engine>) -> Result<Pipeline, Failure> {
        let policies = Arc::new(self.policies(&engine)?);
        Ok(Pipeline::new(self.registry()?, engine, policies))
    }

    /// Options that weaken the run, as they are given.
    pub(crate) fn insecure(&self) -> Vec<String> {
        let insecure = self.config.values.allow_insecure_registry == Some(true);
        insecure
            .then(|| "--allow-insecure-registry".to_owned())
            .into_iter()
            .collect()
    }

    /// Runs a future unless it takes longer than an image may take.
    pub(crate) async fn in_time<T>(
        &self,
        what: &str,
        future: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let limit = self.config.timeout();
        let late = |_| {
            Failure::say(format!("`{what}` took longer than {limit:?}"))
                .help("give it more time with `--timeout`")
        };
        tokio::time::timeout(limit, future).await.map_err(late)?
    }
}

/// Runs a future to its end.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| Failure::new(&error, None))?;
    let output = runtime.block_on(future);
    // A credential helper that hangs must not keep polcheck from ending.
    runtime.shutdown_background();
    Ok(output)
}

fn folders() -> Option<impl AppStrategy> {
    let app = AppStrategyArgs {
        top_level_domain: "dev".to_owned(),
        author: "polcheck".to_owned(),
        app_name: "polcheck".to_owned(),
    };
    choose_app_strategy(app).ok()
}

/// The file of the working directory may be by whoever wrote a change. What runs as machine code, and what files of this machine
/// are overwritten, is not for it to say.
fn check_layer_of_folder(layer: &Layer, path: &Path) -> Result<(), Failure> {
    let refused = |what: &str| {
        Failure::say(format!("`{}` must not say {what}", path.display()))
            .help("it may be by whoever wrote a change: say it on the command line, or name the file by `--config`")
    };
    if layer.cache_dir.is_some() {
        return Err(refused("where compiled policies are kept"));
    }
    let outputs = layer.output.iter().flatten();
    let files = outputs.filter_map(|output| Some(output.split_once('=')?.1));
    for file in files {
        if !is_in_working_directory(Path::new(file)) {
            return Err(refused(&format!(
                "to write `{file}`, which is outside of the folder"
            )));
        }
    }
    Ok(())
}

/// Whether a file lies below the working directory, wherever links lead.
fn is_in_working_directory(path: &Path) -> bool {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let resolved = path
        .canonicalize()
        .or_else(|_| folder.unwrap_or(Path::new(".")).canonicalize());
    let here = env::current_dir().and_then(|here| here.canonicalize());
    let is_link_to_nothing = path.is_symlink() && !path.exists();
    matches!((resolved, here), (Ok(path), Ok(here)) if path.starts_with(&here))
        && !is_link_to_nothing
}

/// The configuration file, if there is one: the one that was named, else that of the working directory, else the user's.
pub(crate) fn file(global: &GlobalArgs, user_dir: Option<PathBuf>) -> Option<(Origin, PathBuf)> {
    if global.no_config {
        return None;
    }
    if let Some(path) = &global.config {
        return Some((Origin::File(path.clone()), path.clone()));
    }
    let here = PathBuf::from(FILE_NAME);
    if here.exists() {
        return Some((Origin::WorkingDirectory(here.clone()), here));
    }
    let user = user_dir?.join(FILE_NAME);
    user.exists().then(|| (Origin::File(user.clone()), user))
}

impl RegistryArgs {
    /// What these flags say.
    pub(crate) fn lay(&self, layer: Layer) -> Layer {
        Layer {
            allow_http_registry: self.allow_http_registry.then_some(true),
            allow_insecure_registry: self.allow_insecure_registry.then_some(true),
            timeout: self.timeout.map(SignedDuration::abs),
            registry_cacert: self.registry_cacert.clone(),
            registry_client_cert: self.registry_client_cert.clone(),
            registry_client_key: self.registry_client_key.clone(),
            retries: self.retries,
            blob_cache: self.blob_cache,
            ..layer
        }
    }
}

impl PolicyArgs {
    /// What these flags say.
    pub(crate) fn lay(&self, layer: Layer) -> Result<Layer, Failure> {
        let list = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
        Ok(Layer {
            policy_set: self.policy_set.clone(),
            point: self.point,
            policies: list(&self.policies),
            rules: list(&self.rules),
            skip_rules: list(&self.skip_rules),
            fail_on: self.fail_on.as_deref().map(fail_on).transpose()?,
            settings: self.settings()?,
            waiver_files: (!self.waivers.is_empty()).then(|| self.waivers.clone()),
            ignore_comments: self.ignore_comments.then_some(true),
            trust_policy: self.trust_policy.clone(),
            ..layer
        })
    }

    /// The settings of the file, and over them those that are set one by one.
    fn settings(&self) -> Result<Option<BTreeMap<String, Value>>, Failure> {
        let mut settings = match &self.settings {
            None => BTreeMap::new(),
            Some(path) => pipeline::config::read_settings(path)?,
        };
        for text in &self.set {
            let (rule, key, value) = setting(text)?;
            let rule = settings
                .entry(rule.to_owned())
                .or_insert_with(|| Value::Object(Map::new()));
            if let Some(rule) = rule.as_object_mut() {
                rule.insert(key.to_owned(), value);
            }
        }
        Ok((!settings.is_empty()).then_some(settings))
    }
}

fn fail_on(text: &str) -> Result<FailOn, Failure> {
    match text {
        "never" => Ok(FailOn::Never),
        text => {
            text.parse()
                .map(FailOn::Severity)
                .map_err(|error: model::finding::InvalidSeverity| {
                    Failure::new(
                        &error,
                        Some(
                            "`--fail-on` takes info, low, medium, high, critical or never"
                                .to_owned(),
                        ),
                    )
                })
        }
    }
}

/// `user.final-root.key=value`: the rule's id is two words, or the rule is an alias, which is one.
fn setting(text: &str) -> Result<(&str, &str, Value), Failure> {
    let invalid = || {
        Failure::say(format!("`{text}` is not a setting"))
            .help("write `--set RULE.KEY=VALUE`, such as `--set net.ssh-port.port=2222`")
    };
    let (path, value) = text.split_once('=').ok_or_else(invalid)?;
    let (rule, key) = path
        .rsplit_once('.')
        .filter(|(rule, key)| !rule.is_empty() && !key.is_empty())
        .ok_or_else(invalid)?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    Ok((rule, key, value))
}
