//! The table of results: printed as it grows, and written to `docs/performance.md` at the end.

use std::fmt::Write as _;

const PAGE: &str = "docs/performance.md";
/// A complete run replaces what follows this mark.
const MARK: &str = "<!-- measured by make bench -->\n";

/// What a value should reach.
#[derive(Clone, Copy)]
pub enum Goal {
    None,
    AtLeast(f64),
    AtMost(f64),
}

pub fn at_least(value: f64) -> Goal {
    Goal::AtLeast(value)
}

pub fn at_most(value: f64) -> Goal {
    Goal::AtMost(value)
}

/// Progress goes to standard error; the table goes to standard output.
pub fn log(line: &str) {
    eprintln!("bench: {line}");
}

#[derive(Default)]
pub struct Report {
    text: String,
    missed: usize,
}

impl Report {
    /// Starts a section with a table of its own.
    pub fn section(&mut self, title: &str) {
        log(title);
        let _never_fails =
            write!(self.text, "\n### {title}\n\n| measurement | result | compared | goal |\n|---|---|---|---|\n");
    }

    /// `value` is what the goal is about: a ratio, or the result itself.
    pub fn row(&mut self, label: &str, result: impl std::fmt::Display, value: Option<f64>, goal: Goal) {
        let (goal, is_reached) = match (goal, value) {
            (Goal::None, _) | (_, None) => (String::new(), true),
            (Goal::AtLeast(least), Some(value)) => (format!("at least {least}"), value >= least),
            (Goal::AtMost(most), Some(value)) => (format!("at most {most}"), value <= most),
        };
        let compared = value.map(|value| format!("{value:.2}")).unwrap_or_default();
        let missed = if is_reached { "" } else { " **missed**" };
        self.missed += usize::from(!is_reached);
        let row = format!("| {label} | {result} | {compared} | {goal}{missed} |");
        log(&row);
        self.text.push_str(&row);
        self.text.push('\n');
    }

    /// Prints everything. A complete run also replaces the tables of the page.
    pub fn finish(self, is_complete: bool) {
        print(&self.text);
        log(&format!("{} goals missed", self.missed));
        if is_complete {
            let page = std::fs::read_to_string(PAGE).unwrap();
            let (text, _tables_of_last_run) = page.split_once(MARK).expect("the page has a mark");
            std::fs::write(PAGE, format!("{text}{MARK}{}", self.text)).unwrap();
        }
    }
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
pub fn print(text: &str) {
    println!("{text}");
}

/// The value below which this share of the values lies.
pub fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let at = ((values.len() as f64 * share).ceil() as usize).clamp(1, values.len());
    values[at - 1]
}

pub fn median(values: &mut [f64]) -> f64 {
    percentile(values, 0.5)
}
