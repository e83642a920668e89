//! Requests that are made again: after 429 all, which says that nothing was done; after a server error or a broken
//! connection those that only read.

use crate::error::RegistryError;
use crate::limits::{MAX_RETRIES, MAX_RETRY_AFTER, RETRY_PAUSE};
use crate::transport::Answer;
use reqwest::StatusCode;
use reqwest::header::RETRY_AFTER;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

/// Makes a request, and makes it again as often as it is worth it. The last answer is returned, whatever it is.
pub(crate) async fn patiently<F>(
    only_reads: bool,
    mut make: impl FnMut() -> F,
) -> Result<Answer, RegistryError>
where
    F: Future<Output = Result<Answer, RegistryError>>,
{
    for attempt in 0..MAX_RETRIES {
        let pause = match make().await {
            Ok(answer) if is_worth_repeating(answer.status(), only_reads) => {
                match retry_after(&answer) {
                    Some(time) if time > MAX_RETRY_AFTER => return Ok(answer),
                    Some(time) => time,
                    None => back_off(attempt),
                }
            }
            Err(RegistryError::Interrupted { .. }) if only_reads => back_off(attempt),
            result => return result,
        };
        tokio::time::sleep(pause).await;
    }
    make().await
}

fn is_worth_repeating(status: StatusCode, only_reads: bool) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS
        || (only_reads && matches!(status.as_u16(), 500 | 502 | 503 | 504))
}

/// The header of that name, if it is a number of seconds.
pub(crate) fn retry_after(answer: &Answer) -> Option<Duration> {
    let seconds = answer.header(RETRY_AFTER.as_str())?;
    Some(Duration::from_secs(seconds.trim().parse().ok()?))
}

/// How long to wait before the next attempt.
pub(crate) fn back_off(attempt: u32) -> Duration {
    jitter(RETRY_PAUSE * 2u32.saturating_pow(attempt))
}

/// Between half of a time and one and a half of it, so that those who collided once do not collide again.
pub(crate) fn jitter(time: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish() % 1024;
    time / 2 + time * u32::try_from(random).unwrap_or(0) / 1024
}
