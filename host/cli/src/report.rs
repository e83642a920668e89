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

    /// Tells the person who started polcheck why there is no verdict.
    pub(crate) fn show_failure(&self) {
        if let Self::Failed { failure, .. } = self {
            failure.show();
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

    /// Writes the entries.
    pub(crate) fn write(&self, entries: &[Entry], session: &Session) -> Result<(), Failure> {
        let render = |coloured: bool| match self.form {
            Form::Text => text::render(
                entries,
                text::Style {
                    coloured,
                    verbose: session.verbose,
                    quiet: session.quiet,
                },
            ),
            Form::Json => json::render(entries),
        };
        match &self.path {
            Some(path) => files::write(path, render(false).as_bytes()),
            // Colours are taken out again where nobody wants them.
            None => print(&render(true)).map(drop),
        }
    }
}

/// Tells why entries have no verdict, and writes every output.
pub(crate) fn show(
    entries: &[Entry],
    outputs: &[Output],
    session: &Session,
) -> Result<(), Failure> {
    for entry in entries {
        entry.show_failure();
    }
    for output in outputs {
        output.write(entries, session)?;
    }
    Ok(())
}

/// The exit code of all entries together.
pub(crate) fn exit(entries: &[Entry], exit_zero: bool, session: &Session) -> Exit {
    let exit = Exit::of_all(entries.iter().map(Entry::exit));
    if exit_zero || session.config.values.fail_on == Some(FailOn::Never) {
        exit.without_failure()
    } else {
        exit
    }
}

/// Prints to standard output. A reader that went away has had enough.
pub(crate) fn print(text: &str) -> Result<Exit, Failure> {
    let mut stdout = AutoStream::auto(std::io::stdout());
    match stdout
        .write_all(text.as_bytes())
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
