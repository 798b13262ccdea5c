use secrecy::SecretString;

use super::keys::section;
use super::values::number;

const EXAMPLE: &str = "postgres://optedo_officient:secret@db.internal/acme";

section! {
    Database("database") {
        /// Secret, because it may contain a password.
        url: SecretString = required_secret(EXAMPLE, postgres_url, EXAMPLE);
        /// The size of the pool.
        max_connections: u32 = required("5", number::<4, 1000, _>);
    }
}

fn postgres_url(text: &str) -> Result<SecretString, String> {
    match text.split_once("://") {
        Some(("postgres" | "postgresql", _)) => Ok(text.into()),
        _ => Err("is not the address of a Postgres database".into()),
    }
}
