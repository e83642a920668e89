//! What polcheck says: one file a format, each a pure function of the entries.

mod attestation;
mod container_scanning;
mod excerpt;
mod github;
mod github_output;
mod gitlab;
mod html;
mod json;
mod junit;
mod markdown;
pub(crate) mod path;
mod place;
pub(crate) mod plan;
pub(crate) mod replay;
mod sarif;
pub(crate) mod statements;
mod tally;
mod text;
pub(crate) mod verification;
mod waivers;
mod written;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;
use anstream::{AutoStream, ColorChoice};
use model::Report;
use pipeline::{AttachWarning, Attested, Judged, Planned, Platforms, WaiverTally};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::str::FromStr;
use tally::Tally;

pub(crate) use model::printable;
pub(crate) use written::Written;

/// What became of one image that was named.
#[derive(Debug)]
pub(crate) enum Entry {
    /// It was judged: each platform, and the index at the end.
    Judged {
        judged: Vec<Judged>,
        /// The statements about it.
        attestation: Attestation,
    },
    /// It could not be judged, or its statement could not be attached.
    Failed { reference: String, failure: Failure },
    /// A folder without a Dockerfile.
    Nothing { path: String },
}

/// The statements about an image.
#[derive(Debug)]
pub(crate) enum Attestation {
    /// Nobody wanted any.
    Unwanted,
    /// They were signed.
    Signed(Vec<Attested>),
    /// They would be.
    Planned(Vec<Planned>),
}

/// The statement about one digest.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Statement<'a> {
    Signed(&'a Attested),
    Planned(&'a Planned),
}

impl Attestation {
    /// The statements about what a report is about.
    pub(crate) fn about(&self, report: &Report) -> Vec<Statement<'_>> {
        let digest = report.subject.digest();
        match self {
            Self::Unwanted => Vec::new(),
            Self::Signed(all) => {
                let all = all.iter().filter(|it| it.subject == *digest);
                all.map(Statement::Signed).collect()
            }
            Self::Planned(all) => {
                let all = all.iter().filter(|it| it.subject == *digest);
                all.map(Statement::Planned).collect()
            }
        }
    }

    /// What is to be said about how they are attached.
    fn warnings(&self) -> Vec<&AttachWarning> {
        match self {
            Self::Unwanted => Vec::new(),
            Self::Signed(all) => all.iter().flat_map(|it| &it.warnings).collect(),
            Self::Planned(all) => all.iter().flat_map(|it| &it.warnings).collect(),
        }
    }
}

impl Entry {
    /// The exit code of this image alone: the index speaks for its platforms.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Judged { judged, .. } => judged
                .last()
                .map_or(Exit::NothingToCheck, |last| last.report.verdict.into()),
            Self::Failed { .. } => Exit::Undecided,
            Self::Nothing { .. } => Exit::NothingToCheck,
        }
    }

    /// What its waivers come to.
    fn waivers(&self) -> WaiverTally {
        let mut tally = WaiverTally::default();
        if let Self::Judged { judged, .. } = self {
            for judged in judged {
                tally.add(judged);
            }
        }
        tally
    }

    /// The statements that were signed about it.
    pub(crate) fn attested(&self) -> &[Attested] {
        match self {
            Self::Judged {
                attestation: Attestation::Signed(attested),
                ..
            } => attested,
            Self::Judged { .. } | Self::Failed { .. } | Self::Nothing { .. } => &[],
        }
    }

    /// What is to be said about how its statements are attached.
    fn warnings(&self) -> Vec<Failure> {
        let warnings = match self {
            Self::Judged { attestation, .. } => attestation.warnings(),
            Self::Failed { .. } | Self::Nothing { .. } => Vec::new(),
        };
        let warnings = warnings.into_iter();
        warnings
            .map(|warning| Failure::new(warning, warning.help()))
            .collect()
    }
}

/// The forms of the smaller commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Form {
    Text,
    Json,
}

/// The forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Text,
    Json,
    Sarif,
    Junit,
    Github,
    GithubOutput,
    Gitlab,
    ContainerScanning,
    Markdown,
    Html,
}

impl Format {
    const ALL: [(&'static str, Self); 10] = [
        ("text", Self::Text),
        ("json", Self::Json),
        ("sarif", Self::Sarif),
        ("junit", Self::Junit),
        ("github", Self::Github),
        ("github-output", Self::GithubOutput),
        ("gitlab", Self::Gitlab),
        ("gitlab-container-scanning", Self::ContainerScanning),
        ("markdown", Self::Markdown),
        ("html", Self::Html),
    ];
}

/// One output of a run: `FORMAT[=PATH]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    format: Format,
    path: Option<PathBuf>,
    /// Whether it is for a terminal that shows colours.
    coloured: bool,
    /// Whether it goes to standard error, since something else is on standard output.
    is_aside: bool,
}

