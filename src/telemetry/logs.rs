//! Log lines on standard error: JSON for machines, or text for people.
//!
//! A line of JSON has its own fields at the top level, and in `spans` those of the piece of work that it belongs to. So
//! one id finds all lines of one piece of work.

use std::any::Any;
use std::borrow::Cow;
use std::io::Write;

use tracing::Subscriber;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::{LookupSpan, Registry};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{Log, LogFormat};

/// What Postgres notes beside an answer, and each step of the pool after a session has ended.
const NOISE: &str = "sqlx::postgres::notice=off,sqlx_core::pool=off";

/// Called once per process. Panics are logged too.
pub fn start(log: &Log) {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "A panic: {}", public_message(panic.payload()));
    }));
    let filter = format!("{},{NOISE}", log.filter);
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_checked_before| EnvFilter::new("info"));
    // Fails only for a second start in one process; then a log exists already.
    let registry = Registry::default();
    #[cfg(feature = "otlp")]
    if let Some(traces) = super::traces::layer() {
        // The filter of the log does not apply to traces.
        let _started = registry.with(traces).with(lines(log.format).with_filter(filter)).try_init().is_ok();
        return;
    }
    let _started = registry.with(filter).with(lines(log.format)).try_init().is_ok();
}

fn lines<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let lines = tracing_subscriber::fmt::layer();
    match format {
        LogFormat::Json => {
            let lines = lines.json().flatten_event(true).with_current_span(false);
            lines.with_writer(|| Escaped(std::io::stderr())).boxed()
        }
        LogFormat::Pretty => {
            let fields = format::debug_fn(|to, field, value| match field.name() {
                "message" => write!(to, "{}", escaped(&format!("{value:?}"))),
                name => write!(to, "{name}={}", escaped(&format!("{value:?}"))),
            });
            lines.fmt_fields(fields.delimited(" ")).with_writer(std::io::stderr).boxed()
        }
    }
}

/// The message of a panic, if it is a literal of the program. A formatted message may quote a value from outside; the
/// place of the panic must then suffice.
fn public_message(payload: &(dyn Any + Send)) -> &'static str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or("its message may hold personal data")
}

/// Escapes characters that move a cursor, begin a line or colour a terminal, so that a value from outside cannot forge
/// a log line.
fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return text.into();
    }
    let escape = |char: char| {
        if char.is_control() { format!("\\u{:04x}", u32::from(char)) } else { char.to_string() }
    };
    text.chars().map(escape).collect()
}

/// Writes lines of JSON and escapes every control character; JSON itself escapes only those below U+0020. In a line of
/// JSON they occur only inside strings, where the escaped form means the same.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_logged_with_its_literal_and_quotes_no_value() {
        let name = "Jan Peeters é";
        let caught = |panics: fn(&str)| std::panic::catch_unwind(|| panics(name)).unwrap_err();
        let quotes = caught(|name| {
            let _cut = &name[..name.len() - 1];
        });
        assert!(quotes.downcast_ref::<String>().unwrap().contains("Peeters"));
        assert_eq!(public_message(&*quotes), "its message may hold personal data");
        assert_eq!(public_message(&*caught(|_| panic!("a short message"))), "a short message");
    }
}
