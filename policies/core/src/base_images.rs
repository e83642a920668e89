//! The image that a chain of stages begins with: what its name tells.

use crate::data::base_users::BASE_USERS;
use crate::parts::has;
use polcheck_sdk::dockerfile::Stage;
use polcheck_sdk::{FactError, Facts};

/// What a reference says; a digest says nothing here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reference<'a> {
    /// Without the parts that mean the official images: `alpine` of `docker.io/library/alpine`.
    pub(crate) name: &'a str,
    /// Empty where there is none.
    pub(crate) tag: &'a str,
}

/// What means the same as an official image.
const OFFICIAL: [&str; 11] = [
    "docker.io/",
    "index.docker.io/",
    "registry-1.docker.io/",
    "public.ecr.aws/docker/",
    "mirror.gcr.io/",
    "library/",
    "amd64/",
    "arm64v8/",
    "arm32v7/",
    "i386/",
    "s390x/",
];

impl<'a> Reference<'a> {
    /// Reads a reference.
    pub(crate) fn read(text: &'a str) -> Self {
        let text = text.split_once('@').map_or(text, |(text, _)| text);
        let (mut name, tag) = match text.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, tag),
            _ => (text, ""),
        };
        for start in OFFICIAL {
            name = name.strip_prefix(start).unwrap_or(name);
        }
        Self { name, tag }
    }

    /// Its user, where the image is well known.
    pub(crate) fn user(self) -> Option<&'static str> {
        let is_it =
            |name: &str| self.name == name || name.ends_with('/') && self.name.starts_with(name);
        let mut rows = BASE_USERS.iter();
        let (_, _, user) = rows.find(|(name, tag, _)| is_it(name) && has(self.tag, tag))?;
        Some(user)
    }

    fn is_windows(self) -> bool {
        ["nanoserver", "windowsservercore"]
            .iter()
            .any(|part| has(self.tag, part))
            || self.name.starts_with("mcr.microsoft.com/windows")
            || self.name.starts_with("mcr.microsoft.com/dotnet/framework/")
            || self.name.starts_with("microsoft/windows")
            || matches!(
                self.name,
                "nanoserver" | "windowsservercore" | "microsoft/nanoserver" | "microsoft/iis"
            )
    }
}

/// The stage that names the image which the target is built on.
pub(crate) fn root_stage(facts: &Facts) -> Result<&Stage, FactError> {
    let file = facts.dockerfile();
    let target = file.target()?;
    Ok(file.ancestry(target.index)?.last().unwrap_or(target))
}

/// The image that the target is built on, as the Dockerfile names it, where that is known.
pub(crate) fn of_target(facts: &Facts) -> Option<Reference<'_>> {
    let root = root_stage(facts).ok()?;
    Some(Reference::read(root.base.value.as_deref()?)).filter(|_| !root.from_scratch)
}

/// Whether the image is one of Windows, as far as the manifest or the Dockerfile tells.
pub(crate) fn is_windows(facts: &Facts) -> bool {
    if let Ok(manifest) = facts.manifest() {
        return manifest.platform.os == "windows";
    }
    let platform = |stage: &Stage| {
        Some(
            stage
                .platform
                .as_ref()?
                .value
                .as_deref()?
                .starts_with("windows"),
        )
    };
    let user = facts.run_config().ok().and_then(|config| config.user.get());
    user.is_some_and(|user| matches!(user.as_str(), "ContainerUser" | "ContainerAdministrator"))
        || of_target(facts).is_some_and(Reference::is_windows)
        || root_stage(facts).is_ok_and(|root| platform(root) == Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("alpine", Some("root"))]
    #[case("docker.io/library/alpine:3.22", Some("root"))]
    #[case("public.ecr.aws/docker/library/node:24@sha256:00", Some("root"))]
    #[case("gcr.io/distroless/static-debian12:nonroot", Some("65532"))]
    #[case("gcr.io/distroless/base", Some("root"))]
    #[case("mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled", Some("1654"))]
    #[case("bitnami/redis:8", Some("1001"))]
    #[case("registry.example.com:5000/alpine", None)]
    #[case("example/alpine", None)]
    fn only_well_known_images_have_a_known_user(#[case] image: &str, #[case] user: Option<&str>) {
        assert_eq!(Reference::read(image).user(), user);
    }
}
