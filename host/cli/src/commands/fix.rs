//! `polcheck lint --fix`, `--diff` and `--pin`

use crate::failure::Failure;
use crate::files;
use crate::report::{print, printable};
use crate::session::{Session, block_on};
use clap::Args;
use model::FactError;
use pipeline::{Bases, CheckRequest, Dockerfile, Fixed, KnownBases, Pipeline};
use similar::TextDiff;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// What becomes of the edits that findings have.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = "Fix options")]
pub(crate) struct FixArgs {
    /// Make the edits that findings have, and report what is left; of standard input, the fixed text goes to standard output
    #[arg(long)]
    pub(crate) fix: bool,
    /// Show what `--fix` would change as a diff, and write nothing: ends with 1 if there is something
    #[arg(long, conflicts_with = "output")]
    pub(crate) diff: bool,
    /// Also pin base images, with the digests that their registries name now
    #[arg(long)]
    pin: bool,
}

/// A run that makes edits, or shows them.
pub(crate) struct Fixing<'a> {
    pipeline: &'a Pipeline,
    session: &'a Session,
    request: &'a CheckRequest,
    /// The base images that are known already; none: nobody asks for them.
    bases: Option<Mutex<KnownBases>>,
    files: AtomicUsize,
    findings: AtomicUsize,
    /// Whether some base image could not be pinned.
    is_incomplete: AtomicBool,
}

impl FixArgs {
    /// Whether anything is to be fixed.
    ///
    /// # Errors
    /// If `--pin` stands alone.
    pub(crate) fn is_wanted(self) -> Result<bool, Failure> {
        match (self.fix || self.diff, self.pin) {
            (false, true) => Err(Failure::say("`--pin` changes nothing alone")
                .help("add `--fix`, or `--diff` to see what it would change")),
            (is_wanted, _) => Ok(is_wanted),
        }
    }

    pub(crate) fn start<'a>(
        self,
        pipeline: &'a Pipeline,
        session: &'a Session,
        request: &'a CheckRequest,
    ) -> Fixing<'a> {
        Fixing {
            pipeline,
            session,
            request,
            bases: self.pin.then(Mutex::default),
            files: AtomicUsize::new(0),
            findings: AtomicUsize::new(0),
            is_incomplete: AtomicBool::new(false),
        }
    }
}

impl Fixing<'_> {
    /// Makes the edits for a file in memory, and says which of them are not safe.
    fn fix(&self, file: &Dockerfile) -> Result<Fixed, Failure> {
        let bases = self.bases.as_ref();
        let bases = bases.map(|known| self.bases(file, known)).transpose()?;
        let fixed = self.pipeline.fix(file, self.request, bases.as_ref())?;
        for refused in &fixed.refused {
            Failure::say(format!(
                "`{}` has an unsafe edit for `{}`: {}",
                refused.rule, file.path, refused.why
            ))
            .help("the edit is not made; tell the author of the policy")
            .warn();
        }
        Ok(fixed)
    }

    /// One file after the other: what one of them asks for, the next need not ask for again.
    fn bases(&self, file: &Dockerfile, known: &Mutex<KnownBases>) -> Result<Bases, Failure> {
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let fetch = async {
            let bases = self.pipeline.bases_to_fix(file, self.request, &mut known);
            Ok(bases.await)
        };
        let bases = block_on(self.session.in_time(&file.path, fetch))??;
        for error in bases.values().filter_map(|base| base.as_ref().err()) {
            self.is_incomplete.store(true, Ordering::Relaxed);
            not_pinned(file, error).show();
        }
        Ok(bases)
    }

    /// Writes what is fixed: a file in its place, or, where there is none, to standard output. Answers what is left.
    pub(crate) fn write(
        &self,
        file: &Dockerfile,
        place: Option<&Path>,
    ) -> Result<pipeline::Judged, Failure> {
        let fixed = self.fix(file)?;
        match (place, &fixed.text) {
            (Some(path), Some(text)) => files::replace(path, text.as_bytes())?,
            (Some(_), None) => {}
            (None, text) => {
                let same = || file.bytes.as_slice();
                files::write_stdout(text.as_ref().map_or_else(same, |text| text.as_bytes()))?;
            }
        }
        self.count(&fixed);
        Ok(fixed.judged)
    }

    /// What would be written, as a diff; empty: nothing.
    pub(crate) fn diff(&self, file: &Dockerfile) -> Result<String, Failure> {
        let fixed = self.fix(file)?;
        self.count(&fixed);
        let before = String::from_utf8_lossy(&file.bytes);
        let Some(after) = fixed.text else {
            return Ok(String::new());
        };
        let diff = TextDiff::from_lines(&*before, &after);
        let mut unified = diff.unified_diff();
        Ok(unified.header(&file.path, &file.path).to_string())
    }

    fn count(&self, fixed: &Fixed) {
        if fixed.text.is_some() {
            self.files.fetch_add(1, Ordering::Relaxed);
            self.findings.fetch_add(fixed.fixed, Ordering::Relaxed);
        }
    }

    /// `fixed 3 findings in 2 files`, where anything was.
    pub(crate) fn summary(&self, verb: &str) -> Option<String> {
        let count = |number: &AtomicUsize, what: &str| match number.load(Ordering::Relaxed) {
            1 => format!("1 {what}"),
            number => format!("{number} {what}s"),
        };
        (self.files.load(Ordering::Relaxed) > 0).then(|| {
            let (findings, files) = (count(&self.findings, "finding"), count(&self.files, "file"));
            format!("{verb} {findings} in {files}")
        })
    }

    /// Whether all that was asked for could be done.
    pub(crate) fn is_complete(&self) -> bool {
        !self.is_incomplete.load(Ordering::Relaxed)
    }
}

fn not_pinned(file: &Dockerfile, error: &FactError) -> Failure {
    Failure {
        causes: vec![error.to_string()],
        ..Failure::say(format!("cannot pin a base image of `{}`", file.path))
            .help("the file is fixed without it; try again, or pin it by hand")
    }
}

/// Prints diffs one behind the other. What a terminal would obey is only shown to it escaped.
pub(crate) fn print_diffs(diffs: &[String]) -> Result<(), Failure> {
    let all = diffs.concat();
    if !std::io::stdout().is_terminal() {
        return files::write_stdout(all.as_bytes());
    }
    let lines = all.lines().map(|line| printable(line) + "\n");
    print(&lines.collect::<String>()).map(drop)
}
