//! Signing statements where others take part: issuers of identities, certificate authorities, logs, timestamp authorities,
//! and programs that keep keys.
//!
//! A [`Signer`] signs statements, and nothing else. With a key alone it opens no socket and reads no certificate; what it
//! contacts beyond that is what its [`Services`](attest::Services) name, when something is signed, and not before. Every
//! bundle that others had a part in is verified as a stranger would verify it before anybody gets it.
//!
//! These are the only sockets to the services of a Sigstore, and the only programs that are started to sign. What is asked
//! of them, and what their answers mean, is said in `attest`.

#![forbid(unsafe_code)]

mod ambient;
mod browser;
mod callback;
mod error;
mod http;
mod identity;
mod plugin;
mod process;
mod services;
mod signer;
mod tuf;

pub use browser::Browser;
pub use error::{IdentityError, PluginError, ProgramError, ServiceError, SigningError};
pub use identity::IdentitySource;
pub use plugin::PluginKey;
pub use signer::{Key, Signed, Signer};
pub use tuf::{FirstRoot, Published, Tuf, TufError};
