//! The data of the simulated Optedo: users, absence types, absences, and what happened to the absences.

use std::fmt;
use std::time::Duration;

use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::clock::{Clock, after};

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub id: i64,
    pub first_name: String,
    pub last_name: String,
    pub active: bool,
}

impl User {
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AbsenceType {
    pub id: i64,
    pub description: String,
}

/// The content of an absence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewAbsence {
    pub user_id: i64,
    pub absence_type_id: i64,
    /// Local time in Belgium.
    pub start: DateTime,
    /// Local time in Belgium, exclusive.
    pub end: DateTime,
    /// Whether the planning shows it as whole days.
    pub all_day: bool,
    /// The identifier that the writer of the absence chose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_reference: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Absence {
    pub id: i64,
    #[serde(flatten)]
    pub content: NewAbsence,
}

impl Absence {
    /// Whether this absence overlaps the period from the first to the last day, both inclusive.
    pub(super) fn overlaps(&self, first: Date, last: Date) -> bool {
        let end = last.saturating_add(1.day()).at(0, 0, 0, 0);
        self.content.start < end && self.content.end > first.at(0, 0, 0, 0)
    }
}

/// The deletion of an absence through the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    pub absence: Absence,
    pub at: Timestamp,
    /// When an absence with the same reference was created again.
    pub undone_at: Option<Timestamp>,
}

pub(super) type Predicate = Box<dyn Fn(&NewAbsence) -> bool + Send>;

/// A response to creating or changing an absence, although the contract allows the absence.
pub(super) struct Rejection {
    pub(super) status: u16,
    pub(super) message: String,
    pub(super) applies_to: Predicate,
    pub(super) remaining: usize,
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejection")
            .field("status", &self.status)
            .field("remaining", &self.remaining)
            .finish_non_exhaustive()
    }
}

/// What the contract leaves open, or what it rules out and an API does all the same.
#[derive(Debug, Clone, Copy, Default)]
pub struct Oddities {
    /// This status instead of a second absence of a user at the same time.
    pub refuses_overlaps: Option<u16>,
    /// A list of absences ends after this many.
    pub lists_at_most: Option<usize>,
    /// A page behind the last one repeats it.
    pub repeats_last_page: bool,
    /// An absence that is created now is neither listed nor found for half a minute, or until this is off again.
    pub hides_new_absences: bool,
}

/// As long as a cache or a replica may lag behind.
const HIDDEN_FOR: Duration = Duration::from_secs(30);

impl Oddities {
    pub const NONE: Self =
        Self { refuses_overlaps: None, lists_at_most: None, repeats_last_page: false, hides_new_absences: false };
}

/// The data of one customer of Optedo.
#[derive(Debug)]
pub(super) struct Tenant {
    /// The API token; no token is accepted while it is empty.
    pub(super) token: String,
    pub(super) users: Vec<User>,
    pub(super) types: Vec<AbsenceType>,
    pub(super) absences: Vec<Absence>,
    pub(super) deletions: Vec<Deletion>,
    pub(super) rejections: Vec<Rejection>,
    pub(super) oddities: Oddities,
    /// Absences that were created while new ones are hidden, and until when each is.
    pub(super) hidden: Vec<(i64, Timestamp)>,
    /// The highest number of absences with a reference that a user ever had at the same time.
    pub(super) max_at_once: usize,
    /// The number of absences that were ever created.
    pub(super) created: usize,
    /// The highest number of absences that ever had the same reference at the same time.
    pub(super) max_same_reference: usize,
    /// The same for absences that begin on the same day.
    pub(super) max_same_reference_and_day: usize,
    last_type_id: i64,
    next_absence_id: i64,
    clock: Clock,
}

impl Tenant {
    pub(super) fn new(token: &str, clock: Clock) -> Self {
        Self {
            token: token.to_owned(),
            users: Vec::new(),
            types: Vec::new(),
            absences: Vec::new(),
            deletions: Vec::new(),
            rejections: Vec::new(),
            oddities: Oddities::default(),
            hidden: Vec::new(),
            max_at_once: 0,
            created: 0,
            max_same_reference: 0,
            max_same_reference_and_day: 0,
            last_type_id: 0,
            next_absence_id: 70_001,
            clock,
        }
    }

    pub(super) fn user(&self, id: i64) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    pub(super) fn user_mut(&mut self, id: i64) -> Option<&mut User> {
        self.users.iter_mut().find(|user| user.id == id)
    }

    pub(super) fn add_user(&mut self, first_name: &str, last_name: &str) -> i64 {
        let id = self.users.last().map_or(11, |user| user.id + 1);
        let (first_name, last_name) = (first_name.to_owned(), last_name.to_owned());
        self.users.push(User { id, first_name, last_name, active: true });
        id
    }

    pub(super) fn absence_type(&self, id: i64) -> Option<&AbsenceType> {
        self.types.iter().find(|row| row.id == id)
    }

