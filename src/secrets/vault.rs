//! Encryption of secrets at rest ("sealing"), with XChaCha20-Poly1305 and the configured key.
//!
//! A sealed value is `version (1 byte) | key id (8) | nonce (24) | ciphertext and tag`. The place (`table.column`) and
//! the row are authenticated with it, so a ciphertext copied into another column, or from another database, does not
//! decrypt. A value that does not decrypt is an error, never an empty secret.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret as _, SecretString};

use super::random::random;
use crate::config::EncryptionKey;

const VERSION: u8 = 2;
/// The version of values that are bound to their column only. They still decrypt, and are stale.
const VERSION_WITHOUT_ROW: u8 = 1;
const KEY_ID: usize = EncryptionKey::ID_LENGTH;
const NONCE: usize = 24;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum VaultError {
    /// `place` is `table.column`.
    #[error("{place} was encrypted with a key that is not configured")]
    UnknownKey { place: &'static str },
    /// Damaged, copied from another place, or not written by this program.
    #[error("{place} cannot be decrypted: it is damaged, or was copied from elsewhere")]
    Damaged { place: &'static str },
}

/// Encrypts with the current key; decrypts with the current and the previous ones.
#[derive(Debug, Clone)]
pub struct Vault {
    current: EncryptionKey,
    previous: Vec<EncryptionKey>,
    row: String,
}

impl Vault {
    /// `row` identifies the database row of the secrets.
    pub fn new(current: EncryptionKey, previous: Vec<EncryptionKey>, row: &str) -> Self {
        Self { current, previous, row: row.to_owned() }
    }

    /// Encrypts `secret` for `place` (`table.column`).
    pub fn seal(&self, place: &'static str, secret: &SecretString) -> Vec<u8> {
        let nonce: [u8; NONCE] = random();
        let aad = self.associated_data(VERSION, place);
        let payload = Payload { msg: secret.expose_secret().as_bytes(), aad: &aad };
        #[expect(clippy::expect_used, reason = "encryption fails only for messages of more than 256 GiB")]
        let ciphertext = cipher(&self.current).encrypt(&XNonce::from(nonce), payload).expect("a short message");
        [&[VERSION], self.current.id().as_slice(), &nonce, &ciphertext].concat()
    }

    /// Decrypts what [`Self::seal`] made for the same place.
    pub fn open(&self, place: &'static str, sealed: &[u8]) -> Result<SecretString, VaultError> {
        let damaged = || VaultError::Damaged { place };
        let parts = || {
            let (&version, rest) = sealed.split_first()?;
            let (key_id, rest) = rest.split_first_chunk::<KEY_ID>()?;
            let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>()?;
            matches!(version, VERSION | VERSION_WITHOUT_ROW).then_some((version, key_id, nonce, ciphertext))
        };
        let (version, key_id, nonce, ciphertext) = parts().ok_or_else(damaged)?;
        let key = std::iter::once(&self.current).chain(&self.previous).find(|key| key.id() == *key_id);
        let key = key.ok_or(VaultError::UnknownKey { place })?;
        let payload = Payload { msg: ciphertext, aad: &self.associated_data(version, place) };
        let bytes = cipher(key).decrypt(&XNonce::from(*nonce), payload).map_err(|_another_place| damaged())?;
        String::from_utf8(bytes).map(SecretString::from).map_err(|_not_ours| damaged())
    }

    /// Whether `sealed` should be encrypted again: it has a previous key, or a version that did not bind to the row.
    pub fn is_stale(&self, sealed: &[u8]) -> bool {
        sealed.first() != Some(&VERSION)
            || sealed.get(1..=EncryptionKey::ID_LENGTH) != Some(self.current.id().as_slice())
    }

    /// The associated data of the encryption. No place contains a NUL, so none is the beginning of another.
    fn associated_data(&self, version: u8, place: &str) -> Vec<u8> {
        let row = if version == VERSION_WITHOUT_ROW { String::new() } else { format!("\0{}", self.row) };
        [place.as_bytes(), row.as_bytes()].concat()
    }
}

fn cipher(key: &EncryptionKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.expose_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(byte: u8, previous: Vec<EncryptionKey>) -> Vault {
        Vault::new(EncryptionKey::new([byte; 32]), previous, "row 1")
    }

    #[test]
    fn a_secret_decrypts_in_its_row_only_and_an_older_value_is_stale() {
        let vault = vault(1, vec![]);
        let elsewhere = Vault::new(EncryptionKey::new([1; 32]), vec![], "row 2");
        let sealed = vault.seal("t.c", &"secret".into());
        assert_eq!(elsewhere.open("t.c", &sealed).unwrap_err(), VaultError::Damaged { place: "t.c" });
        // As an earlier version of the program wrote it.
        let payload = Payload { msg: b"secret".as_slice(), aad: b"t.c".as_slice() };
        let ciphertext = cipher(&vault.current).encrypt(&XNonce::from([7; NONCE]), payload).unwrap();
        let older = [&[VERSION_WITHOUT_ROW], vault.current.id().as_slice(), &[7; NONCE], &ciphertext].concat();
        assert_eq!(vault.open("t.c", &older).unwrap().expose_secret(), "secret");
        assert!(vault.is_stale(&older) && !vault.is_stale(&sealed));
    }

    #[test]
    fn a_secret_decrypts_at_its_place_only() {
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
    fn a_previous_key_decrypts_and_is_stale_and_an_unknown_one_is_reported() {
        let sealed = vault(1, vec![]).seal("t.c", &"secret".into());
        let rotated = vault(2, vec![EncryptionKey::new([1; 32])]);
        assert_eq!(rotated.open("t.c", &sealed).unwrap().expose_secret(), "secret");
        assert!(rotated.is_stale(&sealed));
        assert!(!rotated.is_stale(&rotated.seal("t.c", &"secret".into())));
        assert_eq!(vault(2, vec![]).open("t.c", &sealed).unwrap_err(), VaultError::UnknownKey { place: "t.c" });
    }
}
