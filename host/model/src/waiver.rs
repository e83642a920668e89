//! Waivers: findings that somebody accepts, for a reason and until a day.

use crate::matching;
use crate::rule::RuleId;
use crate::subject_names::SubjectNames;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use oci_spec::image::Digest;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::HashMap;

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
    /// Only the image, or the Dockerfile, with this digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Only Dockerfiles whose path matches this glob, and images that were made of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Where it was decided: the number or the address of an issue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
}

/// How many days before its end it is said that a waiver ends.
const NOTICE: i32 = 14;

/// How far the last day of a waiver is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// It counts for more than two weeks.
    Counts,
    /// It counts, and is over within two weeks.
    Expiring,
    /// It is over.
    Expired,
}

impl Validity {
    /// Of what counts until the end of a day, UTC.
    pub fn until(last_day: Date, time: Timestamp) -> Self {
        let today = time.to_zoned(TimeZone::UTC).date();
        let left = today
            .until(last_day)
            .map_or(i32::MAX, |left| left.get_days());
        match left {
            left if left < 0 => Self::Expired,
            left if left <= NOTICE => Self::Expiring,
            _ => Self::Counts,
        }
    }

    /// Whether it still counts.
    pub fn counts(self) -> bool {
        self != Self::Expired
    }
}

impl Waiver {
    /// Whether it still counts at a time.
    pub fn validity(&self, time: Timestamp) -> Validity {
        Validity::until(self.expires, time)
    }

    /// Whether it is meant for a subject. A glob that cannot be used matches nothing; loading the set refuses it.
    pub fn is_for(&self, subject: SubjectNames<'_>) -> bool {
        let matches = |glob: &Option<String>, name: Option<&str>| match (glob, name) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(glob), Some(name)) => matching::glob_matches(glob, name).unwrap_or(false),
        };
        let digest = self.digest.as_ref();
        digest.is_none_or(|digest| digest == subject.digest)
            && matches(&self.image, subject.image)
            && matches(&self.path, subject.dockerfile)
    }

    /// A name that a subject must have, if the scope has one without wildcards.
    fn required_name(&self) -> Option<&str> {
        let exact = |glob: &&str| !glob.contains(matching::WILDCARDS);
        let digest = self.digest.as_ref().map(AsRef::as_ref);
        let path = self.path.as_deref().filter(exact);
        digest
            .or(path)
            .or_else(|| self.image.as_deref().filter(exact))
    }
}

/// Many waivers, found by what they cover.
#[derive(Clone, Debug, Default)]
pub struct Waivers {
    all: Vec<Waiver>,
    by_rule: HashMap<String, OfRule>,
    by_subject: Places,
}

/// The places of the waivers of one rule.
#[derive(Clone, Debug, Default)]
struct OfRule {
    of_all_keys: Places,
    by_key: HashMap<String, Places>,
}

/// Places of waivers, by the name that a subject must have for them.
#[derive(Clone, Debug, Default)]
struct Places {
    of_any_name: Vec<usize>,
    by_name: HashMap<String, Vec<usize>>,
}

impl Places {
    fn add(&mut self, at: usize, waiver: &Waiver) {
        match waiver.required_name() {
            None => self.of_any_name.push(at),
            Some(name) => self.by_name.entry(name.to_owned()).or_default().push(at),
        }
    }

    /// Those that may be meant for a subject, in their order.
    fn of(&self, subject: SubjectNames<'_>) -> Vec<usize> {
        let mut names = vec![subject.digest.as_ref()];
        names.extend(subject.image);
        names.extend(subject.dockerfile);
        let of_names = names.into_iter().filter_map(|name| self.by_name.get(name));
        let of_names = of_names.flatten().copied();
        let mut places: Vec<usize> = self.of_any_name.iter().copied().chain(of_names).collect();
        places.sort_unstable();
        places.dedup();
        places
    }
}

impl Waivers {
    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Waiver> {
        self.all.iter()
    }

    /// Those that are meant for a subject, in their order.
    pub fn meant_for<'a>(&'a self, subject: SubjectNames<'a>) -> impl Iterator<Item = &'a Waiver> {
        self.at(self.by_subject.of(subject), subject)
    }

