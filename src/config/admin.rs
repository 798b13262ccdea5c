use argon2::password_hash::phc::PasswordHash;
use secrecy::SecretString;

use super::keys::section;
use super::values::secret;

section! {
    Admin("admin") {
        /// Clear text, or an argon2id hash as a PHC string.
        password: SecretString =
            required_secret("a long password, or the output of: optedo-officient hash-password", password, "");
        /// The bearer token of the API. Without it, the API accepts only the session of the settings page.
        api_token: Option<SecretString> = secret("the output of: openssl rand -hex 32", secret);
    }
}

fn password(text: &str) -> Result<SecretString, String> {
    if text.starts_with("$argon2") {
        let hash =
            PasswordHash::new(text).map_err(|_not_a_hash| "begins like an argon2 hash, but is not one")?;
        if hash.algorithm.as_str() != "argon2id" {
            return Err("is not argon2id but another argon2".into());
        }
    }
    Ok(text.into())
}