impl FromStr for Output {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let (name, path) = text.split_once('=').map_or((text, None), |(name, path)| {
            (name, Some(PathBuf::from(path)))
        });
        let format = Format::ALL.iter().find(|(known, _)| *known == name);
        let Some((_, format)) = format else {
            let known = Format::ALL.map(|(known, _)| format!("`{known}`"));
            return Err(Failure::say(format!("`{name}` is not an output format"))
                .help(format!("the formats are {}", known.join(", "))));
        };
        Ok(Self {
            coloured: path.is_none() && wants_colours(),
            is_aside: false,
            format: *format,
            path,
        })
    }
}

impl Output {
    /// Where standard output is needed for something else.
    pub(crate) fn aside(self) -> Self {
        let wants_colours = || AutoStream::choice(&std::io::stderr()) != ColorChoice::Never;
        Self {
            coloured: self.path.is_none() && wants_colours(),
            is_aside: true,
            ..self
        }
    }

    /// Whether it shows the evidence.
    pub(crate) fn has_evidence(&self) -> bool {
        self.format == Format::Json
    }

    /// What it says of one entry.
    fn part(&self, entry: &Entry, session: &Session) -> Part {
        let text = match self.format {
            Format::Text => text::render(
                entry,
                text::Style {
                    coloured: self.coloured,
                    verbose: session.verbose,
                    quiet: session.quiet,
                },
            ),
            Format::Json => json::render(entry),
            Format::Sarif => return sarif::render(entry),
            Format::Junit => junit::render(entry),
            Format::Github => github::render(entry),
            Format::Gitlab => gitlab::render(entry),
            Format::Markdown => markdown::render(entry),
            Format::ContainerScanning => return container_scanning::render(entry),
            Format::Html => return html::render(entry),
            // It says what all entries come to.
            Format::GithubOutput => return Part::default(),
        };
        Part {
            text,
            ..Part::default()
        }
    }
}

/// What an output says of one entry.
#[derive(Debug, Default)]
struct Part {
    /// In its turn.
    text: String,
    /// Once all entries are there, where a format has a place for it then.
    at_the_end: String,
    /// Why the format has no place for the entry at all.
    refusal: Option<Failure>,
}

/// Whether standard output is a terminal, and nobody says otherwise by `NO_COLOR` and its kind.
fn wants_colours() -> bool {
    AutoStream::choice(&std::io::stdout()) != ColorChoice::Never
}

/// The outputs that a run was asked for.
///
/// # Errors
/// If one is no output, or two would be mixed up.
pub(crate) fn outputs(texts: &[String]) -> Result<Vec<Output>, Failure> {
    let outputs: Vec<Output> = texts
        .iter()
        .map(|text| text.parse())
        .collect::<Result<_, _>>()?;
    let printed = outputs.iter().filter(|output| output.path.is_none());
    if printed.count() > 1 {
        return Err(
            Failure::say("two outputs would go to standard output, mixed up")
                .help("write all but one to a file: `-o json=report.json`"),
        );
    }
    Ok(outputs)
}

/// What is left of an entry once every output has said its part of it.
#[derive(Debug)]
pub(crate) struct Rendered {
    failure: Option<Failure>,
    /// What may keep others from finding its statements.
    warnings: Vec<Failure>,
    tally: Tally,
    waivers: WaiverTally,
    parts: Vec<Part>,
}

impl Rendered {
    pub(crate) fn new(entry: Entry, outputs: &[Output], session: &Session) -> Self {
        Self {
            parts: outputs
                .iter()
                .map(|output| output.part(&entry, session))
                .collect(),
            tally: Tally::of(&entry),
            waivers: entry.waivers(),
            warnings: entry.warnings(),
            failure: match entry {
                Entry::Failed { failure, .. } => Some(failure),
                Entry::Judged { .. } | Entry::Nothing { .. } => None,
            },
        }
    }
}

/// Prints to standard output. A reader that went away has had enough.
pub(crate) fn print(text: &str) -> Result<Exit, Failure> {
    let mut stdout = AutoStream::auto(std::io::stdout());
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::new(&error, None)),
        _ => Ok(Exit::Passed),
    }
}

/// `OS/ARCH[/VARIANT]`, or `all`.
pub(crate) fn platforms(text: &str) -> Result<Platforms, Failure> {
    if text == "all" {
        return Ok(Platforms::All);
    }
    let platform = text
        .parse()
        .map_err(|error: model::platform::InvalidPlatform| {
            Failure::new(
                &error,
                Some("write `OS/ARCH`, such as `linux/arm64`, or `all`".to_owned()),
            )
        })?;
    Ok(Platforms::One(platform))
}
