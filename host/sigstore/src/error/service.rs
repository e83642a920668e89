//! Why a service did not do its part.

use super::quoted;
use attest::Service;
use model::excerpt;

/// Why a service could not be asked, or did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// A signing config, or a flag, with a typing error.
    #[error("`{}`, the address of the {service}, is no address", excerpt(.url))]
    Address {
        /// Which service.
        service: Service,
        /// What was given.
        url: String,
    },
    /// Everybody on the way could read and change what is said.
    #[error("the {service} at `{host}` is asked over plain HTTP, and is not on this machine")]
    PlainHttp {
        /// Which service.
        service: Service,
        /// Where it is.
        host: String,
    },
    /// The system has no certificates, or the proxy of the environment is none.
    #[error("no connection can be made")]
    NoClient(#[source] reqwest::Error),
    /// The network, or the service, is down.
    #[error("the {service} at `{host}` cannot be reached")]
    Unreachable {
        /// Which service.
        service: Service,
        /// Where it is.
        host: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The service is slow.
    #[error("the {service} at `{host}` took longer than {seconds} seconds")]
    Slow {
        /// Which service.
        service: Service,
        /// Where it is.
        host: String,
        /// How long it may take.
        seconds: u64,
    },
    /// The service does not want to.
    #[error("the {service} at `{host}` refused with status {status}{}", quoted(.said))]
    Refused {
        /// Which service.
        service: Service,
        /// Where it is.
        host: String,
        /// The status of HTTP.
        status: u16,
        /// What it says about it.
        said: String,
    },
    /// Something else answers there.
    #[error("the {service} at `{host}` answered with more than {limit} bytes")]
    TooLarge {
        /// Which service.
        service: Service,
        /// Where it is.
        host: String,
        /// The most that is read.
        limit: usize,
    },
}

impl ServiceError {
    /// The cure, if there is one.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::Address { .. } => "write a URL such as `https://fulcio.example.com`",
            Self::PlainHttp { .. } => {
                "use `https://`, or allow it with `--allow-http-sigstore`: whoever is on the way can then sign as you"
            }
            Self::NoClient(_) => {
                "install the certificates of the system (`ca-certificates`), and check the proxy in the environment"
            }
            Self::Unreachable { .. } => {
                "check the address, the network, and the proxy in the environment"
            }
            Self::Slow { .. } => "try again later",
            Self::Refused {
                service, status, ..
            } => match (service, status) {
                (Service::CertificateAuthority, 400 | 401 | 403) => {
                    "check that the token has not expired, is for the audience `sigstore`, and is of an issuer that the authority knows"
                }
                (_, 300..=399) => "name the address that it leads to; redirects are not followed",
                (_, 429 | 500..=599) => "try again later",
                _ => "ask whoever runs the service",
            },
            Self::TooLarge { .. } => "check the address: something else answers there",
        };
        Some(help.to_owned())
    }
}
