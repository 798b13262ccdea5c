//! Random tokens, and the digests that are stored instead of them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretBox, SecretString};
use sha2::{Digest as _, Sha256};

use crate::config::EncryptionKey;

/// Bytes from the operating system's random number generator.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(clippy::expect_used, reason = "the generator fails only while the machine boots")]
    getrandom::fill(&mut bytes).expect("the system has randomness");
    bytes
}

/// 256 random bits as text that is safe in a URL and in a cookie.
pub fn random_token() -> SecretString {
    URL_SAFE_NO_PAD.encode(random::<32>()).into()
}

/// SHA-256: stored instead of a random token that the service only has to recognise.
pub fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}

/// HMAC-SHA-256: unlike [`digest`], nobody can test guesses against it without the key.
pub fn keyed_digest(key: &[u8; 32], token: &str) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key");
    mac.update(token.as_bytes());
    mac.finalize().into_bytes().into()
}

/// A key for one purpose, derived from the encryption key and from another secret. It changes when either changes.
pub fn derive_key(key: &EncryptionKey, purpose: &str, secret: &SecretString) -> SecretBox<[u8; 32]> {
    let purpose_key = keyed_digest(key.expose_bytes(), purpose);
    SecretBox::new(Box::new(keyed_digest(&purpose_key, secret.expose_secret())))
}
