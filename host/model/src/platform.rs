//! The platform of an image: `OS/ARCHITECTURE[/VARIANT]`.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The platform of an image, in the normal form of the container engines: `amd64` for `x86_64`, `arm64` for `arm64/v8`,
/// `arm/v7` for `arm`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Platform {
    os: String,
    architecture: String,
    variant: Option<String>,
}

/// Not a platform.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a platform")]
pub struct InvalidPlatform {
    /// What was given.
    pub text: String,
}

impl Platform {
    /// A platform from its parts, normalised.
    pub fn new(os: &str, architecture: &str, variant: Option<&str>) -> Self {
        let variant = variant.filter(|variant| !variant.is_empty());
        let (architecture, variant) = match (architecture, variant) {
            ("x86_64" | "x86-64" | "amd64", None | Some("v1")) => ("amd64", None),
            ("x86_64" | "x86-64", variant) => ("amd64", variant),
            ("i386" | "x86", variant) => ("386", variant),
            ("aarch64" | "arm64", None | Some("8" | "v8")) => ("arm64", None),
            ("aarch64", variant) => ("arm64", variant),
            ("armhf", _) | ("arm", None | Some("7")) => ("arm", Some("v7")),
            ("armel", _) | ("arm", Some("6")) => ("arm", Some("v6")),
            ("arm", Some("5")) => ("arm", Some("v5")),
            other => other,
        };
        Self {
            os: os.to_lowercase(),
            architecture: architecture.to_owned(),
            variant: variant.map(ToOwned::to_owned),
        }
    }

    /// `linux`, `windows`, …
    pub fn os(&self) -> &str {
        &self.os
    }

    /// `amd64`, `arm64`, …
    pub fn architecture(&self) -> &str {
        &self.architecture
    }

    /// `v7`, `v6`, …; none where the architecture has only one that counts.
    pub fn variant(&self) -> Option<&str> {
        self.variant.as_deref()
    }
}

impl FromStr for Platform {
    type Err = InvalidPlatform;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_word = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            [os, architecture] if is_word(os) && is_word(architecture) => {
                Ok(Self::new(os, architecture, None))
            }
            [os, architecture, variant]
                if is_word(os) && is_word(architecture) && is_word(variant) =>
            {
                Ok(Self::new(os, architecture, Some(variant)))
            }
            _ => Err(InvalidPlatform {
                text: text.to_owned(),
            }),
        }
    }
}

impl TryFrom<String> for Platform {
    type Error = InvalidPlatform;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Platform> for String {
    fn from(platform: Platform) -> Self {
        platform.to_string()
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("linux/amd64", "linux/amd64")]
    #[case("linux/x86_64", "linux/amd64")]
    #[case("linux/arm64/v8", "linux/arm64")]
    #[case("linux/aarch64", "linux/arm64")]
    #[case("linux/arm", "linux/arm/v7")]
    #[case("linux/arm/v6", "linux/arm/v6")]
    #[case("linux/amd64/v3", "linux/amd64/v3")]
    #[case("Windows/amd64", "windows/amd64")]
    fn is_normalised(#[case] given: &str, #[case] expected: &str) {
        assert_eq!(given.parse::<Platform>().unwrap().to_string(), expected);
    }

    #[rstest]
    #[case("")]
    #[case("linux")]
    #[case("linux/")]
    #[case("linux/amd64/v2/x")]
    #[case("linux /amd64")]
    fn refuses_anything_else(#[case] given: &str) {
        assert_eq!(
            given.parse::<Platform>(),
            Err(InvalidPlatform {
                text: given.to_owned()
            })
        );
    }
}
