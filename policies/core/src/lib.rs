//! The built-in rules over Dockerfiles and image configs. One folder a group, one file a rule; what several rules share lies
//! beside them, and tables that age in `data`.

mod addresses;
mod archives;
mod base_images;
mod buildkit;
mod caches;
mod data;
mod dates;
mod debuggers;
mod edits;
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
mod parts;
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
    title: "Built-in rules over Dockerfiles and image configs",
    description: "How an image is built, from what, with which packages and secrets, and how it will run: its user, its environment, its ports, its labels and its health check.",
}
