//! Requests that are made again: after 429 all, which says that nothing was done; after a server error or a broken
//! connection those that only read.

use crate::error::RegistryError;
use crate::limits::{MAX_RETRY_AFTER, RETRY_PAUSE};
use crate::options::Options;
use crate::transport::Answer;
use reqwest::StatusCode;
use reqwest::header::RETRY_AFTER;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::{Duration, SystemTime};

/// Makes a request, and makes it again as often as it is worth it. The last answer is returned, whatever it is.
pub(crate) async fn patiently<F>(
    options: &Options,
    only_reads: bool,
    mut make: impl FnMut() -> F,
) -> Result<Answer, RegistryError>
where
    F: Future<Output = Result<Answer, RegistryError>>,
{
    for attempt in 0..options.retries {
        let (host, pause) = match make().await {
            Ok(answer) if is_worth_repeating(answer.status(), only_reads) => {
                let pause = match retry_after(&answer) {
                    Some(time) if time > MAX_RETRY_AFTER => return Ok(answer),
                    Some(time) => time,
                    None => back_off(attempt),
                };
                (answer.host(), pause)
            }
            Err(RegistryError::Interrupted { host, .. }) if only_reads => (host, back_off(attempt)),
            result => return result,
        };
        wait(options, &host, pause).await;
    }
    make().await
}

/// Waits, and says so.
pub(crate) async fn wait(options: &Options, host: &str, pause: Duration) {
    if let Some(listener) = &options.on_wait {
        listener.tell(host, pause);
    }
    tokio::time::sleep(pause).await;
}

fn is_worth_repeating(status: StatusCode, only_reads: bool) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS
        || (only_reads && matches!(status.as_u16(), 500 | 502 | 503 | 504))
}

/// What the header of that name says.
pub(crate) fn retry_after(answer: &Answer) -> Option<Duration> {
    delay(answer.header(RETRY_AFTER.as_str())?, SystemTime::now())
}

/// SPEC: RFC 9110 §10.2.3: "The Retry-After field value can be either an HTTP-date or a number of seconds to delay after
/// receiving the response."
fn delay(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    // What is over needs no waiting.
    Some(date.duration_since(now).unwrap_or_default())
}

/// The pause before something is tried for the second time, the third, and so on.
pub(crate) fn back_off(attempt: u32) -> Duration {
    jitter(RETRY_PAUSE * 2u32.saturating_pow(attempt.min(8)))
}

/// Between half of a time and one and a half of it, so that those who collided once do not collide again.
pub(crate) fn jitter(time: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish() % 1024;
    time / 2 + time * u32::try_from(random).unwrap_or(0) / 1024
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("7", Some(7))]
    #[case(" 0 ", Some(0))]
    #[case("Sun, 06 Nov 1994 08:49:37 GMT", Some(37))]
    #[case("Sunday, 06-Nov-94 08:49:37 GMT", Some(37))]
    #[case("Sun Nov  6 08:49:37 1994", Some(37))]
    #[case("Sun, 06 Nov 1994 08:48:00 GMT", Some(0))]
    #[case("-1", None)]
    #[case("soon", None)]
    #[case("", None)]
    fn seconds_and_dates_are_understood(#[case] value: &str, #[case] expected: Option<u64>) {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:00 GMT").unwrap();
        assert_eq!(delay(value, now), expected.map(Duration::from_secs));
    }
}
