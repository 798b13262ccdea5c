//! The flow from Officient to Optedo: reconcile, don't replay.
//!
//! A webhook says only that something happened, so it is a hint that a person's leave may have changed. The service reads
//! the truth from Officient, compares it with what it wrote to Optedo, and applies the difference. One function does this
//! for a webhook, the first import, a sweep (the periodic reconciliation of everybody), a retry and the dry run. Therefore
//! duplicate and reordered webhooks are harmless.
//!
//! ```text
//! inbox ─▶ webhook_events ─▶ resolve ──┐
//! sweep, first import, admin's click ──┴▶ people.sync_requested_at ─▶ worker ─▶ reconcile: observe ─▶ apply ─▶ record
//! ```
//!
//! * [`inbox`]: stores webhooks on disk; [`resolve`]: finds the people whom a webhook refers to
//! * [`leader`]: one replica at a time runs the [`worker`], which starts the jobs that are due
//! * [`reconcile`](mod@reconcile): one person from claim to record: [`observe`] reads and plans, [`apply`] writes to
//!   Optedo (one absence: `write`), [`record`] stores the outcome
//! * [`sweep`], [`subscriptions`]: everybody, and the webhook subscriptions at Officient; [`unblock`]: names and types
//!   that blocked leave waits for; [`preview`]: the dry run; [`explain`]: one person's leave, day by day; [`audit`]: what
//!   somebody changed in Optedo; [`failures`]: attention items about failures that last; [`notify`]: mail and webhook
//!   about incidents; [`decide`]: what the admin decides about deletions; [`clean_up`]: retention
//! * [`reference_data`], [`request_lookup`]: cached answers of the two APIs; [`lists`]: who matches whom now; [`verdict`]:
//!   whether all is well; [`doctor`]: what works, and what to do about the rest

pub mod apply;
pub mod audit;
pub mod circuit_breaker;
pub mod clean_up;
pub mod decide;
pub mod doctor;
pub mod engine;
pub mod explain;
pub mod failures;
pub mod inbox;
pub mod job;
pub mod leader;
pub mod lists;
pub mod next_year;
pub mod notify;
pub mod observe;
pub mod preview;
pub mod reconcile;
pub mod record;
pub mod reference_data;
pub mod request_lookup;
pub mod resolve;
pub mod subscriptions;
pub mod sweep;
pub mod unblock;
pub mod verdict;
pub mod work_signal;
pub mod worker;
mod write;

pub use engine::{Engine, SyncError};
