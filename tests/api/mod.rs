//! The JSON API and its description.

mod openapi;
pub mod requests;
