//! What to do about an error.

use crate::credentials::Login;
use crate::error::RegistryError;

impl RegistryError {
    /// The cure, if there is one that the user can be told.
    pub fn help(&self) -> Option<String> {
        self.help_about_names()
            .or_else(|| self.help_about_logins())
            .or_else(|| self.help_about_access())
            .or_else(|| self.help_about_content())
    }

    fn help_about_names(&self) -> Option<String> {
        Some(match self {
            Self::UnknownImage { host, reference } => format!(
                "check the name and the tag; a private repository answers the same without a login: `docker login {host}`{}",
                local_engine(
                    host,
                    reference.strip_prefix("docker.io/").unwrap_or(reference)
                )
            ),
            Self::UnknownSelector { available, .. } | Self::Ambiguous { available, .. } => {
                if available.is_empty() {
                    return None;
                }
                format!("there is: {available}")
            }
            Self::MissingPlatform { available, .. } if available.is_empty() => {
                "the index names no platform at all".to_owned()
            }
            Self::MissingPlatform { available, .. } => {
                let names: Vec<_> = available.iter().map(ToString::to_string).collect();
                format!(
                    "choose another with `--platform`: there is {}",
                    names.join(", ")
                )
            }
            Self::InvalidHost { .. } | Self::UnknownHost { .. } => {
                "check the name of the registry and the network".to_owned()
            }
            _ => return None,
        })
    }

    fn help_about_logins(&self) -> Option<String> {
        let (Self::Unauthorized {
            host,
            repository,
            login,
        }
        | Self::Denied {
            host,
            repository,
            login,
            ..
        }) = self
        else {
            return None;
        };
        let is_denied = matches!(self, Self::Denied { .. });
        Some(match &**login {
            Login::Unusable { file, reason } => reason.help(file),
            Login::Given if !is_denied => {
                "check the name, and `--username` and the password".to_owned()
            }
            login if login.was_used() && is_denied => {
                "ask the owner of the repository for the right to do this".to_owned()
            }
            login if login.was_used() => {
                format!("check the name, and log in again: `docker login {host}`")
            }
            _ if is_denied => format!("log in first: `docker login {host}`"),
            _ => format!(
                "check the name; for a private repository log in first: `docker login {host}`{}",
                local_engine(host, repository)
            ),
        })
    }

    fn help_about_access(&self) -> Option<String> {
        Some(match self {
            Self::ConnectionRefused { .. } => "check the host and the port, and that the registry is running".to_owned(),
            Self::Tls { .. } => {
                "`--registry-cacert FILE` trusts the registry's certificate authority; `--allow-insecure-registry` checks no certificate at all".to_owned()
            }
            Self::NotHttps { .. } => "`--allow-http-registry` allows plain HTTP, which anybody on the way can change".to_owned(),
            Self::Timeout { .. } | Self::Interrupted { .. } | Self::Unreachable { .. } => {
                "check the network, and try again".to_owned()
            }
            Self::RateLimited { host, retry_after } => match retry_after {
                Some(time) => format!("try again in {} seconds, or log in: `docker login {host}`", time.as_secs()),
                None => format!("try again later, or log in: `docker login {host}`"),
            },
            Self::ServerFailed { .. } => "try again later".to_owned(),
            Self::UnexpectedStatus { .. } | Self::UnknownChallenge { .. } | Self::NoUploadLocation { .. } => {
                "check that the host is a registry".to_owned()
            }
            Self::UnsafeRealm { .. } | Self::UnsafeLocation { .. } | Self::TooManyRedirects { .. } => {
                "check that this is the registry you mean; where it leads is not followed".to_owned()
            }
            Self::NoToken { .. } => "try again later, or ask whoever runs the registry".to_owned(),
            Self::Daemon(error) => error.help(),
            Self::Trust(error) => error.help().to_owned(),
            Self::UnwantedEncoding { .. } | Self::OtherRange { .. } => "check the registry, or the proxy before it".to_owned(),
            Self::NoClient { .. } => "check the proxies in the environment".to_owned(),
            _ => return None,
        })
    }

