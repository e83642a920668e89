//! The server on this machine that a browser brings the answer of an issuer to.

use crate::error::IdentityError;
use reqwest::Url;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use zeroize::Zeroizing;

/// Where the answer is brought, as cosign calls it.
pub(crate) const PATH: &str = "/auth/callback";
/// The longest request that is read.
const MAX_REQUEST_BYTES: usize = 16 * 1024;
/// The longest that a connection may say nothing: browsers open some that they never use.
const TIMEOUT: Duration = Duration::from_secs(2);

const LOGGED_IN: &str = "You are logged in. You may close this page and go back to polcheck.";
const NOT_LOGGED_IN: &str = "You were not logged in. Go back to polcheck to see why.";
const NOTHING: &str = "There is nothing here.";

/// Waits for the answer to the request with this state, and gives the code in it. Whatever else comes is sent away.
pub(crate) async fn wait(
    listener: &TcpListener,
    state: &str,
) -> Result<Zeroizing<String>, IdentityError> {
    loop {
        let (mut stream, _) = listener.accept().await.map_err(IdentityError::NoListener)?;
        let Ok(Ok(request)) = tokio::time::timeout(TIMEOUT, read(&mut stream)).await else {
            continue;
        };
        let answer = answer(&request, state);
        let (status, text) = match &answer {
            Some(Ok(_)) => ("200 OK", LOGGED_IN),
            Some(Err(_)) => ("200 OK", NOT_LOGGED_IN),
            None => ("404 Not Found", NOTHING),
        };
        // Whether the page arrives does not matter.
        let _ = tokio::time::timeout(TIMEOUT, write(&mut stream, status, text)).await;
        if let Some(answer) = answer {
            return answer;
        }
    }
}

/// The code in a request, or why there is none; nothing if it is not the answer that is waited for.
fn answer(request: &[u8], state: &str) -> Option<Result<Zeroizing<String>, IdentityError>> {
    let line = std::str::from_utf8(request).ok()?.lines().next()?;
    let target = line.strip_prefix("GET ")?.strip_suffix(" HTTP/1.1")?;
    let url = Url::parse("http://localhost").ok()?.join(target).ok()?;
    if url.path() != PATH {
        return None;
    }
    let value = |name: &str| {
        let mut pairs = url.query_pairs();
        let (_, value) = pairs.find(|(found, _)| found == name)?;
        Some(Zeroizing::new(value.into_owned()))
    };
    // SPEC: RFC 6749 §10.12: whoever made somebody else's browser come here does not know the state.
    if value("state").as_deref().map(String::as_str) != Some(state) {
        return None;
    }
    if let Some(reason) = value("error_description").or_else(|| value("error")) {
        return Some(Err(IdentityError::Denied {
            reason: reason.to_string(),
        }));
    }
    value("code").map(Ok)
}

/// The head of a request.
async fn read(stream: &mut TcpStream) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut request = Zeroizing::new(Vec::new());
    let mut piece = [0; 1024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        let length = stream.read(&mut piece).await?;
        let read = piece.get(..length).unwrap_or_default();
        if read.is_empty() || request.len() + read.len() > MAX_REQUEST_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
        request.extend_from_slice(read);
    }
    Ok(request)
}

async fn write(stream: &mut TcpStream, status: &str, text: &str) -> io::Result<()> {
    let response = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
    stream.write_all(response.as_bytes()).await?;
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn said(request: &str) -> String {
        match answer(request.as_bytes(), "s t") {
            None => "nothing".to_owned(),
            Some(Ok(code)) => format!("code {}", *code),
            Some(Err(error)) => error.to_string(),
        }
    }

    #[rstest]
    #[case(
        "GET /auth/callback?code=a%2Bb&state=s%20t HTTP/1.1\r\n\r\n",
        "code a+b"
    )]
    #[case("GET /auth/callback?state=s+t&code=c HTTP/1.1\r\n\r\n", "code c")]
    #[case("GET /auth/callback?code=c&state=other HTTP/1.1\r\n\r\n", "nothing")]
    #[case("GET /auth/callback?code=c HTTP/1.1\r\n\r\n", "nothing")]
    #[case("GET /favicon.ico HTTP/1.1\r\n\r\n", "nothing")]
    #[case("POST /auth/callback?code=c&state=s+t HTTP/1.1\r\n\r\n", "nothing")]
    #[case("", "nothing")]
    #[case(
        "GET /auth/callback?error=access_denied&state=s+t HTTP/1.1\r\n\r\n",
        "the issuer did not log anybody in: `access_denied`"
    )]
    fn only_the_answer_to_the_request_counts(#[case] request: &str, #[case] expected: &str) {
        assert_eq!(said(request), expected);
    }
}
