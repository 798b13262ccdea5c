//! Whether it pays to read beforehand what only a write needs. Mostly: whoever is announced has changed. In a flood about
//! what did not change it never does, and would cost Optedo calls for nothing.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// After so many looks in a row that needed nothing of it ...
const IN_VAIN: u32 = 3;
/// ... it does not pay for so long after the last of them.
const A_WHILE: SignedDuration = SignedDuration::from_secs(1);

/// What the last looks needed.
#[derive(Debug, Default)]
pub struct Foresight(Mutex<Option<InVain>>);

#[derive(Debug, Clone, Copy)]
struct InVain {
    looks: u32,
    last_at: Timestamp,
}

impl Foresight {
    /// Whether the next look will probably need it.
    pub fn pays(&self, now: Timestamp) -> bool {
        let in_vain = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        in_vain
            .is_none_or(|in_vain| in_vain.looks < IN_VAIN || now.duration_since(in_vain.last_at) >= A_WHILE)
    }

    /// Notes whether a look needed it.
    pub fn note(&self, is_needed: bool, now: Timestamp) {
        let mut in_vain = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let looks = in_vain
            .filter(|before| now.duration_since(before.last_at) < A_WHILE)
            .map_or(1, |before| before.looks + 1);
        *in_vain = (!is_needed).then_some(InVain { looks, last_at: now });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millisecond: i64) -> Timestamp {
        Timestamp::from_millisecond(millisecond).unwrap()
    }

    #[test]
    fn looks_in_a_row_that_needed_nothing_end_it_for_a_while() {
        let foresight = Foresight::default();
        for millisecond in [0, 300, 600] {
            assert!(foresight.pays(at(millisecond)));
            foresight.note(false, at(millisecond));
        }
        assert!(!foresight.pays(at(900)));
        foresight.note(false, at(900));
        assert!(!foresight.pays(at(1899)));
        assert!(foresight.pays(at(1900)));
    }

    #[test]
    fn a_look_that_needed_it_begins_it_again() {
        let foresight = Foresight::default();
        for millisecond in 0..10 {
            foresight.note(false, at(millisecond));
        }
        assert!(!foresight.pays(at(10)));
        foresight.note(true, at(10));
        assert!(foresight.pays(at(10)));
    }

    #[test]
    fn looks_now_and_then_do_not_end_it() {
        let foresight = Foresight::default();
        for second in 0..10 {
            assert!(foresight.pays(at(1000 * second)));
            foresight.note(false, at(1000 * second));
        }
        assert!(foresight.pays(at(9001)));
    }
}
