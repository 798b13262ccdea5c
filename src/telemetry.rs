//! Logs and metrics. Ids, never names or leave types.

use std::any::Any;
use std::io::Write;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format;

use crate::config::{Log, LogFormat};

/// Starts logging to standard error; once a process. Panics are logged too.
pub fn start_logging(log: &Log) {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "A panic: {}", what_of(panic.payload()));
    }));
    let filter = EnvFilter::try_new(&log.filter).unwrap_or_else(|_checked_before| EnvFilter::new("info"));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter);
    // Only a second start in one process fails, and then there is a log already.
    let _started = match log.format {
        LogFormat::Json => {
            let subscriber = subscriber.json().flatten_event(true);
            subscriber.with_writer(|| Escaped(std::io::stderr())).try_init().is_ok()
        }
        LogFormat::Pretty => {
            let fields = format::debug_fn(|to, field, value| match field.name() {
                "message" => write!(to, "{}", escaped(&format!("{value:?}"))),
                name => write!(to, "{name}={}", escaped(&format!("{value:?}"))),
            });
            subscriber.fmt_fields(fields.delimited(" ")).with_writer(std::io::stderr).try_init().is_ok()
        }
    };
}

/// What a panic says, where it is a text of the program: any other was put together from values, and may quote what a
/// stranger or Officient sent. Where it happened tells the rest.
fn what_of(payload: &(dyn Any + Send)) -> &'static str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or("its message may hold personal data")
}

/// The text without a character that moves a cursor, begins a line or colours a terminal: nobody writes log lines of
/// their own into the log.
fn escaped(text: &str) -> String {
    let escape = |char: char| {
        if char.is_control() { format!("\\u{:04x}", u32::from(char)) } else { char.to_string() }
    };
    text.chars().map(escape).collect()
}

/// Writes lines of JSON. JSON itself escapes only the control characters below U+0020; all of them stand in texts,
/// where the escaped form means the same.
struct Escaped<W>(W);

impl<W: Write> Write for Escaped<W> {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let (text, end) = text.strip_suffix('\n').map_or((&*text, ""), |text| (text, "\n"));
        self.0.write_all((escaped(text) + end).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

/// The process's metrics; installed at the first call.
pub fn metrics() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let ack = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5];
        let propagation = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0];
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Full("webhook_ack_seconds".to_owned()), &ack)
            .and_then(|builder| {
                builder.set_buckets_for_metric(Matcher::Full("propagation_seconds".to_owned()), &propagation)
            })
            .unwrap_or_else(|_no_buckets| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        // Only a second recorder in one process fails; this is the only place that sets one.
        let _installed = metrics::set_global_recorder(recorder).is_ok();
        metrics::describe_gauge!(
            "connection_state",
            "0 disconnected, 1 connected, 2 somebody must sign in again"
        );
        // There from the start, so that an alert on it need not tell "never" from "not measured".
        metrics::counter!("officient_rate_limited_total").absolute(0);
        handle
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_says_what_stands_in_the_program_and_quotes_nothing() {
        let name = "Jan Peeters é";
        let caught = |panics: fn(&str)| std::panic::catch_unwind(|| panics(name)).unwrap_err();
        let quotes = caught(|name| {
            let _cut = &name[..name.len() - 1];
        });
        assert!(quotes.downcast_ref::<String>().unwrap().contains("Peeters"));
        assert_eq!(what_of(&*quotes), "its message may hold personal data");
        assert_eq!(what_of(&*caught(|_| panic!("a short message"))), "a short message");
    }
}
