//! What the rules know of the world, each table with the day it was written.

pub(crate) mod checks;
pub(crate) mod end_of_life;
pub(crate) mod switches;
pub(crate) mod tools;
