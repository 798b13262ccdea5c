//! Simulated Officient and Optedo, for the demo and the tests.
//!
//! They behave as `officient-api.md` and `optedo-api.yaml` say, limits and oddities included, and serve both the
//! API over real HTTP and the pages that a person needs. Everything is kept in memory. They know nothing of the
//! service: what is right is decided by the contract, never by what the service happens to send. What the
//! contract leaves open is left open here too (an inactive user's absence is accepted, for example).
//!
//! | file | subject |
//! |---|---|
//! | `server` | one port, started and stopped; the record of calls |
//! | `faults` | what may go wrong on purpose |
//! | `officient/` | people, calendar, OAuth, webhooks; its pages |
//! | `optedo/` | users, absence types, absences; its pages |
//! | `page`, `month`, `pager` | what the pages of both have in common |
//! | `seed` | a small company to begin with |
//! | `run` | the `demo` command |

mod clock;
mod faults;
mod month;
pub mod officient;
pub mod optedo;
mod page;
mod pager;
mod run;
mod seed;
mod server;
#[cfg(test)]
mod tests;

pub use faults::Fault;
pub use officient::{OfficientOptions, OfficientSim};
pub use optedo::{OptedoOptions, OptedoSim};
pub use run::{Simulators, settings, start, steps};
pub use seed::seed;
pub use server::Call;
