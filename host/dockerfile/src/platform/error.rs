//! Why a text is not a platform.

use crate::quote::quoted;
use std::fmt;

/// What a component looks like.
const COMPONENT: &str = "^[A-Za-z0-9_.-]+$";
/// What an operating system and its options look like.
const SYSTEM: &str = r"^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.%-]*)((?:\+[A-Za-z0-9_.%-]+)*)\))?$";

/// Why a text is not a platform, in containerd's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidPlatform {
    /// It has a `*`.
    Wildcard {
        /// What was given.
        specifier: String,
    },
    /// What stands before the first slash is not an operating system.
    System {
        /// What was given.
        specifier: String,
        /// The part of it.
        part: String,
    },
    /// What stands behind a slash is not a word.
    Component {
        /// What was given.
        specifier: String,
        /// The part of it.
        part: String,
    },
    /// A percent sign in the version does not begin an escape.
    VersionEscape {
        /// What was given.
        specifier: String,
        /// The version.
        version: String,
        /// The escape.
        escape: String,
    },
    /// A percent sign in a feature does not begin an escape.
    FeatureEscape {
        /// What was given.
        specifier: String,
        /// The feature.
        feature: String,
        /// The escape.
        escape: String,
    },
    /// The only word is neither an operating system nor an architecture.
    Unknown {
        /// What was given.
        specifier: String,
    },
    /// It has more than three parts.
    TooManyParts {
        /// What was given.
        specifier: String,
    },
}

impl fmt::Display for InvalidPlatform {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wildcard { specifier } => write!(
                formatter,
                "{}: wildcards not yet supported: invalid argument",
                quoted(specifier)
            ),
            Self::System { specifier, part } => write!(
                formatter,
                "{} is an invalid OS component of {}: OSAndVersion specifier component must match {}: invalid argument",
                quoted(part),
                quoted(specifier),
                quoted(SYSTEM)
            ),
            Self::Component { specifier, part } => write!(
                formatter,
                "{} is an invalid component of {}: platform specifier component must match {}: invalid argument",
                quoted(part),
                quoted(specifier),
                quoted(COMPONENT)
            ),
            Self::VersionEscape {
                specifier,
                version,
                escape,
            } => write!(
                formatter,
                "{} has an invalid OS version {}: invalid URL escape {}",
                quoted(specifier),
                quoted(version),
                quoted(escape)
            ),
            Self::FeatureEscape {
                specifier,
                feature,
                escape,
            } => write!(
                formatter,
                "{} has invalid OS features: invalid os feature {}: invalid URL escape {}",
                quoted(specifier),
                quoted(feature),
                quoted(escape)
            ),
            Self::Unknown { specifier } => write!(
                formatter,
                "{}: unknown operating system or architecture: invalid argument",
                quoted(specifier)
            ),
            Self::TooManyParts { specifier } => write!(
                formatter,
                "{}: cannot parse platform specifier: invalid argument",
                quoted(specifier)
            ),
        }
    }
}

impl std::error::Error for InvalidPlatform {}
