//! Where an image comes from, as a user types it.

use model::reference::{InvalidReference, parse_digest};
use model::{Digest, Reference};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The transports that are read beside registries.
const LAYOUT: &str = "oci";
const OCI_ARCHIVE: &str = "oci-archive";
const DOCKER_ARCHIVE: &str = "docker-archive";
const DOCKER_DAEMON: &str = "docker-daemon";
const DIR: &str = "dir";

/// Transports of other tools. A text that begins with one of them is meant as one, although it may read as a
/// repository with a tag.
const FOREIGN_TRANSPORTS: [&str; 4] = ["containers-storage", "ostree", "sif", "tarball"];

/// Where an image comes from. It prints as it was typed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    text: String,
    place: Place,
}

/// The kinds of places.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// `REFERENCE`: a registry.
    Registry(Reference),
    /// `oci:DIR[:TAG|@DIGEST]`: a directory with an OCI layout.
    Layout {
        /// The directory.
        directory: PathBuf,
        /// Which of its images.
        selector: Option<Selector>,
    },
    /// `oci-archive:FILE[:TAG|@DIGEST]`: an OCI layout in a tar archive.
    OciArchive {
        /// The archive.
        file: ArchiveFile,
        /// Which of its images.
        selector: Option<Selector>,
    },
    /// `docker-archive:FILE[:TAG|@DIGEST]`: what `docker save` wrote. The digest is that of the config, which Docker
    /// calls the image id.
    DockerArchive {
        /// The archive.
        file: ArchiveFile,
        /// Which of its images.
        selector: Option<Selector>,
    },
    /// `docker-daemon:NAME[:TAG|@DIGEST]` or `docker-daemon:sha256:ID`: an image of the local container engine.
    DockerDaemon {
        /// Which of its images.
        image: DaemonImage,
    },
    /// `dir:DIR`: a directory that Skopeo's `dir:` wrote, which has one image.
    Dir {
        /// The directory.
        directory: PathBuf,
    },
}

/// An image as a container engine knows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DaemonImage {
    /// By a name, as it was typed: what is left out the engine adds.
    Name(String),
    /// By its id, which is a digest.
    Id(Digest),
}

/// Where an archive is read from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ArchiveFile {
    /// A file.
    Path(PathBuf),
    /// `-`: the standard input.
    StandardInput,
}

/// One of several manifests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Selector {
    /// By its tag.
    Tag(String),
    /// By its digest.
    Digest(Digest),
}

/// Why a text names no source. The user's fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSource {
    /// Not a reference, and nothing else either.
    #[error(transparent)]
    Reference(#[from] InvalidReference),
    /// `https://…`, which no reference has.
    #[error("a reference has no scheme, and `{text}` begins with `{scheme}://`")]
    Scheme {
        /// What was typed.
        text: String,
        /// What it begins with.
        scheme: String,
        /// What comes after it.
        rest: String,
    },
    /// A transport of another tool.
    #[error("`{transport}:` is not a place that images are read from")]
    UnknownTransport {
        /// What stands before the first colon.
        transport: String,
    },
    /// Nothing after the transport, or nothing but a selector.
    #[error("there is no path in `{text}`")]
    EmptyPath {
        /// What was typed.
        text: String,
    },
    /// Nothing after the transport of the local engine.
    #[error("there is no name in `{text}`")]
    EmptyName {
        /// What was typed.
        text: String,
    },
    /// Nothing after the last colon.
    #[error("there is no tag after the last colon of `{text}`")]
    EmptySelector {
        /// What was typed.
        text: String,
    },
}

