//! Whether Optedo contains what it should, in one word. Pure.
//!
//! The verdict follows from comparisons that were made, never from the absence of errors: if nobody was compared
//! lately, it is not "up to date".

use jiff::Timestamp;
use serde::Serialize;
use strum::{IntoStaticStr, VariantArray};
use utoipa::ToSchema;

use crate::clock::local_time;
use crate::texts::Language;

/// The first that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum VerdictState {
    Disconnected,
    /// Nothing is written, because the admin wants it so.
    Paused,
    /// Officient or Optedo has failed for a while.
    Failing,
    /// Somebody was not compared lately, or a change is not in Optedo yet.
    Behind,
    /// Everybody was compared, and something needs the admin.
    ActionRequired,
    UpToDate,
}

/// Whether Optedo contains what it should.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    pub state: VerdictState,
    /// The absences that Optedo should contain according to Officient and the admin's decisions, at the last
    /// comparison.
    pub expected: i64,
    /// How many of those are there.
    pub in_optedo: i64,
    /// Everybody was compared at this time or later; null while somebody was never compared.
    pub compared_at: Option<Timestamp>,
    /// Webhooks and people that wait, and since when.
    #[serde(skip)]
    pub waiting: i64,
    #[serde(skip)]
    pub waiting_since: Option<Timestamp>,
    /// Attention items that need the admin.
    #[serde(skip)]
    pub open_items: i64,
}

impl Verdict {
    pub fn is_good(&self) -> bool {
        self.state == VerdictState::UpToDate
    }

    /// One sentence that says whether all is well, for people.
    pub fn sentence(&self, t: Language) -> String {
        let Self { state, expected, in_optedo, compared_at, waiting, waiting_since, open_items } = self;
        let text = match (state, compared_at, waiting_since) {
            (VerdictState::UpToDate, Some(at), _) => {
                let text = local_time(at);
                t.text("verdict-up-to-date").with("present", in_optedo).with("expected", expected).with("at", text)
            }
            (VerdictState::UpToDate | VerdictState::Behind, None, _) => t.text("verdict-first-comparison"),
            (VerdictState::Behind, Some(_), Some(since)) => {
                t.text("verdict-waiting").with("count", waiting).with("since", local_time(since))
            }
            (VerdictState::Behind, Some(at), None) => {
                let text = local_time(at);
                t.text("verdict-behind").with("present", in_optedo).with("expected", expected).with("at", text)
            }
            (VerdictState::ActionRequired, _, _) => {
                let (count, present) = (open_items, in_optedo);
                t.text("verdict-action-required")
                    .with("count", count)
                    .with("present", present)
                    .with("expected", expected)
            }
            (VerdictState::Failing, _, _) => t.text("verdict-failing"),
            (VerdictState::Paused, _, _) => t.text("verdict-paused"),
            (VerdictState::Disconnected, _, _) => t.text("not-connected-yet"),
        };
        text.to_string()
    }
}

/// What the verdict follows from.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each with its name")]
pub struct Facts {
    pub is_connected: bool,
    /// An admin must sign in at Officient again.
    pub needs_sign_in: bool,
    pub is_paused: bool,
    /// An attention item about an upstream is open.
    pub is_failing: bool,
    pub open_items: i64,
    pub waiting: i64,
    pub waiting_since: Option<Timestamp>,
    pub expected: i64,
    pub in_optedo: i64,
    pub compared_at: Option<Timestamp>,
    /// A comparison before this time is too old.
    pub outdated_before: Timestamp,
}

pub fn verdict(facts: Facts) -> Verdict {
    let Facts { expected, in_optedo, compared_at, waiting, waiting_since, open_items, .. } = facts;
    let is_outdated = compared_at.is_none_or(|at| at < facts.outdated_before);
    let state = if !facts.is_connected {
        VerdictState::Disconnected
    } else if facts.needs_sign_in {
        VerdictState::ActionRequired
    } else if facts.is_paused {
        VerdictState::Paused
    } else if facts.is_failing {
        VerdictState::Failing
    } else if is_outdated {
        VerdictState::Behind
    } else if open_items > 0 {
        VerdictState::ActionRequired
    } else if waiting > 0 || in_optedo < expected {
        VerdictState::Behind
    } else {
        VerdictState::UpToDate
    };
    Verdict { state, expected, in_optedo, compared_at, waiting, waiting_since, open_items }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn well() -> Facts {
        Facts {
            is_connected: true,
            needs_sign_in: false,
            is_paused: false,
            is_failing: false,
            open_items: 0,
            waiting: 0,
            waiting_since: None,
            expected: 312,
            in_optedo: 312,
            compared_at: Some(Timestamp::from_second(1000).unwrap()),
            outdated_before: Timestamp::from_second(1000).unwrap(),
        }
    }

    #[test]
    fn the_first_state_that_applies_is_the_verdict() {
        let later = Timestamp::from_second(1001).unwrap();
        let cases = [
            (well(), VerdictState::UpToDate),
            (Facts { waiting: 1, ..well() }, VerdictState::Behind),
            (Facts { in_optedo: 311, ..well() }, VerdictState::Behind),
            (Facts { open_items: 1, waiting: 1, in_optedo: 311, ..well() }, VerdictState::ActionRequired),
            (Facts { outdated_before: later, open_items: 1, ..well() }, VerdictState::Behind),
            (Facts { compared_at: None, ..well() }, VerdictState::Behind),
            (Facts { is_failing: true, compared_at: None, ..well() }, VerdictState::Failing),
            (Facts { is_paused: true, is_failing: true, ..well() }, VerdictState::Paused),
            (Facts { needs_sign_in: true, is_paused: true, ..well() }, VerdictState::ActionRequired),
            (Facts { is_connected: false, needs_sign_in: true, ..well() }, VerdictState::Disconnected),
        ];
        for (facts, expected) in cases {
            assert_eq!(verdict(facts).state, expected, "{facts:?}");
        }
    }

    #[test]
    fn the_verdict_is_good_only_if_all_is_up_to_date_and_its_sentence_says_how_much_and_since_when() {
        let waiting = Facts { waiting: 2, waiting_since: Some(Timestamp::from_second(4000).unwrap()), ..well() };
        for (facts, is_good, says) in [
            (well(), true, "312 of 312 absences are in Optedo, compared on 01/01/1970 01:16."),
            (Facts { open_items: 3, ..well() }, false, "3 items wait for you: 312 of 312 absences"),
            (waiting, false, "2 people or webhooks wait, since 01/01/1970 02:06."),
            (Facts { in_optedo: 311, ..well() }, false, "311 of 312 absences are in Optedo, and not everybody"),
            (Facts { compared_at: None, ..waiting }, false, "Not everybody was compared yet."),
            (Facts { is_paused: true, ..well() }, false, "Nothing is written to Optedo now."),
        ] {
            let verdict = verdict(facts);
            let sentence = verdict.sentence(Language::English);
            assert_eq!((verdict.is_good(), sentence.contains(says)), (is_good, true), "{sentence}");
        }
    }
}
