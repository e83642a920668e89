//! Bytes in, facts out. Pure: no network, no files, no clock.
//!
//! What cannot be read becomes a fact that says so; only a subject that is no image at all is an error.

mod config;
mod image;

pub use image::{IndexDocument, ManifestDocument, NotAnImage, check_config_media_type, image};
