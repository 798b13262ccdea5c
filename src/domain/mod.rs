//! The core: values and decisions. Pure: no `async`, no SQL, no clock, no HTTP.

pub mod absence;
pub mod attention;
pub mod calendar;
pub mod company;
pub mod day;
pub mod desired;
pub mod difference;
pub mod failure;
pub mod ids;
pub mod mapping;
pub mod matching;
pub mod notification;
pub mod plan;
pub mod proposal;
pub mod sync_request;
pub mod verdict;
pub mod webhook;
