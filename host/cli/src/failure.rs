//! What is said when polcheck cannot do its work.

use crate::report::printable;
use annotate_snippets::{Group, Level, Origin, Renderer};
use std::error::Error;
use std::io::Write;

/// One clear line, its causes, and the cure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) message: String,
    /// Where in which file: `policies.yaml:4:3`.
    pub(crate) place: Option<String>,
    pub(crate) causes: Vec<String>,
    pub(crate) help: Option<String>,
}

impl Failure {
    /// From an error and the help its type has for it.
    pub(crate) fn new(error: &dyn Error, help: Option<String>) -> Self {
        let mut causes = Vec::new();
        let mut source = error.source();
        while let Some(cause) = source {
            causes.push(cause.to_string());
            source = cause.source();
        }
        Self {
            message: error.to_string(),
            place: None,
            causes,
            help,
        }
    }

    /// From words.
    pub(crate) fn say(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            place: None,
            causes: Vec::new(),
            help: None,
        }
    }

    /// With a cure.
    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }

    /// As the cause of another one.
    pub(crate) fn under(self, message: impl Into<String>) -> Self {
        let causes = std::iter::once(self.message).chain(self.causes);
        Self {
            message: message.into(),
            causes: causes.collect(),
            ..self
        }
    }

    /// As text.
    pub(crate) fn render(&self, renderer: &Renderer) -> String {
        self.render_as(&Level::ERROR, renderer)
    }

    fn render_as<'a>(&'a self, level: &Level<'a>, renderer: &Renderer) -> String {
        let place = self.place.iter();
        let place = place.map(|place| Origin::path(printable(place)));
        let causes = self
            .causes
            .iter()
            .map(|cause| Level::NOTE.with_name("caused by").message(printable(cause)));
        let help = self
            .help
            .iter()
            .map(|help| Level::HELP.message(printable(help)));
        let group: Group<'_> = level
            .clone()
            .primary_title(printable(&self.message))
            .elements(place)
            .elements(causes)
            .elements(help);
        renderer.render(&[group])
    }

    /// Shows it to the person who started polcheck.
    pub(crate) fn show(&self) {
        // Nobody is left to tell when standard error is gone.
        let _ = writeln!(anstream::stderr(), "{}", self.render(&Renderer::styled()));
    }

    /// Shows what is no failure of the run.
    pub(crate) fn warn(&self) {
        let text = self.render_as(&Level::WARNING, &Renderer::styled());
        let _ = writeln!(anstream::stderr(), "{text}");
    }
}

/// Implements the way from an error that knows its cure.
macro_rules! from_error {
    ($($error:ty),+ $(,)?) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                let help = error.help();
                Self::new(&error, help)
            }
        })+
    };
}

from_error!(
    attest::InvalidPattern,
    attest::KeyError,
    attest::SigningConfigError,
    attest::TokenError,
    attest::TrustedRootError,
    engine::LoadError,
    pipeline::AttestError,
    pipeline::CheckError,
    pipeline::EvidenceError,
    pipeline::PoliciesError,
    pipeline::RecordedError,
    pipeline::TrustPolicyError,
    pipeline::Unobtainable,
    pipeline::VerifyError,
    pipeline::config::ConfigError,
    registry::InvalidSource,
    registry::RegistryError,
    sigstore::IdentityError,
    sigstore::PluginError,
    sigstore::SigningError,
    sigstore::TufError,
);

impl From<engine::EngineError> for Failure {
    fn from(error: engine::EngineError) -> Self {
        Self::new(&error, None)
    }
}
