//! Everything that can go wrong between a reference and verified bytes.

use crate::credentials::Login;
use crate::daemon_error::DaemonError;
use crate::document::DocumentError;
use crate::foreign::Detail;
use crate::trust::TrustError;
use model::reference::InvalidReference;
use model::{Digest, Platform};
use std::time::Duration;

/// Why something could not be read from, or written to, a registry, a layout or an archive.
///
/// Hosts, paths and names are as the user wrote them; what a registry says is cut short and free of control
/// characters; a secret is in none of them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The registry has no such image, or does not say so to strangers. Usually a typing error.
    #[error("no image `{reference}` in the registry")]
    UnknownImage {
        /// As it was asked for.
        reference: String,
        /// The host that says so.
        host: String,
    },
    /// A manifest names a blob that is not there. The fault of who pushed or copied the image.
    #[error("`{place}` has no blob `{digest}`")]
    UnknownBlob {
        /// The repository, layout or archive.
        place: String,
        /// What is missing.
        digest: Digest,
    },
    /// A layout or an archive has no image of that name. Usually a typing error.
    #[error("`{place}` has no image `{selector}`")]
    UnknownSelector {
        /// The layout or archive.
        place: String,
        /// The tag or digest asked for.
        selector: String,
        /// What there is.
        available: String,
    },
    /// A layout or an archive has several images, or none, and none or several were meant.
    #[error("`{place}` has {count} images of which one has to be named")]
    Ambiguous {
        /// The layout or archive.
        place: String,
        /// How many fit.
        count: usize,
        /// What there is.
        available: String,
    },
    /// The index has no manifest for that platform. The user's or the author's fault.
    #[error("`{reference}` has no image for {wanted}")]
    MissingPlatform {
        /// The index.
        reference: String,
        /// What was asked for.
        wanted: Platform,
        /// What there is.
        available: Vec<Platform>,
    },

    /// The registry does not know who is asking. Usually a login is missing or outdated.
    #[error("`{host}` refuses access to `{repository}` {login}")]
    Unauthorized {
        /// The registry.
        host: String,
        /// What was asked for.
        repository: String,
        /// What was tried.
        login: Box<Login>,
    },
    /// The registry knows who is asking and says no. The user's rights, or a policy of the registry.
    #[error("`{host}` denies access to `{repository}` {login}{detail}")]
    Denied {
        /// The registry.
        host: String,
        /// What was asked for.
        repository: String,
        /// What was tried.
        login: Box<Login>,
        /// What the registry says.
        detail: Detail,
    },
    /// The registry wants to know who is asking, in no way that is known. The registry's fault.
    #[error("`{host}` wants a login and does not say how")]
    UnknownChallenge {
        /// The registry.
        host: String,
    },
    /// The registry sends its clients for a token to a place where no password may go. The registry's fault.
    #[error("`{host}` wants the login sent to `{realm}`, which is not safe")]
    UnsafeRealm {
        /// The registry.
        host: String,
        /// The place.
        realm: String,
    },
    /// The token endpoint gave something else than a token. The fault of the registry or of a proxy.
    #[error("`{realm}` gave no token for `{host}`{detail}")]
    NoToken {
        /// The registry.
        host: String,
        /// The token endpoint.
        realm: String,
        /// What it says.
        detail: Detail,
    },

    /// A tag that is none. The caller's fault.
    #[error(transparent)]
    InvalidTag(#[from] InvalidReference),
    /// The host of the reference is none. A typing error.
    #[error("`{host}` is not a host")]
    InvalidHost {
        /// As written.
        host: String,
    },
    /// Nobody knows the host. A typing error, or no network.
    #[error("the host `{host}` cannot be found")]
    UnknownHost {
        /// As written.
        host: String,
        /// What the resolver says.
        #[source]
        source: std::io::Error,
    },
    /// Nothing listens there. A wrong port, or a registry that is down.
    #[error("`{host}` refuses the connection")]
    ConnectionRefused {
        /// The host with its port.
        host: String,
    },
    /// No connection for another reason. The network's fault.
    #[error("`{host}` cannot be reached")]
    Unreachable {
        /// The host with its port.
        host: String,
        /// The reason.
        #[source]
        source: reqwest::Error,
    },
    /// The certificate is not trusted or does not fit, or the two do not agree on a cipher. The registry's operator.
    #[error("no secure connection to `{host}`")]
    Tls {
        /// The host with its port.
        host: String,
        /// The reason.
        #[source]
        source: rustls::Error,
    },
    /// The registry speaks plain HTTP where HTTPS was expected.
    #[error("`{host}` does not speak HTTPS")]
    NotHttps {
        /// The host with its port.
        host: String,
    },
    /// The registry is too slow.
    #[error("`{host}` did not answer in time")]
    Timeout {
        /// The host with its port.
        host: String,
    },
    /// The connection broke in the middle of an answer. The network, or a broken registry.
    #[error("the connection to `{host}` broke")]
    Interrupted {
        /// The host with its port.
        host: String,
        /// How.
        #[source]
        source: reqwest::Error,
    },
    /// Redirects that lead to more redirects. The registry's fault.
    #[error("`{host}` redirects too often")]
    TooManyRedirects {
        /// The host with its port.
        host: String,
    },
    /// A redirect, an upload or a next page that leads where it must not: from HTTPS to HTTP, to another kind of
    /// place, to the machine itself, to another host. The registry's fault.
    #[error("`{host}` leads to `{location}`, where it is not followed")]
    UnsafeLocation {
        /// The host with its port.
        host: String,
        /// Where it leads.
        location: String,
    },
    /// Too many requests. The registry's limit; more without a login than with one.
    #[error("`{host}` has had too many requests")]
    RateLimited {
        /// The registry.
        host: String,
        /// When to come again, if it says so.
        retry_after: Option<Duration>,
    },
    /// An error of the registry, which persisted.
    #[error("`{host}` failed with status {status}{detail}")]
    ServerFailed {
        /// The registry.
        host: String,
        /// 500 or more.
        status: u16,
        /// What the registry says.
        detail: Detail,
    },
    /// An answer that the protocol does not foresee. Often the host is no registry.
    #[error("`{host}` answered {request} with status {status}{detail}")]
    UnexpectedStatus {
        /// The host with its port.
        host: String,
        /// Method and path.
        request: String,
        /// What came.
        status: u16,
        /// What the registry says.
        detail: Detail,
    },
    /// An upload that was accepted without saying where to. The registry's fault.
    #[error("`{host}` accepts an upload and does not say where")]
    NoUploadLocation {
        /// The registry.
        host: String,
    },
    /// A body that was compressed for the way, which nobody asked for. The registry, or a proxy before it.
    #[error("`{host}` sends its answer compressed as `{encoding}`, which nobody asked for")]
    UnwantedEncoding {
        /// The host with its port.
        host: String,
        /// The encoding.
        encoding: String,
    },
    /// The rest of a blob was asked for, and another part came. The registry's fault.
    #[error("`{host}` sends another part of a blob than it was asked for")]
    OtherRange {
        /// The host with its port.
        host: String,
    },
    /// Files with certificates or keys that cannot be used.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// No HTTP client could be made. Mostly a variable of the environment that names a proxy.
    #[error("no HTTP client could be made")]
    NoClient {
        /// Why.
        #[source]
        source: reqwest::Error,
    },

    /// Other bytes than those asked for. Somebody is lying.
    #[error("{what} has the digest `{actual}` instead of `{expected}`")]
    DigestMismatch {
        /// What was read.
        what: String,
        /// The digest it was asked by.
        expected: Box<Digest>,
        /// The digest of what came.
        actual: Box<Digest>,
    },
    /// More or fewer bytes than the descriptor says. Somebody is lying, or a copy is incomplete.
    #[error("{what} has {actual} bytes instead of {expected}")]
    SizeMismatch {
        /// What was read.
        what: String,
        /// From the descriptor.
        expected: u64,
        /// How many came, or were announced, or were read before it was clear that there are too many.
        actual: u64,
    },
    /// Over a limit.
    #[error("{what} is larger than {limit} bytes")]
    TooLarge {
        /// What was read.
        what: String,
        /// The limit.
        limit: u64,
    },
    /// A manifest of the first, abandoned kind. The author's fault.
    #[error("{what} is a schema 1 manifest, which has no digest that can be relied on")]
    SchemaOne {
        /// The manifest.
        what: String,
    },
    /// Not a manifest or an index, or one that two readers may read differently. The author's or the registry's fault.
    #[error("{what} cannot be used")]
    InvalidDocument {
        /// The manifest or index.
        what: String,
        /// What is wrong with it.
        #[source]
        source: Box<DocumentError>,
    },
    /// A digest by another algorithm than SHA-256 and SHA-512. The author's fault.
    #[error("the algorithm of the digest `{digest}` is not supported")]
    UnsupportedDigest {
        /// The digest.
        digest: Digest,
    },
    /// More referrers than anybody can look at. Somebody's script ran wild, or an attack.
    #[error("`{subject}` has more than {limit} referrers")]
    TooManyReferrers {
        /// The subject.
        subject: Digest,
        /// The limit.
        limit: usize,
    },
    /// What was attached was overwritten by other writers, again and again. Not the user's fault.
    #[error(
        "what stands at the tag `{tag}` of `{repository}` is overwritten by others again and again"
    )]
    LostReferrer {
        /// The repository.
        repository: String,
        /// The tag.
        tag: String,
    },
    /// A layout or an archive was asked to take something.
    #[error("nothing can be pushed to `{place}`")]
    NotWritable {
        /// The layout or archive.
        place: String,
    },

    /// A file cannot be read. Usually a typing error, or rights.
    #[error("`{path}` cannot be read")]
    Io {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The directory or archive is no OCI layout. Usually another directory was meant.
    #[error("`{place}` is not an OCI layout: {reason}")]
    NotALayout {
        /// The directory or archive.
        place: String,
        /// What is missing or wrong.
        reason: String,
    },
    /// The directory is not one that Skopeo's `dir:` writes. Usually another directory was meant.
    #[error("`{place}` is not a directory that `skopeo copy … dir:DIR` wrote: {reason}")]
    NotADirLayout {
        /// The directory.
        place: String,
        /// What is missing or wrong.
        reason: String,
    },
    /// A file of a layout that lies elsewhere, or is no file. Somebody is lying.
    #[error("`{path}` leads out of the layout")]
    LeavesLayout {
        /// The file.
        path: String,
    },
    /// Not a tar archive, or not one with an image. Usually another file was meant.
    #[error("`{archive}` is not an archive of images: {reason}")]
    NotAnArchive {
        /// The archive.
        archive: String,
        /// What is missing or wrong.
        reason: String,
    },
    /// The archive ends too early. An incomplete copy.
    #[error("`{archive}` is truncated: it ends within `{entry}`")]
    TruncatedArchive {
        /// The archive.
        archive: String,
        /// The entry that is cut, or the part of the format.
        entry: String,
    },
    /// An entry that no honest archive has. Somebody is lying.
    #[error("`{archive}` is refused for its entry `{entry}`, {reason}")]
    HostileEntry {
        /// The archive.
        archive: String,
        /// The name of the entry.
        entry: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A compression that is not read.
    #[error("`{archive}` is compressed with {compression}, which is not read")]
    UnsupportedCompression {
        /// The archive.
        archive: String,
        /// The name of the compression.
        compression: &'static str,
    },
    /// An image of the local container engine that cannot be had.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// The program is ending.
    #[error("stopped before it was done")]
    Stopped,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_small_enough_to_be_returned_everywhere() {
        assert!(size_of::<RegistryError>() <= 120);
    }
}
