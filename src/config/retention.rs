use jiff::Span;

use super::keys::section;

section! {
    #[derive(Copy)]
    Retention("retention") {
        /// From when a webhook was carried out.
        webhook_events: Span = required("30d", positive_span);
        /// From the end of the absence.
        absences: Span = required("3y", positive_span);
    }
}

fn positive_span(text: &str) -> Result<Span, String> {
    let span: Span = text.parse().map_err(|_not_a_span| "is not a period".to_owned())?;
    if span.is_positive() { Ok(span) } else { Err("must be more than 0d".into()) }
}
