//! Log lines: JSON for machines, or text for people, on standard error.
//!
//! A line of JSON holds its own fields at the top and, in `spans`, those of the work it belongs to, so that one id finds all
//! lines of one piece of work.

use std::io::Write;

use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{Log, LogFormat};

/// Starts logging to standard error; once a process.
pub fn start(log: &Log) {
    let filter = EnvFilter::try_new(&log.filter).unwrap_or_else(|_checked_before| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt::layer();
    let lines: Box<dyn Layer<_> + Send + Sync> = match log.format {
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
    };
    // Only a second start in one process fails, and then there is a log already.
    let _started = tracing_subscriber::registry().with(filter).with(lines).try_init().is_ok();
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
