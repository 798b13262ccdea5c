//! Leave made in Officient stands in Optedo at once.

#[cfg(feature = "demo")]
pub mod demo;
