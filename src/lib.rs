//! x
pub mod clock;
pub mod config;
pub mod db;
#[cfg(feature = "demo")]
pub mod demo;
pub mod ids;
pub mod limiter;
pub mod oauth;
pub mod officient;
pub mod optedo;
pub mod sync;
pub mod tokens;
pub mod upstream;
pub mod vault;
