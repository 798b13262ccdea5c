//! Stories that failed once, as shrunk; what was wrong then is said at each.

use super::operations::Story;

/// Each with what it found.
pub fn stories() -> Vec<(&'static str, Story)> {
    vec![]
}
