//! Logs, metrics and, with the feature `otlp`, traces. They contain ids, and never names, leave types or secrets.
//!
//! A piece of work (a request, the reconciliation of a person, a sweep) runs in a span with one id. Spans have level
//! `error`, so that the id stays in the log when its filter admits only warnings.

pub mod logs;
pub mod metrics;
#[cfg(feature = "otlp")]
pub mod traces;

use crate::secrets::random::random;

/// An id for a piece of work: 16 hexadecimal digits.
pub fn new_id() -> String {
    format!("{:016x}", u64::from_ne_bytes(random()))
}

/// The span of a piece of work of the flow.
macro_rules! work {
    ($name:literal $(, $($field:tt)*)?) => {
        tracing::error_span!($name, sync.id = %$crate::telemetry::new_id() $(, $($field)*)?)
    };
}
pub(crate) use work;
