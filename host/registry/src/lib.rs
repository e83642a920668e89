//! The only sockets to registries: from a reference to verified bytes, and from bytes to what is attached to an image.
//!
//! A [`Source`] says where an image lies: in a registry, in a local engine, in a directory, in an archive. [`Registry::open`] makes an
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
//!   else. It is printed nowhere, not even where a registry repeats it.
//! - HTTPS is used everywhere, except on the machine itself, where plain HTTP comes first, and where
//!   [`Options::allow_http`] lets plain HTTP follow a failed HTTPS.
//! - No call blocks the async runtime, and every future can be dropped at any time.

#![forbid(unsafe_code)]

pub mod platform;

mod archive;
mod attach;
mod auth;
mod auth_file;
mod blob;
mod blocking;
mod challenge;
mod client;
mod credential_helper;
mod credentials;
mod daemon;
mod daemon_address;
mod daemon_error;
mod dir_layout;
mod disk_cache;
mod docker_archive;
mod document;
mod endpoint;
mod error;
mod fetched;
mod files;
mod foreign;
mod help;
mod image;
mod keychain;
mod layout;
mod limits;
mod options;
mod prefix;
mod push;
mod referrers;
mod repository;
mod retry;
mod shared_list;
mod source;
mod spool;
mod token;
mod transport;
mod trust;
mod turns;
mod verify;
mod ways;

pub use attach::{Attached, Attachment, Detached, LegacyLayer};
pub use blob::BlobReader;
pub use credentials::{GivenLogin, Login, UnusableLogin};
pub use daemon_error::DaemonError;
pub use docker_archive::{DockerImage, DockerLayer};
pub use document::{Content, Document, DocumentError};
pub use error::RegistryError;
pub use foreign::Detail;
pub use image::{Image, Resolved};
pub use limits::{MAX_CONFIG_BYTES, MAX_MANIFEST_BYTES};
pub use options::{CacheOptions, ClientIdentity, Options, RegistryOptions, WaitListener};
pub use prefix::{InvalidRegistryPrefix, RegistryPrefix};
pub use push::Pushed;
pub use referrers::{FallbackTag, LegacySignatures, LegacyTag, ListedBy, Referrers};
pub use source::{ArchiveFile, DaemonImage, InvalidSource, Place, Selector, Source};
pub use trust::TrustError;

use archive::Archive;
use blocking::Cancelled;
use client::Client;
use docker_archive::DockerArchive;
use files::Files;
use layout::Layout;
use repository::Repository;
use reqwest::dns::Resolve;
use std::path::PathBuf;
use std::sync::Arc;
use ways::SystemResolver;

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
    /// listed, and standard input is read to its end; a local engine is made to write one.
    ///
    /// # Errors
    /// If the layout or archive cannot be read or is none, or the local engine does not answer or has no such image.
    pub async fn open(&self, source: &Source) -> Result<Image, RegistryError> {
        let place = match source.place() {
            Place::Registry(reference) => {
                image::Place::Repository(Repository::new(self.client.clone(), reference))
            }
            Place::Layout {
                directory,
                selector,
            } => {
                let layout = in_directory(directory.clone(), Layout::open);
                image::Place::Layout(layout.await?, selector.clone())
            }
            Place::Dir { directory } => {
                let layout = in_directory(directory.clone(), dir_layout::open);
                image::Place::Layout(layout.await?, None)
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
            Place::DockerDaemon { image } => {
                let file = daemon::save(image, self.client.options()).await?;
                let (place, selector) = (source.to_string(), image.selector());
                let archive = blocking::run(move || {
                    DockerArchive::open(Archive::list(place, file)?, selector)
                });
                image::Place::DockerArchive(archive.await?)
            }
        };
        Ok(Image::new(source.clone(), place))
    }
}

async fn in_directory(
    directory: PathBuf,
    open: fn(String, Files) -> Result<Layout, RegistryError>,
) -> Result<Layout, RegistryError> {
    blocking::run(move || {
        let files = Files::in_directory(&directory)?;
        open(directory.display().to_string(), files)
    })
    .await
}

/// Blocks.
fn list(file: &ArchiveFile, cancelled: &Cancelled) -> Result<Archive, RegistryError> {
    Archive::list(file.to_string(), spool::open(file, cancelled)?)
}

#[cfg(test)]
mod tests;
