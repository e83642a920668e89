//! References to images, by the grammar of the distribution project, which every client of registries uses.

use oci_spec::image::Digest;
use serde::{Serialize, Serializer};
use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// The registry where a reference names none.
const DEFAULT_REGISTRY: &str = "docker.io";
/// An older name of [`DEFAULT_REGISTRY`].
const LEGACY_DEFAULT_REGISTRY: &str = "index.docker.io";
/// Where Docker Hub keeps repositories that are written without a slash.
const OFFICIAL_NAMESPACE: &str = "library";
/// The tag where a reference has neither tag nor digest.
const DEFAULT_TAG: &str = "latest";
const MAX_REPOSITORY_BYTES: usize = 255;
const MAX_TAG_BYTES: usize = 128;
/// The hexadecimal digits of an image id, which is no name.
const IMAGE_ID_DIGITS: usize = 64;

/// A reference to a manifest in a registry, after the defaults were applied.
///
/// Where it has a tag and a digest, the digest decides and the tag is only a remark, as for every other client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// Why a text is not a reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidReference {
    /// Nothing was written, or nothing before the tag.
    #[error("a reference needs a repository name")]
    Empty,
    /// Docker Hub and all other registries know lower-case names only.
    #[error("the repository name `{repository}` must be lower case")]
    UpperCase {
        /// The name as written.
        repository: String,
    },
    /// A character or a separator that a name cannot have.
    #[error("`{repository}` is not a repository name")]
    Repository {
        /// The name as written.
        repository: String,
    },
    /// A host or a port that cannot be one.
    #[error("`{registry}` is not a registry host")]
    Registry {
        /// The host as written.
        registry: String,
    },
    /// More than 255 bytes.
    #[error("the repository name is longer than {MAX_REPOSITORY_BYTES} bytes")]
    TooLong,
    /// A tag is up to 128 letters, digits, `_`, `.` and `-`, and starts with neither `.` nor `-`.
    #[error("`{tag}` is not a tag")]
    Tag {
        /// The tag as written.
        tag: String,
    },
    /// A digest is `sha256:` with 64 or `sha512:` with 128 lower-case hexadecimal digits.
    #[error("`{digest}` is not a digest")]
    Digest {
        /// The digest as written.
        digest: String,
    },
    /// An image id of the local engine is no reference.
    #[error("`{id}` is an image id, not a reference")]
    ImageId {
        /// The id as written.
        id: String,
    },
}

impl Reference {
    /// The host of the registry with its port; `docker.io` where none was written.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The repository; with `library/` where Docker Hub needs it.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// Registry and repository: what a statement names, since tags move.
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// The tag; `latest` where neither tag nor digest was written.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, if one was written.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// The same repository at a digest, without a tag.
    #[must_use]
    pub fn at(&self, digest: Digest) -> Self {
        Self {
            registry: self.registry.clone(),
            repository: self.repository.clone(),
            tag: None,
            digest: Some(digest),
        }
    }

    /// The same repository at a tag, without a digest.
    ///
    /// # Errors
    /// If the tag is not one.
    pub fn tagged(&self, tag: &str) -> Result<Self, InvalidReference> {
        Ok(Self {
            registry: self.registry.clone(),
            repository: self.repository.clone(),
            tag: Some(parse_tag(tag)?),
            digest: None,
        })
    }
}

impl FromStr for Reference {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(parse_digest(digest)?)),
            None => (text, None),
        };
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(parse_tag(tag)?)),
            _ => (rest, None),
        };
        if name.is_empty() {
            return Err(InvalidReference::Empty);
        }
        if name.len() == IMAGE_ID_DIGITS && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(InvalidReference::ImageId {
                id: name.to_owned(),
            });
        }
        let (registry, repository) = split_registry(name)?;
        let tag = tag.or_else(|| digest.is_none().then(|| DEFAULT_TAG.to_owned()));
        Ok(Self {
            registry,
            repository,
            tag,
            digest,
        })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads a digest of the two algorithms that registries use.
///
/// # Errors
/// If it is none of them.
pub fn parse_digest(text: &str) -> Result<Digest, InvalidReference> {
    let invalid = || InvalidReference::Digest {
        digest: text.to_owned(),
    };
    let digest: Digest = text.parse().map_err(|_| invalid())?;
    match digest.algorithm().as_ref() {
        "sha256" | "sha512" => Ok(digest),
        _ => Err(invalid()),
    }
}

