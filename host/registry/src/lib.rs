//! The only sockets to registries: from a reference to verified bytes, and from bytes to what is attached to an image.
//!
//! A [`Source`] says where an image lies: in a registry, in an OCI layout, in an archive. [`Registry::open`] makes an
//! [`Image`] of it, which answers the same questions for all of them:
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use polcheck_registry::{Content, MAX_CONFIG_BYTES, Options, Registry, Resolved, platform};
//!
//! let registry = Registry::new(Options::default());
//! let image = registry.open(&"ghcr.io/team/app:1".parse()?).await?;
//! if let Resolved::Document(document) = image.resolve().await? {
//!     let manifest = match &document.content {
//!         Content::Manifest(manifest) => manifest.as_ref().clone(),
//!         Content::Index(index) => {
//!             let descriptor = platform::require(index, &"linux/amd64".parse()?, image.source())?;
//!             image.manifest(descriptor).await?.manifest().ok_or("an index in an index")?.clone()
//!         }
//!     };
//!     let config = image.blob(manifest.config(), MAX_CONFIG_BYTES).await?;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! What this crate promises:
//! - Only verified bytes leave it: everything is held against the digest and the size it was asked by, and manifests
//!   that two readers may read differently are refused.
//! - Nothing is larger, longer or slower than its limit, whatever a registry or an archive says.
//! - A login goes to the registry it is for, and to the token endpoint that this registry names, over HTTPS; to nobody
//!   else. It is printed nowhere.
//! - HTTPS is used everywhere, except on the machine itself, where plain HTTP comes first, and where
//!   [`Options::allow_http`] lets plain HTTP follow a failed HTTPS.
//! - No call blocks the async runtime, and every future can be dropped at any time.

#![forbid(unsafe_code)]

pub mod platform;

mod archive;
mod attach;
mod auth;
mod blob;
mod blocking;
mod challenge;
mod client;
mod credentials;
mod docker_archive;
mod document;
mod endpoint;
mod error;
mod fallback;
mod files;
mod foreign;
mod help;
mod image;
mod layout;
mod limits;
mod options;
mod push;
mod referrers;
mod repository;
mod retry;
mod source;
mod spool;
mod transport;
mod verify;

pub use attach::{Attached, Attachment, Detached};
pub use blob::BlobReader;
pub use credentials::{Login, UnusableLogin};
pub use docker_archive::{DockerImage, DockerLayer};
pub use document::{Content, Document, DocumentError};
pub use error::RegistryError;
pub use foreign::Detail;
pub use image::{Image, Resolved};
pub use limits::{MAX_CONFIG_BYTES, MAX_MANIFEST_BYTES};
pub use options::Options;
pub use push::Pushed;
pub use referrers::{FallbackTag, LegacySignatures, LegacyTag, ListedBy, Referrers};
pub use source::{ArchiveFile, InvalidSource, Place, Selector, Source};

use archive::Archive;
use blocking::Cancelled;
use client::Client;
use docker_archive::DockerArchive;
use files::Files;
use layout::Layout;
use repository::Repository;
use reqwest::dns::Resolve;
use std::sync::Arc;
use transport::SystemResolver;

/// The way to all registries, layouts and archives. Cheap to clone; clones share connections and logins.
#[derive(Clone, Debug)]
pub struct Registry {
    client: Client,
}

impl Registry {
    /// A way that nobody has gone yet: this opens nothing and reads nothing.
    pub fn new(options: Options) -> Self {
        Self::with_resolver(options, Arc::new(SystemResolver))
    }

    fn with_resolver(options: Options, resolver: Arc<dyn Resolve>) -> Self {
        Self {
            client: Client::new(options, resolver),
        }
    }

    /// Opens a source. A registry is not asked before something is wanted of it; a layout has to be one; an archive is
    /// listed, and standard input is read to its end.
    ///
    /// # Errors
    /// If the layout or archive cannot be read or is none.
    pub async fn open(&self, source: &Source) -> Result<Image, RegistryError> {
        let place = match source.place() {
            Place::Registry(reference) => {
                image::Place::Repository(Repository::new(self.client.clone(), reference))
            }
            Place::Layout {
                directory,
                selector,
            } => {
                let directory = directory.clone();
                let layout = blocking::run(move || {
                    let files = Files::in_directory(&directory)?;
                    Layout::open(directory.display().to_string(), files)
                });
                image::Place::Layout(layout.await?, selector.clone())
            }
            Place::OciArchive { file, selector } => {
                let file = file.clone();
                let layout = blocking::run_cancellable(move |cancelled| {
                    let archive = list(&file, cancelled)?;
                    Layout::open(
                        archive.place().to_owned(),
                        Files::Archive(Arc::new(archive)),
                    )
                });
                image::Place::Layout(layout.await?, selector.clone())
            }
            Place::DockerArchive { file, selector } => {
                let (file, selector) = (file.clone(), selector.clone());
                let archive = blocking::run_cancellable(move |cancelled| {
                    DockerArchive::open(list(&file, cancelled)?, selector)
                });
                image::Place::DockerArchive(archive.await?)
            }
        };
        Ok(Image::new(source.clone(), place))
    }
}

/// Blocks.
fn list(file: &ArchiveFile, cancelled: &Cancelled) -> Result<Archive, RegistryError> {
    Archive::list(file.to_string(), spool::open(file, cancelled)?)
}

#[cfg(test)]
mod tests;
