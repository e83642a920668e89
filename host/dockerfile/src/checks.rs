//! BuildKit's own checks of a Dockerfile: what it prints when it builds, and with `--check`.

pub(crate) mod bases;
pub(crate) mod casing;
pub(crate) mod ignored;
pub(crate) mod names;
mod options;
pub(crate) mod reading;
pub(crate) mod secrets;
pub(crate) mod variables;

pub(crate) use options::{Options, read_bool};

use crate::instruction::Comment;
use crate::span::Span;
use std::collections::BTreeSet;

/// A check of BuildKit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The name of a stage is not in lower case.
    StageNameCasing,
    /// `FROM` and `as` differ in case.
    FromAsCasing,
    /// An empty line among continuations.
    NoEmptyContinuation,
    /// An instruction in another case than most.
    ConsistentInstructionCasing,
    /// Two stages of one name.
    DuplicateStageName,
    /// A stage named `scratch` or `context`.
    ReservedStageName,
    /// `CMD` or `ENTRYPOINT` in shell form, without `SHELL`.
    JSONArgsRecommended,
    /// `MAINTAINER`
    MaintainerDeprecated,
    /// `FROM` with a variable that is not declared.
    UndefinedArgInFrom,
    /// A relative `WORKDIR` before any absolute one.
    WorkdirRelativePath,
    /// A variable that is not set.
    UndefinedVar,
    /// A second `CMD`, `ENTRYPOINT` or `HEALTHCHECK`.
    MultipleInstructionsDisallowed,
    /// `ENV key value`
    LegacyKeyValueFormat,
    /// The base image is for another platform.
    InvalidBaseImagePlatform,
    /// `FROM --platform=$TARGETPLATFORM`
    RedundantTargetPlatform,
    /// A variable called like a secret.
    SecretsUsedInArgOrEnv,
    /// Without `--build-arg` there is no base image.
    InvalidDefaultArgInFrom,
    /// `FROM --platform=linux/amd64`
    FromPlatformFlagConstDisallowed,
    /// `COPY` of a file that `.dockerignore` excludes.
    CopyIgnoredFile,
    /// A comment that does not describe what stands below it.
    InvalidDefinitionDescription,
    /// A protocol that is not in lower case.
    ExposeProtoCasing,
    /// `EXPOSE` with an address or a port of the host.
    ExposeInvalidFormat,
}

impl Rule {
    /// Its name, as BuildKit has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::StageNameCasing => "StageNameCasing",
            Self::FromAsCasing => "FromAsCasing",
            Self::NoEmptyContinuation => "NoEmptyContinuation",
            Self::ConsistentInstructionCasing => "ConsistentInstructionCasing",
            Self::DuplicateStageName => "DuplicateStageName",
            Self::ReservedStageName => "ReservedStageName",
            Self::JSONArgsRecommended => "JSONArgsRecommended",
            Self::MaintainerDeprecated => "MaintainerDeprecated",
            Self::UndefinedArgInFrom => "UndefinedArgInFrom",
            Self::WorkdirRelativePath => "WorkdirRelativePath",
            Self::UndefinedVar => "UndefinedVar",
            Self::MultipleInstructionsDisallowed => "MultipleInstructionsDisallowed",
            Self::LegacyKeyValueFormat => "LegacyKeyValueFormat",
            Self::InvalidBaseImagePlatform => "InvalidBaseImagePlatform",
            Self::RedundantTargetPlatform => "RedundantTargetPlatform",
            Self::SecretsUsedInArgOrEnv => "SecretsUsedInArgOrEnv",
            Self::InvalidDefaultArgInFrom => "InvalidDefaultArgInFrom",
            Self::FromPlatformFlagConstDisallowed => "FromPlatformFlagConstDisallowed",
            Self::CopyIgnoredFile => "CopyIgnoredFile",
            Self::InvalidDefinitionDescription => "InvalidDefinitionDescription",
            Self::ExposeProtoCasing => "ExposeProtoCasing",
            Self::ExposeInvalidFormat => "ExposeInvalidFormat",
        }
    }

    /// Whether it has to be switched on.
    pub fn is_experimental(self) -> bool {
        self == Self::InvalidDefinitionDescription
    }
}

/// Something that a check of BuildKit has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The check.
    pub rule: Rule,
    /// What BuildKit says.
    pub message: String,
    /// The lines that BuildKit shows, both included; 0 where it shows none, as for the image of a mount.
    pub lines: (u32, u32),
    /// Where exactly, if it is not only a line.
    pub span: Option<Span>,
    /// Whether it holds only if the base image, which is not known, does not say otherwise.
    pub assumed: bool,
}

/// Where a diagnostic stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) lines: (u32, u32),
    pub(crate) span: Option<Span>,
}

/// The options that the comments above an instruction set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope(Option<Options>);

impl Scope {
    /// BuildKit heeds the first comment that is a check directive, and forgets all of it if it is malformed.
    pub(crate) fn of(comments: &[Comment]) -> Self {
        let directive = comments
            .iter()
            .find_map(|comment| options::directive(&comment.text));
        Self(directive.and_then(|text| Options::read(text).ok()))
    }
}

/// What the checks have found so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checks {
    options: Options,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What a directive or a comment has removed, and what is experimental and nobody has switched on.
    pub(crate) skipped: Vec<Diagnostic>,
    called: BTreeSet<&'static str>,
}

impl Checks {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            options,
            ..Self::default()
        }
    }

    /// Writes down what a check has to say, unless the check is switched off.
    pub(crate) fn report(&mut self, scope: &Scope, rule: Rule, place: Place, message: String) {
        self.add(
            scope,
            Diagnostic {
                rule,
                message,
                lines: place.lines,
                span: place.span,
                assumed: false,
            },
        );
    }

    /// The same for a diagnostic.
    pub(crate) fn add(&mut self, scope: &Scope, diagnostic: Diagnostic) {
        let name = diagnostic.rule.name();
        let any = |holds: &dyn Fn(&Options) -> bool| {
            holds(&self.options) || scope.0.as_ref().is_some_and(holds)
        };
        let is_heeded = if diagnostic.rule.is_experimental() {
            any(&|options| options.experimental.contains(name))
        } else {
            !any(&|options| options.skip.contains(name))
        };
        if !is_heeded {
            self.skipped.push(diagnostic);
            return;
        }
        self.called.insert(name);
        self.diagnostics.push(diagnostic);
    }

    /// What BuildKit says in the end, if warnings are errors. It names the checks in any order.
    pub(crate) fn violation(&self) -> Option<String> {
        let names: Vec<&str> = self.called.iter().copied().collect();
        (self.options.error && !names.is_empty())
            .then(|| format!("lint violation found for rules: {}", names.join(", ")))
    }
}