fn parse_tag(tag: &str) -> Result<String, InvalidReference> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let starts_well = tag.bytes().next().is_some_and(is_word);
    if starts_well
        && tag.len() <= MAX_TAG_BYTES
        && tag
            .bytes()
            .all(|byte| is_word(byte) || b".-".contains(&byte))
    {
        Ok(tag.to_owned())
    } else {
        Err(InvalidReference::Tag {
            tag: tag.to_owned(),
        })
    }
}

/// Splits the host off a name. The first part is a host if it has a dot, a colon or an upper-case letter, or is
/// `localhost`: the rule of all engines, which is why `foo/bar` is on Docker Hub and `foo.bar/baz` is not.
fn split_registry(name: &str) -> Result<(String, String), InvalidReference> {
    let (registry, repository) = match name.split_once('/') {
        Some((first, rest)) if is_host_like(first) => {
            check_registry(first)?;
            (first, rest)
        }
        _ => (DEFAULT_REGISTRY, name),
    };
    check_repository(repository)?;
    let registry = if registry == LEGACY_DEFAULT_REGISTRY {
        DEFAULT_REGISTRY
    } else {
        registry
    };
    let repository = if registry == DEFAULT_REGISTRY && !repository.contains('/') {
        format!("{OFFICIAL_NAMESPACE}/{repository}")
    } else {
        repository.to_owned()
    };
    Ok((registry.to_owned(), repository))
}

fn is_host_like(first: &str) -> bool {
    first.contains(['.', ':'])
        || first == "localhost"
        || first.bytes().any(|byte| byte.is_ascii_uppercase())
}

fn check_registry(registry: &str) -> Result<(), InvalidReference> {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let (host_is_good, port) = match registry
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        Some((address, port)) => {
            let port_is_good = port.is_empty() || port.starts_with(':');
            (
                port_is_good && address.parse::<Ipv6Addr>().is_ok(),
                port.strip_prefix(':'),
            )
        }
        None => match registry.split_once(':') {
            Some((host, port)) => (host.split('.').all(is_label), Some(port)),
            None => (registry.split('.').all(is_label), None),
        },
    };
    let port_is_good = port.is_none_or(|port| {
        port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok()
    });
    if host_is_good && port_is_good {
        Ok(())
    } else {
        Err(InvalidReference::Registry {
            registry: registry.to_owned(),
        })
    }
}

