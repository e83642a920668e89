//! Names of images, read exactly as BuildKit reads them. `model::reference` is stricter about hosts, ports and digests, and
//! has its own words for what is wrong.

use std::fmt;

/// Docker Hub.
const DEFAULT_DOMAIN: &str = "docker.io";
/// Its older name.
const LEGACY_DEFAULT_DOMAIN: &str = "index.docker.io";
/// Where Docker Hub keeps images that are named without a slash.
const OFFICIAL: &str = "library/";
const DEFAULT_TAG: &str = "latest";
const MAX_PATH: usize = 255;
const MAX_TAG: usize = 128;
const MIN_DIGEST_DIGITS: usize = 32;
/// The length of an image id, which is not a name.
const IDENTIFIER: usize = 64;

/// The name of an image, complete.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImageName {
    /// The registry; empty for a strange name such as `my__registry.com/app`.
    pub domain: String,
    /// The repository.
    pub path: String,
    /// The tag, if one was given.
    pub tag: Option<String>,
    /// The digest, if one was given.
    pub digest: Option<String>,
}

/// Why a text is not the name of an image, in BuildKit's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidImageName {
    /// It is an image id.
    Identifier {
        /// What was given.
        name: String,
    },
    /// The repository has capital letters.
    UpperCaseName {
        /// The repository.
        repository: String,
    },
    /// Something else has capital letters.
    UpperCase,
    /// Anything else.
    Format,
    /// The repository is longer than 255 bytes.
    TooLong,
    /// The digest has characters that its algorithm does not have.
    DigestFormat,
    /// The digest has not as many digits as its algorithm.
    DigestLength,
    /// The algorithm of the digest is unknown.
    DigestAlgorithm,
}

impl fmt::Display for InvalidImageName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identifier { name } => write!(
                formatter,
                "invalid repository name ({name}), cannot specify 64-byte hexadecimal strings"
            ),
            Self::UpperCaseName { repository } => write!(
                formatter,
                "invalid reference format: repository name ({repository}) must be lowercase"
            ),
            Self::UpperCase => write!(formatter, "repository name must be lowercase"),
            Self::Format => write!(formatter, "invalid reference format"),
            Self::TooLong => write!(
                formatter,
                "repository name must not be more than {MAX_PATH} characters"
            ),
            Self::DigestFormat => write!(formatter, "invalid checksum digest format"),
            Self::DigestLength => write!(formatter, "invalid checksum digest length"),
            Self::DigestAlgorithm => write!(formatter, "unsupported digest algorithm"),
        }
    }
}

impl std::error::Error for InvalidImageName {}

impl fmt::Display for ImageName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.domain.is_empty() {
            write!(formatter, "{}/", self.domain)?;
        }
        formatter.write_str(&self.path)?;
        if let Some(tag) = &self.tag {
            write!(formatter, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(formatter, "@{digest}"),
            None => Ok(()),
        }
    }
}

impl ImageName {
    /// Reads a name and completes its registry and repository, not its tag.
    ///
    /// # Errors
    /// If it is not one.
    pub fn parse(name: &str) -> Result<Self, InvalidImageName> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if name.len() == IDENTIFIER && name.bytes().all(is_digit) {
            return Err(InvalidImageName::Identifier {
                name: name.to_owned(),
            });
        }
        let (domain, remainder) = split_domain(name);
        let repository = remainder.split(':').next().unwrap_or_default();
        if lower_case(repository) != repository {
            return Err(InvalidImageName::UpperCaseName {
                repository: repository.to_owned(),
            });
        }
        let parsed = match_reference(domain, &remainder).ok_or_else(|| {
            match match_reference(&lower_case(domain), &lower_case(&remainder)) {
                Some(_) => InvalidImageName::UpperCase,
                None => InvalidImageName::Format,
            }
        })?;
        if parsed.path.len() > MAX_PATH {
            return Err(InvalidImageName::TooLong);
        }
        if let Some(digest) = &parsed.digest {
            check_digest(digest)?;
        }
        Ok(parsed)
    }

    /// The same name, with the tag `latest` if it has neither tag nor digest.
    #[must_use]
    pub fn with_default_tag(mut self) -> Self {
        if self.tag.is_none() && self.digest.is_none() {
            self.tag = Some(DEFAULT_TAG.to_owned());
        }
        self
    }

    /// The name as people write it: `docker.io/library/alpine` is `alpine`.
    pub fn familiar(&self) -> String {
        let mut familiar = self.clone();
        if self.domain == DEFAULT_DOMAIN {
            familiar.domain.clear();
            if let Some(path) = self
                .path
                .strip_prefix(OFFICIAL)
                .filter(|path| !path.contains('/'))
            {
                path.clone_into(&mut familiar.path);
            }
        }
        familiar.to_string()
    }
}

