//! The JSON API for the admin: one file for each resource, with its handlers, wire types and OpenAPI annotations. The page
//! and the commands call the same functions.

pub mod absences;
pub mod attention;
pub mod credentials;
pub mod leave_types;
pub mod people;
pub mod status;
pub mod sync;
pub mod webhook_events;
