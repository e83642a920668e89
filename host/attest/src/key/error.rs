//! Why a key cannot be used.

/// The fewest bits of an RSA key that is trusted.
pub(super) const MIN_RSA_BITS: usize = 2048;
/// The most bits of an RSA key; cosign has none larger either.
pub(super) const MAX_RSA_BITS: usize = 4096;

/// An error of somebody else.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a key cannot be used. No message contains anything of the key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// A key in DER, an empty file, or another file altogether was given.
    #[error("the key is not in PEM form")]
    NotPem,
    /// Another file was given.
    #[error("the key file is larger than {limit} bytes")]
    TooLarge {
        /// The most that is read.
        limit: usize,
    },
    /// A PEM file that contains something else, often a certificate.
    #[error("`{label}` is not a kind of key that can be read")]
    Label {
        /// What the file says it contains.
        label: String,
    },
    /// The public half was given where the private one is needed.
    #[error("signing needs a private key, and this is a public key")]
    PrivateExpected,
    /// The private half was given where the public one is needed. Nothing is wrong, but the key should not be there.
    #[error("verifying needs a public key, and this is a private key")]
    PublicExpected,
    /// The user's key is of another kind.
    #[error("the key is for {found}, which is not supported")]
    Algorithm {
        /// The algorithm of the key.
        found: String,
    },
    /// The user's key is too short to trust, or longer than anybody checks in reasonable time.
    #[error("the RSA key has {bits} bits, and must have from {MIN_RSA_BITS} to {MAX_RSA_BITS}")]
    RsaSize {
        /// The bits of its modulus.
        bits: usize,
    },
    /// The file was cut off or changed.
    #[error("the key is damaged")]
    Damaged,
    /// The user's key was encrypted by OpenSSL, not by cosign or polcheck.
    #[error("the key is encrypted in a form that is not read")]
    ForeignEncryption,
    /// The file was changed, or written by a program that only looks like cosign.
    #[error("the encrypted key is not in the form that cosign writes: {reason}")]
    EncryptedForm {
        /// What is wrong with it.
        reason: String,
    },
    /// Somebody made a file that costs much to open; it opens nothing.
    #[error(
        "the encrypted key asks for scrypt with N={n}, r={r}, p={p}, which is more than is allowed"
    )]
    ScryptCost {
        /// Cost in time and memory.
        n: u64,
        /// Block size.
        r: u64,
        /// Parallelism.
        p: u64,
    },
    /// The key is encrypted and the user gave no password.
    #[error("the key is encrypted, and there is no password for it")]
    NoPassword {
        /// Why there is none.
        #[source]
        source: BoxError,
    },
    /// A typing error, or the password of another key.
    #[error("the password is not the one of this key")]
    WrongPassword,
    /// The system is broken.
    #[error("the system has no random numbers")]
    NoRandomNumbers,
}

impl KeyError {
    /// The cure, if there is one.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::NotPem => {
                "give a file that begins with `-----BEGIN`; `polcheck key generate` makes a pair, and \
                 `openssl pkey -inform der -in KEY -out key.pem` converts DER"
            }
            Self::TooLarge { .. } | Self::Damaged | Self::EncryptedForm { .. } => {
                "take the file from its backup, or make a new pair with `polcheck key generate`"
            }
            Self::Label { label } if label == "CERTIFICATE" => {
                "`openssl x509 -pubkey -noout -in CERTIFICATE` prints the public key of a certificate"
            }
            Self::Label { label } if label == "OPENSSH PRIVATE KEY" => {
                "keys of SSH sign nothing else; `polcheck key generate` makes a pair"
            }
            Self::Label { .. } => {
                "private keys are `PRIVATE KEY`, `EC PRIVATE KEY`, `RSA PRIVATE KEY` and `ENCRYPTED SIGSTORE PRIVATE \
                 KEY`, public keys are `PUBLIC KEY` and `RSA PUBLIC KEY`"
            }
            Self::PrivateExpected => "give the file that was made beside it, often with `.key`",
            Self::PublicExpected => {
                "give the file that was made beside it, often with `.pub`; `openssl pkey -pubout -in KEY` and \
                 `cosign public-key --key KEY` print it"
            }
            Self::Algorithm { .. } => {
                "keys for ECDSA with P-256, P-384 and P-521, for Ed25519 and for RSA are; `polcheck key generate` makes \
                 a pair for P-256"
            }
            Self::RsaSize { .. } => "`polcheck key generate` makes a pair for P-256",
            Self::ForeignEncryption => {
                "`openssl pkcs8 -topk8 -nocrypt -in KEY -out key.pem` decrypts it; `cosign import-key-pair --key \
                 key.pem` encrypts it in the form that is read"
            }
            Self::ScryptCost { .. } => {
                "128·N·r·p may be 256 MiB at most; cosign writes N=65536, r=8, p=1"
            }
            Self::NoPassword { .. } => "set `POLCHECK_KEY_PASSWORD` or `COSIGN_PASSWORD`",
            Self::WrongPassword => {
                "check `POLCHECK_KEY_PASSWORD` and `COSIGN_PASSWORD`, and that the file is the right one"
            }
            Self::NoRandomNumbers => return None,
        };
        Some(help.to_owned())
    }
}
