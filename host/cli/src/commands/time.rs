//! The time that rules are told.

use crate::failure::Failure;
use clap::Args;
use jiff::Timestamp;

/// What the time is.
#[derive(Debug, Args)]
pub(crate) struct TimeArgs {
    /// Tell the rules that this is the time: RFC 3339, or `now`; another time withholds every claim
    #[arg(long, value_name = "TIME", default_value = "now")]
    effective_time: String,
}

impl TimeArgs {
    /// In whole seconds; none: now.
    pub(crate) fn effective(&self) -> Result<Option<Timestamp>, Failure> {
        let text = &self.effective_time;
        if text == "now" {
            return Ok(None);
        }
        let invalid = |_| {
            Failure::say(format!("`{text}` is not a time"))
                .help("write `now`, or a time such as `2026-11-23T12:00:00Z`")
        };
        let time: Timestamp = text.parse().map_err(invalid)?;
        Timestamp::from_second(time.as_second())
            .map(Some)
            .map_err(invalid)
    }
}
