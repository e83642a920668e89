//! Bytes in, facts out. Pure: no network, no files, no clock.
//!
//! What cannot be read becomes a fact that says so; only a subject that is no image at all is an error.

mod base;
mod config;
mod dockerfile;
mod history;
mod image;
mod materials;
mod provenance;

pub use base::{BaseConfig, base_config};
pub use dockerfile::{BuildInputs, dockerfile, reconstructed_dockerfile};
pub use history::{Reconstructed, reconstruct};
pub use image::{IndexDocument, ManifestDocument, NotAnImage, check_config_media_type, image};
pub use materials::{Material, image_materials};
pub use provenance::{ProvenanceDockerfile, is_provenance, provenance};
