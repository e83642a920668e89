//! An OCI registry in memory, and images to put into it; for tests and the demo, never for anything else.
//!
//! [`TestRegistry`] speaks the distribution specification 1.1 on a free port of 127.0.0.1 and is gone when it is
//! dropped. It keeps a log of what it was asked, and misbehaves on demand: [`Misbehaviour`] is the list of what real
//! registries, and hostile ones, have been seen to do. [`ImageBuilder`] makes small images, byte for byte the same in
//! every run; a [`TestImage`] can be pushed, or written as an OCI layout or an archive, or had from a [`TestEngine`].
//!
//! The sources read as the protocol: `protocol.rs` finds the endpoint, `blobs.rs`, `manifests.rs` and `auth.rs`
//! answer, `store.rs` is what there is to know.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "test support: whatever goes wrong here is a bug of the test, which should stop"
)]

mod auth;
mod blobs;
mod engine;
mod formats;
mod image;
mod manifests;
mod misbehaviour;
mod protocol;
mod server;
mod store;
mod tls;

pub use auth::Auth;
pub use engine::{EngineFault, TestEngine};
pub use image::{
    Blob, ImageBuilder, TestImage, artifact, attestation_manifest, image_index, provenance_manifest,
};
pub use misbehaviour::Misbehaviour;
pub use server::{Conditions, Options, Recorded, TestRegistry};
pub use store::sha256;
pub use tls::Tls;

/// The media types that a manifest can have, and those inside it.
pub mod media_type {
    /// An OCI image manifest.
    pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    /// An OCI image index.
    pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
    /// A Docker image manifest.
    pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
    /// A Docker manifest list.
    pub const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
    /// The config of an OCI image.
    pub const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
    /// A layer of an OCI image.
    pub const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
    /// A blob without content, `{}`.
    pub const EMPTY: &str = "application/vnd.oci.empty.v1+json";
    /// An in-toto statement, the layers of `BuildKit`'s attestation manifests.
    pub const IN_TOTO: &str = "application/vnd.in-toto+json";
}
