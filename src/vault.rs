//! Secrets at rest: sealed with XChaCha20-Poly1305 under the configured key, bound to the place they are stored in.
//!
//! A sealed value is `version (1 byte) | key id (8) | nonce (24) | ciphertext and tag`. The place (`table.column`) and
//! the row are authenticated with it, so a ciphertext copied into another column, or from another database, does not
//! open. What does not open is an error: never an empty secret.

use std::fmt;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use secrecy::{ExposeSecret as _, SecretBox, SecretString};
use sha2::{Digest as _, Sha256};

const VERSION: u8 = 2;
/// Of values that are bound to their column only; they open, and are sealed anew at start-up.
const WITHOUT_ROW: u8 = 1;
const KEY_ID: usize = 8;
const NONCE: usize = 24;

/// An encryption key of 32 bytes and the id that is stored with what it sealed.
pub struct Key {
    id: [u8; KEY_ID],
    bytes: SecretBox<[u8; 32]>,
}

impl Key {
    /// Takes the bytes; the id is the beginning of their SHA-256.
    pub fn new(bytes: [u8; 32]) -> Self {
        let mut id = [0; KEY_ID];
        id.iter_mut().zip(Sha256::digest(bytes)).for_each(|(id, byte)| *id = byte);
        Self { id, bytes: SecretBox::new(Box::new(bytes)) }
    }
}

/// The demo's key, in base64. It stands in public, so it protects nothing: only the demo starts with it.
pub const DEMO_KEY: &str = "ZGVtby1kZW1vLWRlbW8tZGVtby1kZW1vLWRlbW8tMTI=";

impl Key {
    /// A key of its own for a purpose, bound to something else that must be known. Nobody finds that out from what was
    /// made with it, however short it is, without this key.
    pub fn derive(&self, purpose: &str, bound_to: &SecretString) -> SecretBox<[u8; 32]> {
        let purpose = keyed_digest(self.bytes.expose_secret(), purpose);
        SecretBox::new(Box::new(keyed_digest(&purpose, bound_to.expose_secret())))
    }

    /// Whether everybody knows this key.
    pub fn is_published(&self) -> bool {
        use base64::Engine as _;
        let demo = base64::engine::general_purpose::STANDARD.decode(DEMO_KEY);
        demo.is_ok_and(|demo| demo == self.bytes.expose_secret())
    }
}

impl Clone for Key {
    fn clone(&self) -> Self {
        Self::new(*self.bytes.expose_secret())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key([redacted])")
    }
}

/// Why a sealed value does not open.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum VaultError {
    /// The key it was sealed with is not configured.
    #[error("{place} was sealed with another key: add that key to security.previous_encryption_keys")]
    UnknownKey {
        /// Table and column.
        place: &'static str,
    },
    /// Damaged, moved from another place, or not sealed by this program.
    #[error("{place} cannot be decrypted: it is damaged or was copied from elsewhere")]
    Damaged {
        /// Table and column.
        place: &'static str,
    },
}

/// Seals with the current key; opens with the current and the previous ones.
#[derive(Debug, Clone)]
pub struct Vault {
    current: Key,
    previous: Vec<Key>,
    row: String,
}

impl Vault {
    /// A vault with these keys for the secrets of this row.
    pub fn new(current: Key, previous: Vec<Key>, row: &str) -> Self {
        Self { current, previous, row: row.to_owned() }
    }

    /// Encrypts `secret` for `place` (`table.column`).
    pub fn seal(&self, place: &'static str, secret: &SecretString) -> Vec<u8> {
        let nonce: [u8; NONCE] = random();
        let aad = self.bound_to(VERSION, place);
        let payload = Payload { msg: secret.expose_secret().as_bytes(), aad: &aad };
        #[expect(clippy::expect_used, reason = "encryption fails only for messages of more than 256 GiB")]
        let ciphertext =
            cipher(&self.current).encrypt(&XNonce::from(nonce), payload).expect("a short message");
        [&[VERSION], self.current.id.as_slice(), &nonce, &ciphertext].concat()
    }

