//! Base images and their platforms.

use super::{Checks, Place, Rule, Scope};
use crate::platform::Platform;
use crate::quote::quoted;

/// `--platform` in `FROM`, expanded.
pub(crate) struct PlatformFlag<'f> {
    /// As it is written.
    pub(crate) written: &'f str,
    /// Expanded.
    pub(crate) value: &'f str,
    /// The variables in it that are set, each once.
    pub(crate) found: &'f [&'f str],
    /// Whether there are others.
    pub(crate) missing: bool,
    /// What `TARGETPLATFORM` is.
    pub(crate) target: &'f str,
    /// The name of the stage.
    pub(crate) stage: &'f str,
    /// The platform of the machine, which fills what is missing.
    pub(crate) host: &'f Platform,
}

/// Looks at the platform that a `FROM` asks for.
pub(crate) fn check_flag(
    checks: &mut Checks,
    scope: &Scope,
    place: Place,
    flag: &PlatformFlag<'_>,
) {
    if matches!(flag.found, ["TARGETPLATFORM"]) && !flag.missing && flag.value == flag.target {
        let message = format!(
            "Setting platform to predefined {} in FROM is redundant as this is the default behavior",
            flag.written
        );
        checks.report(scope, Rule::RedundantTargetPlatform, place, message);
    }
    if !flag.found.is_empty() || flag.missing {
        return;
    }
    let Ok(platform) = Platform::parse(flag.value, flag.host) else {
        return;
    };
    // A name that says which platform it is for explains the constant.
    if !flag.stage.contains(&platform.os) && !flag.stage.contains(&platform.architecture) {
        let message = format!(
            "FROM --platform flag should not use constant value {}",
            quoted(flag.value)
        );
        checks.report(scope, Rule::FromPlatformFlagConstDisallowed, place, message);
    }
}

/// Compares the platform of a base image with the wanted one.
pub(crate) fn check_platform(
    checks: &mut Checks,
    place: Place,
    name: &str,
    wanted: &Platform,
    actual: &Platform,
) {
    if (&wanted.os, &wanted.architecture) == (&actual.os, &actual.architecture) {
        return;
    }
    let text = |platform: &Platform| quoted(&platform.normalized().format_all());
    let message = format!(
        "Base image {name} was pulled with platform {}, expected {} for current build",
        text(actual),
        text(wanted)
    );
    checks.report(
        &Scope::default(),
        Rule::InvalidBaseImagePlatform,
        place,
        message,
    );
}

/// A base that is no image unless an argument is given.
pub(crate) fn invalid_default(checks: &mut Checks, place: Place, base: &str) {
    let message =
        format!("Default value for ARG {base} results in empty or invalid base image name");
    checks.report(
        &Scope::default(),
        Rule::InvalidDefaultArgInFrom,
        place,
        message,
    );
}
