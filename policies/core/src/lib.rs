//! The built-in rules over the image config. One folder a group, one file a rule.

mod addresses;
mod archives;
mod base_images;
mod buildkit;
mod caches;
mod data;
mod dates;
mod debuggers;
mod env_names;
mod fetchers;
mod final_user;
mod generated_keys;
mod health_check;
mod insecure;
mod interpreters;
mod label_types;
mod modes;
mod options;
mod packages;
mod paths;
mod pipelines;
mod ports;
mod releases;
mod reports;
mod runs;
mod script_lines;
mod secrets;
mod shell_options;
mod sources;
mod stage_names;
mod start_command;
mod tools;
mod unpinned;
mod url_passwords;
mod user_name;

polcheck_sdk::pack! {
    id: "core",
    title: "Built-in rules over the image config",
    description: "What the config of an image says about how it will run: its user, its environment, its ports, its labels and its health check.",
}
