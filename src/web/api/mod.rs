//! The JSON API for the admin: handlers, wire types and OpenAPI annotations by subject. The page and the commands call
//! the same functions.

pub mod absences;
pub mod attention;
pub mod days;
pub mod differences;
pub mod leave_types;
pub mod notifications;
pub mod officient_app;
pub mod pause;
pub mod people;
pub mod settings;
pub mod status;
pub mod sync;