impl InvalidSource {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Scheme { rest, .. } => Some(format!("leave out the scheme: `{rest}`")),
            Self::UnknownTransport { .. } => Some(format!(
                "an image is read from a registry (`HOST/REPOSITORY:TAG`), `{DOCKER_DAEMON}:NAME[:TAG]`, `{LAYOUT}:DIR[:TAG]`, `{OCI_ARCHIVE}:FILE[:TAG]`, \
                 `{DOCKER_ARCHIVE}:FILE` or `{DIR}:DIR`; one of Podman's can be had with `podman save NAME | polcheck {DOCKER_ARCHIVE}:-`"
            )),
            Self::EmptyPath { .. } => Some(format!(
                "write `{LAYOUT}:DIR`, `{OCI_ARCHIVE}:FILE`, `{DOCKER_ARCHIVE}:FILE` or `{DIR}:DIR`"
            )),
            Self::EmptyName { .. } => Some(format!("write `{DOCKER_DAEMON}:NAME[:TAG]`")),
            Self::Reference(InvalidReference::ImageId { .. }) => Some(format!(
                "an image of a local engine is `{DOCKER_DAEMON}:sha256:ID`, or comes with `docker save ID | polcheck {DOCKER_ARCHIVE}:-`"
            )),
            Self::Reference(InvalidReference::UpperCase { repository }) => {
                Some(format!("write `{}`", repository.to_lowercase()))
            }
            Self::Reference(_) | Self::EmptySelector { .. } => None,
        }
    }
}

impl Source {
    /// The place itself.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The reference, if the place is a registry.
    pub fn reference(&self) -> Option<&Reference> {
        match &self.place {
            Place::Registry(reference) => Some(reference),
            _ => None,
        }
    }
}

impl DaemonImage {
    /// Which image of the archive that the engine writes is meant. A name is known only to the engine, which writes one
    /// image; an id can be checked.
    pub(crate) fn selector(&self) -> Option<Selector> {
        match self {
            Self::Name(_) => None,
            Self::Id(id) => Some(Selector::Digest(id.clone())),
        }
    }
}

impl From<Reference> for Source {
    fn from(reference: Reference) -> Self {
        Self {
            text: reference.to_string(),
            place: Place::Registry(reference),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Display for ArchiveFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::StandardInput => f.pad("standard input"),
        }
    }
}

impl fmt::Display for DaemonImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.pad(name),
            Self::Id(id) => f.pad(id.as_ref()),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => f.pad(tag),
            Self::Digest(digest) => f.pad(digest.as_ref()),
        }
    }
}

impl FromStr for Source {
    type Err = InvalidSource;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self {
            text: text.to_owned(),
            place: text.parse()?,
        })
    }
}

impl FromStr for Place {
    type Err = InvalidSource;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some((scheme, rest)) = text.split_once("://") {
            return Err(InvalidSource::Scheme {
                text: text.to_owned(),
                scheme: scheme.to_owned(),
                rest: rest.to_owned(),
            });
        }
        match text.split_once(':') {
            Some((LAYOUT, rest)) => {
                let (path, selector) = split_selector(text, rest)?;
                Ok(Self::Layout {
                    directory: path.into(),
                    selector,
                })
            }
            Some((OCI_ARCHIVE, rest)) => {
                let (file, selector) = archive(text, rest)?;
                Ok(Self::OciArchive { file, selector })
            }
            Some((DOCKER_ARCHIVE, rest)) => {
                let (file, selector) = archive(text, rest)?;
                Ok(Self::DockerArchive { file, selector })
            }
            Some((DOCKER_DAEMON, rest)) => Ok(Self::DockerDaemon {
                image: daemon_image(text, rest)?,
            }),
            Some((DIR, "")) => Err(InvalidSource::EmptyPath {
                text: text.to_owned(),
            }),
            Some((DIR, path)) => Ok(Self::Dir {
                directory: path.into(),
            }),
            Some((word, rest)) if is_transport(word, rest) => {
                Err(InvalidSource::UnknownTransport {
                    transport: word.to_owned(),
                })
            }
            _ => Ok(Self::Registry(text.parse()?)),
        }
    }
}

/// Whether `WORD:REST` is meant as a transport and a place rather than a repository and a tag.
fn is_transport(word: &str, rest: &str) -> bool {
    let is_word = !word.is_empty()
        && word
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    FOREIGN_TRANSPORTS.contains(&word) || (is_word && rest.starts_with(['/', '.', '~']))
}

