//! How Dockerfiles are read: what BuildKit makes of them, and where it stands.

#![expect(
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

mod hostile;
mod places;
mod quirks;
