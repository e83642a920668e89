//! Progress on long work: on the standard error of a terminal only.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use registry::WaitListener;
use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A wait that is worth a word.
const LONG_WAIT: Duration = Duration::from_secs(2);

/// The line that is shown now, beside which nothing may be written.
static SHOWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// A line that says what is being done.
#[derive(Debug)]
pub(crate) struct Progress(Option<ProgressBar>);

/// Says when a registry lets us wait for long.
pub(crate) fn waits(quiet: bool) -> Option<WaitListener> {
    if quiet || !std::io::stderr().is_terminal() {
        return None;
    }
    Some(WaitListener::new(|host, time| {
        if time < LONG_WAIT {
            return;
        }
        let say = || {
            let seconds = time.as_secs();
            // Nobody is left to tell when standard error is gone.
            let _ = writeln!(
                anstream::stderr(),
                "`{host}` is busy: asking again in {seconds} s"
            );
        };
        match &*SHOWN.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(bar) => bar.suspend(say),
            None => say(),
        }
    }))
}

impl Progress {
    /// Nothing is shown if standard error is no terminal, or somebody wants it quiet.
    pub(crate) fn new(total: usize, quiet: bool) -> Self {
        if quiet || !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let bar =
            ProgressBar::with_draw_target(u64::try_from(total).ok(), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} checking {pos}/{len} {wide_msg}")
        {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.clone());
        Self(Some(bar))
    }

    /// Names what is done now.
    pub(crate) fn start(&self, what: &str) {
        if let Some(bar) = &self.0 {
            bar.set_message(what.to_owned());
        }
    }

    /// One more is done.
    pub(crate) fn done(&self) {
        if let Some(bar) = &self.0 {
            bar.inc(1);
        }
    }

    /// Takes the line away while something else is shown.
    pub(crate) fn aside<T>(&self, show: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some(bar) => bar.suspend(show),
            None => show(),
        }
    }

    /// Takes the line away, so that a report can stand in its place.
    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
