use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretBox};
use sha2::{Digest as _, Sha256};

pub(super) const EXAMPLE_KEY: &str = "the output of: openssl rand -base64 32";
/// The demo's key, in base64. It is published here, so it protects nothing: only the demo starts with it.
pub const DEMO_KEY: &str = "ZGVtby1kZW1vLWRlbW8tZGVtby1kZW1vLWRlbW8tMTI=";

/// 32 random bytes.
#[derive(Clone, Debug)]
pub struct EncryptionKey(Arc<SecretBox<[u8; 32]>>);

impl EncryptionKey {
    /// Length in bytes of [`Self::id`].
    pub const ID_LENGTH: usize = 8;

    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Arc::new(SecretBox::new(Box::new(bytes))))
    }

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let bytes = STANDARD.decode(text.trim()).map_err(|_not_base64| "is not base64".to_owned())?;
        let bytes: [u8; 32] =
            bytes.try_into().map_err(|bytes: Vec<u8>| format!("must be 32 bytes, not {}", bytes.len()))?;
        if bytes.iter().all(|byte| Some(byte) == bytes.first()) {
            return Err("is 32 times the same byte: generate a random one".into());
        }
        Ok(Self::new(bytes))
    }

    /// The first bytes of the key's SHA-256. It is stored with each secret, to find the key that decrypts it.
    pub fn id(&self) -> [u8; Self::ID_LENGTH] {
        let mut id = [0; Self::ID_LENGTH];
        id.iter_mut().zip(Sha256::digest(self.expose_bytes())).for_each(|(id, byte)| *id = byte);
        id
    }

    pub fn expose_bytes(&self) -> &[u8; 32] {
        self.0.expose_secret()
    }

    /// Whether this is the demo's key, which everybody knows.
    pub fn is_published(&self) -> bool {
        STANDARD.decode(DEMO_KEY).is_ok_and(|demo| demo == self.expose_bytes())
    }
}
