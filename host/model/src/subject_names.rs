//! What a subject is called, for whatever recognizes it from one run to the next.

use crate::canonical::sha256_hex;
use crate::finding::Location;
use crate::rule::RuleId;
use oci_spec::image::Digest;

/// The names of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubjectNames<'a> {
    /// As the user named it.
    pub given: &'a str,
    /// Registry and repository; none for files.
    pub image: Option<&'a str>,
    /// The path of the Dockerfile, if there is one.
    pub dockerfile: Option<&'a str>,
    /// The digest that is judged.
    pub digest: &'a Digest,
}

impl SubjectNames<'_> {
    /// What a finding is known by from one run to the next, in hexadecimal digits: its rule and its key, and the file or the
    /// repository, without lines, tags and digests.
    pub fn fingerprint(self, rule: &RuleId, key: &str, location: Option<&Location>) -> String {
        let about = match (location, self.dockerfile) {
            (Some(Location::Dockerfile(_)), Some(path)) => path,
            _ => self.image.unwrap_or(self.given),
        };
        let about = about.strip_prefix("./").unwrap_or(about);
        let known = [about, rule.as_ref(), key].join("\0");
        sha256_hex(known.as_bytes())
    }
}