    /// Those whose scope covers a finding of a rule on a subject: of its very key first, each in its order.
    pub fn covering<'a>(
        &'a self,
        subject: SubjectNames<'a>,
        rule: &RuleId,
        key: &str,
    ) -> impl Iterator<Item = &'a Waiver> {
        let of_rule = self.by_rule.get(rule.as_ref());
        let by_key = of_rule.and_then(|of_rule| of_rule.by_key.get(key));
        let of_all_keys = of_rule.map(|of_rule| &of_rule.of_all_keys);
        let places = by_key.into_iter().chain(of_all_keys);
        self.at(places.flat_map(move |places| places.of(subject)), subject)
    }

    fn at<'a>(
        &'a self,
        places: impl IntoIterator<Item = usize>,
        subject: SubjectNames<'a>,
    ) -> impl Iterator<Item = &'a Waiver> {
        let waivers = places.into_iter().filter_map(|at| self.all.get(at));
        waivers.filter(move |waiver| waiver.is_for(subject))
    }
}

impl From<Vec<Waiver>> for Waivers {
    fn from(all: Vec<Waiver>) -> Self {
        let mut by_rule: HashMap<String, OfRule> = HashMap::new();
        let mut by_subject = Places::default();
        for (at, waiver) in all.iter().enumerate() {
            by_subject.add(at, waiver);
            let of_rule = by_rule.entry(waiver.rule.clone()).or_default();
            match &waiver.key {
                None => of_rule.of_all_keys.add(at, waiver),
                Some(key) => of_rule
                    .by_key
                    .entry(key.clone())
                    .or_default()
                    .add(at, waiver),
            }
        }
        Self {
            all,
            by_rule,
            by_subject,
        }
    }
}

impl PartialEq for Waivers {
    fn eq(&self, other: &Self) -> bool {
        self.all == other.all
    }
}

impl Serialize for Waivers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.all.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Waivers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<Waiver>::deserialize(deserializer).map(Self::from)
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
    #[case("2026-11-15T23:59:59Z", Validity::Counts)]
    #[case("2026-11-16T00:00:00Z", Validity::Expiring)]
    #[case("2026-11-30T23:59:59Z", Validity::Expiring)]
    #[case("2026-12-01T00:00:00Z", Validity::Expired)]
    fn it_counts_until_the_end_of_its_last_day(#[case] time: &str, #[case] expected: Validity) {
        assert_eq!(waiver("").validity(time.parse().unwrap()), expected);
    }

    #[rstest]
    #[case("", true)]
    #[case(r#","key":"user=root""#, true)]
    #[case(r#","key":"user=0""#, false)]
    #[case(r#","image":"r.io/team/*""#, true)]
    #[case(r#","image":"r.io/other/*""#, false)]
    #[case(r#","path":"app/**""#, true)]
    #[case(r#","path":"app/Dockerfile""#, true)]
    #[case(r#","path":"app/Dockerfile","image":"r.io/other/app""#, false)]
    #[case(r#","image":"r.io/team/app""#, true)]
    #[case(r#","image":"app/Dockerfile""#, false)]
    #[case(r#","image":"r.io/team/ap?","path":"app/Dockerfile""#, true)]
    #[case(r#","path":"other/**""#, false)]
    #[case(
        r#","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000""#,
        false
    )]
    #[case(r#","key":"user=root","image":"r.io/other/*""#, false)]
    fn every_given_part_of_the_scope_must_match(#[case] scope: &str, #[case] expected: bool) {
        let digest = crate::canonical::sha256(b"");
        let subject = SubjectNames {
            given: "r.io/team/app:1",
            image: Some("r.io/team/app"),
            dockerfile: Some("app/Dockerfile"),
            digest: &digest,
        };
        let rule = "user.final-root".parse().unwrap();
        let waivers = Waivers::from(vec![waiver(scope)]);
        let covering: Vec<_> = waivers.covering(subject, &rule, "user=root").collect();
        assert_eq!(!covering.is_empty(), expected);
        let is_meant = expected || scope.contains("user=0");
        assert_eq!(waivers.meant_for(subject).count(), usize::from(is_meant));
        let other = "user.sudo".parse().unwrap();
        assert_eq!(waivers.covering(subject, &other, "user=root").count(), 0);
    }
}
