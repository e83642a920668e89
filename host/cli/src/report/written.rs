//! Reports on their way out: entries in the order in which they were named, each as soon as it is its turn.

use super::{Format, Output, Part, Rendered, gitlab, json, junit, sarif};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files::Unfinished;
use crate::progress::Progress;
use crate::session::Session;
use pipeline::Policies;
use pipeline::config::FailOn;
use std::collections::BTreeMap;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};

/// What was written so far.
pub(crate) struct Written<'a> {
    outputs: Vec<Sink>,
    policies: &'a Policies,
    progress: &'a Progress,
    /// Entries that came before their turn.
    waiting: BTreeMap<usize, Rendered>,
    next: usize,
    exit: Exit,
    /// Why nothing more can be written.
    failure: Option<Failure>,
}

/// One output.
struct Sink {
    format: Format,
    target: Target,
    is_empty: bool,
    at_the_end: Vec<String>,
}

enum Target {
    /// Standard output, or standard error.
    Standard(BufWriter<Box<dyn Write + Send>>),
    File(Unfinished),
    /// Whoever read it has had enough.
    Nobody,
}

impl<'a> Written<'a> {
    /// Nothing, yet.
    pub(crate) fn to(
        outputs: &[Output],
        policies: &'a Policies,
        progress: &'a Progress,
    ) -> Result<Self, Failure> {
        Ok(Self {
            policies,
            outputs: outputs.iter().map(Sink::new).collect::<Result<_, _>>()?,
            progress,
            waiting: BTreeMap::new(),
            next: 0,
            exit: Exit::of_all([]),
            failure: None,
        })
    }

    /// Adds the entry that was named at this place.
    pub(crate) fn add(&mut self, at: usize, entry: Rendered) {
        self.waiting.insert(at, entry);
        while let Some(entry) = self.waiting.remove(&self.next) {
            self.next += 1;
            self.exit = Exit::of_all([self.exit, entry.exit]);
            let written = self.progress.aside(|| write(&mut self.outputs, &entry));
            if let Err(failure) = written {
                self.failure.get_or_insert(failure);
            }
        }
        self.progress.done();
    }

    /// Ends every output, and answers the exit code of all entries together.
    pub(crate) fn finish(self, exit_zero: bool, session: &Session) -> Result<Exit, Failure> {
        self.progress.clear();
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        for output in self.outputs {
            output.finish(self.policies, self.exit)?;
        }
        if exit_zero || session.config.values.fail_on == Some(FailOn::Never) {
            Ok(self.exit.without_failure())
        } else {
            Ok(self.exit)
        }
    }
}

/// Tells the person who started polcheck why an entry has no verdict, and every output what it says of it.
fn write(outputs: &mut [Sink], entry: &Rendered) -> Result<(), Failure> {
    if let Some(failure) = &entry.failure {
        failure.show();
    }
    for (output, part) in outputs.iter_mut().zip(&entry.parts) {
        output.add(part)?;
    }
    Ok(())
}

impl Sink {
    fn new(output: &Output) -> Result<Self, Failure> {
        Ok(Self {
            format: output.format,
            target: match &output.path {
                Some(path) => Target::File(Unfinished::create(path)?),
                None if output.is_aside => Target::Standard(BufWriter::new(Box::new(io::stderr()))),
                None => Target::Standard(BufWriter::new(Box::new(io::stdout()))),
            },
            is_empty: true,
            at_the_end: Vec::new(),
        })
    }

    fn add(&mut self, part: &Part) -> Result<(), Failure> {
        if !part.at_the_end.is_empty() {
            self.at_the_end.push(part.at_the_end.clone());
        }
        if part.text.is_empty() {
            return Ok(());
        }
        self.begin()?;
        self.write(&part.text)?;
        // Somebody is watching.
        if io::stdout().is_terminal() {
            self.flush()?;
        }
        Ok(())
    }

    /// What stands before a part.
    fn begin(&mut self) -> Result<(), Failure> {
        let (first, others) = match self.format {
            Format::Text | Format::Markdown => ("", "\n"),
            Format::Json => (json::BEGIN, json::BETWEEN),
            Format::Sarif => (sarif::BEGIN, ",\n"),
            Format::Junit => (junit::BEGIN, ""),
            Format::Gitlab => (gitlab::BEGIN, ",\n"),
            Format::Github => ("", ""),
        };
        let is_first = std::mem::replace(&mut self.is_empty, false);
        self.write(if is_first { first } else { others })
    }

    fn finish(mut self, policies: &Policies, exit: Exit) -> Result<(), Failure> {
        let is_empty = self.is_empty;
        match self.format {
            Format::Json if is_empty => self.write(json::EMPTY)?,
            Format::Text | Format::Markdown | Format::Github => {}
            // A document of nothing has a beginning and an end, too.
            _ if is_empty => self.begin()?,
            _ => {}
        }
        match self.format {
            Format::Json if is_empty => {}
            Format::Json => self.write(json::END)?,
            Format::Sarif => self.write(&sarif::end(
                policies,
                exit != Exit::Undecided,
                &self.at_the_end,
            ))?,
            Format::Junit => self.write(junit::END)?,
            Format::Gitlab => self.write(gitlab::END)?,
            Format::Text | Format::Markdown | Format::Github => {}
        }
        self.flush()?;
        match self.target {
            Target::File(file) => file.finish(),
            Target::Standard(_) | Target::Nobody => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        if let Target::Standard(stdout) = &mut self.target
            && had_enough(stdout.flush())?
        {
            self.target = Target::Nobody;
        }
        Ok(())
    }

    fn write(&mut self, text: &str) -> Result<(), Failure> {
        match &mut self.target {
            Target::File(file) => file.write(text.as_bytes()),
            Target::Standard(stdout) => {
                if had_enough(stdout.write_all(text.as_bytes()))? {
                    self.target = Target::Nobody;
                }
                Ok(())
            }
            Target::Nobody => Ok(()),
        }
    }
}

/// Whether a reader went away, which is no failure.
fn had_enough(written: io::Result<()>) -> Result<bool, Failure> {
    match written {
        Ok(()) => Ok(false),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(true),
        Err(error) => Err(Failure::new(&error, None)),
    }
}
