//! Whom a client trusts that was given certificates: the authorities of the system, those that were given, and a server
//! that has one of those given itself.

use crate::options::ClientIdentity;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;
use std::sync::Arc;

/// Why nobody could be trusted as it was wanted, or nothing could be shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// A file of trusted certificates without one. Usually another file was meant.
    #[error("`{path}` has no certificate in PEM")]
    NoCertificate {
        /// The file.
        path: String,
    },
    /// A certificate of the client that cannot be used with its key. Usually other files were meant.
    #[error("the client certificate `{cert}` cannot be used with the key `{key}`")]
    InvalidIdentity {
        /// The file with the certificate.
        cert: String,
        /// The file with the key.
        key: String,
        /// Why, if that is known.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The certificates that the system trusts cannot be had. Whoever set up the machine, or the container.
    #[error("the certificates that this machine trusts cannot be used")]
    NoTrust {
        /// Why.
        #[source]
        source: Error,
    },
}

impl TrustError {
    /// What to do about it.
    pub(crate) fn help(&self) -> &'static str {
        match self {
            Self::NoCertificate { .. } => "name a file with `-----BEGIN CERTIFICATE-----` in it",
            Self::InvalidIdentity { .. } => {
                "name the certificate and its own key, both in PEM, and the key unencrypted"
            }
            Self::NoTrust { .. } => {
                "install the certificates of the system (`ca-certificates`), or name a file with `SSL_CERT_FILE`"
            }
        }
    }
}

/// The certificates in a PEM file, if there is one and all of them can be read.
pub(crate) fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let are_good = |all: &Vec<_>| {
        let mut all = all.iter();
        all.len() > 0 && all.all(|one| ParsedCertificate::try_from(one).is_ok())
    };
    all.ok().filter(are_good)
}

/// TLS that trusts these beside those of the system, and shows a certificate if there is one: itself, then its key, both
/// in PEM. Reads the certificates of the system.
pub(crate) fn tls(
    trusted: Vec<CertificateDer<'static>>,
    identity: Option<(&ClientIdentity, [Vec<u8>; 2])>,
) -> Result<ClientConfig, TrustError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let no_trust = |source| TrustError::NoTrust { source };
    let verifier = Verifier::new_with_extra_roots(trusted.clone(), Arc::clone(&provider));
    let verifier = Given {
        authorities: verifier.map_err(no_trust)?,
        certificates: trusted,
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(no_trust)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some((files, [certificate, key])) => {
            let chain = certificates(&certificate);
            let key = PrivateKeyDer::from_pem_slice(&key).ok();
            let both = chain.zip(key);
            let config = both.map(|(chain, key)| builder.with_client_auth_cert(chain, key));
            match config {
                Some(Ok(config)) => config,
                Some(Err(source)) => return Err(files.invalid(Some(source.into()))),
                None => return Err(files.invalid(None)),
            }
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Many private registries have a certificate that `openssl req -x509` made: it signed itself, calls itself an authority,
/// and stands in front of a server. Rustls takes an authority for no server's certificate. Where the user gave this very
/// certificate, it is the one that was meant.
#[derive(Debug)]
struct Given {
    authorities: Verifier,
    certificates: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Given {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.authorities.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verified {
            // That it is over, or for another name, has errors of its own: this is that it is an authority.
            Err(Error::InvalidCertificate(CertificateError::Other(_)))
                if self.certificates.contains(end_entity) =>
            {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
    use rstest::rstest;

    /// A certificate that signed itself, calls itself an authority, and is for a name until the end of a year.
    fn self_signed(name: &str, last_year: i32) -> CertificateDer<'static> {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_after = date_time_ymd(last_year, 12, 31);
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        certificate.der().clone()
    }

    fn verify(given: &CertificateDer<'static>, shown: &CertificateDer<'static>) -> bool {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = Given {
            authorities: Verifier::new_with_extra_roots([given.clone()], provider).unwrap(),
            certificates: vec![given.clone()],
        };
        let name = ServerName::try_from("registry.test").unwrap();
        verifier
            .verify_server_cert(shown, &[], &name, &[], UnixTime::now())
            .is_ok()
    }

    #[rstest]
    #[case("registry.test", 2999, true)]
    #[case("other.test", 2999, false)]
    #[case("registry.test", 2001, false)]
    fn a_certificate_that_was_given_is_trusted_for_its_name_and_time(
        #[case] name: &str,
        #[case] last_year: i32,
        #[case] expected: bool,
    ) {
        let certificate = self_signed(name, last_year);
        assert_eq!(verify(&certificate, &certificate), expected);
    }

    #[test]
    fn one_that_was_not_given_is_not() {
        let [given, other] = [(), ()].map(|()| self_signed("registry.test", 2999));
        assert!(!verify(&given, &other));
    }
}
