//! Waivers: findings that somebody accepts, for a reason and until a day.

use crate::matching::{self, InvalidPattern};
use crate::rule::RuleId;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use oci_spec::image::Digest;
use serde::{Deserialize, Serialize};

/// One waiver. All parts of its scope that are given must match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Waiver {
    /// Names the waiver in reports; unique in a set.
    pub id: String,
    /// Why the finding is accepted.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day, UTC, on which it counts.
    pub expires: Date,
    /// The rule whose findings it covers, by its id once the set is loaded, by an alias before.
    pub rule: String,
    /// Only the finding with this key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Only images whose registry and repository match this glob.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Only the image with this digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
}

/// What a waiver's scope is held against.
#[derive(Clone, Copy, Debug)]
pub struct WaiverSubject<'a> {
    /// Registry and repository; none for files.
    pub name: Option<&'a str>,
    /// The digest that is judged.
    pub digest: &'a Digest,
}

impl Waiver {
    /// Whether it still counts at a time: until the end of its last day, UTC.
    pub fn counts_at(&self, time: Timestamp) -> bool {
        time.to_zoned(TimeZone::UTC).date() <= self.expires
    }

    /// Whether its scope covers a finding of a rule on a subject.
    ///
    /// # Errors
    /// If the glob over images is not one.
    pub fn covers(
        &self,
        subject: WaiverSubject<'_>,
        rule: &RuleId,
        key: &str,
    ) -> Result<bool, InvalidPattern> {
        let image_matches = match (&self.image, subject.name) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(glob), Some(name)) => matching::glob(glob)?.is_match(name),
        };
        Ok(image_matches
            && self.rule == rule.as_ref()
            && self.key.as_ref().is_none_or(|wanted| wanted == key)
            && self
                .digest
                .as_ref()
                .is_none_or(|wanted| wanted == subject.digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn waiver(extra: &str) -> Waiver {
        serde_json::from_str(&format!(
            r#"{{"id":"w","reason":"r","owner":"o","expires":"2026-11-30","rule":"user.final-root"{extra}}}"#
        ))
        .unwrap()
    }

    #[rstest]
    #[case("2026-11-30T23:59:59Z", true)]
    #[case("2026-12-01T00:00:00Z", false)]
    fn it_counts_until_the_end_of_its_last_day(#[case] time: &str, #[case] expected: bool) {
        assert_eq!(waiver("").counts_at(time.parse().unwrap()), expected);
    }

    #[rstest]
    #[case("", true)]
    #[case(r#","key":"user=root""#, true)]
    #[case(r#","key":"user=0""#, false)]
    #[case(r#","image":"r.io/team/*""#, true)]
    #[case(r#","image":"r.io/other/*""#, false)]
    #[case(r#","key":"user=root","image":"r.io/other/*""#, false)]
    fn every_given_part_of_the_scope_must_match(#[case] scope: &str, #[case] expected: bool) {
        let digest = crate::canonical::sha256(b"");
        let subject = WaiverSubject {
            name: Some("r.io/team/app"),
            digest: &digest,
        };
        let rule = "user.final-root".parse().unwrap();
        assert_eq!(
            waiver(scope).covers(subject, &rule, "user=root"),
            Ok(expected)
        );
    }
}
