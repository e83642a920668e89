//! Identity tokens: what an issuer says of whoever signs.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use model::excerpt;
use serde::Deserialize;
use std::fmt;
use zeroize::Zeroizing;

/// The longest token that is read; those of GitHub have 2,000 bytes.
const MAX_TOKEN_BYTES: usize = 64 * 1024;

/// A token of OpenID Connect. Its text is overwritten when it is dropped, and never printed.
///
/// Nobody has verified it here: that is for the certificate authority, which is the only one it is sent to.
pub struct IdentityToken {
    text: Zeroizing<String>,
    claims: Claims,
}

/// SPEC: OpenID Connect Core 1.0 §2.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    #[serde(default)]
    sub: String,
    #[serde(default)]
    aud: Audience,
    /// SPEC: RFC 7519 §2, `NumericDate`: "non-integer values can be represented".
    exp: f64,
    #[serde(default)]
    email: String,
    nonce: Option<String>,
}

/// SPEC: RFC 7519 §4.1.3: "In the special case when the JWT has one audience, the `aud` value MAY be a single
/// case-sensitive string".
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Audience {
    #[default]
    None,
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn list(&self) -> &[String] {
        match self {
            Self::None => &[],
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several,
        }
    }
}

impl IdentityToken {
    /// Reads a token, and believes it.
    ///
    /// # Errors
    /// If it is none, or names nobody.
    pub fn parse(text: Zeroizing<String>) -> Result<Self, TokenError> {
        let trimmed = text.trim();
        let text = if trimmed.len() == text.len() {
            text
        } else {
            Zeroizing::new(trimmed.to_owned())
        };
        let payload = payload(&text).ok_or(TokenError::NotAToken)?;
        // The error of the JSON would quote the token.
        let claims: Claims = serde_json::from_slice(&payload).map_err(|_| TokenError::NotAToken)?;
        if claims.email.is_empty() && claims.sub.is_empty() {
            return Err(TokenError::Nobody { issuer: claims.iss });
        }
        Ok(Self { text, claims })
    }

    /// Whether a text looks like a token, so that it is better not repeated.
    pub fn is_like(text: &str) -> bool {
        payload(text.trim()).is_some()
    }

    /// The token itself. It is worth as much as a password.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// Who vouches for the identity.
    pub fn issuer(&self) -> &str {
        &self.claims.iss
    }

    /// Whose signature over it proves that they have the key: the address if there is one, as the authority takes it.
    pub(crate) fn challenge(&self) -> &str {
        if self.claims.email.is_empty() {
            &self.claims.sub
        } else {
            &self.claims.email
        }
    }

    /// Whether it may be shown to an authority now.
    ///
    /// # Errors
    /// If it has expired or was given out for somebody else.
    pub fn check(&self, audience: &str, now: Timestamp) -> Result<(), TokenError> {
        let found = self.claims.aud.list();
        if !found.iter().any(|found| found == audience) {
            return Err(TokenError::Audience {
                expected: audience.to_owned(),
                found: found.to_vec(),
            });
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "what is too large becomes the largest, which is no time"
        )]
        let expired = Timestamp::from_second(self.claims.exp as i64).unwrap_or(Timestamp::MAX);
        if expired <= now {
            return Err(TokenError::Expired { expired, now });
        }
        Ok(())
    }

    /// Whether it was given out for this very request.
    ///
    /// SPEC: OpenID Connect Core 1.0 §3.1.3.7: "If a nonce value was sent in the Authentication Request, a nonce Claim
    /// MUST be present and its value checked".
    pub fn has_nonce(&self, nonce: &str) -> bool {
        self.claims.nonce.as_deref() == Some(nonce)
    }
}

impl fmt::Debug for IdentityToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityToken")
            .field("issuer", &self.claims.iss)
            .finish_non_exhaustive()
    }
}

/// The claims of a token: the second of three parts.
///
/// SPEC: RFC 7515 §7.1: "BASE64URL(UTF8(JWS Protected Header)) || '.' || BASE64URL(JWS Payload) || '.' || BASE64URL(JWS
/// Signature)".
fn payload(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    if text.len() > MAX_TOKEN_BYTES {
        return None;
    }
    let mut parts = text.split('.');
    let [header, payload, signature] = [parts.next()?, parts.next()?, parts.next()?];
    if parts.next().is_some() || signature.is_empty() {
        return None;
    }
    let header = URL_SAFE_NO_PAD.decode(header).ok()?;
    if header.first() != Some(&b'{') {
        return None;
    }
    URL_SAFE_NO_PAD.decode(payload).ok().map(Zeroizing::new)
}