    fn help_about_content(&self) -> Option<String> {
        Some(match self {
            Self::SchemaOne { .. } => {
                "pull the image with a current engine and push it again, which converts it".to_owned()
            }
            Self::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                "check the path".to_owned()
            }
            Self::Io { .. } => "check that the path can be read".to_owned(),
            Self::DigestMismatch { .. } | Self::SizeMismatch { .. } => {
                "somebody changed the bytes, or they were damaged on the way: do not use the image, and copy or push it again".to_owned()
            }
            Self::TooLarge { .. } => "check what the reference names: images that anybody runs are far below this".to_owned(),
            Self::InvalidDocument { .. } => "build the image again with a current builder".to_owned(),
            Self::UnsupportedDigest { .. } => "use sha256 or sha512".to_owned(),
            Self::TooManyReferrers { .. } => "remove what nobody needs any more from the image's referrers".to_owned(),
            Self::LeavesLayout { .. } | Self::HostileEntry { .. } => {
                "do not trust where this comes from; `skopeo copy` or `docker save` make a sound one".to_owned()
            }
            Self::UnknownBlob { .. } | Self::TruncatedArchive { .. } => "copy or push the image again".to_owned(),
            Self::LostReferrer { .. } => "try again when nobody else attaches anything to this image".to_owned(),
            Self::NotWritable { .. } => "name an image in a registry".to_owned(),
            Self::NotADirLayout { .. } => {
                "`dir:` reads what `skopeo copy … dir:DIR` writes; a directory with a file `oci-layout` is read with `oci:`".to_owned()
            }
            Self::NotALayout { .. } => {
                "an OCI layout has a file `oci-layout`, a file `index.json` and a directory `blobs`".to_owned()
            }
            Self::UnsupportedCompression { .. } => "decompress it first, or use gzip".to_owned(),
            Self::NotAnArchive { .. } => {
                "`oci-archive:` reads what `skopeo copy … oci-archive:FILE` writes, `docker-archive:` what `docker save` writes".to_owned()
            }
            _ => return None,
        })
    }
}

/// Where else an image may be that Docker Hub does not know: whoever leaves out the host may mean one of their own.
fn local_engine(host: &str, name: &str) -> String {
    if host != "docker.io" {
        return String::new();
    }
    let name = name.strip_prefix("library/").unwrap_or(name);
    format!(
        "; an image of a local engine is `docker-daemon:{name}`, or comes with `docker save {name} | polcheck docker-archive:-`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn unknown(reference: &str) -> RegistryError {
        let host = reference.split('/').next().unwrap().to_owned();
        let reference = reference.to_owned();
        RegistryError::UnknownImage { reference, host }
    }

    fn refused(host: &str, repository: &str) -> RegistryError {
        RegistryError::Unauthorized {
            host: host.to_owned(),
            repository: repository.to_owned(),
            login: Box::new(Login::None { files: vec![] }),
        }
    }

    #[rstest]
    #[case(unknown("docker.io/library/app:1"), Some("app:1"))]
    #[case(unknown("docker.io/team/app:1"), Some("team/app:1"))]
    #[case(refused("docker.io", "library/app"), Some("app"))]
    #[case(refused("docker.io", "team/app"), Some("team/app"))]
    #[case(unknown("r.io/app:1"), None)]
    #[case(refused("r.io", "app"), None)]
    fn an_image_that_docker_hub_does_not_have_may_be_a_local_one(
        #[case] error: RegistryError,
        #[case] expected: Option<&str>,
    ) {
        let help = error.help().unwrap();
        let local = help.split_once("; an image of a local engine is ");
        let expected = expected.map(|name| {
            format!("`docker-daemon:{name}`, or comes with `docker save {name} | polcheck docker-archive:-`")
        });
        assert_eq!(local.map(|(_, local)| local), expected.as_deref(), "{help}");
    }
}