/// An id, or a name in the grammar of references. The engine knows better than we do what it means.
fn daemon_image(text: &str, rest: &str) -> Result<DaemonImage, InvalidSource> {
    if rest.is_empty() {
        return Err(InvalidSource::EmptyName {
            text: text.to_owned(),
        });
    }
    if rest.starts_with("sha256:") {
        return Ok(DaemonImage::Id(parse_digest(rest)?));
    }
    match rest.parse::<Reference>() {
        Ok(_) => Ok(DaemonImage::Name(rest.to_owned())),
        Err(InvalidReference::ImageId { .. }) => {
            Ok(DaemonImage::Id(parse_digest(&format!("sha256:{rest}"))?))
        }
        Err(error) => Err(error.into()),
    }
}

fn archive(text: &str, rest: &str) -> Result<(ArchiveFile, Option<Selector>), InvalidSource> {
    let (path, selector) = split_selector(text, rest)?;
    let file = match path {
        "-" => ArchiveFile::StandardInput,
        path => ArchiveFile::Path(path.into()),
    };
    Ok((file, selector))
}

/// Splits `PATH[:TAG|@DIGEST]`. The path may have colons and at signs itself; what follows the last colon is a tag
/// only if it can be one.
fn split_selector<'a>(
    text: &str,
    rest: &'a str,
) -> Result<(&'a str, Option<Selector>), InvalidSource> {
    let (path, selector) = match rest.rsplit_once('@') {
        Some((path, digest)) if digest.starts_with("sha256:") || digest.starts_with("sha512:") => {
            (path, Some(Selector::Digest(parse_digest(digest)?)))
        }
        _ => match rest.rsplit_once(':') {
            Some((_, "")) => {
                return Err(InvalidSource::EmptySelector {
                    text: text.to_owned(),
                });
            }
            Some((path, tag)) if is_tag(tag) => (path, Some(Selector::Tag(tag.to_owned()))),
            _ => (rest, None),
        },
    };
    if path.is_empty() {
        return Err(InvalidSource::EmptyPath {
            text: text.to_owned(),
        });
    }
    Ok((path, selector))
}

