//! What the rules know of the world, each table with the day it was written.

pub(crate) mod admin_listeners;
pub(crate) mod base_users;
pub(crate) mod checks;
pub(crate) mod end_of_life;
pub(crate) mod secret_files;
pub(crate) mod secret_names;
pub(crate) mod switches;
pub(crate) mod tools;
