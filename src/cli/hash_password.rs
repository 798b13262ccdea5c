use argon2::{Argon2, PasswordHasher as _};

use super::{CommandError, Outcome, print};
use crate::secrets::random::random;

pub(super) fn run() -> Outcome {
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line);
    let password = line.trim_end_matches(['\r', '\n']);
    if read.is_err() || password.is_empty() {
        return Err(CommandError::NoPassword);
    }
    print(&Argon2::default().hash_password_with_salt(password.as_bytes(), &random::<16>())?);
    Ok(true)
}
