//! Random but reproducible changes of leave, and the absences that they must end in.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::support::PATIENCE;
use crate::support::simulators::officient::NewEvent;
use crate::support::world::World;

/// Numbers that are the same every time.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

/// The absences in Optedo by event: start, end, user.
pub fn standing(w: &World) -> BTreeMap<String, (String, String, i64)> {
    let absences = w.absences();
    let count = absences.len();
    let standing: BTreeMap<_, _> = absences
        .into_iter()
        .map(|absence| {
            let content = absence.content;
            let times = (content.start.to_string(), content.end.to_string(), content.user_id);
            (content.external_reference.unwrap(), times)
        })
        .collect();
    assert_eq!(standing.len(), count, "an event has two absences");
    standing
}

/// The expected absences: one per event of these people; whole days last from midnight to midnight.
pub fn wanted(w: &World, people: &[(i64, i64)]) -> BTreeMap<String, (String, String, i64)> {
    let mut wanted = BTreeMap::new();
    for (person, user) in people {
        for event in w.officient.events_of(*person) {
            let NewEvent { date, duration_minutes, start_time_minutes, .. } = event.leave;
            let midnight = date.at(0, 0, 0, 0);
            let (start, end) = match duration_minutes.unwrap() {
                456.. => (midnight, date.tomorrow().unwrap().at(0, 0, 0, 0)),
                minutes => {
                    let start = midnight + jiff::Span::new().minutes(start_time_minutes.unwrap());
                    (start, start + jiff::Span::new().minutes(minutes))
                }
            };
            wanted.insert(w.reference(event.id), (start.to_string(), end.to_string(), *user));
        }
    }
    wanted
}

/// Waits until Optedo has exactly the leave that these people have in Officient.
pub async fn until_equal(w: &World, people: &[(i64, i64)]) {
    let began = Instant::now();
    while standing(w) != wanted(w, people) {
        if began.elapsed() > PATIENCE {
            let status = w.status().await;
            assert_eq!(standing(w), wanted(w, people), "Optedo never had exactly the leave of Officient: {status}");
        }
        sleep(Duration::from_millis(10)).await;
    }
}

/// One of the things that happen to leave all day.
pub fn change(w: &World, people: &[(i64, i64)], dice: &mut Dice) {
    let (person, _) = people[dice.below(people.len())];
    let events = w.officient.events_of(person);
    match dice.below(4) {
        0 if !events.is_empty() => {
            w.officient.delete_event(events[dice.below(events.len())].id);
        }
        1 if !events.is_empty() => {
            let hour = i64::try_from(dice.below(8)).unwrap() + 8;
            w.make_partial(events[dice.below(events.len())].id, hour, 60);
        }
        _ => {
            w.officient.add_event(person, w.leave(i32::try_from(dice.below(30)).unwrap()));
        }
    }
}
