//! The table: printed as it grows, and written to `docs/performance.md` in the end.

use std::fmt::Write as _;

const PAGE: &str = "docs/performance.md";
/// What stands below it is written anew by every whole run.
const MARK: &str = "<!-- measured by make bench -->\n";

/// What is to be reached.
#[derive(Clone, Copy)]
pub enum Aim {
    None,
    AtLeast(f64),
    AtMost(f64),
}

pub fn at_least(value: f64) -> Aim {
    Aim::AtLeast(value)
}

pub fn at_most(value: f64) -> Aim {
    Aim::AtMost(value)
}

/// On standard error, where the table is not.
pub fn say(line: &str) {
    eprintln!("bench: {line}");
}

#[derive(Default)]
pub struct Report {
    text: String,
    missed: usize,
}

impl Report {
    /// Begins a table of its own.
    pub fn part(&mut self, title: &str) {
        say(title);
        let _never_fails = write!(
            self.text,
            "\n### {title}\n\n| what | measured | compared | to reach |\n|---|---|---|---|\n"
        );
    }

    /// `value` is what the aim is about: a ratio or the number itself.
    pub fn row(&mut self, what: &str, measured: impl std::fmt::Display, value: Option<f64>, aim: Aim) {
        let (aim, is_reached) = match (aim, value) {
            (Aim::None, _) | (_, None) => (String::new(), true),
            (Aim::AtLeast(least), Some(value)) => (format!("at least {least}"), value >= least),
            (Aim::AtMost(most), Some(value)) => (format!("at most {most}"), value <= most),
        };
        let compared = value.map(|value| format!("{value:.2}")).unwrap_or_default();
        let missed = if is_reached { "" } else { " **missed**" };
        self.missed += usize::from(!is_reached);
        let row = format!("| {what} | {measured} | {compared} | {aim}{missed} |");
        say(&row);
        self.text.push_str(&row);
        self.text.push('\n');
    }

    /// Prints everything, and when it is whole, keeps it.
    pub fn finish(self, is_whole: bool) {
        print(&self.text);
        say(&format!("{} aims missed", self.missed));
        if is_whole {
            let page = std::fs::read_to_string(PAGE).unwrap();
            let (text, _before) = page.split_once(MARK).expect("the page has a mark");
            std::fs::write(PAGE, format!("{text}{MARK}{}", self.text)).unwrap();
        }
    }
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
pub fn print(text: &str) {
    println!("{text}");
}

/// The value below which this share of the sorted values lies.
pub fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let at = ((values.len() as f64 * share).ceil() as usize).clamp(1, values.len());
    values[at - 1]
}

pub fn median(values: &mut [f64]) -> f64 {
    percentile(values, 0.5)
}
