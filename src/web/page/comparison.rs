//! Two names or descriptions that nearly match, side by side, with marks where they differ. Pure.

use similar::{Algorithm, ChangeTag};

use crate::domain::attention::{Difference, HintedNames};
use crate::domain::company::Names;
use crate::texts::{Language, Text};

/// Comparing takes time and memory in proportion to the product of the lengths. Longer texts are marked as a whole.
const MAX_PRODUCT: usize = 250_000;

pub(super) struct Comparison {
    /// In which way they differ.
    pub(super) sentence: String,
    pub(super) rows: Vec<ComparedRow>,
}

/// One part of a name, or a description.
pub(super) struct ComparedRow {
    pub(super) label: Text<'static>,
    pub(super) ours: Vec<Piece>,
    pub(super) theirs: Vec<Piece>,
}

/// Consecutive letters of a text that all differ, or all do not.
pub(super) struct Piece {
    /// Spaces that differ are replaced by a visible sign.
    pub(super) text: String,
    pub(super) differs: bool,
    /// Shown where both texts look the same.
    pub(super) code_points: Option<String>,
}

/// Compares two descriptions.
pub(super) fn compare_texts(t: Language, difference: Difference, ours: &str, theirs: &str) -> Comparison {
    let rows = vec![row(t.text("description"), ours, theirs, difference)];
    Comparison { sentence: sentence(t, difference, ours, theirs), rows }
}

/// Compares two names, part by part.
pub(super) fn compare_names(t: Language, difference: Difference, ours: &Names, theirs: &HintedNames) -> Comparison {
    let mut rows = vec![
        row(t.text("first-name"), &ours.first, &theirs.first, difference),
        row(t.text("last-name"), &ours.last, &theirs.last, difference),
    ];
    if matches!(difference, Difference::Inactive | Difference::Linked) {
        // The names are the same.
        rows.clear();
    }
    let insertion = theirs.last.strip_suffix(&ours.last).filter(|_| difference == Difference::Insertion);
    let (ours, theirs) = (ours.full(), format!("{} {}", theirs.first, theirs.last));
    let sentence = match insertion {
        Some(insertion) => t.text("difference-insertion").with("insertion", insertion.trim()).to_string(),
        None if difference == Difference::Spaces && ours == theirs => t.text("difference-parts").to_string(),
        None => sentence(t, difference, &ours, &theirs),
    };
    Comparison { sentence, rows }
}

fn sentence(t: Language, difference: Difference, ours: &str, theirs: &str) -> String {
    let (mut ours, mut theirs) = (ours.chars(), theirs.chars());
    match (difference, ours.next(), theirs.next()) {
        (Difference::Case, Some(our), Some(their)) if our != their && ours.as_str() == theirs.as_str() => {
            let (our, their) = (our.to_string(), their.to_string());
            t.text("difference-first-letter").with("ours", our).with("theirs", their).to_string()
        }
        _ => t.text("difference").with("difference", difference.into_str()).to_string(),
    }
}

fn row(label: Text<'static>, ours: &str, theirs: &str, difference: Difference) -> ComparedRow {
    let is_long = ours.len().saturating_mul(theirs.len()) > MAX_PRODUCT;
    // Letters that a first and a last name have in common mean nothing.
    if is_long || difference == Difference::Swapped {
        let whole = |text: &str| vec![Piece { text: text.to_owned(), differs: true, code_points: None }];
        return ComparedRow { label, ours: whole(ours), theirs: whole(theirs) };
    }
    let changes = similar::utils::diff_graphemes(Algorithm::Lcs, ours, theirs);
    let without = |left_out: ChangeTag| {
        let changes = changes.iter().filter(|(tag, _)| *tag != left_out);
        changes.map(|(tag, text)| piece(text, *tag != ChangeTag::Equal, difference)).collect()
    };
    ComparedRow { label, ours: without(ChangeTag::Insert), theirs: without(ChangeTag::Delete) }
}

