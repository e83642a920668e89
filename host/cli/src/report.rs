//! What polcheck says: one file a format, each a pure function of the entries.

mod excerpt;
mod json;
mod text;
pub(crate) mod verification;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;
use crate::session::Session;
use anstream::AutoStream;
use pipeline::config::FailOn;
use pipeline::{Attested, Judged, Platforms};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::str::FromStr;

pub(crate) use model::printable;

/// What became of one image that was named.
#[derive(Debug)]
pub(crate) enum Entry {
    /// It was judged: each platform, and the index at the end.
    Judged {
        judged: Vec<Judged>,
        /// The statements about it.
        attested: Vec<Attested>,
        /// Whether statements were wanted.
        signed: bool,
    },
    /// It could not be judged, or its statement could not be attached.
    Failed { reference: String, failure: Failure },
    /// A folder without a Dockerfile.
    Nothing { path: String },
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

    pub(crate) fn attested(&self) -> &[Attested] {
        match self {
            Self::Judged { attested, .. } => attested,
            Self::Failed { .. } | Self::Nothing { .. } => &[],
        }
    }
}

/// The forms of the smaller commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Form {
    Text,
    Json,
}

/// One output of a run: `FORMAT[=PATH]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    form: Form,
    path: Option<PathBuf>,
}

impl FromStr for Output {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let (form, path) = text.split_once('=').map_or((text, None), |(form, path)| {
            (form, Some(PathBuf::from(path)))
        });
        let form = match form {
            "text" => Form::Text,
            "json" => Form::Json,
            other => {
                return Err(Failure::say(format!("`{other}` is not an output format"))
                    .help("the formats are `text` and `json`"));
            }
        };
        Ok(Self { form, path })
    }
}

impl Output {
    /// Whether it shows the evidence.
    pub(crate) fn has_evidence(&self) -> bool {
        self.form == Form::Json
    }

    /// What it says of one entry.
    fn part(&self, entry: &Entry, session: &Session) -> String {
        match self.form {
            Form::Text => text::render(
                entry,
                text::Style {
                    // Colours are taken out again where nobody wants them.
                    coloured: self.path.is_none(),
                    verbose: session.verbose,
                    quiet: session.quiet,
                },
            ),
            Form::Json => json::render(entry),
        }
    }

    /// Writes the whole.
    fn write<'a>(&self, parts: impl Iterator<Item = &'a str>) -> Result<(), Failure> {
        let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        let (before, between, behind) = match self.form {
            Form::Text => ("", "\n", ""),
            Form::Json => json::around(parts.is_empty()),
        };
        let mut pieces = vec![before];
        for (index, part) in parts.into_iter().enumerate() {
            pieces.extend([if index == 0 { "" } else { between }, part]);
        }
        pieces.push(behind);
        match &self.path {
            Some(path) => files::write(path, pieces.concat().as_bytes()),
            None => print_all(&pieces).map(drop),
        }
    }
}

/// What is left of an entry once every output has said its part of it.
#[derive(Debug)]
pub(crate) struct Rendered {
    exit: Exit,
    failure: Option<Failure>,
    parts: Vec<String>,
}

impl Rendered {
    pub(crate) fn new(entry: Entry, outputs: &[Output], session: &Session) -> Self {
        let part = |output: &Output| {
            let mut part = output.part(&entry, session);
            part.shrink_to_fit();
            part
        };
        Self {
            parts: outputs.iter().map(part).collect(),
            exit: entry.exit(),
            failure: match entry {
                Entry::Failed { failure, .. } => Some(failure),
                Entry::Judged { .. } | Entry::Nothing { .. } => None,
            },
        }
    }
}

/// Tells the person who started polcheck why entries have no verdict, and writes every output.
pub(crate) fn show(entries: &[Rendered], outputs: &[Output]) -> Result<(), Failure> {
    for failure in entries.iter().filter_map(|entry| entry.failure.as_ref()) {
        failure.show();
    }
    for (index, output) in outputs.iter().enumerate() {
        let parts = entries.iter().filter_map(|entry| entry.parts.get(index));
        output.write(parts.map(String::as_str))?;
    }
    Ok(())
}

/// The exit code of all entries together.
pub(crate) fn exit(entries: &[Rendered], exit_zero: bool, session: &Session) -> Exit {
    let exit = Exit::of_all(entries.iter().map(|entry| entry.exit));
    if exit_zero || session.config.values.fail_on == Some(FailOn::Never) {
        exit.without_failure()
    } else {
        exit
    }
}

/// Prints to standard output. A reader that went away has had enough.
pub(crate) fn print(text: &str) -> Result<Exit, Failure> {
    print_all(&[text])
}

/// The same of what stands in pieces, without a copy of the whole.
fn print_all(pieces: &[&str]) -> Result<Exit, Failure> {
    let mut stdout = AutoStream::auto(std::io::stdout());
    let mut pieces = pieces.iter();
    match pieces
        .try_for_each(|piece| stdout.write_all(piece.as_bytes()))
        .and_then(|()| stdout.flush())
    {
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
