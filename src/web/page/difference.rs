//! Where two texts differ that nearly match: the letters of each that the other does not have. Pure.

use std::ops::Range;

use similar::{DiffOp, DiffTag};
use unicode_normalization::char::is_combining_mark;

/// Consecutive letters of a text that all differ, or all do not.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Spaces that differ are replaced by a visible sign.
    pub(super) text: String,
    pub(super) differs: bool,
    /// Shown where both texts look the same.
    pub(super) code_points: Option<String>,
}

/// Comparing takes time and memory in proportion to the product of the lengths. Longer texts are marked as a whole.
const MAX_CELLS: usize = 250_000;

/// Divides both texts into pieces. `show_code_points` is for texts that look the same.
pub(super) fn pieces(ours: &str, theirs: &str, show_code_points: bool) -> (Vec<Piece>, Vec<Piece>) {
    let (a, b) = (letters(ours), letters(theirs));
    if a.len().saturating_mul(b.len()) > MAX_CELLS {
        return (whole(ours), whole(theirs));
    }
    let steps = similar::capture_diff_slices(similar::Algorithm::Lcs, &a, &b);
    let pieces = |letters: &[&str], range: &dyn Fn(&DiffOp) -> Range<usize>| {
        let texts = steps.iter().map(|step| (step.tag() != DiffTag::Equal, letters.get(range(step))));
        let texts = texts.map(|(differs, letters)| (differs, letters.unwrap_or_default().concat()));
        texts
            .filter(|(_, text)| !text.is_empty())
            .map(|(differs, text)| piece(&text, differs, show_code_points))
            .collect()
    };
    (pieces(&a, &DiffOp::old_range), pieces(&b, &DiffOp::new_range))
}

fn piece(text: &str, differs: bool, show_code_points: bool) -> Piece {
    let visible = |char: char| if differs && char.is_whitespace() { '␣' } else { char };
    let code_points = || {
        let points: Vec<String> = text.chars().map(|char| format!("U+{:04X}", u32::from(char))).collect();
        points.join(" ")
    };
    Piece {
        text: text.chars().map(visible).collect(),
        differs,
        code_points: (differs && show_code_points).then(code_points),
    }
}

/// The pieces of a text that differs as a whole.
pub(super) fn whole(text: &str) -> Vec<Piece> {
    vec![Piece { text: text.to_owned(), differs: true, code_points: None }]
}

/// The letters of a text, each with its combining marks.
fn letters(text: &str) -> Vec<&str> {
    let begins = text.char_indices().filter(|(_, char)| !is_combining_mark(*char)).map(|(begin, _)| begin);
    let mut cuts: Vec<usize> = [0].into_iter().chain(begins).chain([text.len()]).collect();
    cuts.dedup();
    cuts.windows(2).filter_map(|cut| text.get(*cut.first()?..*cut.last()?)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
            let (a, b) = pieces(ours, theirs, false);
            assert_eq!((marked(&a), marked(&b)), (our_marks.to_owned(), their_marks.to_owned()));
        }
    }

    #[test]
    fn texts_that_look_the_same_get_their_code_points() {
        let (a, b) = pieces("Ren\u{e9}e", "Rene\u{301}e", true);
        let points = |pieces: &[Piece]| pieces.iter().find_map(|piece| piece.code_points.clone());
        assert_eq!(points(&a).as_deref(), Some("U+00E9"));
        assert_eq!(points(&b).as_deref(), Some("U+0065 U+0301"));
    }

    #[test]
    fn very_long_texts_are_marked_as_a_whole() {
        let long = "a".repeat(10_000);
        let (a, _) = pieces(&long, &long, false);
        assert!(a.iter().all(|piece| piece.differs));
    }

    proptest! {
        #[test]
        fn what_is_not_marked_is_the_same_in_both(ours in "[aAbB é]{0,12}", theirs in "[aAbB é]{0,12}") {
            let (a, b) = pieces(&ours, &theirs, false);
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