/// `[a-z0-9]+` joined by `.`, `_`, `__` or any number of `-`, and such components joined by `/`.
fn check_repository(repository: &str) -> Result<(), InvalidReference> {
    if repository.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(InvalidReference::UpperCase {
            repository: repository.to_owned(),
        });
    }
    if repository.len() > MAX_REPOSITORY_BYTES {
        return Err(InvalidReference::TooLong);
    }
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_component = |component: &str| {
        component.bytes().next().is_some_and(is_word)
            && component.bytes().next_back().is_some_and(is_word)
            && component
                .split(|character: char| {
                    character.is_ascii_lowercase() || character.is_ascii_digit()
                })
                .all(|separator| {
                    matches!(separator, "" | "." | "_" | "__")
                        || separator.bytes().all(|byte| byte == b'-')
                })
    };
    if repository.split('/').all(is_component) {
        Ok(())
    } else {
        Err(InvalidReference::Repository {
            repository: repository.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    const SHA256: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[rstest]
    #[case("alpine", "docker.io/library/alpine:latest")]
    #[case("alpine:3.22", "docker.io/library/alpine:3.22")]
    #[case("team/app", "docker.io/team/app:latest")]
    #[case("index.docker.io/alpine", "docker.io/library/alpine:latest")]
    #[case("docker.io/library/alpine", "docker.io/library/alpine:latest")]
    #[case("test.com:tag", "docker.io/library/test.com:tag")]
    #[case("test.com:5000", "docker.io/library/test.com:5000")]
    #[case("test.com:5000/app", "test.com:5000/app:latest")]
    #[case("localhost/app", "localhost/app:latest")]
    #[case("localhost:5000/app:1", "localhost:5000/app:1")]
    #[case("MyHost/app", "MyHost/app:latest")]
    #[case("[::1]:5000/app:1", "[::1]:5000/app:1")]
    #[case("[2001:db8::1]/a/b/c:x", "[2001:db8::1]/a/b/c:x")]
    #[case("foo_bar.com:8080", "docker.io/library/foo_bar.com:8080")]
    #[case("a--b/c__d.e:Tag_1.2-3", "docker.io/a--b/c__d.e:Tag_1.2-3")]
    #[case("xn--n3h.com/app", "xn--n3h.com/app:latest")]
    fn defaults_are_applied(#[case] given: &str, #[case] expected: &str) {
        assert_eq!(given.parse::<Reference>().unwrap().to_string(), expected);
    }

    #[test]
    fn a_tag_beside_a_digest_is_kept_and_no_tag_is_made_up() {
        let both: Reference = format!("r.io/app:1@{SHA256}").parse().unwrap();
        assert_eq!(
            (both.tag(), both.digest().map(AsRef::as_ref)),
            (Some("1"), Some(SHA256))
        );
        let digest_only: Reference = format!("r.io/app@{SHA256}").parse().unwrap();
        assert_eq!(digest_only.tag(), None);
    }

    #[test]
    fn sha512_is_a_digest_and_sha384_is_not() {
        let sha512 = format!("sha512:{}", "a".repeat(128));
        assert!(format!("r.io/app@{sha512}").parse::<Reference>().is_ok());
        let sha384 = format!("sha384:{}", "a".repeat(96));
        assert_eq!(
            format!("r.io/app@{sha384}").parse::<Reference>(),
            Err(InvalidReference::Digest { digest: sha384 })
        );
    }

    #[rstest]
    #[case("", "a reference needs a repository name")]
    #[case(":tag", "a reference needs a repository name")]
    #[case("App", "the repository name `App` must be lower case")]
    #[case("r.io/App:1", "the repository name `App` must be lower case")]
    #[case("r.io/", "`` is not a repository name")]
    #[case("a//b", "`a//b` is not a repository name")]
    #[case("a..b", "`a..b` is not a repository name")]
    #[case("a___b", "`a___b` is not a repository name")]
    #[case("-a", "`-a` is not a repository name")]
    #[case("a-", "`a-` is not a repository name")]
    #[case("a b", "`a b` is not a repository name")]
    #[case("app:", "`` is not a tag")]
    #[case("app:.x", "`.x` is not a tag")]
    #[case("app:ü", "`ü` is not a tag")]
    #[case("app@sha256:abc", "`sha256:abc` is not a digest")]
    #[case("-r.io/app", "`-r.io` is not a registry host")]
    #[case("r.io:x/app", "`r.io:x` is not a registry host")]
    #[case("r.io:99999/app", "`r.io:99999` is not a registry host")]
    #[case("[::g]/app", "`[::g]` is not a registry host")]
    #[case("http://r.io/app", "`http:` is not a registry host")]
    #[case(
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "`e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855` is an image id, not a reference"
    )]
    fn says_what_is_wrong(#[case] given: &str, #[case] expected: &str) {
        assert_eq!(
            given.parse::<Reference>().unwrap_err().to_string(),
            expected
        );
    }

    #[test]
    fn long_names_and_tags_are_refused() {
        let name = format!("r.io/{}", "a".repeat(256));
        assert_eq!(name.parse::<Reference>(), Err(InvalidReference::TooLong));
        assert!(
            format!("r.io/a:{}", "t".repeat(128))
                .parse::<Reference>()
                .is_ok()
        );
        assert!(
            format!("r.io/a:{}", "t".repeat(129))
                .parse::<Reference>()
                .is_err()
        );
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back_the_same(
            text in r"([a-z]{1,5}(\.[a-z]{1,5}){0,2}(:[0-9]{1,4})?/)?[a-z0-9]{1,8}(/[a-z0-9]{1,8}([._-][a-z0-9]{1,4})?){0,2}(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,9})?"
        ) {
            if let Ok(reference) = text.parse::<Reference>() {
                prop_assert_eq!(reference.to_string().parse::<Reference>(), Ok(reference));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = text.parse::<Reference>();
        }
    }
}