/// Why an identity token is of no use. No message contains anything of it but who it is from and for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Another file was given, or another kind of token, such as one for access.
    #[error("the identity token is not a token of OpenID Connect")]
    NotAToken,
    /// The issuer gives out tokens that name nobody.
    #[error("the identity token of `{}` has neither an address nor a subject", excerpt(.issuer))]
    Nobody {
        /// Who gave it out.
        issuer: String,
    },
    /// It was given out too long ago.
    #[error("the identity token expired at {expired}, and it is {now}")]
    Expired {
        /// When it expired.
        expired: Timestamp,
        /// What time it is.
        now: Timestamp,
    },
    /// It was given out for something else, and the authority would refuse it.
    #[error("the identity token is for {}, not for `{expected}`", crate::shown::list(.found))]
    Audience {
        /// Whom it has to be for.
        expected: String,
        /// Whom it is for.
        found: Vec<String>,
    },
    /// The issuer answered another request, or somebody else did.
    #[error("the identity token was not given out for this request")]
    Nonce,
}

impl TokenError {
    /// The cure, if there is one.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::NotAToken => {
                "give the file of an ID token, which has three parts with dots between them"
                    .to_owned()
            }
            Self::Nobody { .. } => "ask the issuer for the scopes `openid email`".to_owned(),
            Self::Expired { .. } => {
                "get a new one just before signing; most live for a few minutes".to_owned()
            }
            Self::Audience { expected, .. } => format!(
                "ask the issuer for a token with the audience `{expected}`, or name the one that the authority wants with `--oidc-client-id`"
            ),
            Self::Nonce => "try again, and use the newest page only".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::{Value, json};

    fn token(claims: &Value) -> Zeroizing<String> {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(&json!({"alg": "ES256"}));
        Zeroizing::new(format!("{header}.{}.c2lnbmF0dXJl", part(claims)))
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_000).unwrap()
    }

    #[rstest]
    #[case(json!({"iss": "i", "sub": "s", "aud": "sigstore", "exp": 1001}), "s")]
    #[case(json!({"iss": "i", "sub": "s", "aud": ["a", "sigstore"], "exp": 1001.5, "email": "a@b"}), "a@b")]
    fn a_token_for_the_authority_counts_until_it_expires(
        #[case] claims: Value,
        #[case] challenge: &str,
    ) {
        let token = IdentityToken::parse(token(&claims)).unwrap();
        assert_eq!(token.challenge(), challenge);
        token.check("sigstore", now()).unwrap();
        let later = Timestamp::from_second(1_001).unwrap();
        assert!(matches!(
            token.check("sigstore", later),
            Err(TokenError::Expired { .. })
        ));
        assert!(matches!(
            token.check("other", now()),
            Err(TokenError::Audience { .. })
        ));
    }

    #[rstest]
    #[case("")]
    #[case("a.b.c")]
    #[case("ghp_0123456789abcdef")]
    #[case("eyJhbGciOiJub25lIn0.e30.")]
    #[case("eyJhbGciOiJub25lIn0.bm90IGpzb24.c2ln")]
    #[case("eyJhbGciOiJub25lIn0.e30.c2ln.more")]
    fn what_is_no_token_is_refused_without_being_repeated(#[case] text: &str) {
        let error = IdentityToken::parse(Zeroizing::new(text.to_owned())).unwrap_err();
        assert!(matches!(error, TokenError::NotAToken), "{error}");
    }

    #[test]
    fn neither_debug_output_nor_errors_have_the_token() {
        let claims = json!({"iss": "issuer", "sub": "subject", "aud": "other", "exp": 1});
        let text = token(&claims);
        let token = IdentityToken::parse(text.clone()).unwrap();
        let shown = format!("{token:?} {}", token.check("sigstore", now()).unwrap_err());
        for part in text.split('.') {
            assert!(!shown.contains(part), "{shown}");
        }
    }
}
