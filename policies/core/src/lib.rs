//! The built-in rules over the image config. One folder a group, one file a rule.

mod archives;
mod buildkit;
mod caches;
mod data;
mod dates;
mod env_names;
mod fetchers;
mod insecure;
mod interpreters;
mod options;
mod packages;
mod pipefail;
mod pipelines;
mod ports;
mod releases;
mod reports;
mod runs;
mod sources;
mod stage_names;
mod tools;
mod unpinned;
mod user_name;

polcheck_sdk::pack! {
    id: "core",
    title: "Built-in rules over the image config",
    description: "What the config of an image says about how it will run: its user, its environment, its ports, its labels and its health check.",
}
