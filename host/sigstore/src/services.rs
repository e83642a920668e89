//! The three services that see a signature: who certifies, who logs, who says when.

use crate::error::SigningError;
use crate::http::{Answer, Http, Request, host, refusal};
use attest::{
    AnswerError, CertifiedKey, IdentityToken, LogAnswer, LogService, LogVersion, Service,
    ShortLivedKey, SignedStatement,
};
use bytes::Bytes;
use reqwest::{StatusCode, Url};

const JSON: &str = "application/json";

/// Gets a certificate for a new key from the authority, for the identity in a token.
pub(crate) async fn certify(
    http: &Http,
    authority: &str,
    token: &IdentityToken,
) -> Result<CertifiedKey, SigningError> {
    let service = Service::CertificateAuthority;
    let url = http.below(service, authority, "api/v2/signingCert")?;
    let key = ShortLivedKey::generate()?;
    // Overwritten when it was sent.
    let body = Bytes::from_owner(key.certificate_request(token)?);
    let request = Request::post(url, JSON, body);
    let answer = http.ask(service, &request, &[token.reveal()]).await?;
    let certified = key.certified(&answer.body);
    certified.map_err(|error| of_no_use(&request.url, error))
}

/// Has a signature logged.
pub(crate) async fn log(
    http: &Http,
    log: &LogService,
    signed: &mut SignedStatement,
) -> Result<(), SigningError> {
    let path = match log.version {
        LogVersion::One => "api/v1/log/entries",
        LogVersion::Two => "api/v2/log/entries",
    };
    let url = http.below(Service::Log, &log.url, path)?;
    let body = Bytes::from(signed.log_request(log.version)?);
    let request = Request::post(url, JSON, body);
    let answer = http.exchange(Service::Log, &request).await?;
    let answer = if answer.status == StatusCode::CONFLICT && log.version == LogVersion::One {
        existing(http, &request, &answer).await?
    } else if answer.status.is_success() {
        answer
    } else {
        return Err(refusal(Service::Log, &request, &answer, &[]).into());
    };
    let entry = LogAnswer::read(log.version, &answer.body);
    signed.add_log_entry(entry.map_err(|error| of_no_use(&request.url, error))?);
    Ok(())
}

/// The entry that is there already: the same signature was logged before, and the log says where.
async fn existing(http: &Http, request: &Request, answer: &Answer) -> Result<Answer, SigningError> {
    let location = answer.location.as_deref().unwrap_or_default();
    let entry = location.rsplit('/').next().unwrap_or_default();
    if entry.is_empty() || !entry.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(refusal(Service::Log, request, answer, &[]).into());
    }
    // Whatever host the log names, it is the log that is asked.
    let url = http.below(Service::Log, request.url.as_str(), entry)?;
    Ok(http.ask(Service::Log, &Request::get(url), &[]).await?)
}

/// Has an authority say that the signature is there now.
pub(crate) async fn timestamp(
    http: &Http,
    authority: &str,
    signed: &mut SignedStatement,
) -> Result<(), SigningError> {
    let service = Service::TimestampAuthority;
    let url = http.url(service, authority)?;
    let question = signed.timestamp_request()?;
    let body = Bytes::copy_from_slice(question.as_der());
    let request = Request {
        accept: "application/timestamp-reply",
        ..Request::post(url, "application/timestamp-query", body)
    };
    let answer = http.ask(service, &request, &[]).await?;
    let added = signed.add_timestamp(&question, &answer.body);
    added.map_err(|error| of_no_use(&request.url, error))
}

fn of_no_use(url: &Url, source: AnswerError) -> SigningError {
    SigningError::Answer {
        host: host(url),
        source,
    }
}
