//! x
pub mod clock;
pub mod config;
pub mod db;
pub mod ids;
pub mod limiter;
pub mod oauth;
pub mod officient;
pub mod optedo;
pub mod sync;
pub mod tokens;
pub mod upstream;
pub mod vault;
