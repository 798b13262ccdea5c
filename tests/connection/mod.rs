//! The connection to Officient: login, tokens, signing out.

pub mod login;
mod tokens;
