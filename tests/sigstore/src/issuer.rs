//! An issuer of identities: tokens, and logging in.

use crate::key::{Key, sha256};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// Knows all tokens that it gave out, and everybody who is about to log in.
#[derive(Debug, Default)]
pub(crate) struct Issuer {
    tokens: HashSet<String>,
    /// By code.
    logging_in: HashMap<String, HashMap<String, String>>,
}

impl Issuer {
    /// Gives out a token in which some claims are others than usual; `null` leaves one out.
    pub(crate) fn token(&mut self, issuer: &str, changes: &Value) -> String {
        let now = Timestamp::now().as_second();
        let mut claims = json!({
            "iss": issuer,
            "sub": "https://ci.test/acme/shop/.workflows/release.yml@refs/heads/main",
            "aud": "sigstore",
            "iat": now,
            "exp": now + 300,
        });
        for (name, value) in changes.as_object().into_iter().flatten() {
            if value.is_null() {
                claims.as_object_mut().expect("an object").remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signature = URL_SAFE_NO_PAD.encode(Key::new().id());
        let header = part(&json!({"alg": "ES256", "typ": "JWT"}));
        let token = format!("{header}.{}.{signature}", part(&claims));
        self.tokens.insert(token.clone());
        token
    }

    /// The claims of a token that is valid for the certificate authority.
    pub(crate) fn claims(&self, token: &str) -> Result<Value, &'static str> {
        if !self.tokens.contains(token) {
            return Err("There was an error processing the identity token");
        }
        let payload = token.split('.').nth(1).unwrap_or_default();
        let payload = URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
        let claims: Value = serde_json::from_slice(&payload).unwrap_or_default();
        let expires = claims["exp"].as_i64().unwrap_or_default();
        if expires <= Timestamp::now().as_second() || claims["aud"] != "sigstore" {
            return Err("There was an error processing the identity token");
        }
        Ok(claims)
    }

    /// Logs somebody in, and gives where their browser is to go.
    pub(crate) fn authorize(&mut self, parameters: HashMap<String, String>) -> Option<String> {
        let is = |name: &str, value: &str| parameters.get(name).is_some_and(|is| is == value);
        if !is("response_type", "code") || !is("code_challenge_method", "S256") {
            return None;
        }
        let to = parameters.get("redirect_uri")?;
        if !to.starts_with("http://localhost:") {
            return None;
        }
        let code = URL_SAFE_NO_PAD.encode(Key::new().id());
        let location = format!("{to}?code={code}&state={}", parameters.get("state")?);
        self.logging_in.insert(code, parameters);
        Some(location)
    }

    /// The token for a code, which is worth one.
    pub(crate) fn redeem(
        &mut self,
        issuer: &str,
        form: &HashMap<String, String>,
    ) -> Option<String> {
        let parameters = self.logging_in.remove(form.get("code")?)?;
        let challenge = URL_SAFE_NO_PAD.encode(sha256(form.get("code_verifier")?.as_bytes()));
        let same = |name: &str| form.get(name) == parameters.get(name);
        if parameters.get("code_challenge") != Some(&challenge)
            || !same("redirect_uri")
            || !same("client_id")
            || form.get("grant_type").map(String::as_str) != Some("authorization_code")
        {
            return None;
        }
        let claims = json!({
            "sub": STANDARD.encode("somebody"),
            "email": "somebody@people.test",
            "email_verified": true,
            "aud": parameters.get("client_id"),
            "nonce": parameters.get("nonce"),
        });
        Some(self.token(issuer, &claims))
    }
}