/// The complete name of a base image, with a tag or digest: `docker.io/library/alpine:latest`.
///
/// # Errors
/// What BuildKit says if it is not a name.
pub fn parse_base(name: &str) -> Result<String, String> {
    ImageName::parse(name)
        .map(|name| name.with_default_tag().to_string())
        .map_err(|error| error.to_string())
}

/// The registry, and what follows it, with `library/` where it is needed.
fn split_domain(name: &str) -> (&str, String) {
    let (domain, remainder) = match name.split_once('/') {
        Some((LEGACY_DEFAULT_DOMAIN, rest)) => (DEFAULT_DOMAIN, rest),
        Some((first, rest))
            if first == "localhost" || first.contains(['.', ':']) || lower_case(first) != first =>
        {
            (first, rest)
        }
        _ => (DEFAULT_DOMAIN, name),
    };
    if domain == DEFAULT_DOMAIN && !remainder.contains('/') {
        (domain, format!("{OFFICIAL}{remainder}"))
    } else {
        (domain, remainder.to_owned())
    }
}

/// Lower case, character for character, as Go has it.
fn lower_case(text: &str) -> String {
    text.chars()
        .filter_map(|character| character.to_lowercase().next())
        .collect()
}

fn match_reference(domain: &str, remainder: &str) -> Option<ImageName> {
    let (rest, digest) = match remainder.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (remainder, None),
    };
    let (path, tag) = match rest.split_once(':') {
        Some((path, tag)) => (path, Some(tag)),
        None => (rest, None),
    };
    if !digest.is_none_or(is_digest) || !tag.is_none_or(is_tag) || !is_path(path) {
        return None;
    }
    // What is not a host may still be the first part of a path.
    let (domain, path) = if is_domain(domain) {
        (domain, path.to_owned())
    } else if is_path(domain) {
        ("", format!("{domain}/{path}"))
    } else {
        return None;
    };
    Some(ImageName {
        domain: domain.to_owned(),
        path,
        tag: tag.map(str::to_owned),
        digest: digest.map(str::to_owned),
    })
}

fn is_tag(tag: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    tag.len() <= MAX_TAG
        && tag.bytes().next().is_some_and(is_word)
        && tag
            .bytes()
            .all(|byte| is_word(byte) || b".-".contains(&byte))
}

fn is_path(path: &str) -> bool {
    let is_word = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit();
    path.split('/').all(|part| {
        part.starts_with(is_word)
            && part.ends_with(is_word)
            && part.split(is_word).all(|separator| {
                matches!(separator, "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-')
            })
    })
}

fn is_domain(domain: &str) -> bool {
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((address, rest)) = domain
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        return !address.is_empty()
            && address
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() || byte == b':')
            && (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port));
    }
    let (host, port) = match domain.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (domain, None),
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    host.split('.').all(is_label) && port.is_none_or(is_port)
}

fn is_digest(digest: &str) -> bool {
    digest.split_once(':').is_some_and(|(algorithm, digits)| {
        algorithm.split(['-', '_', '+', '.']).all(|part| {
            part.starts_with(|first: char| first.is_ascii_alphabetic())
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        }) && digits.len() >= MIN_DIGEST_DIGITS
            && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// Checks a digest against its algorithm.
fn check_digest(digest: &str) -> Result<(), InvalidImageName> {
    let (algorithm, digits) = digest.split_once(':').unwrap_or_default();
    let length = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ if algorithm.bytes().any(|byte| byte.is_ascii_uppercase()) => {
            return Err(InvalidImageName::DigestFormat);
        }
        _ => return Err(InvalidImageName::DigestAlgorithm),
    };
    if digits.len() != length {
        Err(InvalidImageName::DigestLength)
    } else if digits.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Err(InvalidImageName::DigestFormat)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
