//! The facts of the interface `dockerfile`: a Dockerfile as `BuildKit` reads it.

mod command;
mod config;

pub use command::{Assignment, Command, Compound, Interpreter, Join, Redirect, Via};
pub use config::{EffectiveConfig, Entry, Setting};

use super::ImageConfig;
use crate::Digest;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where a Dockerfile comes from, and so how far it can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The user says that this is the file.
    Given,
    /// Build provenance that is attached to the image and that nobody signed.
    Provenance,
    /// Written from the history of the image.
    Reconstructed,
}

/// Everything policies can be told about a Dockerfile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DockerfileFacts {
    /// Where it comes from.
    pub origin: Origin,
    /// Of its bytes; none where it was reconstructed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Whether it can be used.
    pub status: Status,
    /// Why `BuildKit` refuses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Refusal>,
    /// `\` or a backtick.
    pub escape: char,
    /// The frontend that reads it, if it names one.
    pub syntax: Option<String>,
    /// Parser directives.
    pub directives: Vec<Directive>,
    /// Every instruction that can be read.
    pub instructions: Vec<Instruction>,
    /// The stages.
    pub stages: Vec<Stage>,
    /// The stage that is built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<u32>,
    /// The commands of RUN, CMD, ENTRYPOINT and HEALTHCHECK.
    pub commands: Vec<Command>,
    /// Whether these are all.
    pub commands_complete: bool,
    /// `RUN --mount`
    pub mounts: Vec<Mount>,
    /// Which files go where.
    pub flows: Vec<Flow>,
    /// Variables in words that are expanded.
    pub variable_uses: Vec<VariableUse>,
    /// `BuildKit`'s checks as it prints them.
    pub diagnostics: Vec<Diagnostic>,
    /// Those that a `check=skip` removed, and those of experimental checks that nobody switched on.
    pub skipped_diagnostics: Vec<Diagnostic>,
    /// Comments that silence a tool.
    pub suppressions: Vec<Suppression>,
    /// What it would make otherwise than the image is; none: there is nothing to compare with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Vec<Difference>>,
    /// The patterns of the `.dockerignore`; none: nobody knows of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_patterns: Option<Vec<String>>,
    /// The config of the target, under the names of the OCI image specification; what the base decides is in it where
    /// the base is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<ImageConfig>,
    /// The whole text; bytes that are not UTF-8 are replaced.
    pub text: String,
}

/// Whether a Dockerfile can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// `BuildKit` accepts it.
    Complete,
    /// `BuildKit` refuses it.
    Invalid,
    /// Written from the history.
    Reconstructed,
}

/// Why `BuildKit` refuses a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// From 1; none: no line is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// What it says.
    pub message: String,
}

/// A place in a Dockerfile. Lines and columns count from 1, columns in bytes; the end is behind the last byte.
///
/// In facts it is written as four numbers: start line and column, end line and column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Line of the first byte.
    pub start_line: u32,
    /// Its column.
    pub start_column: u32,
    /// Line of the byte behind the last.
    pub end_line: u32,
    /// Its column.
    pub end_column: u32,
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            start_line,
            start_column,
            end_line,
            end_column,
        } = self;
        [start_line, start_column, end_line, end_column].serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let [start_line, start_column, end_line, end_column] =
            <[u32; 4]>::deserialize(deserializer)?;
        Ok(Self {
            start_line,
            start_column,
            end_line,
            end_column,
        })
    }
}

