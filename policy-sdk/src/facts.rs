//! What a rule is told about the subject.

use crate::attestations::Attestations;
use crate::dockerfile::{Dockerfile, Taken};
use crate::{
    Base, EnforcementPoint, FactError, HistoryEntry, ImageBase, ImageConfig, Layer, ManifestInfo,
    Reference, RunConfig, Source,
};
use std::cell::OnceCell;

/// The facts of one subject. Each family is taken from the host once, when the first rule asks, and then shared by all
/// rules of the instance.
#[derive(Debug)]
pub struct Facts {
    source: Source,
    manifest: OnceCell<Result<ManifestInfo, FactError>>,
    config: OnceCell<Result<ImageConfig, FactError>>,
    history: OnceCell<Result<Vec<HistoryEntry>, FactError>>,
    layers: OnceCell<Result<Vec<Layer>, FactError>>,
    claims: OnceCell<Vec<String>>,
    dockerfile: Taken,
    pub(crate) run_config: OnceCell<Result<RunConfig, FactError>>,
}

impl Facts {
    pub(crate) fn new(source: Source) -> Self {
        Self {
            source,
            manifest: OnceCell::new(),
            config: OnceCell::new(),
            history: OnceCell::new(),
            layers: OnceCell::new(),
            claims: OnceCell::new(),
            dockerfile: Taken::default(),
            run_config: OnceCell::new(),
        }
    }

    /// The manifest. Needs `image`.
    ///
    /// # Errors
    /// Why it is not there.
    pub fn manifest(&self) -> Result<&ManifestInfo, FactError> {
        self.manifest
            .get_or_init(|| self.source.manifest())
            .as_ref()
            .map_err(Clone::clone)
    }

    /// The image config. Needs `image`.
    ///
    /// # Errors
    /// Why it is not there.
    pub fn config(&self) -> Result<&ImageConfig, FactError> {
        self.config
            .get_or_init(|| self.source.config())
            .as_ref()
            .map_err(Clone::clone)
    }

    /// The history, oldest first. Needs `image`.
    ///
    /// # Errors
    /// Why it is not there.
    pub fn history(&self) -> Result<&[HistoryEntry], FactError> {
        self.history
            .get_or_init(|| self.source.history())
            .as_deref()
            .map_err(Clone::clone)
    }

    /// The layers, from the bottom up. Needs `image`.
    ///
    /// # Errors
    /// Why they are not there.
    pub fn layers(&self) -> Result<&[Layer], FactError> {
        self.layers
            .get_or_init(|| self.source.layers())
            .as_deref()
            .map_err(Clone::clone)
    }

    /// The whole config blob as canonical JSON. Needs `image`.
    ///
    /// # Errors
    /// Why it is not there.
    pub fn raw_config(&self) -> Result<String, FactError> {
        self.source.raw_config()
    }

    /// The Dockerfile. Needs `dockerfile`.
    pub fn dockerfile(&self) -> Dockerfile<'_> {
        Dockerfile {
            source: &self.source,
            taken: &self.dockerfile,
        }
    }

    /// The image that a stage of the Dockerfile begins with, as it is now. Needs `base-image`.
    ///
    /// # Errors
    /// Why it is not there; absent: the stage begins with another stage, or with nothing.
    pub fn base_of_stage(&self, stage: u32) -> Result<Base, FactError> {
        self.source.base_of_stage(stage)
    }

    /// The image that the image was built on. Needs `base-image/of-image`.
    ///
    /// # Errors
    /// Why it is not there; absent: nobody says, or it was built on nothing.
    pub fn base_of_image(&self) -> Result<ImageBase, FactError> {
        self.source.base_of_image()
    }

    /// What is attached to the image. Needs `attestations`.
    pub fn attestations(&self) -> Attestations<'_> {
        Attestations {
            source: &self.source,
        }
    }

    /// The time of the evaluation in seconds since 1970-01-01T00:00:00Z: the only time there is.
    pub fn time(&self) -> u64 {
        self.source.time()
    }

    /// Which of the four places asks.
    pub fn point(&self) -> EnforcementPoint {
        self.source.point()
    }

    /// Registry and repository; none where the image comes from a file.
    pub fn subject_name(&self) -> Option<String> {
        self.source.subject_name()
    }

    /// The claims that are decided in this run, such as `security.scan`.
    pub fn claims(&self) -> &[String] {
        self.claims.get_or_init(|| self.source.claims())
    }

    /// One fact of the request: `namespace`, `service-account`, `requester`, `pusher`. A key that is read is recorded.
    pub fn context(&self, key: &str) -> Option<String> {
        self.source.context(key)
    }

    /// Whether a glob matches a whole text: `*` is any text without `/`, `**` any text, `?` one character but `/`.
    pub fn glob_match(&self, pattern: &str, text: &str) -> bool {
        self.source.glob_match(pattern, text)
    }

    /// Reads a reference to an image, with the defaults of every client: `docker.io`, `library/`, `latest`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_reference(&self, text: &str) -> Result<Reference, String> {
        self.source.parse_reference(text)
    }

    /// Whether a regular expression of the RE2 class matches somewhere in a text.
    ///
    /// # Errors
    /// What is wrong with the pattern.
    pub fn regex_match(&self, pattern: &str, text: &str) -> Result<bool, String> {
        self.source.regex_match(pattern, text)
    }
}
