//! How the image that another one was built on is spoken of.

use polcheck_sdk::{BaseSource, ImageBase};

/// Who says so, in words.
pub(crate) fn source(base: &ImageBase) -> &'static str {
    match base.said_by {
        BaseSource::VerifiedProvenance | BaseSource::Provenance => "its provenance says",
        BaseSource::Annotation => "its annotations say",
        BaseSource::Label => "its labels say",
        BaseSource::Dockerfile => "its Dockerfile says",
    }
}

/// A digest as short as people read it.
pub(crate) fn short(digest: &str) -> &str {
    digest.get(..SHORT).unwrap_or(digest)
}

/// `sha256:` and twelve digits.
const SHORT: usize = 19;