/// A parser directive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directive {
    /// `syntax`, `escape`, `check`
    pub name: String,
    /// As written.
    pub value: String,
    /// False: it stands below something else, and is only a comment.
    pub effective: bool,
    /// Where.
    pub span: Span,
}

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Instruction {
    /// In upper case.
    pub keyword: String,
    /// Whether `BuildKit` knows it.
    pub known: bool,
    /// The options, as written: `--from=builder`.
    pub flags: Vec<String>,
    /// Where they stand.
    pub flag_spans: Vec<Span>,
    /// The arguments, as written. Of `ENV` and `LABEL`, key, value, and `=` or nothing in turn.
    pub args: Vec<String>,
    /// What each argument comes to; none: not known before the build.
    pub values: Vec<Option<String>>,
    /// Where they stand.
    pub spans: Vec<Span>,
    /// Whether the arguments are a JSON array.
    pub exec_form: bool,
    /// Whether they look like one and are read as shell text.
    pub broken_json: bool,
    /// First line, as `BuildKit` counts.
    pub start_line: u32,
    /// Last line, as `BuildKit` counts.
    pub end_line: u32,
    /// Heredocs.
    pub heredocs: Vec<Heredoc>,
    /// Its stage; none: before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<u32>,
    /// Without comments and continuations.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// A heredoc.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heredoc {
    /// What ends it.
    pub name: String,
    /// Whether variables are expanded in it.
    pub expand: bool,
    /// Whether leading tabs are removed.
    pub chomp: bool,
    /// Its content.
    pub content: String,
    /// Where the content stands.
    pub span: Span,
}

/// A word as written, and what it comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Word {
    /// As written.
    pub raw: String,
    /// None: not known before the build, or before it runs.
    pub value: Option<String>,
    /// Where.
    pub span: Span,
}

/// One stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Stage {
    /// From 0.
    pub index: u32,
    /// In lower case.
    pub name: Option<String>,
    /// Behind `FROM`, as it comes to, or as it is written where that is not known.
    pub base: String,
    /// Behind `FROM`, as written, and what it comes to.
    pub base_word: Word,
    /// The earlier stage that it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_stage: Option<u32>,
    /// `FROM scratch`
    pub from_scratch: bool,
    /// `--platform`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Word>,
    /// `FROM` itself.
    pub span: Span,
    /// Whether the target needs it.
    pub reachable: bool,
    /// The config at its end; none: it was not evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<EffectiveConfig>,
}

/// `RUN --mount`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Mount {
    /// Index into the instructions.
    pub instruction: u32,
    /// `bind`, `cache`, `tmpfs`, `secret`, `ssh`
    pub kind: String,
    /// `source`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// `target`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The stage it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_stage: Option<u32>,
    /// The image it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_image: Option<String>,
    /// Where.
    pub span: Span,
}

/// Files that are copied into a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Flow {
    /// Index into the instructions.
    pub instruction: u32,
    /// The stage they come from; neither this nor the next: the build context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_stage: Option<u32>,
    /// The image they come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_image: Option<String>,
    /// The stage they go to.
    pub to_stage: u32,
    /// What.
    pub sources: Vec<String>,
    /// Where to.
    pub destination: String,
    /// Where it says so.
    pub span: Span,
}

/// A variable in a word that is expanded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariableUse {
    /// Its name.
    pub name: String,
    /// Index into the instructions.
    pub instruction: u32,
    /// Its stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<u32>,
    /// Whether it has a value there, may have one from a base image that nobody knows, or needs none: an `ARG` declares it,
    /// or the text says what to take in its place.
    pub defined: bool,
    /// Where.
    pub span: Span,
}

/// One of `BuildKit`'s checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Diagnostic {
    /// `UndefinedVar`
    pub name: String,
    /// As `BuildKit` prints it.
    pub message: String,
    /// From 1.
    pub start_line: u32,
    /// From 1.
    pub end_line: u32,
    /// Whether it takes for granted that the base image, which nobody knows, sets nothing that matters.
    pub assumed: bool,
}

/// A comment that silences a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Suppression {
    /// `hadolint`, `trivy`, `checkov`, `polcheck`, `buildkit`
    pub tool: String,
    /// Empty: all.
    pub rules: Vec<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The last day, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Whether it is meant for the whole file.
    pub whole_file: bool,
    /// Index of the instruction that it is meant for; neither: it stands above nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instruction: Option<u32>,
    /// Where.
    pub span: Span,
}

/// What a Dockerfile would make otherwise than the image is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// JSON pointer into the image config.
    pub pointer: String,
    /// What the file says.
    pub dockerfile: String,
    /// What the image says.
    pub image: String,
}

/// A base image as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseImage {
    /// As the Dockerfile names it, with the defaults of the distribution specification's clients.
    pub reference: String,
    /// None: the user gave the config.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Its config.
    pub config: ImageConfig,
}