fn piece(text: &str, differs: bool, difference: Difference) -> Piece {
    let visible = |char: char| if differs && char.is_whitespace() { '␣' } else { char };
    let code_points = || {
        let points: Vec<String> = text.chars().map(|char| format!("U+{:04X}", u32::from(char))).collect();
        points.join(" ")
    };
    Piece {
        text: text.chars().map(visible).collect(),
        differs,
        code_points: (differs && difference == Difference::UnicodeForm).then(code_points),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sentence(difference: Difference, ours: (&str, &str), theirs: (&str, &str)) -> String {
        let ours = Names { first: ours.0.into(), last: ours.1.into() };
        let theirs = HintedNames { first: theirs.0.into(), last: theirs.1.into(), user: None };
        compare_names(Language::English, difference, &ours, &theirs).sentence
    }

    #[test]
    fn names_that_differ_only_in_the_first_letter_get_a_sentence_of_their_own() {
        let case = Difference::Case;
        let first = "The first letter differs: ‘j’ in Officient, ‘J’ in Optedo.";
        assert_eq!(sentence(case, ("jan", "Peeters"), ("Jan", "Peeters")), first);
        let several = "Upper and lower case differ.";
        assert_eq!(sentence(case, ("jan", "peeters"), ("Jan", "Peeters")), several);
        assert_eq!(sentence(case, ("Jan", "peeters"), ("Jan", "Peeters")), several);
        assert_eq!(sentence(case, ("JAN", "Peeters"), ("Jan", "Peeters")), several);
    }

    #[test]
    fn names_that_are_divided_differently_get_a_sentence_of_their_own() {
        let parts = sentence(Difference::Spaces, ("Jan Van", "Damme"), ("Jan", "Van Damme"));
        assert_eq!(parts, Language::English.text("difference-parts").to_string());
        let spaces = sentence(Difference::Spaces, ("Jan ", "Peeters"), ("Jan", "Peeters"));
        assert_eq!(spaces, Language::English.text("difference").with("difference", "spaces").to_string());
    }

    fn pieces(ours: &str, theirs: &str, difference: Difference) -> (Vec<Piece>, Vec<Piece>) {
        let row = row(Language::English.text("description"), ours, theirs, difference);
        (row.ours, row.theirs)
    }

    /// The text, with brackets around the pieces that differ.
    fn marked(pieces: &[Piece]) -> String {
        let piece = |piece: &Piece| {
            if piece.differs { format!("[{}]", piece.text) } else { piece.text.clone() }
        };
        pieces.iter().map(piece).collect()
    }

    #[test]
    fn what_differs_is_marked_in_both() {
        let tests = [
            ("jan", "Jan", "[j]an", "[J]an"),
            ("Bart ", "Bart", "Bart[␣]", "Bart"),
            ("De  Smet", "De Smet", "De [␣]Smet", "De Smet"),
            ("Renee", "Renée", "Ren[e]e", "Ren[é]e"),
            ("", "An", "", "[An]"),
            ("An", "An", "An", "An"),
        ];
        for (ours, theirs, our_marks, their_marks) in tests {
            let (a, b) = pieces(ours, theirs, Difference::Case);
            assert_eq!((marked(&a), marked(&b)), (our_marks.to_owned(), their_marks.to_owned()));
        }
    }

    #[test]
    fn texts_that_look_the_same_get_their_code_points() {
        let (a, b) = pieces("Ren\u{e9}e", "Rene\u{301}e", Difference::UnicodeForm);
        let points = |pieces: &[Piece]| pieces.iter().find_map(|piece| piece.code_points.clone());
        assert_eq!(points(&a).as_deref(), Some("U+00E9"));
        assert_eq!(points(&b).as_deref(), Some("U+0065 U+0301"));
    }

    #[test]
    fn very_long_texts_are_marked_as_a_whole() {
        let long = "a".repeat(10_000);
        let (a, _) = pieces(&long, &long, Difference::Case);
        assert!(a.iter().all(|piece| piece.differs));
    }

    proptest! {
        #[test]
        fn what_is_not_marked_is_the_same_in_both(ours in "[aAbB é]{0,12}", theirs in "[aAbB é]{0,12}") {
            let (a, b) = pieces(&ours, &theirs, Difference::Case);
            let common = |pieces: &[Piece]| -> String {
                pieces.iter().filter(|piece| !piece.differs).map(|piece| piece.text.as_str()).collect()
            };
            prop_assert_eq!(common(&a), common(&b));
            let whole = |pieces: &[Piece]| -> String { pieces.iter().map(|piece| piece.text.as_str()).collect() };
            prop_assert_eq!(whole(&a).replace('␣', " "), ours);
            prop_assert_eq!(whole(&b).replace('␣', " "), theirs);
        }
    }
}
