//! Stories that failed before, shrunk, each with the fault that it found.

use crate::support::simulators::officient::WebhookMeaning;

use super::operations::{Operation, Story};
use Operation::{AddLeave, Breathe, DeleteLeave, Deliver, OfficientFault, OptedoFault, Rename, Sweep, Unapprove};

fn story(rounds: Vec<Vec<Operation>>) -> Story {
    Story { meaning: WebhookMeaning::Person, max_deletions: 1000, replicas: 1, rounds, is_watched: true }
}

fn add(person: usize, day: i32) -> Operation {
    AddLeave { person, day, leave_type: 0, part: Some((Some(12), 2)), is_pending: false }
}

/// Each with the fault that it found.
pub fn stories() -> Vec<(&'static str, Story)> {
    let deliver = || Deliver { webhook: 0, times: 2 };
    vec![
        (
            "a 404 at a deletion counted as deleted although the absence existed",
            story(vec![
                vec![add(0, 5), deliver(), Sweep],
                vec![OptedoFault { path: 3, fault: 0, times: 2 }, Unapprove { event: 0 }, deliver()],
            ]),
        ),
        (
            "a 404 at a change created the absence twice",
            story(vec![
                vec![add(0, 5), deliver()],
                vec![
                    OptedoFault { path: 2, fault: 0, times: 2 },
                    Operation::ChangeLeave { event: 0, part: Some((Some(8), 1)) },
                    deliver(),
                ],
            ]),
        ),
        (
            "a list was read as an object: a wrong response named another person as the requester",
            Story {
                meaning: WebhookMeaning::Request,
                ..story(vec![vec![
                    OfficientFault { path: 4, fault: 4, times: 1 },
                    add(1, 0),
                    Deliver { webhook: 0, times: 3 },
                    Rename { person: 0, name: 0 },
                ]])
            },
        ),
        (
            "deletions did not wait for confirmation: broken on purpose, to show that the simulation finds it",
            Story {
                max_deletions: 1,
                ..story(vec![
                    vec![add(0, 1), add(0, 2), add(1, 3), Sweep],
                    vec![
                        DeleteLeave { event: 0 },
                        DeleteLeave { event: 0 },
                        DeleteLeave { event: 0 },
                        deliver(),
                        deliver(),
                        deliver(),
                        Breathe { milliseconds: 500 },
                    ],
                ])
            },
        ),
        (
            "leave that was rejected and whose person then became ambiguous",
            story(vec![vec![
                OptedoFault { path: 1, fault: 1, times: 1 },
                add(0, 3),
                Rename { person: 1, name: 0 },
                deliver(),
                DeleteLeave { event: 3 },
            ]]),
        ),
        (
            "the tab of people said that a renamed user matches nobody, and no item said so",
            story(vec![vec![
                add(0, 3),
                deliver(),
                Breathe { milliseconds: 500 },
                Operation::RenameUser { user: 0, name: 4 },
                Breathe { milliseconds: 0 },
            ]]),
        ),
        (
            "leave that was in Optedo waited for an item",
            story(vec![vec![
                add(0, 3),
                Sweep,
                Breathe { milliseconds: 500 },
                Operation::RenameUser { user: 0, name: 4 },
                Sweep,
            ]]),
        ),
    ]
}
