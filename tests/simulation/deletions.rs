//! Deletions as those see them who plan by Optedo: of the leave that goes within ten minutes of the story's clock, and whose
//! absences are deleted within them, there is never more than `sync.max_deletions`, but for what the admin confirmed.
//!
//! When the service planned a deletion nobody sees from here; it was after the leave went, and before the absence did. A
//! deletion that took longer than ten minutes says nothing about when it was planned, and does not count.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use optedo_officient::simulators::optedo::{Absence, Deletion};

use super::oracle::{Expected, event_of};

const PERIOD: SignedDuration = SignedDuration::from_mins(10);

#[derive(Default)]
pub struct Deletions {
    /// Since when the service may think that an event is no leave any more.
    went_at: BTreeMap<i64, Timestamp>,
    /// The same of all events: Officient said so.
    all_went_at: Option<Timestamp>,
    /// Absences, by Optedo's ids, that stood at the end of the last quiet period and that the service knew of: one whose
    /// making never came to its end counts as never made.
    known: BTreeSet<i64>,
    /// Absences that the admin wants to be deleted.
    confirmed: BTreeSet<i64>,
}

impl Deletions {
    /// An event is no leave any more.
    pub fn event_went(&mut self, event: i64, now: Timestamp) {
        self.went_at.entry(event).or_insert(now);
    }

    /// Officient says from now on, credibly, that there is no leave.
    pub fn everything_may_go(&mut self, now: Timestamp) {
        self.all_went_at.get_or_insert(now);
    }

    /// The admin confirms what is held.
    pub fn confirm(&mut self, standing: &[Absence], expected: &BTreeMap<i64, Expected>) {
        let is_to_go = |absence: &&Absence| {
            let expected = event_of(absence).and_then(|event| expected.get(&event));
            !matches!(expected, Some(Expected::Exactly(_)))
        };
        self.confirmed.extend(standing.iter().filter(is_to_go).map(|absence| absence.id));
    }

    /// A quiet period ended so; `unended` are events whose writes have no end.
    pub fn remember(&mut self, standing: &[Absence], expected: &BTreeMap<i64, Expected>, unended: &[i64]) {
        let is_leave = |event: &i64| matches!(expected.get(event), Some(Expected::Exactly(_)));
        self.went_at.retain(|event, _| !is_leave(event));
        if let Some(at) = self.all_went_at.take() {
            // What nobody looked at since may still be thought to have gone.
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

    /// Whether no more was deleted, at any moment, than may be.
    pub fn judge(&self, deletions: &[Deletion], most: usize) -> Result<(), String> {
        let mut counted: Vec<(i64, Timestamp, &Deletion)> = Vec::new();
        for deletion in deletions {
            let absence = &deletion.absence;
            if !self.known.contains(&absence.id) || self.confirmed.contains(&absence.id) {
                continue;
            }
            let event =
                event_of(absence).ok_or_else(|| format!("{absence:?} was deleted, and is not ours"))?;
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
                return Err(format!(
                    "more than {most} deleted within ten minutes unasked: events {together:?}"
                ));
            }
        }
        Ok(())
    }
}
