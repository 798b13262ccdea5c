//! Log lines: JSON for machines, or text for people, on standard error.
//!
//! A line of JSON holds its own fields at the top and, in `spans`, those of the work it belongs to, so that one id finds all
//! lines of one piece of work.

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

/// Starts logging to standard error; once a process. Panics are logged too.
pub fn start(log: &Log) {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "A panic: {}", what_of(panic.payload()));
    }));
    let filter = EnvFilter::try_new(&log.filter).unwrap_or_else(|_checked_before| EnvFilter::new("info"));
    // Only a second start in one process fails, and then there is a log already.
    let registry = Registry::default();
    #[cfg(feature = "otlp")]
    if let Some(traces) = super::traces::layer() {
        // What the log leaves out is traced all the same.
        let _started = registry.with(traces).with(lines(log.format).with_filter(filter)).try_init().is_ok();
        return;
    }
    let _started = registry.with(filter).with(lines(log.format)).try_init().is_ok();
}

/// What writes the lines.
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

/// What a panic says, where it is a text of the program: any other was put together from values, and may quote what a
/// stranger or Officient sent. Where it happened tells the rest.
fn what_of(payload: &(dyn Any + Send)) -> &'static str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or("its message may hold personal data")
}

/// The text without a character that moves a cursor, begins a line or colours a terminal: nobody writes log lines of
/// their own into the log.
fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return text.into();
    }
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