/// The grammar of tags has one home, which is the reference.
fn is_tag(text: &str) -> bool {
    format!("a:{text}")
        .parse::<Reference>()
        .is_ok_and(|reference| reference.tag() == Some(text) && reference.digest().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn shape(place: &Place) -> String {
        let selector = |selector: &Option<Selector>| {
            selector
                .as_ref()
                .map_or(String::new(), |it| format!(" [{it}]"))
        };
        match place {
            Place::Registry(reference) => format!("registry {reference}"),
            Place::Layout {
                directory,
                selector: it,
            } => format!("layout {}{}", directory.display(), selector(it)),
            Place::OciArchive { file, selector: it } => {
                format!("oci archive {file}{}", selector(it))
            }
            Place::DockerArchive { file, selector: it } => {
                format!("docker archive {file}{}", selector(it))
            }
            Place::DockerDaemon {
                image: DaemonImage::Name(name),
            } => format!("daemon name {name}"),
            Place::DockerDaemon {
                image: DaemonImage::Id(id),
            } => format!("daemon id {id}"),
            Place::Dir { directory } => format!("dir {}", directory.display()),
        }
    }

    #[rstest]
    #[case("alpine", "registry docker.io/library/alpine:latest")]
    #[case("127.0.0.1:5000/a/b:1", "registry 127.0.0.1:5000/a/b:1")]
    #[case("oci", "registry docker.io/library/oci:latest")]
    #[case("oci/x:1", "registry docker.io/oci/x:1")]
    #[case("docker:dind", "registry docker.io/library/docker:dind")]
    #[case("oci:dir", "layout dir")]
    #[case("oci:/a/b:1.0", "layout /a/b [1.0]")]
    #[case("oci:a:b/c", "layout a:b/c")]
    #[case("oci:a:b:c", "layout a:b [c]")]
    #[case("oci:a b", "layout a b")]
    #[case("oci:a:ü", "layout a:ü")]
    #[case(&format!("oci:dir@{DIGEST}"), &format!("layout dir [{DIGEST}]"))]
    #[case(&format!("oci:a@b:c@{DIGEST}"), &format!("layout a@b:c [{DIGEST}]"))]
    #[case("oci:a@b", "layout a@b")]
    #[case("oci-archive:x.tar", "oci archive x.tar")]
    #[case("oci-archive:x.tar:v1", "oci archive x.tar [v1]")]
    #[case("docker-archive:x.tar", "docker archive x.tar")]
    #[case("docker-archive:-", "docker archive standard input")]
    #[case("docker-archive:-:v1", "docker archive standard input [v1]")]
    #[case("docker-archive:./-", "docker archive ./-")]
    #[case("docker-daemon:app", "daemon name app")]
    #[case(
        "docker-daemon:r.io:5000/ns/app:1.2",
        "daemon name r.io:5000/ns/app:1.2"
    )]
    #[case(&format!("docker-daemon:app@{DIGEST}"), &format!("daemon name app@{DIGEST}"))]
    #[case(&format!("docker-daemon:{DIGEST}"), &format!("daemon id {DIGEST}"))]
    #[case(&format!("docker-daemon:{}", DIGEST.trim_start_matches("sha256:")), &format!("daemon id {DIGEST}"))]
    #[case("dir:a", "dir a")]
    #[case("dir:/a/b:c@d", "dir /a/b:c@d")]
    fn every_form_is_read_and_printed_as_typed(#[case] text: &str, #[case] expected: &str) {
        let source: Source = text.parse().unwrap();
        assert_eq!(shape(source.place()), expected);
        assert_eq!(source.to_string(), text);
    }

    #[rstest]
    #[case(
        "https://r.io/app",
        "a reference has no scheme, and `https://r.io/app` begins with `https://`",
        Some("leave out the scheme: `r.io/app`")
    )]
    #[case(
        "docker://alpine",
        "a reference has no scheme, and `docker://alpine` begins with `docker://`",
        Some("leave out the scheme: `alpine`")
    )]
    #[case("oci:", "there is no path in `oci:`", None)]
    #[case("oci::v1", "there is no path in `oci::v1`", None)]
    #[case("oci-archive:", "there is no path in `oci-archive:`", None)]
    #[case(
        "dir:",
        "there is no path in `dir:`",
        Some("write `oci:DIR`, `oci-archive:FILE`, `docker-archive:FILE` or `dir:DIR`")
    )]
    #[case(
        "docker-daemon:",
        "there is no name in `docker-daemon:`",
        Some("write `docker-daemon:NAME[:TAG]`")
    )]
    #[case(
        "docker-daemon:App",
        "the repository name `App` must be lower case",
        None
    )]
    #[case("docker-daemon:sha256:abc", "`sha256:abc` is not a digest", None)]
    #[case("oci:dir:", "there is no tag after the last colon of `oci:dir:`", None)]
    #[case("oci:dir@sha256:abc", "`sha256:abc` is not a digest", None)]
    #[case(
        "r.io/App",
        "the repository name `App` must be lower case",
        Some("write `app`")
    )]
    fn says_what_is_wrong(#[case] text: &str, #[case] message: &str, #[case] help: Option<&str>) {
        let error = text.parse::<Source>().unwrap_err();
        assert_eq!(error.to_string(), message);
        if help.is_some() {
            assert_eq!(error.help().as_deref(), help);
        }
    }

    #[rstest]
    #[case("containers-storage:app")]
    #[case("ostree:app")]
    #[case("xyz:/tmp/x")]
    #[case("xyz:./x")]
    fn a_transport_of_another_tool_is_named_with_those_there_are(#[case] text: &str) {
        let error = text.parse::<Source>().unwrap_err();
        let (transport, _) = text.split_once(':').unwrap();
        assert_eq!(
            error.to_string(),
            format!("`{transport}:` is not a place that images are read from")
        );
        assert!(error.help().unwrap().contains("`oci-archive:FILE[:TAG]`"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = text.parse::<Source>();
            let _ = format!("oci:{text}").parse::<Source>();
        }

        #[test]
        fn what_is_typed_is_printed(text in "(oci|oci-archive|docker-archive|docker-daemon|dir):[a-z:@./-]{1,20}") {
            if let Ok(source) = text.parse::<Source>() {
                prop_assert_eq!(source.to_string(), text);
            }
        }
    }
}