    pub(super) fn absence_type_mut(&mut self, id: i64) -> Option<&mut AbsenceType> {
        self.types.iter_mut().find(|row| row.id == id)
    }

    /// Adds an absence type. It never gets the id of a deleted type: a client that knows that id would take the new
    /// type for the deleted one.
    pub(super) fn add_absence_type(&mut self, description: &str) -> i64 {
        self.last_type_id += 1;
        self.types.push(AbsenceType { id: self.last_type_id, description: description.to_owned() });
        self.last_type_id
    }

    pub(super) fn absence(&self, id: i64) -> Option<&Absence> {
        self.absences.iter().find(|absence| absence.id == id)
    }

    /// Whether the API shows this absence.
    pub(super) fn is_visible(&self, id: i64) -> bool {
        let now = self.clock.now();
        let is_hidden = self.hidden.iter().any(|(hidden, until)| *hidden == id && now < *until);
        !(self.oddities.hides_new_absences && is_hidden)
    }

    /// How many absences of this user overlap this one; `but`: except this.
    pub(super) fn count_overlapping(&self, content: &NewAbsence, but: Option<i64>) -> usize {
        let overlaps = |other: &&Absence| {
            Some(other.id) != but
                && other.content.user_id == content.user_id
                && other.content.start < content.end
                && content.start < other.content.end
        };
        self.absences.iter().filter(overlaps).count()
    }

    fn count_at_once(&mut self, absence: &Absence) {
        let with_reference = |absence: &Absence| absence.content.external_reference.is_some();
        let others = self.absences.iter().filter(|other| {
            other.id != absence.id
                && with_reference(other)
                && other.content.user_id == absence.content.user_id
                && other.content.start < absence.content.end
                && absence.content.start < other.content.end
        });
        if with_reference(absence) {
            self.max_at_once = self.max_at_once.max(1 + others.count());
        }
    }

    pub(super) fn add_absence(&mut self, content: NewAbsence) -> Absence {
        let absence = Absence { id: self.next_absence_id, content };
        self.next_absence_id += 1;
        self.created += 1;
        self.absences.push(absence.clone());
        if self.oddities.hides_new_absences {
            self.hidden.push((absence.id, after(self.clock.now(), HIDDEN_FOR)));
        }
        self.count_at_once(&absence);
        if let Some(reference) = &absence.content.external_reference {
            self.mark_deletions_undone(reference);
            self.count_absences_with(reference, absence.content.start.date());
        }
        absence
    }

    fn mark_deletions_undone(&mut self, reference: &str) {
        let now = self.clock.now();
        let deletions = self.deletions.iter_mut().filter(|deletion| {
            deletion.undone_at.is_none() && deletion.absence.content.external_reference.as_deref() == Some(reference)
        });
        deletions.for_each(|deletion| deletion.undone_at = Some(now));
    }

    fn count_absences_with(&mut self, reference: &str, day: Date) {
        let has_reference = |absence: &&Absence| absence.content.external_reference.as_deref() == Some(reference);
        let count = self.absences.iter().filter(has_reference).count();
        self.max_same_reference = self.max_same_reference.max(count);
        let is_on_day = |absence: &&Absence| absence.content.start.date() == day;
        let count = self.absences.iter().filter(has_reference).filter(is_on_day).count();
        self.max_same_reference_and_day = self.max_same_reference_and_day.max(count);
    }

    pub(super) fn replace_absence(&mut self, id: i64, content: NewAbsence) -> Option<Absence> {
        let absence = self.absences.iter_mut().find(|absence| absence.id == id)?;
        absence.content = content;
        let absence = absence.clone();
        self.count_at_once(&absence);
        if let Some(reference) = &absence.content.external_reference {
            self.count_absences_with(reference, absence.content.start.date());
        }
        Some(absence)
    }

    /// Removes an absence without recording a [`Deletion`], as a person does by hand.
    pub(super) fn remove_absence(&mut self, id: i64) -> Option<Absence> {
        let index = self.absences.iter().position(|absence| absence.id == id)?;
        Some(self.absences.remove(index))
    }

    /// Removes an absence and records the [`Deletion`], as the API does.
    pub(super) fn delete_absence(&mut self, id: i64) -> Option<Absence> {
        let absence = self.remove_absence(id)?;
        self.deletions.push(Deletion { absence: absence.clone(), at: self.clock.now(), undone_at: None });
        Some(absence)
    }

    /// Takes the first rejection that applies to this absence: its status and message.
    pub(super) fn take_rejection(&mut self, content: &NewAbsence) -> Option<(u16, String)> {
        let applies = |rejection: &&mut Rejection| rejection.remaining > 0 && (rejection.applies_to)(content);
        let rejection = self.rejections.iter_mut().find(applies)?;
        rejection.remaining -= 1;
        Some((rejection.status, rejection.message.clone()))
    }
}
