//! What operators see of the running service: logs, metrics and, where it is compiled in, traces. Ids, never names, leave
//! types or secrets.
//!
//! A piece of work (a request, a look at a person, a sweep) runs in a span that carries one id. Spans have the level of
//! errors: a filter that lets only warnings through must not take the id from them.

pub mod logs;
pub mod metrics;
#[cfg(feature = "otlp")]
pub mod traces;

use crate::secrets::random::random;

/// A new id for a piece of work: 16 hexadecimal digits.
pub fn new_id() -> String {
    format!("{:016x}", u64::from_ne_bytes(random()))
}

/// The span of a piece of work of the flow, of this name.
macro_rules! work {
    ($name:literal $(, $($field:tt)*)?) => {
        tracing::error_span!($name, sync.id = %$crate::telemetry::new_id() $(, $($field)*)?)
    };
}
pub(crate) use work;
