//! The config that a stage makes.

use super::span;
use dockerfile::evaluate::{Config, Evaluation, Known};
use model::facts::dockerfile::{EffectiveConfig, Entry, Setting, Span};
use model::facts::{Healthcheck, ImageConfig};

/// Of each value, who decided it.
pub(super) fn effective(config: &Config) -> EffectiveConfig {
    let text = |known: &Known<std::sync::Arc<str>>| setting(known, ToString::to_string);
    let words = |known: &Known<dockerfile::evaluate::Words>| setting(known, |words| words.to_vec());
    let pairs = |(key, known): (&str, Known<&str>)| Entry {
        key: key.to_owned(),
        value: known.value().map(|value| (*value).to_owned()),
        span: known.span().map(span),
    };
    EffectiveConfig {
        user: text(&config.user),
        working_dir: text(&config.working_dir),
        stop_signal: text(&config.stop_signal),
        shell: words(&config.shell),
        entrypoint: words(&config.entrypoint),
        cmd: words(&config.cmd),
        healthcheck: setting(&config.healthcheck, |check| healthcheck(check)),
        env: config.env().map(pairs).collect(),
        labels: config.labels().map(pairs).collect(),
        exposed_ports: ports(config),
        volumes: config
            .volumes()
            .map(|(path, at)| entry(path.to_owned(), at.map(span)))
            .collect(),
        base_known: config.base_known,
    }
}

fn entry(key: String, span: Option<Span>) -> Entry {
    Entry {
        key,
        value: Some(String::new()),
        span,
    }
}

/// More instructions than these expose ports in no real file, and nobody looks for the place of each port in them.
const MAX_EXPOSED: usize = 256;

fn ports(config: &Config) -> Vec<Entry> {
    let written: Vec<_> = config.exposed().take(MAX_EXPOSED).collect();
    let place = |port: &str| {
        let (number, protocol) = port.split_once('/')?;
        let number: u16 = number.parse().ok()?;
        let (_, at) = written.iter().find(|(ports, _)| {
            ports.protocol == protocol && (ports.first..=ports.last).contains(&number)
        })?;
        at.map(span)
    };
    let ports = config.exposed_ports().into_iter();
    ports
        .map(|port| {
            let at = place(&port);
            entry(port, at)
        })
        .collect()
}

fn setting<T, U>(known: &Known<T>, read: impl Fn(&T) -> U) -> Setting<U> {
    match known {
        Known::Here(value, at) => Setting::Here(Some(read(value)), span(*at)),
        Known::Unclear(at) => Setting::Here(None, span(*at)),
        Known::Base(value) => Setting::Base(value.as_ref().map(read)),
        Known::Unset => Setting::Unset,
    }
}

/// Durations are nanoseconds, and zero is not set.
fn healthcheck(check: &dockerfile::instruction::Healthcheck) -> Healthcheck {
    let duration = |value: i64| u64::try_from(value).ok().filter(|value| *value > 0);
    Healthcheck {
        test: check.test.clone(),
        interval: duration(check.interval),
        timeout: duration(check.timeout),
        start_period: duration(check.start_period),
        start_interval: duration(check.start_interval),
        retries: u32::try_from(check.retries)
            .ok()
            .filter(|retries| *retries > 0),
    }
}

/// The config of the target as an image would have it: what nobody knows is not in it.
pub(super) fn of_target(evaluation: &Evaluation) -> Option<ImageConfig> {
    let config = effective(evaluation.config()?);
    let pairs = |entries: Vec<Entry>| {
        let known = |entry: Entry| Some((entry.key, entry.value?));
        entries.into_iter().filter_map(known).collect::<Vec<_>>()
    };
    let keys = |entries: Vec<Entry>| entries.into_iter().map(|entry| entry.key).collect();
    let env = pairs(config.env).into_iter();
    Some(ImageConfig {
        user: config.user.value().cloned().filter(|user| !user.is_empty()),
        working_dir: config.working_dir.value().cloned(),
        entrypoint: config.entrypoint.value().cloned(),
        cmd: config.cmd.value().cloned(),
        shell: config.shell.value().cloned(),
        env: env.map(|(name, value)| format!("{name}={value}")).collect(),
        labels: pairs(config.labels).into_iter().collect(),
        exposed_ports: keys(config.exposed_ports),
        volumes: config.volumes.into_iter().map(|entry| entry.key).collect(),
        on_build: evaluation
            .config()?
            .on_build
            .iter()
            .map(ToString::to_string)
            .collect(),
        stop_signal: config.stop_signal.value().cloned(),
        healthcheck: config.healthcheck.value().cloned(),
        created: None,
        author: evaluation.config()?.author.value().map(ToString::to_string),
    })
}
