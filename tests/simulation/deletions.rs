//! Deletions as a planner sees them in Optedo: of the events that are deleted within ten minutes of the story's clock,
//! and whose absences are deleted within them, there are never more than `sync.max_deletions`, except those that the
//! admin confirmed.
//!
//! When the service planned a deletion cannot be seen from here: after the event was deleted, and before the absence
//! was. A deletion that took longer than ten minutes does not show when it was planned, and does not count.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::simulators::optedo::{Absence, Deletion};
use jiff::{SignedDuration, Timestamp};

use super::oracle::{Expected, event_of};

const PERIOD: SignedDuration = SignedDuration::from_mins(10);

#[derive(Default)]
pub struct Deletions {
    /// Since when the service may know that an event is deleted.
    went_at: BTreeMap<i64, Timestamp>,
    /// The same for all events.
    all_went_at: Option<Timestamp>,
    /// Ids of the absences that existed at the end of the last quiet period and that the service knew: a create without
    /// a recorded result does not count.
    known: BTreeSet<i64>,
    /// Absences whose deletion the admin confirmed.
    confirmed: BTreeSet<i64>,
}

impl Deletions {
    /// An event is deleted.
    pub fn event_went(&mut self, event: i64, now: Timestamp) {
        self.went_at.entry(event).or_insert(now);
    }

    /// Officient responds credibly, from now on, that there is no leave.
    pub fn everything_may_go(&mut self, now: Timestamp) {
        self.all_went_at.get_or_insert(now);
    }

    /// A database was restored that does not know what was deleted since.
    pub fn database_restored(&mut self) {
        self.known.clear();
    }

    /// The admin confirms the pending deletions.
    pub fn confirm(&mut self, standing: &[Absence], expected: &BTreeMap<i64, Expected>) {
        let is_to_go = |absence: &&Absence| {
            let expected = event_of(absence).and_then(|event| expected.get(&event));
            !matches!(expected, Some(Expected::Exactly(_)))
        };
        self.confirmed.extend(standing.iter().filter(is_to_go).map(|absence| absence.id));
    }

    /// A quiet period ended; `unended` are the events whose writes have no result.
    pub fn remember(&mut self, standing: &[Absence], expected: &BTreeMap<i64, Expected>, unended: &[i64]) {
        let is_leave = |event: &i64| matches!(expected.get(event), Some(Expected::Exactly(_)));
        self.went_at.retain(|event, _| !is_leave(event));
        if let Some(at) = self.all_went_at.take() {
            // The service may still believe this of people who were not reconciled since.
            for event in expected.keys().filter(|event| !is_leave(event)) {
                self.went_at.entry(*event).or_insert(at);
            }
        }
        self.known.clear();
        for absence in standing {
            match event_of(absence) {
                Some(event) if !unended.contains(&event) => {
                    self.known.insert(absence.id);
                    if is_leave(&event) {
                        self.confirmed.remove(&absence.id);
                    }
                }
                _ => {}
            }
        }
    }

    /// Checks that at no moment more was deleted than is allowed.
    pub fn judge(&self, deletions: &[Deletion], most: usize) -> Result<(), String> {
        let mut counted: Vec<(i64, Timestamp, &Deletion)> = Vec::new();
        for deletion in deletions {
            let absence = &deletion.absence;
            if !self.known.contains(&absence.id) || self.confirmed.contains(&absence.id) {
                continue;
            }
            let event = event_of(absence).ok_or_else(|| format!("{absence:?} was deleted, and is not ours"))?;
            let went_at = self.went_at.get(&event).copied().into_iter().chain(self.all_went_at).min();
            let went_at = went_at.ok_or_else(|| format!("event {event} was deleted, and was there"))?;
            counted.push((event, went_at, deletion));
        }
        for (_, _, last) in &counted {
            let since = last.at - PERIOD;
            let is_together = |(_, went_at, deletion): &&(i64, Timestamp, &Deletion)| {
                *went_at > since
                    && deletion.at <= last.at
                    && deletion.undone_at.is_none_or(|undone_at| undone_at > last.at)
            };
            let together: Vec<i64> = counted.iter().filter(is_together).map(|(event, ..)| *event).collect();
            if together.len() > most {
                return Err(format!("more than {most} deleted within ten minutes unasked: events {together:?}"));
            }
        }
        Ok(())
    }
}
