//! The JSON API and its description.

mod days;
mod openapi;
pub mod requests;
