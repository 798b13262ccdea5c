//! The texts of the page and of notifications: one Fluent file for each language, in `locales/`.
//!
//! The keys of texts and the names of their variables are literals in the code and the templates, so that
//! `tests/texts.rs` can compare them with the files.

use std::fmt;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};
use utoipa::ToSchema;

/// The language of a page or a message; its string is an ISO 639-1 code, as in the address, the cookie and the `lang`
/// attribute.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    EnumString,
    IntoStaticStr,
    VariantArray,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[strum(ascii_case_insensitive)]
pub enum Language {
    #[default]
    #[strum(serialize = "nl")]
    #[serde(rename = "nl")]
    Dutch,
    #[strum(serialize = "fr")]
    #[serde(rename = "fr")]
    French,
    #[strum(serialize = "en")]
    #[serde(rename = "en")]
    English,
}

impl Language {
    pub const ALL: &[Self] = Self::VARIANTS;

    pub fn code(self) -> &'static str {
        self.into()
    }

    /// The language's name in that language.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::Dutch => "Nederlands",
            Self::French => "Français",
            Self::English => "English",
        }
    }

    /// The text of this key; [`Text::with`] gives it the values of its variables.
    pub fn text(self, key: &'static str) -> Text<'static> {
        Text { language: self, key, values: FluentArgs::new() }
    }

    /// The texts of this language. Read when first used, so that they take no memory while nobody opens the page.
    fn texts(self) -> &'static Texts {
        static DUTCH: LazyLock<Texts> = LazyLock::new(|| read("nl", include_str!("../locales/nl.ftl")));
        static FRENCH: LazyLock<Texts> = LazyLock::new(|| read("fr", include_str!("../locales/fr.ftl")));
        static ENGLISH: LazyLock<Texts> = LazyLock::new(|| read("en", include_str!("../locales/en.ftl")));
        match self {
            Self::Dutch => &DUTCH,
            Self::French => &FRENCH,
            Self::English => &ENGLISH,
        }
    }
}

type Texts = FluentBundle<FluentResource>;

fn read(code: &str, file: &str) -> Texts {
    let mut texts = Texts::new_concurrent(vec![code.parse().unwrap_or_default()]);
    // The marks that isolate a value from text of the other direction: these languages all run from left to right.
    texts.set_use_isolating(false);
    // tests/texts.rs refuses a file with errors.
    let (Ok(resource) | Err((resource, _))) = FluentResource::try_new(file.to_owned());
    texts.add_resource_overriding(resource);
    texts
}

/// A text of the page, which is put together when it is shown.
#[derive(Debug)]
pub struct Text<'a> {
    language: Language,
    key: &'static str,
    values: FluentArgs<'a>,
}

impl<'a> Text<'a> {
    /// Gives a variable its value. A number also chooses between singular and plural, and a word between variants.
    #[must_use]
    pub fn with(mut self, variable: &'static str, value: impl Into<FluentValue<'a>>) -> Self {
        self.values.set(variable, value);
        self
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = self.language.texts();
        match texts.get_message(self.key).and_then(|message| message.value()) {
            Some(text) => texts.write_pattern(f, text, Some(&self.values), &mut Vec::new()),
            None => f.write_str(self.key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_of_one_takes_the_singular() {
        let waiting = |language: Language, count| language.text("items-waiting").with("count", count).to_string();
        assert_eq!(waiting(Language::Dutch, 1), "Hierop wacht 1 afwezigheid.");
        assert_eq!(waiting(Language::Dutch, 0), "Hierop wachten 0 afwezigheden.");
        assert_eq!(waiting(Language::French, 0), "0 absence attend cette solution.");
        assert_eq!(waiting(Language::English, 2), "2 absences wait for this.");
    }
}
