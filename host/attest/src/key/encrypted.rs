//! Private keys encrypted as cosign does it: scrypt makes a key of the password, `secretbox` of `NaCl` encrypts.

use super::{BoxError, KeyError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crypto_secretbox::aead::{AeadInPlace, KeyInit};
use crypto_secretbox::{Key, Nonce, Tag, XSalsa20Poly1305};
use model::excerpt;
use model::strict_json::Object;
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroizing;

const SCRYPT: &str = "scrypt";
const SECRETBOX: &str = "nacl/secretbox";
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
const SALT_BYTES: usize = 32;
/// What cosign 3.1 writes. It refuses to read parameters that it never wrote, so these are not ours to choose.
const WRITTEN: ScryptParameters = ScryptParameters {
    n: 65_536,
    r: 8,
    p: 1,
};
/// The most that `128·N·r·p` may be: the bytes that scrypt needs, times how often it goes over them.
const MAX_SCRYPT_BYTES: u64 = 256 * 1024 * 1024;

/// A password. It is overwritten when it is dropped, and never printed.
#[derive(Clone)]
pub struct Password(Zeroizing<Vec<u8>>);

impl Password {
    /// The password of these bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[derive(Serialize, Deserialize)]
struct EncryptedKey {
    kdf: Kdf,
    cipher: Cipher,
    ciphertext: String,
}

#[derive(Serialize, Deserialize)]
struct Kdf {
    name: String,
    params: ScryptParameters,
    salt: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct ScryptParameters {
    #[serde(rename = "N")]
    n: u64,
    r: u64,
    p: u64,
}

#[derive(Serialize, Deserialize)]
struct Cipher {
    name: String,
    nonce: String,
}

/// Decrypts the contents of an encrypted key.
pub(super) fn decrypt(
    contents: &[u8],
    password: impl FnOnce() -> Result<Password, BoxError>,
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let Object(encrypted): Object<EncryptedKey> =
        serde_json::from_slice(contents).map_err(|error| {
            malformed(&format!(
                "it is not the JSON expected: {}",
                excerpt(&error.to_string())
            ))
        })?;
    if encrypted.kdf.name != SCRYPT || encrypted.cipher.name != SECRETBOX {
        return Err(malformed(&format!(
            "it uses `{}` and `{}`, not `{SCRYPT}` and `{SECRETBOX}`",
            excerpt(&encrypted.kdf.name),
            excerpt(&encrypted.cipher.name)
        )));
    }
    let salt = decode(&encrypted.kdf.salt)?;
    let nonce: [u8; NONCE_BYTES] = decode(&encrypted.cipher.nonce)?
        .try_into()
        .map_err(|_| malformed("its nonce has not 24 bytes"))?;
    let ciphertext = decode(&encrypted.ciphertext)?;
    let (tag, body) = ciphertext
        .split_first_chunk::<TAG_BYTES>()
        .ok_or_else(|| malformed("its ciphertext is too short"))?;
    let parameters = encrypted.kdf.params.checked()?;
    // Last, so that nobody types a password for a file that cannot be opened.
    let password = password().map_err(|source| KeyError::NoPassword { source })?;
    let mut plaintext = Zeroizing::new(body.to_vec());
    secretbox(&password, &salt, parameters)
        .decrypt_in_place_detached(&Nonce::from(nonce), &[], &mut plaintext, &Tag::from(*tag))
        .map_err(|_| KeyError::WrongPassword)?;
    Ok(plaintext)
}

/// Encrypts a private key.
pub(super) fn encrypt(plaintext: &[u8], password: &Password) -> Result<String, KeyError> {
    let salt: [u8; SALT_BYTES] = random()?;
    let nonce: [u8; NONCE_BYTES] = random()?;
    let mut body = Zeroizing::new(plaintext.to_vec());
    let tag = secretbox(password, &salt, WRITTEN.checked()?)
        .encrypt_in_place_detached(&Nonce::from(nonce), &[], &mut body)
        .map_err(|_| KeyError::Damaged)?;
    let encrypted = EncryptedKey {
        kdf: Kdf {
            name: SCRYPT.to_owned(),
            params: WRITTEN,
            salt: STANDARD.encode(salt),
        },
        cipher: Cipher {
            name: SECRETBOX.to_owned(),
            nonce: STANDARD.encode(nonce),
        },
        ciphertext: STANDARD.encode([tag.as_slice(), &body].concat()),
    };
    serde_json::to_string(&encrypted).map_err(|_| KeyError::Damaged)
}

impl ScryptParameters {
    /// The parameters, if they are valid and cost no more than is allowed.
    fn checked(self) -> Result<scrypt::Params, KeyError> {
        let Self { n, r, p } = self;
        let refused = || KeyError::ScryptCost { n, r, p };
        let cost = [n, r, p]
            .into_iter()
            .try_fold(128_u64, u64::checked_mul)
            .ok_or_else(refused)?;
        if n < 2 || !n.is_power_of_two() || cost == 0 || cost > MAX_SCRYPT_BYTES {
            return Err(refused());
        }
        let narrow = |number: u64| u32::try_from(number).map_err(|_| refused());
        let log_n = u8::try_from(n.ilog2()).map_err(|_| refused())?;
        scrypt::Params::new(log_n, narrow(r)?, narrow(p)?).map_err(|_| refused())
    }
}

#[expect(
    clippy::expect_used,
    reason = "scrypt refuses only an output of no bytes, and of more than 2^37"
)]
fn secretbox(password: &Password, salt: &[u8], parameters: scrypt::Params) -> XSalsa20Poly1305 {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    scrypt::scrypt(&password.0, salt, &parameters, &mut *key).expect("32 bytes are an output");
    XSalsa20Poly1305::new(<&Key>::from(&*key))
}

fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| KeyError::NoRandomNumbers)?;
    Ok(bytes)
}

fn decode(text: &str) -> Result<Vec<u8>, KeyError> {
    STANDARD
        .decode(text)
        .map_err(|error| malformed(&format!("it has a field that is not base64: {error}")))
}

fn malformed(reason: &str) -> KeyError {
    KeyError::EncryptedForm {
        reason: reason.to_owned(),
    }
}
