//! Reports on their way out: entries in the order in which they were named, each as soon as it is its turn.

use super::tally::Tally;
use super::{
    Format, Output, Part, Rendered, container_scanning, github, github_output, gitlab, html, json,
    junit, markdown, sarif, text,
};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files::{Appended, Unfinished};
use crate::progress::Progress;
use crate::session::Session;
use pipeline::config::FailOn;
use pipeline::{Policies, RunSummary, WaiverTally};
use std::collections::BTreeMap;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Read, Seek, Write};
use tempfile::{SpooledTempFile, spooled_tempfile};

/// What was written so far.
pub(crate) struct Written<'a> {
    outputs: Vec<Sink>,
    policies: &'a Policies,
    progress: &'a Progress,
    /// Entries that came before their turn.
    waiting: BTreeMap<usize, Rendered>,
    next: usize,
    tally: Tally,
    waivers: WaiverTally,
    /// Why nothing more can be written.
    failure: Option<Failure>,
}

/// One output.
struct Sink {
    format: Format,
    target: Target,
    is_empty: bool,
    at_the_end: Vec<String>,
    /// What waits for its beginning, which says what all entries come to.
    body: Option<SpooledTempFile>,
    /// How many entries were added.
    count: usize,
}

/// From how many bytes on a body waits in a file.
const IN_MEMORY: usize = 4 * 1024 * 1024;

enum Target {
    /// Standard output, or standard error.
    Standard(BufWriter<Box<dyn Write + Send>>),
    File(Unfinished),
    /// Others have written to it, and will.
    Appended(Appended),
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
            tally: Tally::default(),
            waivers: WaiverTally::default(),
            failure: None,
        })
    }

    /// Adds the entry that was named at this place.
    pub(crate) fn add(&mut self, at: usize, entry: Rendered) {
        self.waiting.insert(at, entry);
        while let Some(mut entry) = self.waiting.remove(&self.next) {
            self.next += 1;
            self.tally = std::mem::take(&mut self.tally).and(&entry.tally);
            self.waivers.join(std::mem::take(&mut entry.waivers));
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
        let summary = self.waivers.summary(self.policies);
        for output in self.outputs {
            output.finish(self.policies, &self.tally, &summary)?;
        }
        let exit = self.tally.exit();
        if exit_zero || session.config.values.fail_on == Some(FailOn::Never) {
            Ok(exit.without_failure())
        } else {
            Ok(exit)
        }
    }
}

/// Tells the person who started polcheck why an entry has no verdict, and every output what it says of it.
fn write(outputs: &mut [Sink], entry: &Rendered) -> Result<(), Failure> {
    if let Some(failure) = &entry.failure {
        failure.show();
    }
    for warning in &entry.warnings {
        warning.warn();
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
            target: match (&output.path, output.format) {
                (Some(path), Format::GithubOutput) => Target::Appended(Appended::open(path)?),
                (Some(path), _) => Target::File(Unfinished::create(path)?),
                (None, _) if output.is_aside => {
                    Target::Standard(BufWriter::new(Box::new(io::stderr())))
                }
                (None, _) => Target::Standard(BufWriter::new(Box::new(io::stdout()))),
            },
            is_empty: true,
            at_the_end: Vec::new(),
            body: (output.format == Format::Html).then(|| spooled_tempfile(IN_MEMORY)),
            count: 0,
        })
    }

    fn add(&mut self, part: &Part) -> Result<(), Failure> {
        if let Some(refusal) = &part.refusal {
            return Err(refusal.clone());
        }
        self.count += 1;
        if let Some(body) = &mut self.body {
            self.at_the_end
                .push(html::numbered(&part.at_the_end, self.count));
            let text = html::numbered(&part.text, self.count);
            return body
                .write_all(text.as_bytes())
                .map_err(|error| waiting(&error));
        }
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
            Format::ContainerScanning => (container_scanning::BEGIN, ",\n"),
            Format::Github | Format::GithubOutput | Format::Html => ("", ""),
        };
        let is_first = std::mem::replace(&mut self.is_empty, false);
        self.write(if is_first { first } else { others })
    }

    fn finish(
        mut self,
        policies: &Policies,
        tally: &Tally,
        summary: &RunSummary,
    ) -> Result<(), Failure> {
        let end = match self.format {
            Format::Text => text::end(summary),
            Format::Markdown => markdown::end(summary),
            Format::Github => github::end(summary),
            Format::Json => json::end(summary),
            Format::Sarif => {
                let is_decided = tally.exit() != Exit::Undecided;
                sarif::end(policies, is_decided, &self.at_the_end, summary)
            }
            Format::Junit => junit::end(summary),
            Format::Gitlab => gitlab::end(summary, self.is_empty),
            Format::ContainerScanning => container_scanning::end(tally, &self.at_the_end, summary),
            Format::GithubOutput => github_output::render(tally),
            Format::Html => html::end(summary),
        };
        // A document of nothing has a beginning and an end, too.
        if self.is_empty {
            self.begin()?;
        }
        if self.body.is_some() {
            self.write(&html::begin(tally, &self.at_the_end))?;
            self.write_body()?;
        }
        self.write(&end)?;
        self.flush()?;
        match self.target {
            Target::File(file) => file.finish(),
            Target::Appended(file) => file.finish(),
            Target::Standard(_) | Target::Nobody => Ok(()),
        }
    }

    /// Writes what waited for its beginning.
    fn write_body(&mut self) -> Result<(), Failure> {
        let Some(mut body) = self.body.take() else {
            return Ok(());
        };
        body.rewind().map_err(|error| waiting(&error))?;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = body.read(&mut buffer).map_err(|error| waiting(&error))?;
            match buffer.get(..count) {
                None | Some([]) => return Ok(()),
                Some(bytes) => self.write_bytes(bytes)?,
            }
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
        self.write_bytes(text.as_bytes())
    }

    fn write_bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match &mut self.target {
            Target::File(file) => file.write(bytes),
            Target::Appended(file) => {
                file.write(bytes);
                Ok(())
            }
            Target::Standard(stdout) => {
                if had_enough(stdout.write_all(bytes))? {
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

/// What waits for its beginning cannot wait.
fn waiting(error: &io::Error) -> Failure {
    Failure {
        causes: vec![error.to_string()],
        ..Failure::say("cannot write to the folder for temporary files")
            .help("make room there, or set `TMPDIR`")
    }
}
