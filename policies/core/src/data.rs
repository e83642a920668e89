//! What the rules know of the world, each table with the day it was written.

pub(crate) mod checks;
pub(crate) mod switches;
pub(crate) mod tools;
