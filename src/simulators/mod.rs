//! Simulated Officient, Optedo and mail server, for the `demo` command, the tests and the benchmarks.
//!
//! Each simulator is a small HTTP server that keeps its data in memory. It serves the API that the service calls and
//! the pages that a person needs to try the service out. Both follow the contracts `officient-api.md` and
//! `optedo-api.yaml`, with their limits and oddities, and know nothing about the service: what the contract leaves
//! open is accepted (for example an absence of an inactive user), so that tests see what the service really sends.
//!
//! | file | subject |
//! |---|---|
//! | `officient/` | people, calendar, OAuth, webhooks, and their pages |
//! | `optedo/` | users, absence types, absences, and their pages |
//! | `mail/` | a mail server that shows what it took, and delivers nothing |
//! | `server` | one port: starting, stopping, latency, the record of calls |
//! | `faults` | failures that a test injects |
//! | `hold` | calls that a test holds |
//! | `connection` | TCP connections that a fault can break |
//! | `api` | request, response and personal data of both APIs |
//! | `page`, `dates` | what the pages of both simulators share |
//! | `seed` | a small company to begin with |
//! | `demo` | settings and instructions of the `demo` command |

mod api;
mod connection;
mod dates;
mod demo;
mod faults;
mod hold;
pub mod mail;
pub mod officient;
pub mod optedo;
mod page;
mod seed;
mod server;
#[cfg(test)]
mod tests;

pub use demo::{Simulators, settings, start, steps};
pub use faults::Fault;
pub use hold::Hold;
pub use mail::{MailBehaviour, MailOptions, MailSim};
pub use officient::{OfficientOptions, OfficientSim};
pub use optedo::{OptedoOptions, OptedoSim};
pub use seed::seed;
pub use server::Call;
