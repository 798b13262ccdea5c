//! The names that most tests use, imported as a whole.

pub use std::time::Duration;

pub use futures_util::future::join_all;
pub use jiff::{SignedDuration, ToSpan as _};
pub use reqwest::{Method, StatusCode};
pub use serde_json::{Value, json};

pub use super::browser::Browser;
pub use super::simulators::officient::{CANARIES, EventStatus, LeaveType, NewEvent};
pub use super::simulators::{Call, Fault};
pub use super::world::{LeaveBuilder as _, World, dump, fast_rate_limit, options, part, whole_day};
pub use super::{
    API, API_TOKEN, KEY, OTHER_KEY, Options, PAGE, PASSWORD, PATIENCE, TestApp, cookie_of, create_database, free_port,
    state_of, until, variable,
};
