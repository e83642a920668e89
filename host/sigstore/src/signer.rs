//! Whoever signs, and who else takes part.

use crate::error::SigningError;
use crate::http::Http;
use crate::identity::IdentitySource;
use crate::plugin::PluginKey;
use crate::services;
use attest::{
    Bundle, CertifiedKey, LogService, LogVersion, NoLegacyForm, PublicKey, Services,
    SignedStatement, SigningKey, Statement, Trust, TrustedRoot, sign, to_be_signed,
    verify_signature,
};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

/// How long a certificate has to be valid yet to be used once more.
const REMAINING: SignedDuration = SignedDuration::from_secs(60);

/// A key that signs, wherever it is.
#[derive(Debug)]
pub enum Key {
    /// Here.
    Own(Box<SigningKey>),
    /// With a program that keeps it.
    Plugin(Box<PluginKey>),
}

impl Key {
    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        match self {
            Self::Own(key) => key.public_key(),
            Self::Plugin(key) => key.public_key(),
        }
    }
}

/// Whoever signs statements, with the services that see it.
#[derive(Debug)]
pub struct Signer {
    who: Who,
    services: Services,
    root: Option<TrustedRoot>,
    http: Http,
}

#[derive(Debug)]
enum Who {
    Key(Key),
    Somebody(Box<Somebody>),
}

/// Somebody that an issuer vouches for.
#[derive(Debug)]
struct Somebody {
    source: IdentitySource,
    /// Whom tokens are for.
    client_id: String,
    /// Who certifies the identity.
    authority: String,
    /// The key of this run with its certificate, as soon as there is one.
    certified: Mutex<Option<CertifiedKey>>,
}

/// A signed statement, and what it takes to verify that.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The bundle.
    pub bundle: Bundle,
    /// Trusts whoever signed it, and nobody else.
    pub trust: Trust,
}

impl Signer {
    /// Signs with a key. Where there are no services, nobody is told.
    ///
    /// # Errors
    /// If there are services, and nothing to verify with what they say.
    pub fn with_key(
        key: Key,
        services: Services,
        root: Option<TrustedRoot>,
        allow_http: bool,
    ) -> Result<Self, SigningError> {
        if !services.are_none() {
            check(&services, root.as_ref())?;
        }
        Ok(Self {
            who: Who::Key(key),
            services,
            root,
            http: Http::new(allow_http),
        })
    }

    /// Signs with the certificate of an identity, whose token is for a client of its issuer, usually `sigstore`. Nobody is
    /// asked yet.
    ///
    /// # Errors
    /// If the services are not all that it takes, or there is nothing to verify with what they say.
    pub fn with_identity(
        source: IdentitySource,
        client_id: String,
        services: Services,
        root: TrustedRoot,
        allow_http: bool,
    ) -> Result<Self, SigningError> {
        let authority = services.certificate_authority.clone();
        let authority = authority.ok_or(SigningError::NoAuthority)?;
        if services.logs.is_empty() {
            return Err(SigningError::NoLog);
        }
        check(&services, Some(&root))?;
        Ok(Self {
            who: Who::Somebody(Box::new(Somebody {
                source,
                client_id,
                authority,
                certified: Mutex::default(),
            })),
            services,
            root: Some(root),
            http: Http::new(allow_http),
        })
    }

    /// Whether what it signs can be said in the form of cosign before version 3, as far as that is clear before.
    ///
    /// # Errors
    /// If it logs in a log that is younger than that form.
    pub fn check_legacy_form(&self) -> Result<(), NoLegacyForm> {
        let makes_promises = |log: &LogService| log.version == LogVersion::One;
        if self.services.logs.iter().all(makes_promises) {
            Ok(())
        } else {
            Err(NoLegacyForm::NoPromise)
        }
    }

    /// Gets the certificate now, if it takes one, so that whoever has to log in does so at once.
    ///
    /// # Errors
    /// If there is no identity, or the authority refuses it.
    pub async fn prepare(&self) -> Result<(), SigningError> {
        if let Who::Somebody(somebody) = &self.who {
            drop(somebody.certify(&self.http).await?);
        }
        Ok(())
    }

    /// Signs a statement.
    ///
    /// # Errors
    /// If somebody who takes part does not, or what they all made together would be refused by polcheck itself.
    pub async fn sign(&self, statement: &Statement) -> Result<Signed, SigningError> {
        let mut signed = match &self.who {
            Who::Key(Key::Own(key)) if self.services.are_none() => {
                return Ok(Signed {
                    bundle: sign(statement, key)?,
                    trust: Trust::of_keys(vec![key.public_key().clone()]),
                });
            }
            Who::Key(Key::Own(key)) => SignedStatement::with_key(statement, key)?,
            Who::Key(Key::Plugin(key)) => {
                let signature = key.sign(&to_be_signed(statement)).await?;
                SignedStatement::with_signature(statement, signature, key.public_key())?
            }
            Who::Somebody(somebody) => {
                let certified = somebody.certify(&self.http).await?;
                let key = &*certified;
                SignedStatement::with_certificate(statement, key)?
            }
        };
        self.witness(&mut signed).await?;
        self.verified(signed)
    }

    /// Shows the signature to all services. Logs never forget, so they come last.
    async fn witness(&self, signed: &mut SignedStatement) -> Result<(), SigningError> {
        for log in &self.services.logs {
            // Nobody is told of what could not be logged.
            signed.log_request(log.version)?;
        }
        for authority in &self.services.timestamp_authorities {
            services::timestamp(&self.http, authority, signed).await?;
        }
        for log in &self.services.logs {
            services::log(&self.http, log, signed).await?;
        }
        Ok(())
    }

    /// The bundle, if somebody who trusts whoever signed, and nobody else, accepts it.
    fn verified(&self, signed: SignedStatement) -> Result<Signed, SigningError> {
        let trust = signed.trust(self.root.clone());
        let bundle = signed.bundle()?;
        verify_signature(bundle.as_bytes(), None, &trust, Timestamp::now()).map_err(|source| {
            SigningError::Unverifiable {
                source: Box::new(source),
            }
        })?;
        Ok(Signed { bundle, trust })
    }
}

impl Somebody {
    /// The key of this run with its certificate: the one that is there, as long as it is valid.
    async fn certify(
        &self,
        http: &Http,
    ) -> Result<MappedMutexGuard<'_, CertifiedKey>, SigningError> {
        let mut certified = self.certified.lock().await;
        let is_valid = |key: &CertifiedKey| key.until() > Timestamp::now() + REMAINING;
        if !certified.as_ref().is_some_and(is_valid) {
            let token = self.source.token(http, &self.client_id).await?;
            token.check(&self.client_id, Timestamp::now())?;
            *certified = Some(services::certify(http, &self.authority, &token).await?);
        }
        MutexGuard::try_map(certified, Option::as_mut).map_err(|_| SigningError::NoAuthority)
    }
}

/// Whether what services say can be verified by somebody.
fn check(services: &Services, root: Option<&TrustedRoot>) -> Result<(), SigningError> {
    if root.is_none() {
        return Err(SigningError::NoTrustedRoot);
    }
    let says_when = |version: LogVersion| version == LogVersion::One;
    let needs_time = services.logs.iter().any(|log| !says_when(log.version));
    if needs_time && services.timestamp_authorities.is_empty() {
        return Err(SigningError::NoTimestampAuthority);
    }
    Ok(())
}
