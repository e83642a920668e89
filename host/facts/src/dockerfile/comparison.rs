//! Whether a Dockerfile makes an image, as far as the image shows it.

use model::facts::dockerfile::{Difference, DockerfileFacts, Entry, Setting};
use model::facts::{HistoryEntry, ImageConfig, ImageFacts};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What the file would make otherwise; nothing at all where the image or the file says too little.
pub(super) fn compare(
    file: &DockerfileFacts,
    history: &[String],
    image: &ImageFacts,
) -> Option<Vec<Difference>> {
    let (config, image_history) = (image.config.as_ref().ok()?, image.history.as_ref().ok()?);
    let stage = file.target.and_then(|target| {
        let mut stages = file.stages.iter();
        stages.find(|stage| stage.index == target)
    })?;
    let made = stage.config.as_ref()?;
    let mut all = Differences::default();
    all.setting("/config/User", &made.user, config.user.as_ref());
    all.setting(
        "/config/WorkingDir",
        &made.working_dir,
        config.working_dir.as_ref(),
    );
    all.setting(
        "/config/StopSignal",
        &made.stop_signal,
        config.stop_signal.as_ref(),
    );
    all.setting("/config/Shell", &made.shell, config.shell.as_ref());
    all.setting(
        "/config/Entrypoint",
        &made.entrypoint,
        config.entrypoint.as_ref(),
    );
    all.setting("/config/Cmd", &made.cmd, config.cmd.as_ref());
    all.setting(
        "/config/Healthcheck",
        &made.healthcheck,
        config.healthcheck.as_ref(),
    );
    let variables: BTreeMap<&str, &str> = config.variables().collect();
    all.entries("/config/Env", &made.env, made.base_known, &variables);
    let labels = config.labels.iter();
    let labels = labels.map(|(key, value)| (key.as_str(), value.as_str()));
    all.entries(
        "/config/Labels",
        &made.labels,
        made.base_known,
        &labels.collect(),
    );
    all.entries(
        "/config/ExposedPorts",
        &made.exposed_ports,
        made.base_known,
        &ports(config),
    );
    let volumes = config.volumes.iter().map(|path| (path.as_str(), ""));
    all.entries(
        "/config/Volumes",
        &made.volumes,
        made.base_known,
        &volumes.collect(),
    );
    all.history(history, image_history);
    Some(all.0)
}

fn ports(config: &ImageConfig) -> BTreeMap<&str, &str> {
    let ports = config.exposed_ports.iter();
    ports.map(|port| (port.as_str(), "")).collect()
}

/// What is shown of a value that is not there.
const NOTHING: &str = "nothing";

/// A value as the image specification writes it.
fn shown<T: Serialize>(value: Option<&T>) -> String {
    let json = value.and_then(|value| serde_json::to_string(value).ok());
    json.unwrap_or_else(|| NOTHING.to_owned())
}

#[derive(Default)]
struct Differences(Vec<Difference>);

impl Differences {
    fn add(&mut self, pointer: String, dockerfile: String, image: String) {
        self.0.push(Difference {
            pointer,
            dockerfile,
            image,
        });
    }

    /// What the file sets has to be in the image, and what nobody sets must not be.
    fn setting<T: Serialize + PartialEq>(
        &mut self,
        pointer: &str,
        made: &Setting<T>,
        found: Option<&T>,
    ) {
        let expected = match made {
            Setting::Here(None, _) | Setting::Base(None) => return,
            Setting::Here(value, _) | Setting::Base(value) => value.as_ref(),
            Setting::Unset => None,
        };
        if expected != found {
            self.add(pointer.to_owned(), shown(expected), shown(found));
        }
    }

    /// The same for entries; where the base image is not known, the image may have more of them.
    fn entries(
        &mut self,
        pointer: &str,
        made: &[Entry],
        base_known: bool,
        found: &BTreeMap<&str, &str>,
    ) {
        let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
        for entry in made {
            let Some(value) = &entry.value else { continue };
            let image = found.get(entry.key.as_str()).copied();
            if image != Some(value) {
                let pointer = format!("{pointer}/{}", escaped(&entry.key));
                self.add(pointer, shown(Some(value)), shown(image.as_ref()));
            }
        }
        if !base_known {
            return;
        }
        let made: BTreeSet<&str> = made.iter().map(|entry| entry.key.as_str()).collect();
        for (key, value) in found {
            // Every container has a search path, which the builder writes down.
            if *key != "PATH" && !made.contains(key) {
                let pointer = format!("{pointer}/{}", escaped(key));
                self.add(pointer, NOTHING.to_owned(), shown(Some(value)));
            }
        }
    }

    /// The last entries of the image's history are those of the file, where `BuildKit` wrote them.
    fn history(&mut self, made: &[String], found: &[HistoryEntry]) {
        let is_buildkit =
            |entry: &&HistoryEntry| entry.comment.as_deref() == Some("buildkit.dockerfile.v0");
        if found.iter().filter(is_buildkit).count() < made.len() {
            // Another builder writes other words, and says nothing about this file.
            if found.iter().any(|entry| is_buildkit(&entry)) {
                self.add(
                    "/history".to_owned(),
                    format!("{} steps", made.len()),
                    format!("{} steps", found.len()),
                );
            }
            return;
        }
        let last = found.len().saturating_sub(made.len());
        for (at, (made, found)) in (last..).zip(made.iter().zip(found.iter().skip(last))) {
            if *made != found.created_by {
                self.add(
                    format!("/history/{at}/created_by"),
                    made.clone(),
                    found.created_by.clone(),
                );
            }
        }
    }
}