    /// Decrypts what [`Self::seal`] made for the same place.
    pub fn open(&self, place: &'static str, sealed: &[u8]) -> Result<SecretString, VaultError> {
        let damaged = VaultError::Damaged { place };
        let Some((&version @ (VERSION | WITHOUT_ROW), rest)) = sealed.split_first() else {
            return Err(damaged);
        };
        let Some((id, rest)) = rest.split_first_chunk::<KEY_ID>() else {
            return Err(damaged);
        };
        let Some((nonce, ciphertext)) = rest.split_first_chunk::<NONCE>() else {
            return Err(damaged);
        };
        let Some(key) = self.keys().find(|key| key.id == *id) else {
            return Err(VaultError::UnknownKey { place });
        };
        let aad = self.bound_to(version, place);
        let payload = Payload { msg: ciphertext, aad: &aad };
        let Ok(bytes) = cipher(key).decrypt(&XNonce::from(*nonce), payload) else {
            return Err(damaged);
        };
        String::from_utf8(bytes).map(SecretString::from).map_err(|_not_ours| damaged)
    }

    /// Whether `sealed` should be sealed anew: by a previous key, or by a version that did not bind to the row.
    pub fn is_stale(&self, sealed: &[u8]) -> bool {
        sealed.first() != Some(&VERSION) || sealed.get(1..=KEY_ID) != Some(self.current.id.as_slice())
    }

    /// What is authenticated with the secret. No place holds a NUL, so none is the beginning of another.
    fn bound_to(&self, version: u8, place: &str) -> Vec<u8> {
        let row = if version == WITHOUT_ROW { String::new() } else { format!("\0{}", self.row) };
        [place.as_bytes(), row.as_bytes()].concat()
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.bytes.expose_secret().into())
}

/// Bytes that nobody can guess.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(
        clippy::expect_used,
        reason = "without the system's randomness nothing here is safe; it fails only at boot"
    )]
    getrandom::fill(&mut bytes).expect("the system has randomness");
    bytes
}

/// 256 random bits as text for addresses, cookies and states.
pub fn random_token() -> SecretString {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random::<32>()).into()
}

/// What is stored in place of a token that only has to be recognised.
pub fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}

/// As [`digest`], for who has the key: nobody else can make it, nor try texts against it.
pub fn keyed_digest(key: &[u8; 32], token: &str) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key");
    mac.update(token.as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(byte: u8, previous: Vec<Key>) -> Vault {
        Vault::new(Key::new([byte; 32]), previous, "row 1")
    }

    #[test]
    fn what_is_sealed_opens_in_its_row_only_and_an_older_value_is_stale() {
        let vault = vault(1, vec![]);
        let elsewhere = Vault::new(Key::new([1; 32]), vec![], "row 2");
        let sealed = vault.seal("t.c", &"secret".into());
        assert_eq!(elsewhere.open("t.c", &sealed).unwrap_err(), VaultError::Damaged { place: "t.c" });
        // As sealed by a version that did not bind to the row.
        let payload = Payload { msg: b"secret".as_slice(), aad: b"t.c".as_slice() };
        let ciphertext = cipher(&vault.current).encrypt(&XNonce::from([7; NONCE]), payload).unwrap();
        let older = [&[WITHOUT_ROW], vault.current.id.as_slice(), &[7; NONCE], &ciphertext].concat();
        assert_eq!(vault.open("t.c", &older).unwrap().expose_secret(), "secret");
        assert!(vault.is_stale(&older) && !vault.is_stale(&sealed));
    }

    #[test]
    fn what_is_sealed_opens_at_its_place_only() {
        let vault = vault(1, vec![]);
        let sealed = vault.seal("connection.refresh_token", &"fed4".into());
        assert_eq!(vault.open("connection.refresh_token", &sealed).unwrap().expose_secret(), "fed4");
        assert_eq!(
            vault.open("connection.access_token", &sealed).unwrap_err(),
            VaultError::Damaged { place: "connection.access_token" }
        );
        assert!(!sealed.windows(4).any(|window| window == b"fed4"));
    }

    #[test]
    fn every_damaged_byte_is_noticed_and_nothing_panics() {
        let vault = vault(1, vec![]);
        let sealed = vault.seal("t.c", &"secret".into());
        for index in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[index] ^= 1;
            assert!(vault.open("t.c", &damaged).is_err());
            assert!(vault.open("t.c", &sealed[..index]).is_err());
        }
    }

    #[test]
    fn a_previous_key_opens_and_is_stale_and_an_unknown_one_is_named() {
        let sealed = vault(1, vec![]).seal("t.c", &"secret".into());
        let rotated = vault(2, vec![Key::new([1; 32])]);
        assert_eq!(rotated.open("t.c", &sealed).unwrap().expose_secret(), "secret");
        assert!(rotated.is_stale(&sealed));
        assert!(!rotated.is_stale(&rotated.seal("t.c", &"secret".into())));
        assert_eq!(
            vault(2, vec![]).open("t.c", &sealed).unwrap_err(),
            VaultError::UnknownKey { place: "t.c" }
        );
    }
}
